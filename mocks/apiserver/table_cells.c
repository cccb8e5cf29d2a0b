#include "mocks/apiserver/table_cells.h"

#include "harness/core/buf.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/duration.h"
#include "mocks/apiserver/table_columns.h"

#include <string.h>

#define UNUSED(x) (void)(x)

/* The text of b, or what stands for nothing; b is released. */
static json_t *text_or(struct buf *b, const char *nothing) {
    json_t *text = json_string(b->len ? buf_str(b) : nothing);
    buf_release(b);
    return text ? text : json_string(nothing);
}

static void add_separated(struct buf *b, const char *separator, const char *text) {
    if (b->len)
        buf_adds(b, separator);
    buf_adds(b, text);
}

static json_t *string_or(const char *text, const char *nothing) {
    return json_string(text && *text ? text : nothing);
}

/* --- of the value at the path --------------------------------------------------------------- */

TABLE_CELL(age) {
    char text[DURATION_TEXT_SIZE];
    return json_string(duration_since(json_string_value(table_value_at(o, path)), now_ms, text));
}

TABLE_CELL(age_or_none) {
    return table_value_at(o, path) ? table_cells_age(o, path, now_ms) : json_string("<none>");
}

/* A number or a percentage; of the two that a budget may have, the other is "N/A". */
TABLE_CELL(budget) {
    UNUSED(now_ms);
    const json_t *value = table_value_at(o, path);
    if (!json_is_integer(value))
        return string_or(json_string_value(value), "N/A");
    CLEANUP(str_freep) char *text = xasprintf("%lld", (long long)json_integer_value(value));
    return json_string(text);
}

TABLE_CELL(boolean) {
    UNUSED(now_ms);
    return json_boolean(json_is_true(table_value_at(o, path)));
}

TABLE_CELL(count) {
    UNUSED(now_ms);
    const json_t *value = table_value_at(o, path);
    size_t size = json_is_array(value) ? json_array_size(value) : json_object_size(value);
    return json_integer((json_int_t)size);
}

TABLE_CELL(number) {
    UNUSED(now_ms);
    return json_integer(json_integer_value(table_value_at(o, path)));
}

TABLE_CELL(truth) {
    UNUSED(now_ms);
    return json_string(json_is_true(table_value_at(o, path)) ? "True" : "False");
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of object in order; owned array of borrowed texts. */
static const char **sorted_keys(const json_t *object) {
    size_t count = 0;
    const char *key;
    json_t *value;
    const char **keys = xcalloc(json_object_size(object) + 1, sizeof(*keys));
    json_object_foreach(json_mutable(object), key, value) keys[count++] = key;
    qsort(keys, count, sizeof(*keys), compare_texts);
    return keys;
}

static void add_labels(struct buf *b, const json_t *labels) {
    const char **keys = sorted_keys(labels);
    for (size_t i = 0; keys[i]; i++) {
        const char *value = json_string_value(json_object_get(labels, keys[i]));
        buf_addf(b, "%s%s=%s", b->len ? "," : "", keys[i], value ? value : "");
    }
    free(keys);
}

TABLE_CELL(labels) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    add_labels(&b, table_value_at(o, path));
    return text_or(&b, "<none>");
}

static void add_requirement(struct buf *b, const json_t *requirement) {
    const char *key = json_str(requirement, "key", NULL);
    const char *operator= json_str(requirement, "operator", NULL);
    const json_t *values = json_object_get(requirement, "values");
    if (!key || !operator)
        return;
    if (b->len)
        buf_addc(b, ',');
    if (str_eq(operator, "Exists") || str_eq(operator, "DoesNotExist")) {
        buf_addf(b, "%s%s", str_eq(operator, "Exists") ? "" : "!", key);
        return;
    }
    buf_addf(b, "%s %s (", key, str_eq(operator, "In") ? "in" : "notin");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *value = json_string_value(json_array_get(values, i));
        buf_addf(b, "%s%s", i ? "," : "", value ? value : "");
    }
    buf_addc(b, ')');
}

