/*
 * Cluster IPs and NodePorts of services: given out, checked and taken back. A federation API server
 * does none of it.
 */
#ifndef CONFED_APISERVER_SERVICE_ALLOC_H
#define CONFED_APISERVER_SERVICE_ALLOC_H

#include "mocks/apiserver/request.h"

/* NULL when cidr is NULL or not an IPv4 network of at least eight addresses. */
struct service_alloc *service_alloc_new(const char *cidr);
void service_alloc_free(struct service_alloc *a);

/* Fills in or checks; what is wrong goes into causes. Other kinds than services are let through. */
void service_alloc_create(struct request *q, struct kind *k, json_t *object, bool dry_run,
                          json_t *causes);
void service_alloc_update(struct request *q, struct kind *k, json_t *object, const json_t *old,
                          bool dry_run, json_t *causes);
/* The service is gone, or was not stored after all. */
void service_alloc_forget(struct apiserver *s, const struct kind *k, const json_t *object);
/* The service was stored without being asked for (a dump that is loaded). */
void service_alloc_adopt(struct apiserver *s, const struct kind *k, const json_t *object);
/* The service `kubernetes` in default, at the first address. */
void service_alloc_bootstrap(struct apiserver *s);

#endif
