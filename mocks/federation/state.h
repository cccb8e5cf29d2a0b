/*
 * The controller manager's memory, shared by its parts (not for other rooms).
 *
 * An `object` is a federated object that the controllers look after; its `shard` in a cluster is
 * what they know of the copy there, from their own writes and from the member's events, as a
 * fingerprint: no copy of the object is kept. Work is one timer an object; an event starts it, and
 * nothing ever walks over all objects except when a cluster comes or goes.
 */
#ifndef CONFED_FEDERATION_STATE_H
#define CONFED_FEDERATION_STATE_H

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/federation/federation.h"
#include "harness/core/map.h"
#include "mocks/federation/provider.h"

#define FED_FINALIZER "federation.kubernetes.io/delete-from-underlying-clusters"
#define FED_KINDS 10
#define FED_RECONCILE_MS 100 /* from a change in the federation to its work */
#define FED_BACKOFF_MIN_MS 5000
#define FED_BACKOFF_MAX_MS 60000

enum kind_flag {
    KIND_NAMESPACED = 1 << 0,
    KIND_REPLICAS = 1 << 1, /* spec.replicas is divided by the planner */
    KIND_SERVICE = 1 << 2,
    KIND_NAMESPACE = 1 << 3,
    KIND_DEPLOYMENT = 1 << 4,
    KIND_INGRESS = 1 << 6,
    KIND_JOB = 1 << 5,        /* spec.parallelism and spec.completions are divided */
    KIND_AUTOSCALER = 1 << 7, /* spec.minReplicas and spec.maxReplicas are divided */
};

struct kind {
    const char *group, *version, *resource, *kind;
    const char *word;        /* in events and component names: "replicaset" */
    unsigned flags;          /* of enum kind_flag */
    const char *preferences; /* annotation of the planner; NULL */
    const char *unserved;    /* quirk of releases without a controller for it; NULL */
};

struct fed_cluster;
struct fed_object;

struct shard {
    bool exists;
    bool looked;          /* that there is none was seen there, not only assumed */
    bool endpoints_ready; /* KIND_SERVICE: the member's endpoints have an address */
    uint64_t desired;     /* fingerprint of what was written last; 0: not by us */
    uint64_t written;     /* fingerprint of the member's answer to that */
    uint64_t seen;        /* fingerprint of the last state seen */
    uint64_t listed;      /* number of the listing that had it */
    int64_t spec_replicas;
    int64_t replicas, ready, updated, available, labeled, observed; /* from status */
    int64_t unschedulable_since_ms;  /* -1: nothing unschedulable was seen */
    json_t *ingress;                 /* status.loadBalancer.ingress; NULL: empty */
    json_t *status;                  /* of jobs and autoscalers, as it was seen last; NULL */
    int64_t limit_min, limit_max;    /* KIND_AUTOSCALER: of its spec; min -1: not set */
    int64_t scaled_seen_ms;          /* when another lastScaleTime was seen first */
    int64_t asked_ms, answer_due_ms; /* of a change that waits, or just waited: operation.h; 0 */
    bool is_overdue;
};

struct fed_object {
    struct federation *f;
    const struct kind *kind;
    char *key; /* "replicasets/default/nginx" */
    char *ns, *name;
    struct shard *shards; /* by the cluster's slot */
    size_t shard_count;
    struct sched_timer timer;
    int64_t backoff_ms; /* of the next retry; 0: no failure */
    json_t *ingresses;  /* services: [{"cluster", "items"}], as in the annotation */
    json_t *node_ports; /* of the first copy; NULL: each member allocates its own */
    json_t *events;     /* sent lately, for counting them up; see events.c */
};

struct member_watch { /* what a subscription's callback gets */
    struct fed_cluster *cluster;
    const struct kind *kind; /* NULL: endpoints */
    uint64_t handle;
};

struct fed_cluster {
    struct federation *f;
    size_t slot;
    char *name, *uid, *server;
    void *client;   /* made once, from the secret as it was; NULL: it could not be made yet */
    json_t *secret; /* as it was then; NULL: its spec names none */
    bool ready;
    bool missed; /* events may have been lost: list again when it answers */
    int64_t listed_ms;
    bool was_probed;
    json_t *zones; /* array of strings; NULL: not known */
    char *region;
    json_t *addresses; /* of its ready nodes; array of strings */
    struct member_watch watches[FED_KINDS + 1];
    struct sched_timer changed_timer; /* everything is delivered anew after a change */
};

/* The look at all clusters that goes on, one after the other as in the real one: health.c. */
struct fed_round {
    json_t *clusters; /* as they were listed; NULL: none goes on */
    size_t next;
    /* Of the next one, when it was begun with: */
    bool begun;
    int64_t secret_since_ms; /* its secret is waited for; -1: it is not */
    bool asked;              /* and an answer */
    json_t *conditions;      /* what /healthz said; NULL: nothing yet */
};

struct fed_watch {
    struct federation *f;
    const struct kind *kind; /* NULL: clusters */
    uint64_t handle;
};

struct federation {
    char *name, *zone;
    struct apiserver *api;
    const struct profile *profile;
    struct sched *sched;
    struct federation_ops ops;
    void (*log)(void *self, const char *line);
    void *log_self;
    struct provider provider;
    bool dns_works; /* the provider has our zone */
    struct rng *rng;

    struct fed_cluster **clusters; /* by slot; NULL: free */
    size_t cluster_slots;
    struct map cluster_by_name;
    struct map objects;  /* key -> struct fed_object */
    struct map services; /* "ns/name" -> struct service_dns */
    struct fed_watch watches[FED_KINDS + 1];
    struct sched_timer monitor; /* the next step of the round, or the next round */
    struct fed_round round;
    struct sched_timer gone_timer; /* re-plan after a cluster left */
    uint64_t event_count;
    uint64_t listing_count;
    bool writing; /* the event that arrives is the echo of our own write */
};

/* The kinds that are propagated, FED_KINDS of them. */
const struct kind *kinds_table(void);
/* "/apis/extensions/v1beta1/namespaces/default/replicasets/nginx[/sub]", owned. ns "" or NULL:
 * across namespaces or none; name NULL: the collection. */
char *kind_path(const struct kind *k, const char *ns, const char *name, const char *sub);

/* A duration of the profile's federation.timings_ms. */
int64_t fed_timing_ms(const struct federation *f, const char *name, int64_t otherwise);
void fed_log(const struct federation *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Doubles from 5 s to 60 s. */
int64_t fed_backoff_ms(int64_t *backoff_ms);

#endif