TABLE_CELL(selector) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *selector = table_value_at(o, path);
    const json_t *labels = json_object_get(selector, "matchLabels");
    const json_t *requirements = json_object_get(selector, "matchExpressions");
    if (!labels && !requirements) {
        add_labels(&b, selector);
        return text_or(&b, "<none>");
    }
    add_labels(&b, labels);
    for (size_t i = 0; i < json_array_size(requirements); i++)
        add_requirement(&b, json_array_get(requirements, i));
    return text_or(&b, "<none>");
}

static json_t *members_of(const json_t *list, const char *member, const char *nothing) {
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_str(json_array_get(list, i), member, NULL);
        add_separated(&b, ",", text ? text : "");
    }
    return text_or(&b, nothing);
}

TABLE_CELL(names) {
    UNUSED(now_ms);
    return members_of(table_value_at(o, path), "name", "");
}

TABLE_CELL(images) {
    UNUSED(now_ms);
    return members_of(table_value_at(o, path), "image", "");
}

TABLE_CELL(joined) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *list = table_value_at(o, path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        add_separated(&b, ",", text ? text : "");
    }
    return text_or(&b, "<none>");
}

TABLE_CELL(access_modes) {
    UNUSED(now_ms);
    static const char *const known[][2] = {
        {"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}};
    struct buf b = BUF_INIT;
    const json_t *modes = table_value_at(o, path);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (json_has_text(modes, known[i][0]))
            add_separated(&b, ",", known[i][1]);
    return text_or(&b, "");
}

/* --- workloads ------------------------------------------------------------------------------ */

TABLE_CELL(ready_of) {
    UNUSED(now_ms);
    char text[64];
    snprintf(text, sizeof(text), "%lld/%lld", (long long)json_int(o, 0, "status", path, NULL),
             (long long)json_int(o, 1, "spec", "replicas", NULL));
    return json_string(text);
}

TABLE_CELL(job_completions) {
    UNUSED(path);
    UNUSED(now_ms);
    char text[96];
    long long done = json_int(o, 0, "status", "succeeded", NULL);
    long long wanted = json_int(o, -1, "spec", "completions", NULL);
    long long parallel = json_int(o, 1, "spec", "parallelism", NULL);
    if (wanted >= 0)
        snprintf(text, sizeof(text), "%lld/%lld", done, wanted);
    else if (parallel > 1)
        snprintf(text, sizeof(text), "%lld/1 of %lld", done, parallel);
    else
        snprintf(text, sizeof(text), "%lld/1", done);
    return json_string(text);
}

TABLE_CELL(job_duration) {
    UNUSED(path);
    char text[DURATION_TEXT_SIZE];
    const char *started = json_str(o, "status", "startTime", NULL);
    const char *ended = json_str(o, "status", "completionTime", NULL);
    if (!started)
        return json_string("");
    int64_t end_ms = ended ? clock_parse_utc(ended) : now_ms;
    return json_string(duration_since(started, end_ms, text));
}

/* --- services, endpoints, ingresses --------------------------------------------------------- */

TABLE_CELL(service_cluster_ip) {
    UNUSED(path);
    UNUSED(now_ms);
    return string_or(json_str(o, "spec", "clusterIP", NULL), "<none>");
}

static void add_load_balancer(struct buf *b, const json_t *o) {
    const json_t *points = json_at(o, "status", "loadBalancer", "ingress", NULL);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        const char *ip = json_str(point, "ip", NULL), *name = json_str(point, "hostname", NULL);
        if ((ip && *ip) || name)
            add_separated(b, ",", ip && *ip ? ip : name);
    }
}

TABLE_CELL(load_balancer) {
    UNUSED(path);
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    add_load_balancer(&b, o);
    return text_or(&b, "");
}

TABLE_CELL(service_external_ip) {
    UNUSED(path);
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const char *type = json_str(o, "spec", "type", NULL);
    const json_t *external = json_at(o, "spec", "externalIPs", NULL);
    if (str_eq(type, "ExternalName"))
        return string_or(json_str(o, "spec", "externalName", NULL), "");
    bool balanced = str_eq(type, "LoadBalancer");
    if (balanced)
        add_load_balancer(&b, o);
    for (size_t i = 0; i < json_array_size(external); i++) {
        const char *ip = json_string_value(json_array_get(external, i));
        add_separated(&b, ",", ip ? ip : "");
    }
    return text_or(&b, balanced ? "<pending>" : "<none>");
}

TABLE_CELL(service_ports) {
    UNUSED(path);
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *ports = json_at(o, "spec", "ports", NULL);
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *port = json_array_get(ports, i);
        const char *protocol = json_str(port, "protocol", NULL);
        long long node_port = json_int(port, 0, "nodePort", NULL);
        buf_addf(&b, "%s%lld", i ? "," : "", (long long)json_int(port, 0, "port", NULL));
        if (node_port > 0)
            buf_addf(&b, ":%lld", node_port);
        buf_addf(&b, "/%s", protocol ? protocol : "TCP");
    }
    return text_or(&b, "<none>");
}

