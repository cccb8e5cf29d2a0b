/*
 * Record sets as the CoreDNS provider keeps them in etcd: one key a record below the reversed name,
 * its last part the 32-bit FNV-1a hash of the data.
 *
 *     /skydns/com/juju-fed/svc/federation/default/beacon/389da9d9
 *         {"host":"203.0.113.11","ttl":180,"group":"beacon.default.federation.svc.juju-fed.com."}
 */
#ifndef CONFED_FEDERATION_RECORDS_H
#define CONFED_FEDERATION_RECORDS_H

#include "mocks/federation/state.h"

#define RECORD_TTL 180

/* "/skydns/com/juju-fed/..." of a name, owned. */
char *record_key(const char *name);
/*
 * Makes name hold exactly the hosts (addresses or names: the keys of a borrowed object), with the
 * defects of the release. Returns 0, or an err_code with the provider's words.
 */
int records_ensure(struct federation *f, const char *name, const json_t *hosts, struct err *err);

#endif
