#include "harness/model/observation.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/core/str.h"

#include <string.h>

static const char *const outcome_names[] = {
    "", "met", "unmet", "error", "unsupported", "blocked", "interrupted"};

const char *outcome_name(enum outcome outcome) {
    return outcome_names[outcome];
}

enum outcome outcome_from_name(const char *name) {
    for (size_t i = 1; i < ARRAY_LEN(outcome_names); i++)
        if (str_eq(name, outcome_names[i]))
            return (enum outcome)i;
    return OUTCOME_NONE;
}

json_t *observation_new(const char *event, int64_t wall_ms, const char *case_id, int step) {
    char at[CLOCK_TEXT_SIZE];
    json_t *o = json_object();
    json_set_str(o, "event", event);
    json_set_str(o, "at", clock_format_utc_ms(wall_ms, at));
    if (case_id)
        json_set_str(o, "case", case_id);
    if (step >= 0)
        json_set_int(o, "step", step);
    return o;
}

json_t *observation_parse_log(const char *text, size_t len, const char *name, struct err *err) {
    CLEANUP(json_freep) json_t *events = json_array();
    const char *at = text, *end = text + len, *line;
    size_t line_len;
    for (size_t number = 1; (line = str_line(&at, end, &line_len)); number++) {
        bool whole = line + line_len < end; /* it has its newline */
        json_t *event = line_len ? json_parse(line, line_len, name, whole ? err : NULL) : NULL;
        if (json_is_object(event)) {
            json_array_append_new(events, event);
            continue;
        }
        json_decref(event);
        if (whole && line_len) {
            err_set(err, ERR_INPUT, "%s:%zu: expected one event, a JSON object", name, number);
            return NULL;
        }
    }
    return json_take(&events);
}

static bool holds_secret(const json_t *bound) {
    CLEANUP(str_freep) char *text = json_text(bound);
    return strstr(text, MASK_SECRET) != NULL;
}

json_t *observation_history(const json_t *events) {
    json_t *history = json_object();
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) {
        const char *kind = json_str(event, "event", NULL), *id = json_str(event, "case", NULL);
        if (!id || !kind)
            continue;
        if (strcmp(kind, "case-begin") == 0) {
            json_t *fresh = json_object();
            json_object_set_new(fresh, "bound", json_object());
            json_set_bool(fresh, "masked", false);
            json_set_bool(fresh, "begun", true);
            json_set_int(fresh, "order", (int64_t)i);
            json_object_set_new(history, id, fresh);
            continue;
        }
        json_t *known = json_ensure_object(history, id);
        const json_t *bound = json_object_get(event, "bound");
        if (strcmp(kind, "step-end") == 0 && json_is_object(bound)) {
            json_object_update(json_ensure_object(known, "bound"), json_mutable(bound));
            if (holds_secret(bound))
                json_set_bool(known, "masked", true);
        } else if (strcmp(kind, "case-end") == 0) {
            json_set_str(known, "outcome", json_str(event, "outcome", NULL));
        }
    }
    return history;
}