/* Adds up to three endpoints of a subset; *count counts all of them. */
static void add_endpoints(struct buf *b, const json_t *subset, int *count) {
    const json_t *addresses = json_object_get(subset, "addresses");
    const json_t *ports = json_object_get(subset, "ports");
    size_t port_count = json_array_size(ports);
    for (size_t p = 0; p < (port_count ? port_count : 1); p++) {
        for (size_t i = 0; i < json_array_size(addresses); i++) {
            const char *ip = json_str(json_array_get(addresses, i), "ip", NULL);
            if (++*count > 3)
                continue;
            add_separated(b, ",", ip ? ip : "");
            if (port_count)
                buf_addf(b, ":%lld",
                         (long long)json_int(json_array_get(ports, p), 0, "port", NULL));
        }
    }
}

TABLE_CELL(endpoints) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *subsets = table_value_at(o, path);
    int count = 0;
    for (size_t i = 0; i < json_array_size(subsets); i++)
        add_endpoints(&b, json_array_get(subsets, i), &count);
    if (count > 3)
        buf_addf(&b, " + %d more...", count - 3);
    return text_or(&b, "<none>");
}

/* What a slice has, at most three and how many more there are. */
TABLE_CELL(slice_ports) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *ports = table_value_at(o, path);
    size_t count = json_array_size(ports);
    for (size_t i = 0; i < count && i < 3; i++)
        buf_addf(&b, "%s%lld", i ? "," : "",
                 (long long)json_int(json_array_get(ports, i), 0, "port", NULL));
    if (count > 3)
        buf_addf(&b, " + %zu more...", count - 3);
    return text_or(&b, "<unset>");
}

TABLE_CELL(slice_endpoints) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *endpoints = table_value_at(o, path);
    size_t count = json_array_size(endpoints);
    for (size_t i = 0; i < count && i < 3; i++) {
        const char *ip = json_str(json_array_get(endpoints, i), "addresses", "[0]", NULL);
        add_separated(&b, ",", ip ? ip : "");
    }
    if (count > 3)
        buf_addf(&b, " + %zu more...", count - 3);
    return text_or(&b, "<unset>");
}

TABLE_CELL(ingress_hosts) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *rules = table_value_at(o, path);
    size_t shown = 0;
    for (size_t i = 0; i < json_array_size(rules) && shown < 3; i++) {
        const char *host = json_str(json_array_get(rules, i), "host", NULL);
        if (host && *host) {
            add_separated(&b, ",", host);
            shown++;
        }
    }
    if (shown == 3 && json_array_size(rules) > 3)
        buf_addf(&b, " + %zu more...", json_array_size(rules) - 3);
    return text_or(&b, "*");
}

TABLE_CELL(ingress_ports) {
    UNUSED(now_ms);
    return json_string(json_array_size(table_value_at(o, path)) ? "80, 443" : "80");
}

/* --- nodes, clusters, components ------------------------------------------------------------ */

static const json_t *condition_of(const json_t *o, const char *type) {
    const json_t *conditions = json_at(o, "status", "conditions", NULL);
    for (size_t i = 0; i < json_array_size(conditions); i++)
        if (str_eq(json_str(json_array_get(conditions, i), "type", NULL), type))
            return json_array_get(conditions, i);
    return NULL;
}

static bool holds(const json_t *condition) {
    return str_eq(json_str(condition, "status", NULL), "True");
}

