#include "harness/evidence/sources.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/truth_gather.h"
#include "harness/model/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAMESPACES_MAX = 16, CONTAINERS_MAX = 24, PORTS_MAX = 64, UNITS_MAX = 64, DEPTH_MAX = 32 };

#define API(name_, scope_, after_, path_, file_)                               \
    {                                                                          \
        .name = (name_), .scope = (scope_), .after = (after_), .ask = ASK_API, \
        .args = "{\"context\":\"${context}\",\"path\":\"" path_ "\"}",         \
        .file = "clusters/${context}/" file_                                   \
    }
#define JUJU(name_, args_, file_)                                                               \
    {                                                                                           \
        .name = (name_), .scope = SOURCE_MODEL, .ask = ASK_RUN, .args = "[\"juju\"," args_ "]", \
        .file = "models/${model}/" file_                                                        \
    }
#define OBJECTS(resource_)                                                                       \
    API(resource_, SOURCE_NAMESPACE, "namespaces", "/api/v1/namespaces/${namespace}/" resource_, \
        "${namespace}/" resource_ ".json")
#define OBJECTS_OF(name_, group_, resource_)   \
    API(name_, SOURCE_NAMESPACE, "namespaces", \
        "/apis/" group_ "/namespaces/${namespace}/" resource_, "${namespace}/" name_ ".json")

/* clang-format off */
const struct source sources[] = {
    {.name = "kubectl version", .scope = SOURCE_RUN, .ask = ASK_RUN, .once = true,
     .args = "[\"kubectl\",\"version\",\"--client\",\"-o\",\"json\"]", .file = "versions/kubectl.json"},
    {.name = "kubefed version", .scope = SOURCE_RUN, .ask = ASK_RUN, .once = true,
     .args = "[\"kubefed\",\"version\",\"--client\"]", .file = "versions/kubefed.txt"},
    {.name = "juju version", .scope = SOURCE_RUN, .ask = ASK_RUN, .juju = "2.0", .once = true,
     .args = "[\"juju\",\"version\"]", .file = "versions/juju.txt"},
    {.name = "juju models", .scope = SOURCE_RUN, .ask = ASK_RUN, .juju = "2.0",
     .args = "[\"juju\",\"models\",\"--format=json\"]", .file = "models.json"},

    JUJU("status", "\"status\",\"-m\",\"${model}\",\"--format=json\"", "status.json"),
    JUJU("debug-log", "\"debug-log\",\"-m\",\"${model}\",\"--no-tail\",\"--date\",\"--utc\",\"--lines=2000\"",
         "debug-log.txt"),
    JUJU("errors", "\"debug-log\",\"-m\",\"${model}\",\"--no-tail\",\"--date\",\"--utc\",\"--replay\",\"--level=ERROR\"",
         "errors.txt"),
    JUJU("unit logs", "\"${world.juju.remote}\",\"-m\",\"${model}\",\"--all\",\"--format=json\","
         "\"tail -n 200 /var/log/juju/unit-*.log\"", "unit-logs.json"),
    {.name = "show-unit", .scope = SOURCE_UNITS, .after = "status", .ask = ASK_RUN, .juju = "2.8",
     .args = "[\"juju\",\"show-unit\",\"-m\",\"${model}\",\"--format=json\",\"${units}\"]",
     .file = "models/${model}/units.json"},
    {.name = "ports", .scope = SOURCE_PORT, .after = "status", .ask = ASK_PROBE,
     .args = "{\"address\":\"${address}\",\"port\":\"${port}\"}", .file = "models/${model}/ports.jsonl"},

    {.name = "version", .scope = SOURCE_CONTEXT, .ask = ASK_API, .file = "clusters/${context}/version.json",
     .args = "{\"context\":\"${context}\",\"path\":\"/version\",\"clock\":true}"},
    API("health", SOURCE_CONTEXT, NULL, "/healthz", "healthz.txt"),
    API("nodes", SOURCE_CONTEXT, NULL, "/api/v1/nodes", "nodes.json"),
    API("namespaces", SOURCE_CONTEXT, NULL, "/api/v1/namespaces", "namespaces.json"),
    API("members", SOURCE_CONTEXT, NULL, "/apis/federation/v1beta1/clusters", "members.json"),
    API("volumes", SOURCE_CONTEXT, NULL, "/api/v1/persistentvolumes", "persistentvolumes.json"),
    OBJECTS("events"),
    OBJECTS("pods"),
    OBJECTS("services"),
    OBJECTS("endpoints"),
    OBJECTS("configmaps"),
    OBJECTS("persistentvolumeclaims"),
    OBJECTS("serviceaccounts"),
    OBJECTS_OF("replicasets", "extensions/v1beta1", "replicasets"),
    OBJECTS_OF("deployments", "extensions/v1beta1", "deployments"),
    OBJECTS_OF("ingresses", "extensions/v1beta1", "ingresses"),
    OBJECTS_OF("replicasets.apps", "apps/v1", "replicasets"),
    OBJECTS_OF("deployments.apps", "apps/v1", "deployments"),
    API("logs", SOURCE_CONTAINER, "pods",
        "/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&tailLines=500&previous=${previous}",
        "${namespace}/logs/${pod}.${container}.${previous}.txt"),
    {.name = "describe", .scope = SOURCE_FOUND, .after = "pods", .ask = ASK_RUN,
     .args = "[\"kubectl\",\"--context=${context}\",\"--namespace=${namespace}\",\"describe\",\"pods,services,endpoints\"]",
     .file = "clusters/${context}/${namespace}/describe.txt"},
    {.name = "describe nodes", .scope = SOURCE_FOUND, .after = "nodes", .ask = ASK_RUN,
     .args = "[\"kubectl\",\"--context=${context}\",\"describe\",\"nodes\"]",
     .file = "clusters/${context}/describe-nodes.txt"},
    {.name = "describe members", .scope = SOURCE_FOUND, .after = "members", .ask = ASK_RUN,
     .args = "[\"kubectl\",\"--context=${context}\",\"describe\",\"clusters\"]",
     .file = "clusters/${context}/describe-members.txt"},

    {.name = "names", .scope = SOURCE_QUESTION, .ask = ASK_RESOLVE, .args = "\"${question}\"", .file = "dns.jsonl"},
    {.name = "provider", .scope = SOURCE_PROVIDER, .after = "deployments", .ask = ASK_API,
     .args = "{\"context\":\"${context}\",\"path\":\"/api/v1/namespaces/${namespace}/secrets/${config}\"}"},
    {.name = "etcd", .scope = SOURCE_ETCD, .after = "provider", .ask = ASK_PROBE, .file = "etcd/${address}-${port}.json",
     .args = "{\"address\":\"${address}\",\"port\":\"${port}\",\"http\":\"/v2/keys/skydns?recursive=true\"}"},
    {.name = NULL},
};
/* clang-format on */

