/* Services: the load balancers' addresses gathered from the members into the federation. */
#ifndef CONFED_FEDERATION_SERVICES_H
#define CONFED_FEDERATION_SERVICES_H

#include "mocks/federation/state.h"

#define SERVICE_INGRESSES "federation.kubernetes.io/service-ingresses"

/* Writes status.loadBalancer and (1.7 and later) the annotation when they changed. Tells the DNS
 * part of changes where there is no annotation to tell it. */
void services_write_status(struct fed_object *o, const json_t *federated);
/* The same for an ingress, where the release does it. */
void ingresses_write_status(struct fed_object *o, const json_t *federated);
/* Whether the service is one that gets DNS records. */
bool services_wants_dns(const struct federation *f, const json_t *service);

#endif