TABLE_CELL(node_status) {
    UNUSED(path);
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *ready = condition_of(o, "Ready");
    buf_adds(&b, !ready ? "Unknown" : holds(ready) ? "Ready" : "NotReady");
    if (json_flag(o, "spec", "unschedulable", NULL))
        buf_adds(&b, ",SchedulingDisabled");
    return text_or(&b, "");
}

TABLE_CELL(node_roles) {
    UNUSED(now_ms);
    static const char prefix[] = "node-role.kubernetes.io/";
    struct buf b = BUF_INIT;
    const json_t *labels = table_value_at(o, path);
    const char **keys = sorted_keys(labels);
    for (size_t i = 0; keys[i]; i++) {
        const char *value = json_string_value(json_object_get(labels, keys[i]));
        if (str_has_prefix(keys[i], prefix) && keys[i][sizeof(prefix) - 1])
            add_separated(&b, ",", keys[i] + sizeof(prefix) - 1);
        else if (str_eq(keys[i], "kubernetes.io/role") && value && *value)
            add_separated(&b, ",", value);
    }
    free(keys);
    return text_or(&b, "<none>");
}

TABLE_CELL(node_address) {
    UNUSED(now_ms);
    const json_t *addresses = json_at(o, "status", "addresses", NULL);
    for (size_t i = 0; i < json_array_size(addresses); i++)
        if (str_eq(json_str(json_array_get(addresses, i), "type", NULL), path))
            return string_or(json_str(json_array_get(addresses, i), "address", NULL), "<none>");
    return json_string("<none>");
}

/* The types of the conditions, as the printers of federation 1.6 and 1.7 gave them. */
TABLE_CELL(cluster_status) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *conditions = table_value_at(o, path);
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *condition = json_array_get(conditions, i);
        const char *type = json_str(condition, "type", NULL);
        if (type) {
            add_separated(&b, ",", holds(condition) ? "" : "Not");
            buf_adds(&b, type);
        }
    }
    return text_or(&b, "Unknown");
}

TABLE_CELL(component_status) {
    UNUSED(now_ms);
    const json_t *conditions = json_object_get(o, "conditions");
    const json_t *healthy = NULL;
    for (size_t i = 0; i < json_array_size(conditions); i++)
        if (str_eq(json_str(json_array_get(conditions, i), "type", NULL), "Healthy"))
            healthy = json_array_get(conditions, i);
    if (!str_eq(path, "status"))
        return string_or(json_str(healthy, path, NULL), "");
    return json_string(!healthy ? "Unknown" : holds(healthy) ? "Healthy" : "Unhealthy");
}

/* --- events --------------------------------------------------------------------------------- */

TABLE_CELL(event_object) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const char *kind = json_str(o, path, "kind", NULL), *name = json_str(o, path, "name", NULL);
    for (const char *c = kind ? kind : ""; *c; c++)
        buf_addc(&b, (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c));
    if (name && *name)
        buf_addf(&b, "/%s", name);
    return text_or(&b, "");
}

TABLE_CELL(event_source) {
    UNUSED(now_ms);
    const char *component = json_str(o, path, "component", NULL);
    const char *host = json_str(o, path, "host", NULL);
    if (!component || !*component)
        component = json_str(o, "reportingComponent", NULL);
    if (!host || !*host)
        return string_or(component, "");
    return json_sprintf("%s, %s", component ? component : "", host);
}

TABLE_CELL(event_last_seen) {
    UNUSED(path);
    char text[DURATION_TEXT_SIZE];
    const char *last = json_str(o, "series", "lastObservedTime", NULL);
    if (!last)
        last = json_str(o, "lastTimestamp", NULL);
    if (!last)
        last = json_str(o, "eventTime", NULL);
    return json_string(duration_since(last, now_ms, text));
}

TABLE_CELL(event_first_seen) {
    UNUSED(path);
    char text[DURATION_TEXT_SIZE];
    const char *first = json_str(o, "firstTimestamp", NULL);
    if (!first)
        first = json_str(o, "eventTime", NULL);
    return json_string(duration_since(first, now_ms, text));
}

/* --- autoscalers, volumes, roles, quotas ----------------------------------------------------- */

TABLE_CELL(hpa_reference) {
    UNUSED(now_ms);
    const char *kind = json_str(o, "spec", path, "kind", NULL);
    const char *name = json_str(o, "spec", path, "name", NULL);
    return json_sprintf("%s/%s", kind ? kind : "", name ? name : "");
}

