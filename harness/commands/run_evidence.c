#include "harness/commands/run_evidence.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/judge/judge.h"
#include "harness/model/observation.h"
#include "harness/model/verdict.h"

static bool is_known(const struct run_evidence *e, const char *case_id) {
    for (size_t i = 0; i < e->ledger.count; i++)
        if (gap_excuses_case(&e->ledger.gaps[i], case_id))
            return true;
    return false;
}

/* Whether the case, should it end like this, is what the ledger says that it is. */
static bool is_forgiven(const struct run_evidence *e, const char *case_id, enum outcome outcome) {
    CLEANUP(json_freep) json_t *events = json_copy(json_object_get(e->events, case_id));
    json_t *end = observation_new("case-end", clock_wall_ms(), case_id, -1);
    json_set_str(end, "outcome", outcome_name(outcome));
    json_array_append_new(events, end);
    const struct judge_options how = {.ledger = &e->ledger};
    CLEANUP(json_freep) json_t *results = judge_events(e->run, events, &how);
    size_t i;
    json_t *result;
    json_array_foreach(json_object_get(results, "results"), i, result) {
        if (str_eq(json_str(result, "case", NULL), case_id))
            return str_eq(json_str(result, "verdict", NULL), verdict_name(VERDICT_KNOWN_GAP));
    }
    return false;
}

static bool wants(void *self, const char *case_id, enum outcome outcome, bool ended) {
    const struct run_evidence *e = self;
    if (!is_known(e, case_id))
        return true;
    return ended && !is_forgiven(e, case_id, outcome);
}

void run_evidence_init(struct run_evidence *e, const json_t *run, const char *run_dir,
                       const struct case_graph *graph, int64_t time_ms, int64_t bytes_max) {
    e->run = run;
    e->events = json_object();
    const struct evidence_options how = {.run_dir = run_dir,
                                         .graph = graph,
                                         .time_ms = time_ms,
                                         .bytes_max = bytes_max,
                                         .wants = wants,
                                         .self = e};
    e->evidence = time_ms > 0 ? evidence_new(&how) : NULL;
}

void run_evidence_release(struct run_evidence *e) {
    evidence_free(e->evidence);
    ledger_release(&e->ledger);
    json_decref(e->events);
    *e = (struct run_evidence){0};
}

void run_evidence_event(struct run_evidence *e, const json_t *event) {
    const char *case_id = json_str(event, "case", NULL);
    if (case_id && is_known(e, case_id))
        json_array_append(json_ensure_array(e->events, case_id), json_mutable(event));
}

const struct collector *run_evidence_collector(const struct run_evidence *e) {
    return e->evidence ? evidence_collector(e->evidence) : NULL;
}