bool sources_apply(const struct source *s, const json_t *facts, bool has_juju) {
    unsigned want[2] = {0, 0}, have[2] = {0, 0};
    bool juju = s->juju || s->scope == SOURCE_MODEL || s->scope == SOURCE_UNITS;
    const char *version = json_str(facts, "juju", "version", NULL);
    if (juju && (!has_juju || !version))
        return false;
    if (!s->juju)
        return true;
    (void)sscanf(s->juju, "%u.%u", &want[0], &want[1]);
    (void)sscanf(version, "%u.%u", &have[0], &have[1]);
    return have[0] > want[0] || (have[0] == want[0] && have[1] >= want[1]);
}

/* --- what follows ----------------------------------------------------------------------------- */

static json_t *with(const json_t *names, json_t *more) {
    json_t *all = json_deep_copy(names);
    json_object_update(all, more);
    json_decref(more);
    return all;
}

/* Calls fn for each unit of a status, subordinates too, which are below their principals. */
static void each_unit(const json_t *units, int depth,
                      void (*fn)(void *self, const char *name, const json_t *unit), void *self) {
    const char *name;
    json_t *unit;
    json_object_foreach(json_mutable(units), name, unit) {
        fn(self, name, unit);
        if (depth < 2)
            each_unit(json_object_get(unit, "subordinates"), depth + 1, fn, self);
    }
}

static void each_unit_of(const json_t *status, void (*fn)(void *, const char *, const json_t *),
                         void *self) {
    const char *name;
    json_t *application;
    json_object_foreach(json_object_get(status, "applications"), name, application)
        each_unit(json_object_get(application, "units"), 0, fn, self);
}

static void add_unit(void *self, const char *name, const json_t *unit) {
    (void)unit;
    if (json_array_size(self) < UNITS_MAX)
        json_array_append_new(self, json_string(name));
}

static json_t *units_of(const json_t *names, const json_t *status) {
    json_t *list = json_array(), *units = json_array();
    each_unit_of(status, add_unit, units);
    if (json_array_size(units))
        json_array_append_new(list, with(names, json_pack("{s:O}", "units", units)));
    json_decref(units);
    return list;
}

struct ports {
    const json_t *names;
    json_t *list, *seen;
};

