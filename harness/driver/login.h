/*
 * Whether an answer says that nobody knows who we are any more: a token, a certificate or a login
 * that has expired in the middle of a run. Then nothing was found out about the system, and a
 * person has to do something: it is an error of the environment, not a failure.
 *
 * Sources: kubernetes/kubernetes pkg/kubectl/cmd/util/helpers.go ("You must be logged in to the
 * server"), client-go plugin/pkg/client/auth/exec ("getting credentials"); juju/juju
 * cmd/modelcmd/base.go ("login expired") and apiserver/common/errors.go ("invalid entity name or
 * password").
 */
#ifndef CONFED_DRIVER_LOGIN_H
#define CONFED_DRIVER_LOGIN_H

#include <jansson.h>

/*
 * One line, what is refused, where, and what to do; owned. NULL: nobody was refused. args: of the
 * question, a command's words or the members of an API question; seen: its answer.
 */
char *login_refused(const json_t *args, const json_t *seen);

#endif
