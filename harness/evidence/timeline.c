#include "harness/evidence/timeline.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/juju_status.h"
#include "harness/model/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 100000, LINE_MAX_LEN = 1 << 16, MESSAGE_MAX = 1024 };

struct entry {
    int64_t at_ms; /* ours */
    size_t order;  /* in which it was added: of the same moment the first comes first */
    char *source;  /* owned: "c1", "juju f1", "confed" */
    char *text;    /* owned; one line */
    json_t *event; /* owned; of a Kubernetes event; else NULL */
};

struct timeline {
    const struct clocks *clocks;
    struct entry *entries;
    size_t count, cap;
    bool sorted;
};

struct timeline *timeline_new(const struct clocks *clocks) {
    struct timeline *t = xcalloc(1, sizeof(*t));
    t->clocks = clocks;
    return t;
}

void timeline_free(struct timeline *t) {
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++) {
        free(t->entries[i].source);
        free(t->entries[i].text);
        json_decref(t->entries[i].event);
    }
    free(t->entries);
    free(t);
}

/* source and text are stolen. */
static struct entry *add(struct timeline *t, int64_t at_ms, char *source, char *text) {
    if (t->count >= ENTRIES_MAX) {
        free(source);
        free(text);
        return NULL;
    }
    for (char *p = text; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    t->entries = xgrow(t->entries, t->count, &t->cap, sizeof(*t->entries));
    t->entries[t->count] =
        (struct entry){.at_ms = at_ms, .order = t->count, .source = source, .text = text};
    t->sorted = false;
    return &t->entries[t->count++];
}

static const char *text_of(const json_t *o, const char *key) {
    const char *text = json_str(o, key, NULL);
    return text ? text : "";
}

/* --- our steps -------------------------------------------------------------------------------- */

static void add_step(struct timeline *t, const json_t *event) {
    const char *name = text_of(event, "event"), *case_id = json_str(event, "case", NULL);
    int64_t at_ms = clock_parse_utc(text_of(event, "at"));
    bool begin = str_eq(name, "step-begin"), end = str_eq(name, "step-end");
    if (at_ms < 0 || !case_id || !(begin || end || str_eq(name, "case-end")))
        return;
    const char *what = begin ? text_of(event, "waiting_for") : text_of(event, "outcome");
    const char *seen = end ? text_of(event, "seen") : "";
    char step[24] = "";
    if (begin || end)
        (void)snprintf(step, sizeof(step), " %lld", (long long)json_int(event, 0, "step", NULL));
    add(t, at_ms, xstrdup("confed"),
        xasprintf("%s%s %s: %s%s%.*s", case_id, step, begin ? "begins" : "ends", what,
                  *seen ? ": " : "", MESSAGE_MAX, seen));
}

void timeline_add_steps(struct timeline *t, const char *text, size_t len) {
    const char *at = text, *end = text + len, *line;
    size_t line_len;
    while ((line = str_line(&at, end, &line_len))) {
        CLEANUP(json_freep) json_t *event = json_loadb(line, line_len, 0, NULL);
        if (event)
            add_step(t, event);
    }
}

/* --- events of clusters ----------------------------------------------------------------------- */

static int64_t event_time(const json_t *e) {
    static const char *const names[] = {"lastTimestamp", "eventTime", "firstTimestamp"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *text = json_str(e, names[i], NULL);
        int64_t ms = text ? clock_parse_utc(text) : -1;
        if (ms >= 0)
            return ms;
    }
    const char *made = json_str(e, "metadata", "creationTimestamp", NULL);
    return made ? clock_parse_utc(made) : -1;
}

static json_t *event_of(const struct timeline *t, const char *cluster, const json_t *e,
                        int64_t at_ms) {
    char when[CLOCK_TEXT_SIZE];
    const json_t *object = json_object_get(e, "involvedObject");
    int64_t count = json_int(e, 1, "count", NULL);
    int64_t first_ms = clock_parse_utc(text_of(e, "firstTimestamp"));
    json_t *event = json_object();
    json_set_str(event, "at", clock_format_utc_ms(at_ms, when));
    if (count > 1 && first_ms >= 0)
        json_set_str(event, "first",
                     clock_format_utc_ms(clocks_of_cluster(t->clocks, cluster, first_ms), when));
    json_set_str(event, "cluster", cluster);
    json_set_str(event, "namespace", text_of(object, "namespace"));
    json_set_str(event, "kind", text_of(object, "kind"));
    json_set_str(event, "name", text_of(object, "name"));
    json_set_str(event, "type", text_of(e, "type"));
    json_set_str(event, "reason", text_of(e, "reason"));
    const char *message = text_of(e, "message");
    size_t len = strlen(message);
    json_object_set_new(event, "message",
                        value_from_bytes(message, len < MESSAGE_MAX ? len : MESSAGE_MAX));
    json_set_int(event, "count", count);
    json_set_str(event, "source", json_str(e, "source", "component", NULL));
    return event;
}

void timeline_add_events(struct timeline *t, const char *cluster, const json_t *list) {
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(list, "items"), i, e) {
        int64_t at_ms = event_time(e);
        if (at_ms < 0)
            continue;
        at_ms = clocks_of_cluster(t->clocks, cluster, at_ms);
        json_t *event = event_of(t, cluster, e, at_ms);
        const char *ns = text_of(event, "namespace");
        struct entry *entry =
            add(t, at_ms, xstrdup(cluster),
                xasprintf("%s %s %s%s%s %s: %s", text_of(event, "type"), text_of(event, "kind"), ns,
                          *ns ? "/" : "", text_of(event, "name"), text_of(event, "reason"),
                          text_of(event, "message")));
        if (entry)
            entry->event = event;
        else
            json_decref(event);
    }
}

