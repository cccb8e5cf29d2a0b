/* assert: a predicate over values. */
#include "harness/core/json.h"
#include "harness/driver/step.h"
#include "harness/model/predicate.h"
#include "harness/model/value.h"

static json_t *lookup(void *self, const char *name) {
    const struct step_run *s = self;
    return value_expand_text(name, s->c->visible, NULL);
}

static void begin(struct step_run *s) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *wanted = value_expand(s->step->args, s->c->visible, &err);
    if (!wanted) {
        step_end(s, OUTCOME_UNMET, NULL, "every value that the step names is bound", err.text);
        return;
    }
    struct predicate_difference d = {0};
    bool holds = predicate_holds_for(wanted, lookup, s, &d);
    step_end(s, holds ? OUTCOME_MET : OUTCOME_UNMET, NULL, d.expected, d.seen);
    predicate_difference_release(&d);
}

const struct step_ops step_assert_ops = {.begin = begin};
