/*
 * How the federation's controllers log in to a member: what the secret holds that its Cluster
 * object names, as it was when their client was made. A service account's "token" and "ca.crt", or,
 * as before 1.7, a "kubeconfig". Nothing of it is taken on trust: the member's server certificate
 * must be one of the secret's CA, the client certificate one of the member's.
 *
 * Source: federation/pkg/federation-controller/util/cluster_util.go (BuildClusterConfig).
 */
#ifndef CONFED_SIM_MEMBER_LOGIN_H
#define CONFED_SIM_MEMBER_LOGIN_H

#include "mocks/apiserver/apiserver.h"

struct member_login;

/*
 * secret is borrowed; NULL: the Cluster names none, which means no credentials and no CA. ERR_INPUT
 * in the words of the real one: a secret that has neither, or half of the one.
 */
struct member_login *member_login_new(const json_t *secret, struct err *err);
void member_login_free(struct member_login *l);
DEFINE_OWNED(struct member_login, member_login)

/*
 * What the client shows to the server with that certificate, which takes client certificates of
 * that CA; borrowed until the next call. NULL: it does not come to that, for it does not trust the
 * server. The answer is worked out once for each certificate.
 */
const struct apiserver_login *member_login_to(struct member_login *l, const char *server_cert_pem,
                                              const char *client_ca_pem);

#endif
