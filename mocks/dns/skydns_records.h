/* SkyDNS records in an etcd, as CoreDNS's etcd middleware reads them. */
#ifndef CONFED_DNSSERVER_SKYDNS_RECORDS_H
#define CONFED_DNSSERVER_SKYDNS_RECORDS_H

#include "mocks/dns/corefile.h"
#include "mocks/dns/dns_server.h"
#include "mocks/dns/sky.h"

/*
 * Every leaf at or below the name's key, those of the group of the shortest key if it has one.
 * Labels "*" and "any" stand for any label.
 */
enum sky_found skydns_records(const struct dns_server_ops *ops, const struct core_etcd *etcd,
                              const struct dns_name *name, bool exact, bool want_srv, sky_fn *fn,
                              void *fn_self);

#endif
