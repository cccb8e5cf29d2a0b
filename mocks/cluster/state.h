/*
 * What the parts of one cluster share: the cluster's state, the work queue and the few ways to the
 * API server. Only files of this folder include it.
 *
 * Rules that keep it sound: the API server's callback only files things away (the observe functions
 * below) and queues work; work is done from a timer, one key at a time, and always looks at the
 * object anew. Every reconcile function is idempotent and bears an object that is gone.
 */
#ifndef CONFED_CLUSTER_STATE_H
#define CONFED_CLUSTER_STATE_H

#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/sched.h"
#include "harness/core/str.h"
#include "mocks/cluster/cluster.h"
#include "mocks/cluster/index.h"

enum work {
    WORK_NAMESPACE,
    WORK_NODE,
    WORK_POD,
    WORK_REPLICASET,
    WORK_REPLICATIONCONTROLLER,
    WORK_DEPLOYMENT,
    WORK_DAEMONSET,
    WORK_STATEFULSET,
    WORK_JOB,
    WORK_CRONJOB,
    WORK_SERVICE,
    WORK_ENDPOINTS,
    WORK_SERVICEACCOUNT,
    WORK_SECRET,
    WORK_CLAIM,
    WORK_CSR,
    WORK_CLUSTERROLE,
    WORK_COUNT
};

/* Anything that is filed in the index: who it is, and what it owns or selects. */
struct entry {
    enum work work;
    char *ns, *name, *uid; /* owned */
    json_t *selector;      /* labels as an object; NULL: selects nothing; owned reference */
    struct index_links links;
};

struct pod;
struct node;

struct subscription {
    struct cluster *c;
    enum work work;
};

struct cluster {
    char *name;
    struct apiserver *api;
    const struct profile *profile;
    struct sched *sched;
    const struct cluster_ops *ops;
    struct rng rng;
    char *load_balancer_cidr; /* owned or NULL */
    char *ca_crt, *ca_key;    /* owned or NULL */
    bool persistent_volumes;
    bool down;
    int64_t pod_start_ms;

    struct subscription subscriptions[WORK_COUNT];
    uint64_t handles[WORK_COUNT];
    struct map entries[WORK_COUNT]; /* "ns/name" -> struct entry (WORK_POD: struct pod) */
    struct index index;
    struct node *nodes;
    size_t node_count, node_cap;
    size_t blocks_used; /* of pod addresses, 254 each */
    uint32_t load_balancer_next;
    size_t turn;                   /* of NodePort backends */
    struct stream *ending_streams; /* kubelet.c: of containers that ended */
    struct pod *dead;              /* deleted, to be buried from a timer */
    uint64_t pod_order;            /* of the youngest pod */

    /* Work that waits: keys "work:ns/name", each at most once. */
    char **queue;
    size_t queue_head, queue_count, queue_cap;
    struct map queued;
    struct sched_timer queue_timer;
    struct delayed *delayed; /* list */

    /* The last events' names, so that the oldest goes when a new one comes. */
    struct event_slot *events;
    size_t event_next;
    double event_tokens;
    int64_t event_refilled_ms;
};

/* Queues the object's reconciliation; at most once however often it is asked for. */
void cluster_enqueue(struct cluster *c, enum work work, const char *ns, const char *name);
/* The same, after world milliseconds. */
void cluster_enqueue_later(struct cluster *c, enum work work, const char *ns, const char *name,
                           int64_t delay_ms);

/* The API resource of the work. */
const char *cluster_resource(enum work work);
const char *cluster_group(enum work work);
const char *cluster_kind(enum work work);
/* The collection's path ("/apis/extensions/v1beta1/namespaces/ns/replicasets"), or the object's
 * with a name, or a subresource's; owned. */
char *cluster_path(enum work work, const char *ns, const char *name, const char *subresource);
/* The object as it is now, borrowed; NULL: gone. */
const json_t *cluster_peek(struct cluster *c, enum work work, const char *ns, const char *name);
/* One call; body is stolen, may be NULL. ret may be NULL. Returns the HTTP status. */
int cluster_call(struct cluster *c, const char *method, enum work work, const char *ns,
                 const char *name, const char *subresource, json_t *body, json_t **ret);
/* Writes the status if it differs from what is there; status is stolen. */
int cluster_put_status(struct cluster *c, enum work work, const char *ns, const char *name,
                       json_t *status);

/* The world's wall clock, and its RFC 3339 text. */
int64_t cluster_wall_ms(const struct cluster *c);
char *cluster_now_text(const struct cluster *c, char text[32]);

/* The entry, made when it is not there; the old one goes when the uid differs. */
struct entry *cluster_entry(struct cluster *c, enum work work, const char *ns, const char *name);
struct entry *cluster_observe_entry(struct cluster *c, enum work work, const json_t *object);
void cluster_forget_entry(struct cluster *c, enum work work, const char *ns, const char *name);
void cluster_release_entry(struct cluster *c, struct entry *e); /* frees it, unfiled */
/* Files the entry under each label of the selector's first pair: "select:WORK:ns/key=value". */
void cluster_file_selector(struct cluster *c, struct entry *e);
/* Calls fn for each entry of this kind of work whose selector matches the labels. */
void cluster_selecting(struct cluster *c, enum work work, const char *ns, const json_t *labels,
                       void (*fn)(struct cluster *c, struct entry *e));

/* Kind of the controlling owner reference and its name and uid; false: it has none. */
bool cluster_controller_of(const json_t *object, const char **ret_kind, const char **ret_name,
                           const char **ret_uid);
/* Queues the controller of a changed object, if it has one of ours. */
void cluster_enqueue_controller(struct cluster *c, const json_t *object);
/* A metadata.ownerReferences value for the object; new. */
json_t *cluster_owner_references(enum work work, const json_t *owner);

/* selector may be a plain map or a LabelSelector with matchLabels and matchExpressions. */
bool cluster_selector_matches(const json_t *selector, const json_t *labels);

#endif
