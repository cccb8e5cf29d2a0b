/* Why the federation's zone has no record, or not all: the conditions of its DNS controller, one
 * by one, as far as the evidence shows them. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <string.h>
#include <strings.h>

static const char LABEL[] = "failure-domain.beta.kubernetes.io/";

/* Whether the zone's server gave addresses: 1, 0, or -1 when it was not asked. */
static int is_served(const json_t *rows) {
    int found = -1;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const char *verdict = json_str(row, "verdict", NULL);
        if (!str_eq(json_str(row, "asker", NULL), TRUTH_ZONE_SERVER) ||
            !str_eq(json_str(row, "type", NULL), "A") || str_eq(verdict, "NOT_ASKED"))
            continue;
        found = found < 0 ? 0 : found;
        if (json_array_size(json_object_get(row, "addresses")) > 0)
            return 1;
    }
    return found;
}

static void say_type(const struct truth *t, const json_t *rows, json_t *why) {
    bool stored = json_array_size(json_at(t->evidence, "etcd", "leaves", NULL)) > 0;
    bool seen = json_at(t->evidence, "etcd", "leaves", NULL) || is_served(rows) >= 0;
    if (str_eq(t->type, "LoadBalancer") || stored)
        return;
    const char *type = *t->type ? t->type : "ClusterIP";
    const char *article = strchr("AEIOU", type[0]) ? "an" : "a";
    if (seen)
        truth_why_add(why, "service-type",
                      "no federation record exists because the service is %s %s", article, type);
    else
        truth_why_add(why, "service-type",
                      "the federation writes no record for a service that is %s %s", article, type);
}

/* The value of a key of the provider's file; owned or NULL. in_section: below [Global]. */
static char *provider_value(const char *text, const char *key, bool *ret_section) {
    CLEANUP(str_freep) char *copy = xstrdup(text);
    char *rest = copy, *found = NULL;
    *ret_section = false;
    for (char *line; (line = str_next(&rest, '\n')) != NULL;) {
        line += strspn(line, " \t");
        if (strncasecmp(line, "[Global]", 8) == 0)
            *ret_section = true;
        size_t len = strlen(key);
        if (strncasecmp(line, key, len) != 0 || !strchr(" \t=", line[len]))
            continue;
        char *value = strchr(line, '=');
        if (!value || found)
            continue;
        value += 1 + strspn(value + 1, " \t");
        found = xstrndup(value, strcspn(value, "\r;#"));
    }
    return found;
}

static bool names_zone(const char *zones, const char *zone) {
    CLEANUP(str_freep) char *copy = xstrdup(zones ? zones : "");
    char *rest = copy;
    for (char *one; (one = str_next(&rest, ',')) != NULL;) {
        one += strspn(one, " \t\"");
        size_t len = strcspn(one, " \t\"");
        while (len > 0 && one[len - 1] == '.')
            len--;
        if (len == strlen(zone) && strncasecmp(one, zone, len) == 0)
            return true;
    }
    return false;
}

static void say_provider(const struct truth *t, json_t *why) {
    const json_t *provider = json_object_get(t->evidence, "provider");
    const char *text = json_str(provider, "text", NULL);
    if (!text) {
        const char *problem = json_str(provider, "problem", NULL);
        truth_why_add(why, "unseen", "could not see the DNS provider's configuration%s%s",
                      problem ? ": " : "", problem ? problem : "");
        return;
    }
    bool section;
    CLEANUP(str_freep) char *zones = provider_value(text, "zones", &section);
    if (!section)
        truth_why_add(why, "provider-section",
                      "the DNS provider's configuration has no [Global] section, so the "
                      "controller manager does not take it");
    else if (!names_zone(zones, t->zone))
        truth_why_add(why, "provider-zone",
                      "the DNS provider manages the zones \"%s\", which are not %s",
                      zones ? zones : "", t->zone);
}

static void say_etcd(const struct truth *t, json_t *why) {
    const json_t *etcd = json_object_get(t->evidence, "etcd");
    const char *state = json_str(etcd, "state", NULL), *at = json_str(etcd, "endpoint", NULL);
    const char *problem = json_str(etcd, "problem", NULL);
    if (str_eq(state, "tls"))
        truth_why_add(why, "etcd-tls",
                      "the etcd at %s speaks TLS, and the CoreDNS provider of 1.6 to 1.8 only "
                      "plain HTTP",
                      at);
    else if (str_eq(state, "closed"))
        truth_why_add(why, "etcd-closed", "nobody answers at the provider's etcd %s: %s", at,
                      problem ? problem : "closed");
    else if (!str_eq(state, "plain"))
        truth_why_add(why, "unseen", "could not see the records in etcd%s%s", problem ? ": " : "",
                      problem ? problem : "");
}

