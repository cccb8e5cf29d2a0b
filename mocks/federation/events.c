#include "mocks/federation/events.h"

#include "harness/core/clock.h"
#include "harness/core/rng.h"
#include "mocks/federation/objects.h"

#define WINDOW_MS (10 * 60 * 1000)
#define DISTINCT_MAX 10
#define COMBINED "(combined from similar events): "

static char *component(const struct federation *f, const struct kind *k) {
    const char *pattern =
        json_str(profile_json(f->profile), "federation", "events", "component", NULL);
    if (!pattern)
        pattern = "federated-%s-controller";
    const char *slot = strstr(pattern, "%s");
    if (!slot)
        return xstrdup(pattern);
    return xasprintf("%.*s%s%s", (int)(slot - pattern), pattern, k->word, slot + 2);
}

static json_t *reference(const struct kind *k, const json_t *object) {
    json_t *ref = json_object();
    json_set_str(ref, "kind", k->kind);
    json_set_str(ref, "namespace", json_str(object, "metadata", "namespace", NULL));
    json_set_str(ref, "name", json_str(object, "metadata", "name", NULL));
    json_set_str(ref, "uid", json_str(object, "metadata", "uid", NULL));
    json_set_str(ref, "apiVersion", k->group[0] ? k->group : k->version);
    json_set_str(ref, "resourceVersion", json_str(object, "metadata", "resourceVersion", NULL));
    return ref;
}

static json_t *make_event(struct federation *f, const struct kind *k, const json_t *object,
                          const char *type, const char *reason, const char *message) {
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    char now[CLOCK_TEXT_SIZE];
    clock_format_utc(apiserver_wall_ms(f->api), now);
    CLEANUP(str_freep)
    char *name = xasprintf("%s.%08x%08x", json_str(object, "metadata", "name", NULL),
                           rng_u32(f->rng), (unsigned)++f->event_count);
    CLEANUP(str_freep) char *source = component(f, k);

    json_t *event = json_object();
    json_set_str(event, "kind", "Event");
    json_set_str(event, "apiVersion", "v1");
    json_t *meta = json_ensure_object(event, "metadata");
    json_set_str(meta, "name", name);
    json_set_str(meta, "namespace", ns ? ns : "default"); /* cluster-scoped ones live there */
    json_object_set_new(event, "involvedObject", reference(k, object));
    json_set_str(event, "reason", reason);
    json_set_str(event, "message", message);
    json_set_str(json_ensure_object(event, "source"), "component", source);
    json_set_str(event, "firstTimestamp", now);
    json_set_str(event, "lastTimestamp", now);
    json_set_int(event, "count", 1);
    json_set_str(event, "type", type);
    return event;
}

/* Counts the sent event up; false when it is gone from the API. */
static bool count_up(struct federation *f, json_t *sent, const char *message) {
    char now[CLOCK_TEXT_SIZE];
    int64_t count = json_int(sent, 1, "count", NULL) + 1;
    CLEANUP(json_freep) json_t *patch = json_object();
    json_set_int(patch, "count", count);
    json_set_str(patch, "message", message);
    json_set_str(patch, "lastTimestamp", clock_format_utc(apiserver_wall_ms(f->api), now));
    if (apiserver_call(f->api, "PATCH", json_str(sent, "path", NULL), patch, NULL) != 200)
        return false;
    json_set_int(sent, "count", count);
    return true;
}

/* What was sent of the reason within the window: {"since", "sent": {message: {"path", "count"}}}.
 */
static json_t *group_of(struct fed_object *o, const char *reason) {
    if (!o->events)
        o->events = json_object();
    int64_t now = sched_now_ms(o->f->sched);
    json_t *group = json_object_get(o->events, reason);
    if (!group || now - json_int(group, 0, "since", NULL) > WINDOW_MS) {
        json_object_del(o->events, reason);
        group = json_ensure_object(o->events, reason);
        json_set_int(group, "since", now);
    }
    return json_ensure_object(group, "sent");
}

