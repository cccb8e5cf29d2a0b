#include "mocks/cluster/event.h"

#include "harness/core/clock.h"
#include "harness/core/hash.h"

#include <inttypes.h>

#define EVENTS_BURST 400.0
#define EVENTS_PER_MS 0.1

struct event_slot {
    char *ns, *name; /* NULL: free */
    uint64_t what;   /* hash of object, reason and message: a repetition only counts up */
    int64_t count;
};

void event_release(struct cluster *c) {
    for (size_t i = 0; c->events && i < EVENT_MAX; i++) {
        free(c->events[i].ns);
        free(c->events[i].name);
    }
    free(c->events);
}

static char *event_path(const char *ns, const char *name) {
    return xasprintf("/api/v1/namespaces/%s/events%s%s", ns, name ? "/" : "", name ? name : "");
}

static bool take_token(struct cluster *c) {
    int64_t now = sched_now_ms(c->sched);
    c->event_tokens += (double)(now - c->event_refilled_ms) * EVENTS_PER_MS;
    c->event_refilled_ms = now;
    if (c->event_tokens > EVENTS_BURST)
        c->event_tokens = EVENTS_BURST;
    if (c->event_tokens < 1)
        return false;
    c->event_tokens -= 1;
    return true;
}

/* Looks back over the last few events only: repetitions come close together. */
static struct event_slot *find_recent(struct cluster *c, uint64_t what) {
    for (size_t back = 1; back <= 64; back++) {
        struct event_slot *s = &c->events[(c->event_next + EVENT_MAX - back) % EVENT_MAX];
        if (s->name && s->what == what)
            return s;
    }
    return NULL;
}

static bool count_up(struct cluster *c, struct event_slot *s) {
    char now[CLOCK_TEXT_SIZE];
    CLEANUP(str_freep) char *path = event_path(s->ns, s->name);
    CLEANUP(json_freep)
    json_t *patch = json_pack("{s:I,s:s}", "count", (json_int_t)++s->count, "lastTimestamp",
                              cluster_now_text(c, now));
    return apiserver_call(c->api, "PATCH", path, patch, NULL) < 300;
}

static struct event_slot *next_slot(struct cluster *c) {
    struct event_slot *s = &c->events[c->event_next];
    c->event_next = (c->event_next + 1) % EVENT_MAX;
    if (s->name) {
        CLEANUP(str_freep) char *path = event_path(s->ns, s->name);
        (void)apiserver_call(c->api, "DELETE", path, NULL, NULL);
    }
    free(s->ns);
    free(s->name);
    *s = (struct event_slot){0};
    return s;
}

static json_t *event_new(struct cluster *c, enum work work, const json_t *object, const char *ns,
                         const char *name) {
    char now[CLOCK_TEXT_SIZE];
    cluster_now_text(c, now);
    const char *of_ns = json_str(object, "metadata", "namespace", NULL);
    json_t *event = json_pack("{s:s,s:s,s:{s:s,s:s},s:{s:s,s:s?,s:s,s:s?,s:s?,s:s*},s:s,s:s,s:i}",
                              "apiVersion", "v1", "kind", "Event", "metadata", "name", name,
                              "namespace", ns, "involvedObject", "kind", cluster_kind(work),
                              "apiVersion", json_str(object, "apiVersion", NULL), "name",
                              json_str(object, "metadata", "name", NULL), "uid",
                              json_str(object, "metadata", "uid", NULL), "resourceVersion",
                              json_str(object, "metadata", "resourceVersion", NULL), "namespace",
                              of_ns, "firstTimestamp", now, "lastTimestamp", now, "count", 1);
    return event;
}

void event_record(struct cluster *c, enum work work, const json_t *object, const char *component,
                  const char *host, bool warning, const char *reason, const char *fmt, ...) {
    if (!c->events)
        c->events = xcalloc(EVENT_MAX, sizeof(*c->events));
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *message = xvasprintf(fmt, ap);
    va_end(ap);
    const char *uid = json_str(object, "metadata", "uid", NULL);
    const char *object_name = json_str(object, "metadata", "name", NULL);
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    CLEANUP(str_freep) char *text = xasprintf("%s\n%s\n%s", uid ? uid : "", reason, message);
    uint64_t what = hash_fnv1a_64(text, strlen(text));
    struct event_slot *seen = find_recent(c, what);
    if (!take_token(c) || (seen && count_up(c, seen)))
        return;

    struct event_slot *s = next_slot(c);
    s->ns = xstrdup(ns ? ns : "default");
    s->name = xasprintf("%.200s.%08" PRIx32 "%08" PRIx32, object_name, rng_u32(&c->rng),
                        rng_u32(&c->rng));
    s->what = what;
    s->count = 1;
    CLEANUP(json_freep) json_t *event = event_new(c, work, object, s->ns, s->name);
    json_set_str(event, "type", warning ? "Warning" : "Normal");
    json_set_str(event, "reason", reason);
    json_set_str(event, "message", message);
    json_object_set_new(event, "source",
                        json_pack("{s:s,s:s*}", "component", component, "host", host));
    CLEANUP(str_freep) char *path = event_path(s->ns, NULL);
    if (apiserver_call(c->api, "POST", path, event, NULL) < 300)
        return;
    free(s->ns);
    free(s->name);
    *s = (struct event_slot){0};
}
