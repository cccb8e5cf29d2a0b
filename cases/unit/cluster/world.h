/* One cluster on a virtual clock, for the tests of this folder. */
#ifndef CONFED_CASES_CLUSTER_WORLD_H
#define CONFED_CASES_CLUSTER_WORLD_H

#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/cluster/cluster.h"

struct world {
    struct sched *sched;
    struct apiserver *api;
    struct cluster *cluster;
    struct kubelet_ops kubelet;
    struct cluster_ops ops;
    int ready, gone;  /* pods that the world was told of */
    struct buf asked; /* names of DNS queries, a line each */
    /* The DNS servers: appends the answer; false: silence. NULL: nobody answers. */
    bool (*resolve)(struct world *w, const char *server, bool tcp, const void *query, size_t len,
                    struct buf *reply);
    void *user; /* of the test */
};

/* Options that a test may change before world_start. */
void world_options(struct cluster_options *o);
struct world *world_start(const struct cluster_options *o);
void world_stop(struct world *w);
int world_setup(void **state); /* the usual options */
int world_teardown(void **state);

/* Calls with a body as JSON text in which ' stands for "; fails the test unless the status is 2xx.
 */
void world_call(struct world *w, const char *method, const char *target, const char *body);
int world_status(struct world *w, const char *method, const char *target, const char *body);
const json_t *world_get(struct world *w, const char *group, const char *resource, const char *name);
/* A value as text ("" when missing): world_text(pod, "status", "phase", NULL). */
size_t world_count(struct world *w, const char *group, const char *resource);
/* The names of pods in "default", sorted, with their phase: "web-0=Running ..."; owned. */
char *world_pods(struct world *w);
/* Creates a pod of one container; command is a JSON array with ' or NULL. */
void world_pod(struct world *w, const char *name, const char *image, const char *command);

#endif
