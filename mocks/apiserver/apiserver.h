/*
 * A Kubernetes API server as functions over a state: requests in, answers and watch events out. No
 * socket, no thread, no file-scope state: one process holds as many as it likes.
 *
 *     struct apiserver *api = apiserver_new(&(struct apiserver_options){
 *         .name = "c1", .sched = sched, .seed = 1, .service_cidr = "10.152.183.0/24"});
 *     apiserver_call(api, "POST", "/api/v1/namespaces", namespace, &created);
 *     http_server_new(loop, &(struct http_server_options){.handler = apiserver_handle, .self = api,
 *                     ...}, err);
 *
 * Four ways in: apiserver_handle() for clients on the wire, apiserver_call() for controllers of
 * the world (as system:masters, no authorisation), apiserver_call_as() for those that log in like a
 * client without being on the wire, apiserver_peek()/each() to read without copies.
 * apiserver_subscribe() tells of changes: the callback must not change the server from within; it
 * starts a sched timer and acts from there.
 */
#ifndef CONFED_APISERVER_APISERVER_H
#define CONFED_APISERVER_APISERVER_H

#include "harness/core/mem.h"
#include "harness/core/sched.h"
#include "mocks/apiserver/feature.h"
#include "mocks/apiserver/kubelet.h"
#include "mocks/serve/http.h"

#include <jansson.h>

struct fault_table; /* mocks/fault/fault.h */

/* Ways in which a release, or a wish, differs from the others; all false: as they mostly are. */
struct apiserver_ways {
    bool one_protocol_per_node_port; /* a NodePort taken by UDP is not free for TCP */
    bool ports_by_protocol; /* strategic merge tells a service's ports apart by protocol as well */
    bool no_tables;         /* as=Table is not acceptable, whatever else the client takes */
    bool federated_pods;    /* a federation serves pods (it has none) */
    bool checks_node_ports; /* a federation refuses a nodePort that no member would give out */
    unsigned lacks;         /* bits of enum feature (feature.h) that the server does not have */
};

struct apiserver_options {
    const char *name;    /* for messages and transcripts: "c1" */
    struct sched *sched; /* borrowed */
    uint64_t seed;       /* of uids, generated names, NodePorts */
    /* ["v1", "extensions/v1beta1", ...] in discovery order; borrowed for the call. NULL: all. */
    const json_t *group_versions;
    const json_t *version; /* the body of /version; borrowed for the call. NULL: 1.6.2's */
    /* Service IPs and NodePorts are allocated from here; NULL: a federation API server, which
     * allocates nothing, creates on PUT, answers DELETE with the object and has no default
     * namespace. */
    const char *service_cidr;
    bool rbac;      /* evaluate RBAC; else every authenticated user may do everything */
    bool anonymous; /* requests without credentials are system:anonymous; else 401 */
    const struct kubelet_ops *kubelet; /* borrowed; NULL: exec and log answer as without kubelet */
    struct fault_table *faults;        /* borrowed; NULL: none */
    int64_t clock_ahead_ms;            /* of the real one; its machine's clock may be wrong */
    struct apiserver_ways ways;
    /* Called with one JSON object per exchange (method, path, query, status, ...), once it is known
     * how it is answered. Status 0: not at all, and reason is "Reset" (a fault) or "Closed" (by
     * either side, while a fault held it back). NULL: none. */
    void (*transcript)(void *self, const json_t *exchange);
    void *transcript_self;
};

struct apiserver;
struct apiserver *apiserver_new(const struct apiserver_options *o);
void apiserver_free(struct apiserver *s); /* ends all watches */
DEFINE_OWNED(struct apiserver, apiserver)

/* Writes the endpoints of the service kubernetes: where this server listens. */
void apiserver_announce(struct apiserver *s, const char *ip, uint16_t port);

/* Credentials. A service account's token works by itself once its secret exists. */
void apiserver_add_token(struct apiserver *s, const char *token, const char *user,
                         const char *const *groups, size_t group_count);
void apiserver_add_basic(struct apiserver *s, const char *user, const char *password,
                         const char *const *groups, size_t group_count);

/* http_handler_fn: self is the struct apiserver. */
void apiserver_handle(void *self, struct http_exchange *x);

/*
 * A request of a controller: target is path and query; a PATCH is a JSON merge patch. Returns the
 * HTTP status; *ret_body (may be NULL) is the answer, owned. body is borrowed, may be NULL.
 */
int apiserver_call(struct apiserver *s, const char *method, const char *target, const json_t *body,
                   json_t **ret_body);

/* What a client shows of itself; all borrowed. Zeroed: nothing, which is anonymous. */
struct apiserver_login {
    const char *authorization; /* "Bearer ...", "Basic ..."; NULL */
    struct http_peer peer;     /* of it, the certificate and what is wrong with it */
};
/* As apiserver_call, as that client: 401 and 403 where it gets them, and no rights beyond its own.
 */
int apiserver_call_as(struct apiserver *s, const struct apiserver_login *login, const char *method,
                      const char *target, const json_t *body, json_t **ret_body);

/* The stored object (storage version), borrowed until the next change; NULL when not there. ns is
 * "" or NULL for cluster-scoped resources. group may be any group that serves the resource. */
const json_t *apiserver_peek(const struct apiserver *s, const char *group, const char *resource,
                             const char *ns, const char *name);
/* Calls fn for each stored object, of one namespace or (ns NULL) all, by namespace and name, until
 * fn returns false. fn must not change the server. */
void apiserver_each(const struct apiserver *s, const char *group, const char *resource,
                    const char *ns, bool (*fn)(void *self, const json_t *object), void *self);

/* What its clock shows. */
int64_t apiserver_wall_ms(const struct apiserver *s);

/* Of the last change: rises with each, never goes back. */
int64_t apiserver_version(const struct apiserver *s);

enum apiserver_event { APISERVER_ADDED, APISERVER_MODIFIED, APISERVER_DELETED };
typedef void apiserver_subscriber_fn(void *self, enum apiserver_event event, const json_t *object,
                                     const json_t *old); /* old: MODIFIED only, else NULL */
/* Whether a watch of that client over all namespaces would be let in: 200, 401 or 403. */
int apiserver_may_watch(struct apiserver *s, const struct apiserver_login *login, const char *group,
                        const char *resource);
/* Whether the server has the resource, in any version. */
bool apiserver_serves(const struct apiserver *s, const char *group, const char *resource);

/* Subscribes to changes from now on; the subscription ends with apiserver_unsubscribe or the
 * server. resource NULL: all resources (group ignored). Returns a handle > 0. */
uint64_t apiserver_subscribe(struct apiserver *s, const char *group, const char *resource,
                             apiserver_subscriber_fn *fn, void *self);
void apiserver_unsubscribe(struct apiserver *s, uint64_t handle);

/* Every stored object as one List in storage versions, owned; and back, before clients come: keeps
 * uid, resourceVersion and timestamps when they are there, and replaces what has the same name.
 * Older watches get 410. Returns 0 or an err_code. */
json_t *apiserver_dump(const struct apiserver *s);
int apiserver_load(struct apiserver *s, const json_t *list_or_object, struct err *err);

#endif
