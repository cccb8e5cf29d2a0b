/*
 * The federations' control planes on their host cluster, one in a namespace: a federation API
 * server while the pod that runs federation-apiserver is ready, with the certificate of the secret
 * that it mounts, and the controllers while the pod that runs federation-controller-manager is.
 */
#ifndef CONFED_SIM_FEDHOST_H
#define CONFED_SIM_FEDHOST_H

#include "mocks/apiserver/apiserver.h"
#include "mocks/sim/site.h"

void fedhost_free_all(struct site *s);

void fedhost_pod_ready(struct site *s, const json_t *pod);
void fedhost_pod_gone(struct site *s, const char *ns, const char *name);

/* The cluster with that API server is gone for good: no federation here keeps its Cluster object.
 */
void fedhost_forget_member(struct site *s, const char *server_url);

/* What a NodePort in front of the pod has to serve. */
struct fedhost_api {
    struct apiserver *api;
    const char *cert_pem, *key_pem, *client_ca_pem;
};
/* Whether the pod is a federation API server; *ret is borrowed until the pod goes. */
bool fedhost_serves(struct site *s, const json_t *pod, struct fedhost_api *ret);

#endif
