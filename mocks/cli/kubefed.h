/*
 * kubefed of federation v1: init, join, unjoin. It makes the requests of the real one, in its
 * order, with its objects; which release it is (flags, names, credentials, output) the profile
 * says.
 *
 * It is a pure program over kubefed_ops: requests, waiting and output go through them, so that a
 * test can be the API server. Where the real one waits for ever, so does this; the caller owns the
 * deadline.
 */
#ifndef CONFED_CLI_KUBEFED_H
#define CONFED_CLI_KUBEFED_H

#include "harness/net/http_client.h"
#include "harness/profile/profile.h"

struct kubefed_ops {
    /* Makes one request; ret is released by the caller. */
    void (*call)(void *self, const struct http_target *target, const struct http_call *call,
                 struct http_answer *ret);
    /* Lets ms pass on kubefed's clock: 2000 between two looks at the pods. */
    void (*wait)(void *self, int64_t ms);
    void (*output)(void *self, int fd, const char *data, size_t len);
    void *self;
};

struct kubefed_env { /* all borrowed */
    const struct kubefed_ops *ops;
    const struct profile *profile;
    const char *kubeconfig; /* $KUBECONFIG, a list; NULL: home/.kube/config */
    const char *home;
    uint64_t seed; /* of the random names and passwords */
};

/* Runs "kubefed ..." (argv[0] is the program's name); the exit code. */
int kubefed_run(const struct kubefed_env *env, int argc, char **argv);

#endif
