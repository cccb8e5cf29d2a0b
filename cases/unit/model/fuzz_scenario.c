/* A case file of any bytes: read, checked, described and judged over, never crashing. */
#include "harness/core/json.h"
#include "harness/model/case_graph.h"
#include "harness/core/mask.h"
#include "harness/model/observation.h"
#include "harness/model/predicate.h"
#include "harness/model/value.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct scenario *s) {
    for (size_t i = 0; i < s->step_count; i++) {
        struct buf text = BUF_INIT_LIMIT(1 << 20);
        struct predicate_difference d = {0};
        step_describe(&s->steps[i], &text);
        if (s->steps[i].expect) {
            (void)predicate_holds(s->steps[i].expect, s->source, &d);
            predicate_describe(s->steps[i].expect, &text);
        }
        json_decref(value_expand(s->steps[i].args, s->source, NULL));
        predicate_difference_release(&d);
        buf_release(&text);
    }
    json_decref(mask_json(s->source));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    struct problems problems = PROBLEMS_INIT;
    struct scenario *s = scenario_parse(text, size, "fuzz", &problems);
    if (s) {
        use(s);
        case_graph_free(case_graph_new(&s, 1, true, &problems));
    }
    problems_release(&problems);
    struct buf masked = BUF_INIT;
    mask_text(text, size, &masked);
    buf_release(&masked);
    json_t *events = observation_parse_log(text, size, "fuzz", NULL);
    if (events)
        json_decref(observation_history(events));
    json_decref(events);
    return 0;
}
