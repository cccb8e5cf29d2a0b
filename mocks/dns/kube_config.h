/*
 * The ConfigMap kube-system/kube-dns as kube-dns and its dnsmasq-nanny take it: an update in which
 * anything is wrong is ignored as a whole, and what was valid before stays in force. Source:
 * kubernetes/dns pkg/dns/config/config.go, validate. Internal to this folder.
 */
#ifndef CONFED_DNSSERVER_KUBE_CONFIG_H
#define CONFED_DNSSERVER_KUBE_CONFIG_H

#include "mocks/dns/dns_server_parts.h"

/* data is the ConfigMap's; dot_refused: a federation's domain must not end with a dot. NULL, or
 * what is wrong with it, as kube-dns logs it; owned. */
char *kube_config_validate(const json_t *data, bool dot_refused);
/* The domain of a federation: "name=domain[,name=domain]". false: it is not among them. data is
 * valid. */
bool kube_config_federation(const json_t *data, const char *name, struct dns_name *ret_domain);
/*
 * The servers for a name, tried in order by fn until it returns true: those of the longest matching
 * stub domain, else the ConfigMap's own upstream, else upstream (may be NULL). false: none did.
 */
bool kube_config_servers(const json_t *data, const struct dns_name *name, const char *upstream,
                         bool (*fn)(void *fn_self, const char *server), void *fn_self);

#endif
