#include "harness/judge/case_facts.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

/* case id -> {"begin": event, "end": event, "open": step-begin event, "bad": step-end event,
 *             "steps": [step-end events with verb and title], "evidence": {}, "files": [],
 *             "collected": evidence event} */
struct case_index {
    json_t *cases;
};

static void copy_keys(json_t *to, const json_t *from, const char *const keys[]) {
    for (; *keys; keys++) {
        json_t *value = json_object_get(from, *keys);
        if (value)
            json_object_set(to, *keys, value);
    }
}

static void take_step_end(json_t *entry, json_t *event) {
    static const char *const from_begin[] = {"verb", "title", "waiting_for", NULL};
    static const char *const from_end[] = {"outcome",  "reason",     "expected", "seen",
                                           "attempts", "elapsed_ms", "step",     "files",
                                           "waited",   "waiting",    "retried",  NULL};
    json_t *step = json_object();
    const char *started = json_str(entry, "open", "at", NULL);
    if (started)
        json_set_str(step, "started", started);
    copy_keys(step, json_object_get(entry, "open"), from_begin);
    copy_keys(step, event, from_end);
    json_array_append_new(json_ensure_array(entry, "steps"), step);

    json_t *evidence = json_object_get(event, "evidence"), *files = json_object_get(event, "files");
    if (evidence)
        json_object_update(json_ensure_object(entry, "evidence"), evidence);
    if (files)
        json_array_extend(json_ensure_array(entry, "files"), files);
    json_t *table = json_object_get(event, "truth_table"),
           *said = json_object_get(event, "finding");
    if (json_is_object(table))
        json_array_append(json_ensure_array(entry, "truth_tables"), table);
    if (json_string_length(said) > 0)
        json_array_append(json_ensure_array(entry, "findings"), said);
    bool counts =
        !json_flag(event, "may_fail", NULL) &&
        json_int(event, 0, "step", NULL) < json_int(entry, INT32_MAX, "begin", "steps", NULL);
    if (counts && !str_eq(json_str(event, "outcome", NULL), "met") &&
        !json_object_get(entry, "bad"))
        json_object_set(entry, "bad", event);
    json_object_del(entry, "open");
}

static void take(struct case_index *index, json_t *event) {
    const char *name = json_str(event, "event", NULL), *id = json_str(event, "case", NULL);
    if (!name || !id)
        return;
    if (strcmp(name, "case-begin") == 0) /* a resumed case starts anew */
        json_object_set_new(index->cases, id, json_pack("{s:O}", "begin", event));
    json_t *entry = json_ensure_object(index->cases, id);
    if (strcmp(name, "step-begin") == 0)
        json_object_set(entry, "open", event);
    else if (strcmp(name, "step-end") == 0)
        take_step_end(entry, event);
    else if (strcmp(name, "case-end") == 0)
        json_object_set(entry, "end", event);
    else if (strcmp(name, "evidence") == 0)
        json_object_set(entry, "collected", event);
}

struct case_index *case_index_new(const json_t *events) {
    struct case_index *index = xcalloc(1, sizeof(*index));
    index->cases = json_object();
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) take(index, event);
    return index;
}

void case_index_free(struct case_index *index) {
    if (!index)
        return;
    json_decref(index->cases);
    free(index);
}

static enum case_outcome outcome_of(const json_t *entry) {
    static const struct {
        const char *name;
        enum case_outcome outcome;
    } names[] = {{"met", CASE_MET},         {"unmet", CASE_UNMET},
                 {"error", CASE_ERROR},     {"unsupported", CASE_UNSUPPORTED},
                 {"blocked", CASE_BLOCKED}, {"interrupted", CASE_INTERRUPTED}};
    const char *name = json_str(entry, "end", "outcome", NULL);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(name, names[i].name))
            return names[i].outcome;
    return json_object_get(entry, "begin") ? CASE_RUNNING : CASE_NOT_RUN;
}

static const char *text_of(const json_t *event, const char *key) {
    const char *text = json_str(event, key, NULL);
    return text ? text : "";
}

struct case_facts case_index_facts(const struct case_index *index, const char *case_id) {
    const json_t *entry = json_object_get(index->cases, case_id);
    const json_t *bad = json_object_get(entry, "bad"), *end = json_object_get(entry, "end");
    return (struct case_facts){
        .outcome = outcome_of(entry),
        .started = json_str(entry, "begin", "at", NULL),
        .waiting_for = json_str(entry, "open", "waiting_for", NULL),
        .reason = json_str(bad ? bad : end, "reason", NULL),
        .expected = text_of(bad ? bad : end, "expected"),
        .seen = text_of(bad ? bad : end, "seen"),
        .blocked_by = json_str(entry, "end", "blocked_by", NULL),
        .missing = json_at(entry, "end", "missing", NULL),
        .steps = json_object_get(entry, "steps"),
        .evidence = json_object_get(entry, "evidence"),
        .files = json_object_get(entry, "files"),
        .truth_tables = json_object_get(entry, "truth_tables"),
        .findings = json_object_get(entry, "findings"),
        .collected = json_object_get(entry, "collected"),
        .elapsed_ms = json_int(entry, 0, "end", "elapsed_ms", NULL),
    };
}

/* otherwise is stolen. */
static void copy_or(json_t *to, const char *key, const json_t *value, json_t *otherwise) {
    if (value) {
        json_object_set_new(to, key, json_deep_copy(value));
        json_decref(otherwise);
    } else {
        json_object_set_new(to, key, otherwise);
    }
}

/* What was collected, without what the result says of itself; owned. */
static json_t *collected_of(const json_t *event) {
    static const char *const of_event[] = {"event", "at", "case", "step"};
    json_t *collected = json_deep_copy(event);
    for (size_t i = 0; i < ARRAY_LEN(of_event); i++)
        json_object_del(collected, of_event[i]);
    return collected;
}

json_t *case_facts_result(const json_t *spec, const struct case_facts *f) {
    json_t *r = json_object();
    json_set_str(r, "case", json_str(spec, "id", NULL));
    copy_or(r, "title", json_object_get(spec, "title"), json_string(""));
    copy_or(r, "why", json_object_get(spec, "why"), json_string(""));
    copy_or(r, "covers", json_object_get(spec, "covers"), json_array());
    copy_or(r, "needs", json_object_get(spec, "needs"), json_array());
    copy_or(r, "after", json_object_get(spec, "after"), json_array());
    json_set_bool(r, "required", json_flag(spec, "required", NULL));
    if (json_flag(spec, "teardown", NULL))
        json_set_bool(r, "teardown", true);
    json_set_str(r, "started", f->started ? f->started : "");
    json_set_int(r, "elapsed_ms", f->elapsed_ms);
    json_set_str(r, "expected", f->expected);
    json_set_str(r, "seen", f->seen);
    copy_or(r, "evidence", f->evidence, json_object());
    copy_or(r, "steps", f->steps, json_array());
    copy_or(r, "files", f->files, json_array());
    if (f->truth_tables)
        json_object_set_new(r, "truth_tables", json_deep_copy(f->truth_tables));
    if (f->findings)
        json_object_set_new(r, "findings", json_deep_copy(f->findings));
    if (f->collected)
        json_object_set_new(r, "collected", collected_of(f->collected));
    return r;
}
