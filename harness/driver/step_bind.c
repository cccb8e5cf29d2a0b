/* bind as the only verb: names values, or the parts of a text that a regular expression finds. */
#include "harness/core/json.h"
#include "harness/driver/step.h"
#include "harness/model/value.h"

static json_t *value_of(const struct step_run *s, const json_t *what, struct err *err) {
    CLEANUP(json_freep) json_t *expanded = value_expand(what, s->c->visible, err);
    if (!expanded || !json_str(expanded, "matches", NULL) || !json_object_get(expanded, "in"))
        return json_incref(expanded);
    CLEANUP(json_freep) json_t *holder = json_object();
    json_object_set(holder, "text", json_object_get(expanded, "in"));
    json_object_set_new(expanded, "in", json_string("text"));
    return value_extract(holder, expanded, err);
}

static void begin(struct step_run *s) {
    CLEANUP(json_freep) json_t *values = json_object();
    const char *name;
    json_t *what;
    json_object_foreach(json_mutable(s->step->bind), name, what) {
        struct err err = {0};
        json_t *value = value_of(s, what, &err);
        if (!value) {
            err_prefix(&err, "%s", name);
            step_end(s, OUTCOME_UNMET, NULL, "a value to bind", err.text);
            return;
        }
        json_object_set_new(values, name, value);
    }
    step_keep_seen(s, values);
    step_end(s, OUTCOME_MET, NULL, NULL, NULL);
}

const struct step_ops step_bind_ops = {.begin = begin};
