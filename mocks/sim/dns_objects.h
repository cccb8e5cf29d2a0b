/* What a cluster's DNS server asks of the cluster's objects (dns_server_ops), answered from its API
 * server. */
#ifndef CONFED_SIM_DNS_OBJECTS_H
#define CONFED_SIM_DNS_OBJECTS_H

#include "mocks/apiserver/apiserver.h"

/* The object, or with name "" the first of its kind; borrowed until the next change, NULL: none. */
const json_t *dns_objects_get(const struct apiserver *api, const char *resource, const char *ns,
                              const char *name);

#endif
