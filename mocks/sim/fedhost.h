/*
 * The federation's control plane on its host cluster: a federation API server while the pod that
 * runs federation-apiserver is ready, with the certificate of the secret that it mounts, and the
 * controllers while the pod that runs federation-controller-manager is.
 */
#ifndef CONFED_SIM_FEDHOST_H
#define CONFED_SIM_FEDHOST_H

#include "mocks/apiserver/apiserver.h"
#include "mocks/sim/site.h"

struct fedhost;
struct fedhost *fedhost_new(struct site *s);
void fedhost_free(struct fedhost *f);

void fedhost_pod_ready(struct fedhost *f, const json_t *pod);
void fedhost_pod_gone(struct fedhost *f, const char *ns, const char *name);

/* The cluster with that API server is gone for good: no federation here keeps its Cluster object.
 */
void fedhost_forget_member(struct fedhost *f, const char *server_url);

/* What a NodePort in front of the pod has to serve. */
struct fedhost_api {
    struct apiserver *api;
    const char *cert_pem, *key_pem, *client_ca_pem;
};
/* Whether the pod is the federation API server; *ret is borrowed until the pod goes. */
bool fedhost_serves(const struct fedhost *f, const json_t *pod, struct fedhost_api *ret);

#endif
