/* The ConfigMap kube-system/kube-dns, read when it is needed. Internal to this folder. */
#ifndef CONFED_DNSSERVER_KUBE_CONFIG_H
#define CONFED_DNSSERVER_KUBE_CONFIG_H

#include "mocks/dns/dns_server_parts.h"

/*
 * The domain of a federation: "name=domain[,name=domain]". false: it is not among them, or the text
 * is refused as a whole, as kube-dns does. dot_refused: a domain that ends with a dot is such a
 * case.
 */
bool kube_config_federation(const char *federations, const char *name, bool dot_refused,
                            struct dns_name *ret_domain);
/*
 * The servers for a name, tried in order by fn until it returns true: those of the longest matching
 * stub domain, else the ConfigMap's own upstream, else upstream (may be NULL). false: none did.
 */
bool kube_config_servers(const json_t *config_map, const struct dns_name *name,
                         const char *upstream, bool (*fn)(void *fn_self, const char *server),
                         void *fn_self);

#endif