static void add_ports(void *self, const char *name, const json_t *unit) {
    (void)name;
    struct ports *p = self;
    const char *address = json_str(unit, "public-address", NULL);
    size_t i;
    json_t *port;
    json_array_foreach(json_object_get(unit, "open-ports"), i, port) {
        const char *text = json_string_value(port);
        CLEANUP(str_freep)
        char *number = text ? xstrndup(text, strspn(text, "0123456789")) : xstrdup("");
        CLEANUP(str_freep) char *key = xasprintf("%s:%s", address ? address : "", number);
        if (!address || !*number || !str_has_suffix(text, "/tcp") ||
            json_object_get(p->seen, key) || json_array_size(p->list) >= PORTS_MAX)
            continue;
        json_set_bool(p->seen, key, true);
        json_array_append_new(
            p->list, with(p->names, json_pack("{s:s, s:s}", "address", address, "port", number)));
    }
}

static json_t *ports_of(const json_t *names, const json_t *status) {
    CLEANUP(json_freep) json_t *seen = json_object();
    struct ports p = {.names = names, .list = json_array(), .seen = seen};
    each_unit_of(status, add_ports, &p);
    return p.list;
}

static json_t *namespaces_of(const json_t *names, const json_t *answer, const json_t *wanted) {
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "items"), i, one) {
        const char *name = json_str(one, "metadata", "name", NULL);
        if (json_has_text(wanted, name))
            json_array_append_new(list, with(names, json_pack("{s:s}", "namespace", name)));
    }
    return list;
}

static void add_container(json_t *list, const json_t *names, const char *pod,
                          const json_t *container) {
    const char *name = json_str(container, "name", NULL);
    if (!name || json_array_size(list) >= CONTAINERS_MAX)
        return;
    bool restarted = json_int(container, 0, "restartCount", NULL) > 0;
    for (int previous = 0; previous <= restarted; previous++)
        json_array_append_new(
            list, with(names, json_pack("{s:s, s:s, s:s}", "pod", pod, "container", name,
                                        "previous", previous ? "true" : "false")));
}

/* Those whose containers are not ready first: there may be more than are asked. */
static json_t *containers_of(const json_t *names, const json_t *pods) {
    json_t *list = json_array();
    for (int ready = 0; ready < 2; ready++) {
        size_t i, k;
        json_t *pod, *container;
        json_array_foreach(json_object_get(pods, "items"), i, pod) {
            const char *name = json_str(pod, "metadata", "name", NULL);
            json_array_foreach(json_at(pod, "status", "containerStatuses", NULL), k, container) {
                if (name && json_flag(container, "ready", NULL) == (ready == 1))
                    add_container(list, names, name, container);
            }
        }
    }
    return list;
}

static json_t *provider_of(const json_t *names, const json_t *deployments) {
    json_t *list = json_array();
    CLEANUP(str_freep) char *secret = truth_provider_secret(deployments);
    if (secret)
        json_array_append_new(list, with(names, json_pack("{s:s}", "config", secret)));
    return list;
}

static json_t *etcd_of(const json_t *names, const json_t *secret) {
    json_t *list = json_array();
    CLEANUP(str_freep) char *url = truth_provider_entry(secret, "etcd-endpoints");
    const char *host = url ? strstr(url, "://") : NULL;
    host = host ? host + 3 : url;
    CLEANUP(str_freep) char *authority = host ? xstrndup(host, strcspn(host, "/")) : NULL;
    const char *colon = authority ? strrchr(authority, ':') : NULL;
    if (!authority || !*authority)
        return list;
    CLEANUP(str_freep)
    char *address = xstrndup(authority, colon ? (size_t)(colon - authority) : strlen(authority));
    json_array_append_new(list, with(names, json_pack("{s:s, s:s}", "address", address, "port",
                                                      colon ? colon + 1 : "2379")));
    return list;
}

json_t *sources_follow(const struct source *s, const json_t *names, const json_t *answer,
                       const json_t *namespaces) {
    switch (s->scope) {
    case SOURCE_UNITS:
        return units_of(names, answer);
    case SOURCE_PORT:
        return ports_of(names, answer);
    case SOURCE_FOUND:
        return json_pack("[o]", json_deep_copy(names));
    case SOURCE_NAMESPACE:
        return namespaces_of(names, answer, namespaces);
    case SOURCE_CONTAINER:
        return containers_of(names, answer);
    case SOURCE_PROVIDER:
        return provider_of(names, answer);
    case SOURCE_ETCD:
        return etcd_of(names, answer);
    case SOURCE_RUN:
    case SOURCE_MODEL:
    case SOURCE_CONTEXT:
    case SOURCE_QUESTION:
        break;
    }
    return json_array();
}

/* --- texts ------------------------------------------------------------------------------------ */

