/*
 * The federation-controller-manager: clusters and their health, propagation of namespaces, replica
 * sets, deployments, services, secrets, config maps, ..., the replica planner, services' DNS. It
 * acts on a federation API server (an apiserver without service CIDR) and on members through
 * callbacks, on the world's clock, with the delays that were measured.
 */
#ifndef CONFED_FEDERATION_FEDERATION_H
#define CONFED_FEDERATION_FEDERATION_H

#include "mocks/apiserver/apiserver.h"
#include "harness/profile/profile.h"

/* How long the controllers wait for an answer of a slow member. */
enum member_patience {
    MEMBER_NOW,   /* not at all: it is there at once, as from the cache that the real ones have */
    MEMBER_ASK,   /* they are told when it comes */
    MEMBER_AGAIN, /* as they were told: no fault strikes it any more */
};

struct member_request { /* all borrowed */
    const char *method, *target;
    const json_t *body; /* of a PATCH a JSON merge patch; NULL: none */
    enum member_patience patience;
};

struct federation_ops {
    /* The secret that a Cluster's spec.secretRef names, from the host cluster's federation-system
     * namespace; owned, NULL when not there. */
    json_t *(*host_secret)(void *self, const char *name);
    /* A client of the member at server ("https://127.7.12.11:6443") with that secret's credentials
     * as they are now (NULL: the Cluster names no secret); owned, ended by member_leave. NULL with
     * err: the secret is not one of a cluster. */
    void *(*member_login)(void *self, const char *server, const json_t *secret, struct err *err);
    void (*member_leave)(void *self, void *client);
    /* A request of that client. HTTP status, or 0 when the member cannot be reached. *ret_body
     * owned, may be a JSON string for /healthz. Negative with MEMBER_ASK: the answer comes in so
     * many ms, nothing was done until then. */
    int (*member_call)(void *self, void *client, const struct member_request *request,
                       json_t **ret_body);
    /* Tells fn of every change of the member's resource until unsubscribed; silent while the
     * member cannot be reached. 0 when it cannot be reached now, or the client may not watch. */
    uint64_t (*member_subscribe)(void *self, void *client, const char *group, const char *resource,
                                 apiserver_subscriber_fn *fn, void *fn_self);
    void (*member_unsubscribe)(void *self, void *client, uint64_t handle);
    /* etcd v2 keys API: method, "/v2/keys/...?...", form body or NULL. HTTP status, 0 when it
     * cannot be reached (an https endpoint with the quirk "etcd-tls" too). *ret_body owned. */
    int (*etcd_call)(void *self, const char *endpoint, const char *method, const char *target,
                     const char *form, json_t **ret_body);
    /* Addresses of a load balancer's host name; a JSON array of strings, owned; NULL: unresolvable.
     */
    json_t *(*resolve_host)(void *self, const char *host);
    void *self;
};

struct federation_options {
    const char *name;              /* "federation" */
    const char *zone;              /* "juju-fed.com." as given */
    const char *provider_config;   /* text of the coredns provider's file; borrowed for the call */
    struct apiserver *api;         /* borrowed */
    const struct profile *profile; /* borrowed */
    struct sched *sched;           /* borrowed */
    uint64_t seed;
    const struct federation_ops *ops; /* borrowed */
    /* One line of the controller manager's log, as klog prints the message part; NULL: none. */
    void (*log)(void *self, const char *line);
    void *log_self;
};

struct federation;
/* ERR_INPUT as the real one dies: "Need to provide at least one DNS Zone", bad provider config. */
struct federation *federation_new(const struct federation_options *o, struct err *err);
void federation_free(struct federation *f);
DEFINE_OWNED(struct federation, federation)

#endif
