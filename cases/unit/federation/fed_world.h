/*
 * A federation of API servers in one process, on a clock that the test moves: the federation's API
 * server and controller manager, members with a minimal kubelet (pods of replica sets become ready
 * after a second, services get endpoints), an etcd. No sockets.
 *
 *     struct fed_world *w = fed_world_new("1.6.2", 2, "nodeport-dns=off");
 *     fed_world_run(w, 60);                       seconds: the clusters are Ready now
 *     fed_world_create(w, "replicasets", "default", "nginx", "{\"spec\":{\"replicas\":3}}");
 */
#ifndef CONFED_UNIT_FED_WORLD_H
#define CONFED_UNIT_FED_WORLD_H

#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/etcd/etcd.h"
#include "mocks/federation/federation.h"

#define FED_MEMBERS_MAX 1000

struct fed_member {
    struct fed_world *world;
    char name[32], server[64], secret[64];
    struct apiserver *api;
    bool down;           /* nothing answers */
    int64_t delay_ms;    /* it answers so much later */
    bool lies;           /* every value of its answers is another */
    int64_t full_at;     /* so many pods of a set find a node; 0: all */
    bool no_secret;      /* the host cluster has no secret for it */
    unsigned token;      /* what the secret holds: a number */
    int healthz_status;  /* 0: 200 */
    const char *healthz; /* the body; "ok" */
    int fail_writes;     /* the next so many writes get a 500, or a 409 */
    int fail_status;
    const char *fail_message;  /* what it says to that; NULL: nothing */
    int64_t refused_at_ms[16]; /* when it did so, the first of them */
    size_t refused;
    bool no_endpoints;   /* services have no ready endpoints */
    const char *lb_ip;   /* services of type LoadBalancer get it */
    const char *lb_host; /* or this name */
    struct fed_subscription *subscriptions;
    struct sched_timer kubelet;
    uint64_t kubelet_handle;
    size_t calls;
};

struct fed_world {
    struct sched *sched;
    struct profile *profile;
    struct apiserver *api;
    struct federation *federation;
    struct fed_member *members;
    size_t member_count;
    size_t logins; /* clients that were asked for */
    struct etcd *etcd;
    bool etcd_down;
    /* A planted bug: of the controllers' requests to members and to etcd, those of the method whose
     * target holds the part are answered as if done, and are not. NULL: none. */
    const char *lost_method, *lost_part;
    struct buf etcd_log; /* "GET /v2/keys/...\n" since the last clear */
    struct buf log;      /* of the controller manager */
    json_t *hosts;       /* {name: [addresses]} */
};

/* quirks: "a=off b=on" or NULL. Members are named c1, c2, ...; labelled z1/r1, z2/r2, ... . */
struct fed_world *fed_world_new(const char *profile, size_t members, const char *quirks);
void fed_world_free(struct fed_world *w);
void fed_world_run(struct fed_world *w, int64_t seconds);
/* The controller manager stops and starts again, without its memory. */
void fed_world_restart(struct fed_world *w);
void fed_world_join(struct fed_world *w, size_t index);
void fed_world_unjoin(struct fed_world *w, size_t index);
/* Removes the zone labels from all nodes of the member, or puts them back. */
void fed_world_label(struct fed_world *w, size_t index, bool labelled);

/* The host cluster's secret for it has another token from now on. */
void fed_member_change_secret(struct fed_member *m);
/* Its kubelet looks at everything again, now. */
void fed_member_kick(struct fed_member *m);

/* In the federation; text holds what goes into the object besides kind and metadata.name. Returns
 * the HTTP status. */
int fed_world_create(struct fed_world *w, const char *resource, const char *ns, const char *name,
                     const char *text);
int fed_world_patch(struct fed_world *w, const char *resource, const char *ns, const char *name,
                    const char *patch);
int fed_world_delete(struct fed_world *w, const char *resource, const char *ns, const char *name,
                     const char *options);
/* Borrowed; NULL: not there. */
const json_t *fed_world_get(const struct fed_world *w, const char *resource, const char *ns,
                            const char *name);
const json_t *fed_member_get(const struct fed_member *m, const char *resource, const char *ns,
                             const char *name);
/* The member's copy of default/x says these fields of its status, written without the braces. */
void fed_member_say(struct fed_member *m, const char *resource, const char *fields);
/* Those, and apart from observedGeneration no others, are in the status of the federation's
 * default/x; "" is also for one without a status. */
void fed_world_expect_status(const struct fed_world *w, const char *resource, const char *fields);
/* spec.replicas of the member's copy; -1: there is none. */
int64_t fed_member_replicas(const struct fed_member *m, const char *ns, const char *name);
/* "key value\n..." of everything in etcd; owned. */
char *fed_world_records(const struct fed_world *w);
/* How many events with that reason (and message, unless NULL) the federation holds. */
size_t fed_world_events(const struct fed_world *w, const char *reason, const char *message);

#endif
