/*
 * A pod as its kubelet knows it: where it runs, its address, its containers, and what the API
 * server was last told. The API server's object is the wish; this is what happens.
 *
 *     new -> (scheduled) -> starting -> running -> finished
 *                              \___________\____________\-> terminating -> gone
 */
#ifndef CONFED_CLUSTER_POD_H
#define CONFED_CLUSTER_POD_H

#include "mocks/cluster/container.h"
#include "mocks/cluster/state.h"

enum pod_stage { POD_NEW, POD_STARTING, POD_RUNNING, POD_FINISHED, POD_TERMINATING };

struct pod {
    struct cluster *c;
    char *ns, *name, *uid;
    char *node; /* owned; NULL until bound */
    char *ip;   /* owned; NULL until it has one */
    uint64_t order;
    enum pod_stage stage;
    struct index_links links;
    struct sched_timer timer;
    struct container *containers;
    size_t container_count;
    int64_t scheduled_ms, started_ms, ready_changed_ms; /* wall clock; 0: not yet */

    /* What the API server's object says. */
    bool deleting, finished, failed, ready;
    int64_t ready_since_ms; /* world clock */
    bool told_ready;        /* the world was told by ops->pod_ready */
    bool relabelled;        /* its controller must look whether it still selects it */
    struct pod *next_dead;
};

void pod_enqueue(const struct pod *p);
struct pod *pod_find(struct cluster *c, const char *ns, const char *name); /* or NULL */
struct pod *pod_by_ip(struct cluster *c, const char *ip);                  /* running, or NULL */
const json_t *pod_object(const struct pod *p);                             /* borrowed or NULL */
/* Whether it counts for its controller: not finished and not going away. */
static inline bool pod_is_active(const struct pod *p) {
    return !p->deleting && !p->finished;
}
/* Ready for at least so long. */
bool pod_is_available(const struct pod *p, int64_t min_ready_ms);
/* A container started, stopped or failed. */
void pod_container_changed(struct pod *p);
/* The cluster went down or came back. */
void pod_follow_down(struct cluster *c);
void pod_bury_dead(struct cluster *c);
void pod_release_all(struct cluster *c);

/* status.c */
json_t *pod_status_new(struct pod *p, const json_t *object);

#endif