void events_post(struct federation *f, const struct kind *k, const json_t *object, const char *type,
                 const char *reason, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *message = xvasprintf(fmt, ap);
    va_end(ap);

    const char *ns = json_str(object, "metadata", "namespace", NULL);
    struct fed_object *o = objects_find(f, k, ns, json_str(object, "metadata", "name", NULL));
    json_t *group = o ? group_of(o, reason) : NULL;
    const char *key = message;
    if (group && !json_object_get(group, message) && json_object_size(group) + 1 >= DISTINCT_MAX) {
        key = COMBINED;
        char *combined = xasprintf(COMBINED "%s", message);
        free(message);
        message = combined;
    }
    json_t *sent = json_object_get(group, key);
    if (sent && count_up(f, sent, message))
        return;

    CLEANUP(json_freep) json_t *event = make_event(f, k, object, type, reason, message);
    CLEANUP(str_freep)
    char *target = xasprintf("/api/v1/namespaces/%s/events", ns ? ns : "default");
    int status = apiserver_call(f->api, "POST", target, event, NULL);
    if (!group || status != 201)
        return;
    sent = json_object();
    CLEANUP(str_freep)
    char *path = xasprintf("%s/%s", target, json_str(event, "metadata", "name", NULL));
    json_set_str(sent, "path", path);
    json_set_int(sent, "count", 1);
    json_object_set_new(group, key == message ? message : COMBINED, sent);
}

/* What is created or updated is a copy, which knows no link to itself; what is deleted is not. */
static bool reaches_the_api(struct federation *f, const json_t *object, bool deletes,
                            const char *type, const char *reason, const char *message) {
    if (deletes || !profile_has_quirk(f->profile, "event-create-in-cluster-lost"))
        return true;
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    fed_log(f,
            "Could not construct reference to: '%s/%s' due to: 'selfLink was empty, can't make "
            "reference'. Will not report event: '%s' '%s' '%s'",
            ns ? ns : "", json_str(object, "metadata", "name", NULL), type, reason, message);
    return false;
}

void events_operation(struct federation *f, const struct kind *k, const json_t *object,
                      const char *reason, const char *cluster) {
    const char *verb = str_eq(reason, "CreateInCluster")   ? "Creating"
                       : str_eq(reason, "UpdateInCluster") ? "Updating"
                                                           : "Deleting";
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const char *name = json_str(object, "metadata", "name", NULL);
    bool named = json_flag(profile_json(f->profile), "federation", "events", "names_object", NULL);
    CLEANUP(str_freep)
    char *message = named ? xasprintf("%s %s \"%s%s%s\" in cluster %s", verb, k->word, ns ? ns : "",
                                      ns ? "/" : "", name, cluster)
                          : xasprintf("%s %s in cluster %s", verb, k->word, cluster);
    if (reaches_the_api(f, object, str_eq(reason, "DeleteInCluster"), "Normal", reason, message))
        events_post(f, k, object, "Normal", reason, "%s", message);
}

/* A pattern of the profile with "<name>" replaced by the value of that name; owned. */
static char *fill(const char *pattern, const json_t *values) {
    struct buf out = BUF_INIT;
    while (*pattern) {
        const char *end = *pattern == '<' ? strchr(pattern, '>') : NULL;
        CLEANUP(str_freep)
        char *name = end ? xstrndup(pattern + 1, (size_t)(end - pattern - 1)) : NULL;
        const char *value = name ? json_str(values, name, NULL) : NULL;
        if (value)
            buf_adds(&out, value);
        else
            buf_addc(&out, *pattern);
        pattern = value ? end + 1 : pattern + 1;
    }
    return buf_detach(&out);
}

void events_rejected(struct federation *f, const struct kind *k, const json_t *object,
                     const char *operation, const char *cluster, const char *why) {
    bool deletes = str_eq(operation, "delete");
    bool whole = deletes && json_str(object, "metadata", "deletionTimestamp", NULL);
    const json_t *rows = json_at(profile_json(f->profile), "federation", "events",
                                 whole ? "rejected_deletion" : "rejected", NULL);
    const json_t *row = json_object_get(rows, k->word);
    if (!row)
        row = json_object_get(rows, "*");
    const char *type = json_str(row, "type", NULL);
    const char *reason = json_str(row, "reason", NULL), *message = json_str(row, "message", NULL);
    if (!type || !reason || !message)
        return; /* that release has no event for it */

    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const char *name = json_str(object, "metadata", "name", NULL);
    CLEANUP(str_freep) char *key = xasprintf("%s%s%s", ns ? ns : "", ns ? "/" : "", name);
    CLEANUP(json_freep) json_t *values = json_object();
    json_set_str(values, "operation", operation);
    json_set_str(values, "Operation",
                 deletes                       ? "Delete"
                 : str_eq(operation, "update") ? "Update"
                                               : "Add");
    json_set_str(values, "kind", k->word);
    json_set_str(values, "key", key);
    json_set_str(values, "name", name);
    json_set_str(values, "cluster", cluster);
    json_set_str(values, "why", why);
    CLEANUP(str_freep) char *full_reason = fill(reason, values);
    CLEANUP(str_freep) char *text = fill(message, values);
    if (reaches_the_api(f, object, deletes, type, full_reason, text))
        events_post(f, k, object, type, full_reason, "%s", text);
}
