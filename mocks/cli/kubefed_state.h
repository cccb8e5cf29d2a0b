/* The inside of kubefed, shared by its files. Functions answer 0 or the exit code of a failure. */
#ifndef CONFED_CLI_KUBEFED_STATE_H
#define CONFED_CLI_KUBEFED_STATE_H

#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/net/kubeconfig.h"
#include "harness/net/pki.h"
#include "mocks/cli/kubefed.h"

#define KUBEFED_FEDERATION_NAME "federation.alpha.kubernetes.io/federation-name"
#define KUBEFED_NO_MANAGER "could not find the deployment for controller manager in host cluster"
#define KUBEFED_CLUSTER_NAME "federation.alpha.kubernetes.io/cluster-name"

struct kubefed {
    const struct kubefed_env *env;
    json_t *facts;    /* "kubefed" of the profile, quirks applied */
    const char *verb; /* "init" */
    json_t *flags;    /* long name -> text, defaults included */
    json_t *args;
    int64_t verbosity;
    int64_t timeout_ms; /* of one request; -1: none, as without --request-timeout */
    struct rng rng;
    char *user_agent;
};

/* An API server with the credentials of a context. */
struct kubefed_cluster {
    struct kubefed *k;
    struct kubeconfig_target target;
    char *rbac; /* the version of its RBAC group that this release knows; NULL: none */
};

/* kubefed.c */
void kubefed_out(struct kubefed *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A progress line, only in releases that print them. */
void kubefed_progress(struct kubefed *k, const char *text);
/* A line of the log at -v 4, with klog's header. */
void kubefed_log(struct kubefed *k, const char *source, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "error: <text>" on stderr; answers 1, or 255 with -v 2 and more, as klog's Fatal. */
int kubefed_fail(struct kubefed *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int kubefed_fail_usage(struct kubefed *k, const char *text);

/* kubefed_facts.c: owned. */
json_t *kubefed_facts(const struct profile *p);

/* kubefed_flags.c */
int kubefed_flags_parse(struct kubefed *k, int argc, char **argv);
const char *kubefed_flag(const struct kubefed *k, const char *name); /* "" when not given */
bool kubefed_flag_is(const struct kubefed *k, const char *name);     /* a boolean */
void kubefed_flags_help(struct kubefed *k, const char *verb);
void kubefed_flags_global(struct kubefed *k);

/* kubefed_api.c */
/* The kubeconfig of --kubeconfig (or, flag ignored, of the environment), merged; owned. */
int kubefed_config_load(struct kubefed *k, bool heed_flag, json_t **ret);
/* The file that changes of the kubeconfig go to; owned. */
char *kubefed_config_path(const struct kubefed *k);
/* context NULL: --context or the current one. Release with kubefed_close, also after a failure. */
int kubefed_open(struct kubefed *k, const json_t *config, const char *context,
                 struct kubefed_cluster *ret);
void kubefed_close(struct kubefed_cluster *c);
/* The status (0: no answer); ret_body, owned, is NULL when it was not JSON. */
int kubefed_request(struct kubefed_cluster *c, const char *method, const char *path,
                    const json_t *body, json_t **ret_body);
/* The same with a path that is formatted and an answer that must be 2xx; else it fails. */
int kubefed_must(struct kubefed_cluster *c, const char *method, const char *path,
                 const json_t *body, json_t **ret_body);
int kubefed_fail_status(struct kubefed_cluster *c, int status, const json_t *body);
/* What the error of a request says by itself, inside a warning; owned. */
char *kubefed_status_text(int status, const json_t *body);
/* Asks for /api and /apis and fills c->rbac. */
int kubefed_probe_rbac(struct kubefed_cluster *c);
/*
 * The status of the host's list of deployments; *ret, owned, is that of the controller manager in
 * it (NULL: none, KUBEFED_NO_MANAGER) or what the host says else.
 */
int kubefed_look_for_manager(struct kubefed_cluster *host, json_t **ret);
/* The same, and everything but a controller manager fails. */
int kubefed_find_manager(struct kubefed_cluster *host, json_t **ret);

/* kubefed_objects.c: all owned. */
struct kubefed_names { /* of the objects on the host cluster; owned */
    char *service, *apiserver, *manager, *credentials, *kubeconfig, *claim, *dns_provider;
    char *service_account, *role;
};
void kubefed_names_init(const struct kubefed *k, const char *federation, struct kubefed_names *ret);
void kubefed_names_release(struct kubefed_names *n);
/* An object's frame; cluster NULL: none named. The federation's name only where releases write it.
 */
json_t *kubefed_object(const struct kubefed *k, const char *version, const char *kind,
                       const char *name, const char *ns, const char *federation,
                       const char *cluster);
json_t *kubefed_service(const struct kubefed *k, const struct kubefed_names *n,
                        const char *federation);
json_t *kubefed_claim(const struct kubefed *k, const struct kubefed_names *n,
                      const char *federation);
json_t *kubefed_apiserver_deployment(const struct kubefed *k, const struct kubefed_names *n,
                                     const char *federation);
json_t *kubefed_manager_deployment(const struct kubefed *k, const struct kubefed_names *n,
                                   const char *federation, const char *nameserver, bool rbac);
json_t *kubefed_role(const struct kubefed *k, const struct kubefed_names *n, const char *federation,
                     const char *version, bool binding);
json_t *kubefed_cluster_role(const struct kubefed *k, const char *federation, const char *cluster,
                             const char *account, const char *role, const char *version,
                             bool binding);
/* data[key] = base64 of text. */
void kubefed_secret_put(json_t *secret, const char *key, const char *text);

/* kubefed_init.c, kubefed_join.c, kubefed_unjoin.c */
int kubefed_init(struct kubefed *k);
int kubefed_join(struct kubefed *k);
int kubefed_unjoin(struct kubefed *k);

#endif
