#include "harness/evidence/sources.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAMESPACES_MAX = 16, DEPTH_MAX = 32 };

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
    {.name = "server port", .scope = SOURCE_SERVER, .ask = ASK_PROBE, .file = "clusters/${context}/ports.jsonl",
     .args = "{\"address\":\"${address}\",\"port\":\"${port}\"}"},
    API("health", SOURCE_CONTEXT, NULL, "/healthz", "healthz.txt"),
    API("nodes", SOURCE_CONTEXT, NULL, "/api/v1/nodes", "nodes.json"),
    API("namespaces", SOURCE_CONTEXT, NULL, "/api/v1/namespaces", "namespaces.json"),
    API("members", SOURCE_CONTEXT, NULL, "/apis/federation/v1beta1/clusters", "members.json"),
    API("volumes", SOURCE_CONTEXT, NULL, "/api/v1/persistentvolumes", "persistentvolumes.json"),
    OBJECTS("events"),
    OBJECTS("pods"),
    OBJECTS("services"),
    {.name = "service ports", .scope = SOURCE_SERVICE_PORT, .after = "services", .beside = "nodes", .ask = ASK_PROBE,
     .args = "{\"address\":\"${address}\",\"port\":\"${port}\"}", .file = "clusters/${context}/ports.jsonl"},
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

    API("federated services", SOURCE_FOUND, "members", "/api/v1/services", "services.json"),
    {.name = "federation names", .scope = SOURCE_FEDERATED, .after = "federated services", .ask = ASK_TRUTH,
     .args = "{\"service\":\"${service}\",\"namespace\":\"${namespace}\",\"federation_context\":\"${context}\"}",
     .file = "dns/${namespace}.${service}.json"},
    {.name = "names", .scope = SOURCE_QUESTION, .ask = ASK_RESOLVE, .args = "\"${question}\"", .file = "dns.jsonl"},
    {.name = "provider", .scope = SOURCE_PROVIDER, .after = "deployments", .ask = ASK_API,
     .args = "{\"context\":\"${context}\",\"path\":\"/api/v1/namespaces/${namespace}/secrets/${config}\"}"},
    {.name = "etcd", .scope = SOURCE_ETCD, .after = "provider", .ask = ASK_PROBE, .file = "etcd/${address}-${port}.json",
     .args = "{\"address\":\"${address}\",\"port\":\"${port}\",\"http\":\"/v2/keys/skydns?recursive=true\"}"},
    {.name = "etcd version", .scope = SOURCE_ETCD, .after = "provider", .ask = ASK_PROBE,
     .args = "{\"address\":\"${address}\",\"port\":\"${port}\",\"http\":\"/version\"}",
     .file = "versions/etcd-${address}-${port}.json"},
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
