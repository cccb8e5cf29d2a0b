/*
 * The file of the CoreDNS provider, in git-config format as gcfg reads it:
 *
 *     [Global]
 *     etcd-endpoints = http://10.1.0.31:2379
 *     zones = juju-fed.com.
 *
 * Keys before a section header are refused, as are unknown ones: people forget the header.
 */
#ifndef CONFED_FEDERATION_PROVIDER_H
#define CONFED_FEDERATION_PROVIDER_H

#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <stdbool.h>

struct provider {
    char *etcd_endpoint; /* the first of etcd-endpoints */
    char *zones;         /* comma-separated as given */
    char *dns_endpoints; /* coredns-endpoints; "" when not given */
};

/* text NULL: as with an empty file. ERR_INPUT with the provider's own words. */
int provider_parse(struct provider *ret, const char *text, bool knows_tls, struct err *err);
void provider_release(struct provider *p);
/* Whether zone (with or without its last dot) is one of the provider's. */
bool provider_has_zone(const struct provider *p, const char *zone);

#endif