/* --- Juju ------------------------------------------------------------------------------------- */

static void add_log_line(struct timeline *t, const char *model, const char *line) {
    const char *colon = strstr(line, ": ");
    int len = 0;
    unsigned year, month, day, hour, minute, second;
    if (!colon || sscanf(colon + 2, "%4u-%2u-%2u %2u:%2u:%2u%n", &year, &month, &day, &hour,
                         &minute, &second, &len) != 6)
        return;
    char iso[CLOCK_TEXT_SIZE];
    (void)snprintf(iso, sizeof(iso), "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month % 100,
                   day % 100, hour % 100, minute % 100, second % 100);
    int64_t at_ms = clock_parse_utc(iso);
    if (at_ms < 0)
        return;
    const char *rest = colon + 2 + len;
    rest += strcspn(rest, " "); /* parts of a second */
    add(t, clocks_of_juju(t->clocks, at_ms), xasprintf("juju %s", model),
        xasprintf("%.*s:%s", (int)(colon - line), line, rest));
}

void timeline_add_debug_log(struct timeline *t, const char *model, const char *text, size_t len) {
    const char *at = text, *end = text + len, *line;
    size_t line_len;
    while ((line = str_line(&at, end, &line_len))) {
        CLEANUP(str_freep)
        char *copy = xstrndup(line, line_len < LINE_MAX_LEN ? line_len : LINE_MAX_LEN);
        add_log_line(t, model, copy);
    }
}

void timeline_add_status(struct timeline *t, const char *model, const json_t *status) {
    CLEANUP(json_freep) json_t *entities = juju_status_entities(status, NULL);
    size_t i;
    json_t *entity;
    json_array_foreach(entities, i, entity) {
        const char *since = json_str(entity, "since", NULL);
        int64_t at_ms = since ? clock_parse_juju(since) : -1;
        if (at_ms < 0)
            continue;
        add(t, clocks_of_juju(t->clocks, at_ms), xasprintf("juju %s", model),
            juju_status_line(entity));
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static int in_order(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void sort(struct timeline *t) {
    if (!t->sorted && t->count > 1)
        qsort(t->entries, t->count, sizeof(*t->entries), in_order);
    t->sorted = true;
}

static void line_of(const struct entry *e, struct buf *out) {
    char when[CLOCK_TEXT_SIZE];
    buf_addf(out, "%s  %-12s  %s\n", clock_format_utc_ms(e->at_ms, when), e->source, e->text);
}

void timeline_dump(struct timeline *t, size_t len_max, struct buf *out) {
    sort(t);
    size_t first = t->count, len = 0;
    struct buf line = BUF_INIT;
    while (first > 0) {
        buf_clear(&line);
        line_of(&t->entries[first - 1], &line);
        if (len + line.len > len_max)
            break;
        len += line.len;
        first--;
    }
    if (first > 0)
        buf_addf(out, "%zu earlier entries are left out\n", first);
    for (size_t i = first; i < t->count; i++)
        line_of(&t->entries[i], out);
    buf_release(&line);
}

json_t *timeline_events(struct timeline *t, size_t count_max, size_t *ret_left_out) {
    sort(t);
    size_t all = 0;
    for (size_t i = 0; i < t->count; i++)
        all += t->entries[i].event != NULL;
    size_t skip = all > count_max ? all - count_max : 0;
    *ret_left_out = skip;
    json_t *list = json_array();
    for (size_t i = 0; i < t->count; i++) {
        if (!t->entries[i].event)
            continue;
        if (skip > 0)
            skip--;
        else
            json_array_append(list, t->entries[i].event);
    }
    return list;
}
