/*
 * What busybox nslookup printed, whatever its release. Its exit code is never the answer: 1.35
 * exits with 1 although it resolved, when one suffix of the search list has no such name, and 1.29
 * with 0 although one family has no answer. The lines say it.
 *
 * - to 1.28: libc resolves, so the search list counts; "Address 1: 10.1.2.3 its.reverse.name", and
 *   the server's own line looks the same. Failure is one line on standard error.
 * - from 1.29: its own resolver, A and AAAA apart; "Name:<tab>", "Address: ", "** server can't
 * find",
 *   "*** Can't find ...: No answer", ";; connection timed out".
 *
 *     {"form": "old", "server": "10.152.183.10", "resolved": true, "addresses": ["10.152.183.77"],
 *      "answers": [{"name": "beacon", "address": "10.152.183.77", "reverse": "beacon.default..."}],
 *      "aliases": [{"name": "...", "target": "..."}], "reverse": [{"name": "...", "target":
 * "..."}], "failed": [{"name": "beacon.svc.cluster.local", "reason": "NXDOMAIN"}]}
 *
 * reason is an rcode as printed, "NODATA", "TIMEOUT", or "UNRESOLVED" (old form, which does not
 * say). form is "old", "new", or "" when it is no nslookup's output.
 */
#ifndef CONFED_DNS_NSLOOKUP_H
#define CONFED_DNS_NSLOOKUP_H

#include <jansson.h>
#include <stddef.h>

/* Any bytes will do; owned. At most NSLOOKUP_ANSWERS_MAX of each list are kept. */
enum { NSLOOKUP_ANSWERS_MAX = 1000 };
json_t *nslookup_parse(const char *out, size_t out_len, const char *err, size_t err_len);

#endif
