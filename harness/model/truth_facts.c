/* The evidence of a truth table, read into what its parts ask for. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char ZONE_LABEL[] = "failure-domain.beta.kubernetes.io/zone";
static const char REGION_LABEL[] = "failure-domain.beta.kubernetes.io/region";

int64_t truth_status(const json_t *seen) {
    return json_int(seen, 0, "status", NULL);
}

static bool was_said(const json_t *seen) {
    int64_t status = truth_status(seen);
    return status == 200 || status == 404;
}

bool truth_has(const json_t *list, const char *text) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        const char *have = json_string_value(one);
        if (have && text && strcasecmp(have, text) == 0)
            return true;
    }
    return false;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

static void add_text(json_t *list, const char *text) {
    if (text && *text && !truth_has(list, text))
        json_array_append_new(list, json_string(text));
}

static void read_service(struct truth_cluster *c) {
    const json_t *seen = json_object_get(c->evidence, "service");
    c->service_seen = was_said(seen);
    c->has_service = truth_status(seen) == 200;
    const json_t *service = c->has_service ? json_object_get(seen, "json") : NULL;
    c->type = or_empty(json_str(service, "spec", "type", NULL));
    c->cluster_ip = or_empty(json_str(service, "spec", "clusterIP", NULL));
    size_t i;
    json_t *ingress;
    json_array_foreach(json_at(service, "status", "loadBalancer", "ingress", NULL), i, ingress)
        add_text(c->ingress, json_str(ingress, "ip", NULL));
}

static void read_endpoints(struct truth_cluster *c) {
    const json_t *seen = json_object_get(c->evidence, "endpoints");
    c->endpoints_seen = was_said(seen);
    size_t i, j;
    json_t *subset, *address;
    json_array_foreach(json_at(seen, "json", "subsets", NULL), i, subset) {
        json_array_foreach(json_object_get(subset, "addresses"), j, address)
            add_text(c->endpoint_addresses, json_str(address, "ip", NULL));
        c->not_ready += json_array_size(json_object_get(subset, "notReadyAddresses"));
    }
    c->ready = json_array_size(c->endpoint_addresses);
}

static void read_node(struct truth_cluster *c, const json_t *node) {
    const json_t *labels = json_at(node, "metadata", "labels", NULL);
    const char *name = or_empty(json_str(node, "metadata", "name", NULL));
    const char *zone = json_string_value(json_object_get(labels, ZONE_LABEL));
    const char *region = json_string_value(json_object_get(labels, REGION_LABEL));
    size_t i;
    json_t *address;
    if ((!zone || !*zone) && !c->node_without_zone)
        c->node_without_zone = name;
    if ((!region || !*region) && !c->node_without_region)
        c->node_without_region = name;
    if (zone && *zone && region && *region && !c->zone) {
        c->zone = zone;
        c->region = region;
    }
    json_array_foreach(json_at(node, "status", "addresses", NULL), i, address)
        add_text(c->node_addresses, json_str(address, "address", NULL));
}

static void read_nodes(struct truth_cluster *c) {
    const json_t *seen = json_object_get(c->evidence, "nodes");
    c->nodes_seen = truth_status(seen) == 200;
    size_t i;
    json_t *node;
    json_array_foreach(json_at(seen, "json", "items", NULL), i, node) read_node(c, node);
}

static void read_registration(struct truth_cluster *c, const json_t *registered) {
    size_t i;
    json_t *cluster, *condition;
    json_array_foreach(json_at(registered, "json", "items", NULL), i, cluster) {
        if (str_eq(json_str(cluster, "metadata", "name", NULL), c->name))
            c->registered = cluster;
    }
    c->has_zones = json_array_size(json_at(c->registered, "status", "zones", NULL)) > 0;
    json_array_foreach(json_at(c->registered, "status", "conditions", NULL), i, condition) {
        if (str_eq(json_str(condition, "type", NULL), "Offline") &&
            str_eq(json_str(condition, "status", NULL), "True"))
            c->offline = true;
    }
}

static void add_annotated(struct truth *t) {
    const char *text = json_str(t->annotation_of, "annotations",
                                "federation.kubernetes.io/service-ingresses", NULL);
    CLEANUP(json_freep) json_t *noted = text ? json_parse(text, strlen(text), "", NULL) : NULL;
    size_t i, j;
    json_t *item, *ingress;
    json_array_foreach(json_object_get(noted, "items"), i, item) {
        for (size_t k = 0; k < t->cluster_count; k++) {
            if (!str_eq(t->clusters[k].name, json_str(item, "cluster", NULL)))
                continue;
            json_array_foreach(json_object_get(item, "items"), j, ingress)
                add_text(t->clusters[k].ingress, json_str(ingress, "ip", NULL));
        }
    }
}

static const char *text_or(const json_t *evidence, const char *key, const char *otherwise) {
    const char *text = json_str(evidence, key, NULL);
    return text && *text ? text : otherwise;
}

void truth_read(struct truth *t, const json_t *evidence) {
    *t = (struct truth){.evidence = evidence};
    t->service = text_or(evidence, "service", "service");
    t->ns = text_or(evidence, "namespace", "default");
    t->federation = text_or(evidence, "federation", "");
    t->zone = text_or(evidence, "zone", "");
    t->domain = text_or(evidence, "cluster_domain", "cluster.local");
    t->ttl = json_int(evidence, 180, "ttl", NULL);
    const json_t *federated = json_object_get(evidence, "federated");
    t->federated_seen = was_said(federated);
    t->federated = truth_status(federated) == 200;
    t->type = t->federated ? or_empty(json_str(federated, "json", "spec", "type", NULL)) : "";
    t->annotation_of = t->federated ? json_at(federated, "json", "metadata", NULL) : NULL;
    json_t *clusters = json_object_get(evidence, "clusters");
    const char *name;
    json_t *one;
    json_object_foreach(clusters, name, one) {
        if (t->cluster_count == TRUTH_CLUSTERS_MAX)
            break;
        struct truth_cluster *c = &t->clusters[t->cluster_count++];
        *c = (struct truth_cluster){.name = name,
                                    .evidence = one,
                                    .ingress = json_array(),
                                    .node_addresses = json_array(),
                                    .endpoint_addresses = json_array()};
        read_service(c);
        read_endpoints(c);
        read_nodes(c);
        read_registration(c, json_object_get(evidence, "registered"));
    }
    add_annotated(t);
}

void truth_release(struct truth *t) {
    for (size_t i = 0; i < t->cluster_count; i++) {
        json_decref(t->clusters[i].ingress);
        json_decref(t->clusters[i].node_addresses);
        json_decref(t->clusters[i].endpoint_addresses);
    }
}

const struct truth_cluster *truth_find(const struct truth *t, const char *name) {
    for (size_t i = 0; i < t->cluster_count; i++)
        if (str_eq(t->clusters[i].name, name))
            return &t->clusters[i];
    return NULL;
}

bool truth_is_healthy(const struct truth_cluster *c) {
    return c->has_service && c->ready > 0 && !c->offline;
}

bool truth_is_healthy_in(const struct truth *t, const char *zone, const char *region) {
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        if (truth_is_healthy(c) && (!zone || str_eq(c->zone, zone)) &&
            (!region || str_eq(c->region, region)))
            return true;
    }
    return false;
}

/* --- names ----------------------------------------------------------------------------------- */