TABLE_CELL(hpa_targets) {
    UNUSED(path);
    UNUSED(now_ms);
    char now[32] = "<unknown>", wanted[32] = "<auto>";
    long long current = json_int(o, -1, "status", "currentCPUUtilizationPercentage", NULL);
    long long target = json_int(o, -1, "spec", "targetCPUUtilizationPercentage", NULL);
    if (target < 0)
        target = json_int(o, -1, "spec", "metrics", "[0]", "resource", "target",
                          "averageUtilization", NULL);
    if (current >= 0)
        snprintf(now, sizeof(now), "%lld%%", current);
    if (target >= 0)
        snprintf(wanted, sizeof(wanted), "%lld%%", target);
    return json_sprintf("%s/%s", now, wanted);
}

TABLE_CELL(hpa_minimum) {
    UNUSED(now_ms);
    const json_t *minimum = table_value_at(o, path);
    return json_is_integer(minimum) ? json_sprintf("%lld", (long long)json_integer_value(minimum))
                                    : json_string("<unset>");
}

TABLE_CELL(volume_claim) {
    UNUSED(now_ms);
    const char *ns = json_str(o, "spec", path, "namespace", NULL);
    const char *name = json_str(o, "spec", path, "name", NULL);
    return name ? json_sprintf("%s/%s", ns ? ns : "", name) : json_string("");
}

TABLE_CELL(request_condition) {
    UNUSED(path);
    UNUSED(now_ms);
    const char *decided = json_str(o, "status", "conditions", "[0]", "type", NULL);
    return json_sprintf("%s%s", decided ? decided : "Pending",
                        json_str(o, "status", "certificate", NULL) ? ",Issued" : "");
}

TABLE_CELL(claim_phase) {
    UNUSED(now_ms);
    if (json_str(o, "metadata", "deletionTimestamp", NULL))
        return json_string("Terminating");
    return string_or(json_string_value(table_value_at(o, path)), "");
}

TABLE_CELL(role_ref) {
    UNUSED(now_ms);
    const char *kind = json_str(o, path, "kind", NULL), *name = json_str(o, path, "name", NULL);
    return json_sprintf("%s/%s", kind ? kind : "", name ? name : "");
}

TABLE_CELL(subjects) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *subjects = json_object_get(o, "subjects");
    for (size_t i = 0; i < json_array_size(subjects); i++) {
        const json_t *subject = json_array_get(subjects, i);
        const char *ns = json_str(subject, "namespace", NULL);
        const char *name = json_str(subject, "name", NULL);
        if (!str_eq(json_str(subject, "kind", NULL), path))
            continue;
        if (b.len)
            buf_adds(&b, ", ");
        if (str_eq(path, "ServiceAccount"))
            buf_addf(&b, "%s/", ns ? ns : "");
        buf_adds(&b, name ? name : "");
    }
    return text_or(&b, "");
}

TABLE_CELL(quota) {
    UNUSED(now_ms);
    struct buf b = BUF_INIT;
    const json_t *hard = json_at(o, "status", "hard", NULL);
    const char **keys = sorted_keys(hard);
    for (size_t i = 0; keys[i]; i++) {
        const char *used = json_str(o, "status", "used", keys[i], NULL);
        const char *most = json_string_value(json_object_get(hard, keys[i]));
        if (str_has_prefix(keys[i], "limits") != str_eq(path, "limits"))
            continue;
        buf_addf(&b, "%s%s: %s/%s", b.len ? ", " : "", keys[i], used ? used : "0",
                 most ? most : "");
    }
    free(keys);
    return text_or(&b, "");
}

TABLE_CELL(controller) {
    UNUSED(now_ms);
    const json_t *owners = table_value_at(o, path);
    for (size_t i = 0; i < json_array_size(owners); i++) {
        const json_t *owner = json_array_get(owners, i);
        const char *kind = json_str(owner, "kind", NULL), *name = json_str(owner, "name", NULL);
        if (json_flag(owner, "controller", NULL) && kind && name)
            return json_sprintf("%s/%s", kind, name);
    }
    return json_string("<none>");
}