/* A list within the list, as "${units}" becomes one, is taken apart. */
static json_t *flat(json_t *list) {
    json_t *out = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        if (json_is_array(one))
            json_array_extend(out, one);
        else
            json_array_append(out, one);
    }
    json_decref(list);
    return out;
}

static json_t *expand(const char *text, const json_t *visible, const json_t *names) {
    CLEANUP(json_freep) json_t *all = json_deep_copy(visible);
    json_object_update(all, json_mutable(names));
    CLEANUP(json_freep) json_t *template = json_loads(text, JSON_DECODE_ANY, NULL);
    return template ? value_expand(template, all, NULL) : NULL;
}

json_t *sources_args(const struct source *s, const json_t *visible, const json_t *names) {
    json_t *args = expand(s->args, visible, names);
    return json_is_array(args) ? flat(args) : args;
}

char *sources_safe(const char *name) {
    char *safe = xstrdup(name);
    for (char *p = safe; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
            *p = '_';
    for (char *p = safe; *p == '.'; p++) /* neither hidden nor a folder above */
        *p = '_';
    return safe;
}

char *sources_file(const struct source *s, const json_t *visible, const json_t *names) {
    CLEANUP(json_freep) json_t *safe = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(names), key, value) {
        CLEANUP(str_freep)
        char *text = json_is_string(value) ? sources_safe(json_string_value(value)) : NULL;
        json_set_str(safe, key, text);
    }
    if (s->scope == SOURCE_CONTAINER) /* the log of now has no word for it */
        json_set_str(safe, "previous",
                     str_eq(json_str(names, "previous", NULL), "true") ? "previous" : "log");
    CLEANUP(str_freep) char *quoted = s->file ? xasprintf("\"%s\"", s->file) : NULL;
    CLEANUP(json_freep) json_t *file = quoted ? expand(quoted, visible, safe) : NULL;
    return file ? value_to_text(file) : NULL;
}

/* --- what a case speaks of -------------------------------------------------------------------- */

static void add_name(json_t *list, const char *text, size_t len) {
    CLEANUP(str_freep) char *name = xstrndup(text, len);
    if (len > 0 && !json_has_text(list, name) && json_array_size(list) < NAMESPACES_MAX)
        json_array_append_new(list, json_string(name));
}

static void note_text(json_t *list, const char *text, const char *before) {
    static const char path[] = "/namespaces/", flag[] = "--namespace=";
    const char *at = strstr(text, path);
    if (at)
        add_name(list, at + sizeof(path) - 1, strcspn(at + sizeof(path) - 1, "/?"));
    if (str_has_prefix(text, flag))
        add_name(list, text + sizeof(flag) - 1, strlen(text + sizeof(flag) - 1));
    if (str_eq(before, "-n") || str_eq(before, "--namespace"))
        add_name(list, text, strlen(text));
}

static void note_namespaces(json_t *list, const json_t *value, int depth) {
    const char *before = NULL;
    size_t i;
    const char *key;
    json_t *member;
    if (depth > DEPTH_MAX)
        return;
    json_array_foreach(value, i, member) {
        if (json_is_string(member))
            note_text(list, json_string_value(member), before);
        else
            note_namespaces(list, member, depth + 1);
        before = json_string_value(member);
    }
    json_object_foreach(json_mutable(value), key, member) {
        if (json_is_string(member))
            note_text(list, json_string_value(member), str_eq(key, "namespace") ? "-n" : NULL);
        else
            note_namespaces(list, member, depth + 1);
    }
}

json_t *sources_namespaces(const struct scenario *s, const json_t *visible) {
    json_t *list = json_pack("[s,s,s]", "default", "federation-system", "kube-system");
    const char *own = json_str(visible, "world", "name", NULL); /* of what a run makes elsewhere */
    if (own)
        add_name(list, own, strlen(own));
    for (size_t i = 0; i < s->step_count; i++) {
        CLEANUP(json_freep) json_t *args = value_expand(s->steps[i].args, visible, NULL);
        if (args)
            note_namespaces(list, args, 0);
    }
    return list;
}

void sources_models(const struct scenario *s, const json_t *visible, json_t *ret) {
    for (size_t i = 0; i < s->step_count; i++) {
        CLEANUP(json_freep) json_t *args = value_expand(s->steps[i].args, visible, NULL);
        if (!str_eq(json_string_value(json_array_get(args, 0)), "juju") ||
            !str_eq(json_string_value(json_array_get(args, 1)), "add-model"))
            continue;
        for (size_t k = json_array_size(args); k-- > 2;) { /* options stand in front of the name */
            const char *name = json_string_value(json_array_get(args, k));
            if (name && *name != '-' && !json_has_text(ret, name)) {
                json_array_append_new(ret, json_string(name));
                break;
            }
        }
    }
}