/* The labels of name between the two, as text with their length; NULL: it is not so made. */
static const char *between(const char *name, const char *prefix, const char *suffix,
                           size_t *ret_len) {
    size_t len = name ? strlen(name) : 0, before = strlen(prefix), after = strlen(suffix);
    if (len > 0 && name[len - 1] == '.')
        len--;
    if (len < before + after || strncasecmp(name, prefix, before) != 0 ||
        strncasecmp(name + len - after, suffix, after) != 0)
        return NULL;
    *ret_len = len - before - after;
    return name + before;
}

enum truth_level truth_level_of(const struct truth *t, const char *name) {
    if (!*t->zone || !*t->federation)
        return TRUTH_NO_LEVEL;
    CLEANUP(str_freep)
    char *prefix = xasprintf("%s.%s.%s.svc.", t->service, t->ns, t->federation);
    size_t len, dots = 0;
    const char *middle = between(name, prefix, t->zone, &len);
    if (!middle)
        return TRUTH_NO_LEVEL;
    if (len > 0 && middle[len - 1] != '.')
        return TRUTH_NO_LEVEL;
    for (size_t i = 0; i < len; i++)
        dots += middle[i] == '.';
    return dots == 0   ? TRUTH_GLOBAL_LEVEL
           : dots == 1 ? TRUTH_REGION_LEVEL
           : dots == 2 ? TRUTH_ZONE_LEVEL
                       : TRUTH_NO_LEVEL;
}

const char *truth_level_verdict(enum truth_level level) {
    switch (level) {
    case TRUTH_ZONE_LEVEL:
        return "REMOTE_ZONE";
    case TRUTH_REGION_LEVEL:
        return "REMOTE_REGION";
    case TRUTH_GLOBAL_LEVEL:
        return "REMOTE_GLOBAL";
    case TRUTH_NO_LEVEL:
        break;
    }
    return "";
}

static bool is_name(const char *name, const char *wanted) {
    size_t len;
    return between(name, wanted, "", &len) && len == 0;
}

bool truth_is_federation_name(const struct truth *t, const char *name) {
    CLEANUP(str_freep)
    char *wanted = xasprintf("%s.%s.%s.svc.%s", t->service, t->ns, t->federation, t->domain);
    return is_name(name, wanted);
}

bool truth_is_plain_name(const struct truth *t, const char *name) {
    CLEANUP(str_freep) char *wanted = xasprintf("%s.%s.svc.%s", t->service, t->ns, t->domain);
    return is_name(name, wanted);
}
