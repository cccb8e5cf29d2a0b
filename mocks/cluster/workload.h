/*
 * What replica sets, daemon sets, stateful sets and jobs share: the pods they own, making one from
 * a template, deleting the right one, adopting and releasing by labels.
 */
#ifndef CONFED_CLUSTER_WORKLOAD_H
#define CONFED_CLUSTER_WORKLOAD_H

#include "mocks/cluster/pod.h"

struct workload {
    struct cluster *c;
    enum work work;
    const json_t *object;        /* a reference of its own */
    const char *ns, *name, *uid; /* borrowed from object */
    struct pod **pods;           /* every pod it controls, oldest first */
    size_t count;
};

/* false: the object is gone, or going away; nothing to release then. */
bool workload_open(struct workload *w, struct cluster *c, enum work work, const char *ns,
                   const char *name);
void workload_close(struct workload *w);
/* Takes orphans that the selector matches and lets go of pods that it no longer matches. */
void workload_adopt(struct workload *w, const json_t *selector);

struct workload_pod {
    const json_t *template; /* borrowed */
    const char *name;       /* NULL: generated from the owner's name */
    const char *node;       /* NULL: the scheduler's choice */
    json_t *labels;         /* on top of the template's; borrowed, may be NULL */
    json_t *claims;         /* volumes on top of the template's; borrowed, may be NULL */
    const char *component;  /* of the event: "replicaset-controller"; NULL: no event */
};
/* HTTP status of the creation. */
int workload_create_pod(struct workload *w, const struct workload_pod *spec);
/* component: of the event; NULL: none. */
void workload_delete_pod(struct workload *w, const struct pod *p, const char *component);
/* Sorts those that should go first to the front: unbound, not ready, youngest. */
void workload_sort_for_deletion(struct pod **pods, size_t count);

/* An int or "25%" of total; up: rounded up. */
int64_t workload_share(const json_t *value, int64_t total, bool up, int64_t otherwise);

#endif
