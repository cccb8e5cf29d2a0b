/* What came back, in one word. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <string.h>
#include <strings.h>

/* Whose address it is. */
enum owner { NOBODY, OWN, OTHERS_INNER, OUTSIDE };

static enum owner owner_of(const struct truth *t, const struct truth_cluster *asker,
                           const char *address, const struct truth_cluster **ret_cluster) {
    if (asker &&
        (str_eq(asker->cluster_ip, address) || truth_has(asker->endpoint_addresses, address))) {
        *ret_cluster = asker;
        return OWN;
    }
    /* Two clusters may have given the same address: it is the healthy one's. */
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        *ret_cluster = c;
        if (truth_is_healthy(c) && truth_has(c->ingress, address))
            return OUTSIDE;
    }
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        *ret_cluster = c;
        if (truth_has(c->ingress, address) || truth_has(c->node_addresses, address))
            return OUTSIDE;
        if (str_eq(c->cluster_ip, address) || truth_has(c->endpoint_addresses, address))
            return OTHERS_INNER;
    }
    *ret_cluster = NULL;
    return NOBODY;
}

char *truth_whose(const struct truth *t, const char *asker, const char *address) {
    const struct truth_cluster *c;
    switch (owner_of(t, truth_find(t, asker), address, &c)) {
    case OWN:
    case OTHERS_INNER:
        return xasprintf("%s network of %s", str_eq(c->cluster_ip, address) ? "service" : "pod",
                         c->name);
    case OUTSIDE:
        return xasprintf("%s of %s", truth_has(c->ingress, address) ? "load balancer" : "node",
                         c->name);
    case NOBODY:
        break;
    }
    return xstrdup("nobody's address that could be seen");
}

static bool is_gone(const struct truth *t) {
    return t->federated_seen && !t->federated;
}

/* TTLs of the zone are t->ttl at its server, and no more elsewhere; others are at least positive.
 */
static bool is_ttl_wrong(const struct truth *t, const json_t *row) {
    static const char *const lists[] = {"chain", "records"};
    bool zone_server = str_eq(json_str(row, "asker", NULL), TRUTH_ZONE_SERVER);
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        size_t i;
        json_t *record;
        json_array_foreach(json_at(row, "answer", "way", lists[k], NULL), i, record) {
            int64_t ttl = json_int(record, 0, "ttl", NULL);
            bool zones = truth_level_of(t, json_str(record, "name", NULL)) != TRUTH_NO_LEVEL;
            if (ttl <= 0 || (zones && (zone_server ? ttl != t->ttl : ttl > t->ttl)))
                return true;
        }
    }
    return false;
}

static const char *of_zone(const struct truth *t, const json_t *records, enum truth_level level) {
    size_t i;
    json_t *record;
    const char *stale = NULL;
    if (is_gone(t))
        return "LEAKED";
    json_array_foreach(records, i, record) {
        const struct truth_cluster *c;
        switch (owner_of(t, NULL, json_str(record, "data", NULL), &c)) {
        case OWN:
        case OTHERS_INNER:
            return "LEAKED";
        case OUTSIDE:
            if (c->service_seen && c->endpoints_seen && !truth_is_healthy(c))
                stale = "STALE";
            break;
        case NOBODY:
            stale = "STALE";
            break;
        }
    }
    return stale ? stale : truth_level_verdict(level);
}

static const char *of_cluster(const struct truth *t, const json_t *row, const json_t *records) {
    const struct truth_cluster *asker = truth_find(t, json_str(row, "asker", NULL));
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record) {
        const struct truth_cluster *c;
        enum owner owner = owner_of(t, asker, json_str(record, "data", NULL), &c);
        if (owner == OTHERS_INNER)
            return "LEAKED";
        if (owner != OWN && asker && asker->service_seen && !str_eq(asker->type, "ExternalName"))
            return "STALE";
    }
    return truth_is_federation_name(t, json_str(row, "answer", "way", "name", NULL))
               ? "LOCAL_VIA_FED"
               : "LOCAL_PLAIN";
}

static const char *of_addresses(const struct truth *t, const json_t *row) {
    const json_t *way = json_at(row, "answer", "way", NULL);
    const json_t *records = json_object_get(way, "records");
    enum truth_level level = truth_level_of(t, json_str(way, "final", NULL));
    const char *verdict =
        level != TRUTH_NO_LEVEL ? of_zone(t, records, level) : of_cluster(t, row, records);
    bool fine = str_has_prefix(verdict, "REMOTE") || str_has_prefix(verdict, "LOCAL");
    return fine && is_ttl_wrong(t, row) ? "WRONG_TTL" : verdict;
}

static bool leads_somewhere(const json_t *a_row) {
    const char *verdict = json_str(a_row, "verdict", NULL);
    return verdict && (str_has_prefix(verdict, "REMOTE") || str_has_prefix(verdict, "LOCAL") ||
                       str_eq(verdict, "LEAKED") || str_eq(verdict, "STALE") ||
                       str_eq(verdict, "WRONG_TTL") || str_eq(verdict, "LOOP"));
}

/* An alias or a service record is worth what its target is: the A row of the same name says it. */
static const char *of_pointer(const struct truth *t, const json_t *row, const json_t *a_row) {
    size_t i;
    json_t *record;
    json_array_foreach(json_at(row, "answer", "way", "additional", NULL), i, record) {
        const char *type = json_str(record, "type", NULL);
        if (str_eq(type, "A") && a_row &&
            !truth_has(json_object_get(a_row, "addresses"), json_str(record, "data", NULL)))
            return "STALE";
    }
    if (is_ttl_wrong(t, row))
        return "WRONG_TTL";
    if (leads_somewhere(a_row))
        return json_str(a_row, "verdict", NULL);
    bool zones = truth_level_of(t, json_str(row, "answer", "way", "final", NULL)) != TRUTH_NO_LEVEL;
    return is_gone(t) && zones ? "LEAKED" : "NODATA";
}

static const char *of_error(const struct truth *t, const json_t *row) {
    const json_t *way = json_at(row, "answer", "way", NULL);
    bool left = is_gone(t) && json_array_size(json_object_get(way, "chain")) > 0 &&
                truth_level_of(t, json_str(way, "final", NULL)) != TRUTH_NO_LEVEL;
    const char *rcode = json_str(way, "rcode", NULL);
    if (left)
        return "LEAKED";
    if (str_eq(rcode, "NXDOMAIN"))
        return "NXDOMAIN";
    return str_eq(rcode, "NOERROR") ? "NODATA" : "SERVFAIL";
}

const char *truth_verdict(const struct truth *t, const json_t *row, const json_t *a_row) {
    const json_t *answer = json_object_get(row, "answer");
    const char *end = json_str(answer, "way", "end", NULL), *type = json_str(row, "type", NULL);
    if (!answer || !end)
        return "NOT_ASKED";
    if (json_object_get(answer, "problem"))
        return "TIMEOUT";
    if (str_eq(end, "loop") || str_eq(end, "long"))
        return "LOOP";
    if (!str_eq(end, "found"))
        return of_error(t, row);
    return str_eq(type, "SRV") || str_eq(type, "CNAME") ? of_pointer(t, row, a_row)
                                                        : of_addresses(t, row);
}
