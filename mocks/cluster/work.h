/* The work queue's own face to cluster.c; the controllers use cluster_enqueue of state.h. */
#ifndef CONFED_CLUSTER_WORK_H
#define CONFED_CLUSTER_WORK_H

#include "mocks/cluster/state.h"

void work_run(void *self); /* sched_fn: self is the struct cluster */
void work_release(struct cluster *c);
/* The reconcile function of the work's controller; in cluster.c, where the table is. */
void cluster_reconcile(struct cluster *c, enum work work, const char *ns, const char *name);

#endif
