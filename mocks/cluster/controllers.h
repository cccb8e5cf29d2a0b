/*
 * The controllers of a cluster, each a pair: observe files a change away (from the API server's
 * callback: must not call the API server), reconcile does the work for one key (from a timer).
 * To add one: a line in enum work (state.h), a row in the table of cluster.c, and its file.
 */
#ifndef CONFED_CLUSTER_CONTROLLERS_H
#define CONFED_CLUSTER_CONTROLLERS_H

#include "mocks/cluster/state.h"

typedef void controller_observe_fn(struct cluster *c, enum apiserver_event event,
                                   const json_t *object, const json_t *old);
typedef void controller_reconcile_fn(struct cluster *c, const char *ns, const char *name);

/* pod.c */
void pod_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                 const json_t *old);
void pod_reconcile(struct cluster *c, const char *ns, const char *name);
/* node.c */
void node_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                  const json_t *old);
void node_reconcile(struct cluster *c, const char *ns, const char *name);
/* replicaset.c: replica sets and replication controllers */
void replicaset_reconcile(struct cluster *c, const char *ns, const char *name);
void replicaset_reconcile_rc(struct cluster *c, const char *ns, const char *name);
/* deployment.c, daemonset.c, statefulset.c, job.c, cronjob.c */
void deployment_reconcile(struct cluster *c, const char *ns, const char *name);
void daemonset_reconcile(struct cluster *c, const char *ns, const char *name);
void statefulset_reconcile(struct cluster *c, const char *ns, const char *name);
void job_reconcile(struct cluster *c, const char *ns, const char *name);
void cronjob_reconcile(struct cluster *c, const char *ns, const char *name);
/* endpointslice.c: the same endpoints in the form of today, where it is served */
void endpointslice_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                           const json_t *old);
void endpointslice_reconcile(struct cluster *c, const char *ns, const char *name);

/* endpoints.c: services' endpoints and addresses of load balancers */
void endpoints_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                       const json_t *old);
void endpoints_reconcile(struct cluster *c, const char *ns, const char *name);
/* serviceaccount.c */
void serviceaccount_reconcile_namespace(struct cluster *c, const char *ns, const char *name);
void serviceaccount_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                            const json_t *old);
void serviceaccount_reconcile(struct cluster *c, const char *ns, const char *name);
void serviceaccount_reconcile_secret(struct cluster *c, const char *ns, const char *name);
/* csr.c: approved certificate signing requests */
void csr_reconcile(struct cluster *c, const char *ns, const char *name);
/* clusterrole.c: cluster roles made of others */
void clusterrole_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                         const json_t *old);
void clusterrole_reconcile(struct cluster *c, const char *ns, const char *name);
/* volume.c */
void volume_reconcile(struct cluster *c, const char *ns, const char *name);

#endif
