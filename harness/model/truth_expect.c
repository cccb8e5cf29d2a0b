/* What a row of the truth table should be, by what federation DNS promises for the shards as they
 * are. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <string.h>

/* Static texts; two where a server may say either: names that no record was ever written for. */
struct expected {
    const char *verdict[2];
};
#define ONE(v)          \
    (struct expected) { \
        { v, NULL }     \
    }
static const struct expected NOTHING = {{"NODATA", "NXDOMAIN"}};
static const struct expected UNKNOWN = {{NULL, NULL}};

/* What comes back from a zone's name: its own addresses, or those of the next level up. */
static struct expected remote(const struct truth *t, const char *zone, const char *region) {
    if (t->federated_seen && !t->federated)
        return NOTHING;
    if (zone && truth_is_healthy_in(t, zone, region))
        return ONE("REMOTE_ZONE");
    if (region && truth_is_healthy_in(t, NULL, region))
        return ONE("REMOTE_REGION");
    return truth_is_healthy_in(t, NULL, NULL) ? ONE("REMOTE_GLOBAL") : NOTHING;
}

static struct expected plain(const struct truth_cluster *c) {
    if (!c->service_seen)
        return UNKNOWN;
    if (!c->has_service)
        return ONE("NXDOMAIN");
    bool headless = str_eq(c->cluster_ip, "None");
    return headless && c->endpoints_seen && c->ready == 0 ? NOTHING : ONE("LOCAL_PLAIN");
}

static struct expected address(const struct truth *t, const json_t *row) {
    const char *form = json_str(row, "form", NULL);
    const struct truth_cluster *c = truth_find(t, json_str(row, "asker", NULL));
    if (c && (str_eq(form, "svc") || str_eq(form, "svc.ns") || str_eq(form, "svc.ns.svc")))
        return plain(c);
    if (c && str_has_prefix(form, "svc")) {
        if (!c->service_seen || !c->endpoints_seen)
            return UNKNOWN;
        return c->has_service && c->ready > 0 ? ONE("LOCAL_VIA_FED")
                                              : remote(t, c->zone, c->region);
    }
    return remote(t, json_str(row, "zone", NULL), json_str(row, "region", NULL));
}

static bool is_remote(struct expected e) {
    return e.verdict[0] && str_has_prefix(e.verdict[0], "REMOTE");
}

static bool is_local(struct expected e) {
    return e.verdict[0] && str_has_prefix(e.verdict[0], "LOCAL");
}

static bool has_v6(const json_t *addresses) {
    size_t i;
    json_t *one;
    json_array_foreach(addresses, i, one) {
        if (strchr(json_string_value(one), ':'))
            return true;
    }
    return false;
}

static struct expected address_v6(const struct truth *t, const json_t *row, struct expected a) {
    const struct truth_cluster *c = truth_find(t, json_str(row, "asker", NULL));
    if (is_local(a))
        return c && (strchr(c->cluster_ip, ':') || has_v6(c->endpoint_addresses)) ? a
                                                                                  : ONE("NODATA");
    if (!is_remote(a))
        return a;
    for (size_t i = 0; i < t->cluster_count; i++)
        if (has_v6(t->clusters[i].ingress))
            return a;
    return NOTHING;
}

/* A name that has addresses itself is no alias. */
static struct expected alias(const struct truth *t, const json_t *row, struct expected a) {
    const char *form = json_str(row, "form", NULL);
    const struct truth_cluster *c = truth_find(t, json_str(row, "asker", NULL));
    if (str_eq(a.verdict[0], "LOCAL_PLAIN"))
        return c && str_eq(c->type, "ExternalName") ? a : ONE("NODATA");
    if (!is_remote(a) || str_has_prefix(form, "svc"))
        return a;
    enum truth_level own = str_eq(form, "zone")     ? TRUTH_ZONE_LEVEL
                           : str_eq(form, "region") ? TRUTH_REGION_LEVEL
                                                    : TRUTH_GLOBAL_LEVEL;
    if (str_eq(a.verdict[0], truth_level_verdict(own)))
        return ONE("NODATA");
    /* CoreDNS's etcd plugin keeps the record below the name, and asked for a CNAME looks at the
     * name alone (plugin/etcd/etcd.go, Records with exact). */
    return (struct expected){{a.verdict[0], "NODATA"}};
}

json_t *truth_expected(const struct truth *t, const json_t *row) {
    const char *type = json_str(row, "type", NULL);
    struct expected e = address(t, row);
    if (str_eq(type, "AAAA"))
        e = address_v6(t, row, e);
    else if (str_eq(type, "CNAME"))
        e = alias(t, row, e);
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(e.verdict) && e.verdict[i]; i++)
        json_array_append_new(list, json_string(e.verdict[i]));
    return list;
}