static void say_place(const struct truth_cluster *c, json_t *why) {
    if (c->has_zones)
        return;
    const char *node = c->node_without_zone ? c->node_without_zone : c->node_without_region;
    const char *label = c->node_without_zone ? "zone" : "region";
    if (node)
        truth_why_add(why, c->node_without_zone ? "no-zone-label" : "no-region-label",
                      "no %s label on node %s of %s (%s%s), so the federation writes no record "
                      "for %s",
                      label, node, c->name, LABEL, label, c->name);
    else if (!truth_why_unseen(why, json_object_get(c->evidence, "nodes"), "the nodes of %s",
                               c->name))
        truth_why_add(why, "zones-not-read",
                      "Cluster %s has no zones in its status though every node has its labels",
                      c->name);
}

/* What keeps one cluster's address out of the zone. */
static void say_cluster(const struct truth *t, const struct truth_cluster *c, json_t *why) {
    const json_t *registered = json_object_get(t->evidence, "registered");
    if (truth_why_unseen(why, registered, "the clusters of the federation"))
        return;
    if (!c->registered) {
        truth_why_add(why, "not-joined", "%s is no cluster of the federation", c->name);
        return;
    }
    if (c->offline)
        truth_why_add(why, "offline", "Cluster %s is Offline", c->name);
    say_place(c, why);
    if (truth_why_unseen(why, json_object_get(c->evidence, "service"), "the service of %s",
                         c->name))
        return;
    if (!c->has_service)
        truth_why_add(why, "no-shard", "%s has no service %s", c->name, t->service);
    else if (str_eq(t->type, "LoadBalancer") && json_array_size(c->ingress) == 0)
        truth_why_add(why, "no-ingress", "the load balancer of %s has no address (pending)",
                      c->name);
}

static void say_endpoints(const struct truth *t, json_t *why) {
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        if (c->ready > 0 || truth_why_unseen(why, json_object_get(c->evidence, "endpoints"),
                                             "the endpoints of %s", c->name))
            return;
    }
    if (t->cluster_count > 0)
        truth_why_add(why, "no-ready-endpoint", "no cluster has a ready endpoint of %s",
                      t->service);
}

static void say_server(const struct truth *t, const json_t *rows, json_t *why) {
    size_t i;
    json_t *row;
    const char *address = json_str(t->evidence, "zone_server", "address", NULL);
    int64_t port = json_int(t->evidence, 53, "zone_server", "port", NULL);
    if (!address) {
        const char *problem = json_str(t->evidence, "zone_server", "problem", NULL);
        truth_why_add(why, "unseen", "could not see which server has the zone %s%s%s", t->zone,
                      problem ? ": " : "", problem ? problem : "");
        return;
    }
    json_array_foreach(rows, i, row) {
        const json_t *answer = json_object_get(row, "answer");
        const char *problem = json_str(answer, "problem", NULL);
        const char *rcode = json_str(answer, "way", "rcode", NULL);
        if (!str_eq(json_str(row, "asker", NULL), TRUTH_ZONE_SERVER) || !answer)
            continue;
        if (problem)
            truth_why_add(why, "zone-server-silent", "nobody answers for %s at %s:%d: %s", t->zone,
                          address, (int)port, problem);
        else if (!str_eq(rcode, "NOERROR") && !str_eq(rcode, "NXDOMAIN"))
            truth_why_add(why, "zone-server-error", "the server of %s at %s:%d answers %s", t->zone,
                          address, (int)port, rcode ? rcode : "nothing");
        else if (!json_flag(answer, "way", "aa", NULL))
            truth_why_add(why, "lame", "the server at %s:%d does not answer for %s itself (lame)",
                          address, (int)port, t->zone);
        else
            continue;
        return;
    }
}

void truth_why_published(const struct truth *t, const json_t *rows, json_t *why) {
    if (truth_why_unseen(why, json_object_get(t->evidence, "federated"),
                         "the federation's service"))
        return;
    if (!t->federated) {
        truth_why_add(why, "no-service", "the federation has no service %s in %s", t->service,
                      t->ns);
        return;
    }
    if (is_served(rows) != 1) {
        say_type(t, rows, why);
        say_endpoints(t, why);
        say_provider(t, why);
        say_etcd(t, why);
        say_server(t, rows, why);
    }
    for (size_t i = 0; i < t->cluster_count; i++)
        if (t->clusters[i].ready > 0 || !t->clusters[i].endpoints_seen)
            say_cluster(t, &t->clusters[i], why);
    if (is_served(rows) == 0 && json_array_size(json_at(t->evidence, "etcd", "leaves", NULL)) > 0)
        truth_why_add(why, "not-served",
                      "etcd has records of %s, the zone's server does not serve them", t->service);
}
