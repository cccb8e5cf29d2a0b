#include "harness/judge/judge.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/judge/case_facts.h"
#include "harness/judge/forgive.h"
#include "harness/model/observation.h"
#include "harness/model/verdict.h"

#include <stdlib.h>
#include <string.h>

static json_t *read_events(const char *path, struct err *err) {
    struct buf text = BUF_INIT;
    json_t *events = NULL;
    if (fs_read(path, &text, err) == 0)
        events = observation_parse_log(buf_str(&text), text.len, path, err);
    buf_release(&text);
    return events;
}

/* --- one case ------------------------------------------------------------------------------- */

static void set_verdict(json_t *result, enum verdict v, const char *message) {
    json_set_str(result, "verdict", verdict_name(v));
    json_set_str(result, "message", message);
}

static void judge_blocked(json_t *result, const struct case_facts *f) {
    CLEANUP(str_freep)
    char *message = f->blocked_by ? xasprintf("BLOCKED by %s", f->blocked_by)
                                  : xstrdup("BLOCKED: the run ended before this case began");
    json_set_str(result, "blocked_by", f->blocked_by ? f->blocked_by : "");
    set_verdict(result, VERDICT_BLOCKED, message);
}

static void judge_unsupported(json_t *result, const struct case_facts *f) {
    struct buf message = BUF_INIT;
    buf_adds(&message, "UNSUPPORTED: needs ");
    size_t i;
    json_t *name;
    json_array_foreach(f->missing, i, name)
        buf_addf(&message, "%s%s", i ? ", " : "", json_string_value(name));
    json_object_set_new(result, "missing", json_deep_copy(f->missing));
    set_verdict(result, VERDICT_UNSUPPORTED, buf_str(&message));
    buf_release(&message);
}

static void judge_error(json_t *result, const struct case_facts *f) {
    const char *waiting = f->waiting_for && *f->waiting_for ? f->waiting_for : "its first step";
    CLEANUP(str_freep) char *message = NULL;
    if (f->outcome == CASE_RUNNING)
        message = xasprintf("the run was killed while it waited for: %s", waiting);
    else if (f->outcome == CASE_INTERRUPTED)
        message = xstrdup("interrupted: the run was stopped while this case ran");
    else
        message = xasprintf("%s: expected %s; last seen: %s", f->reason ? f->reason : "error",
                            f->expected, f->seen);
    set_verdict(result, VERDICT_ERROR, message);
}

static void judge_failed(json_t *result, const struct case_facts *f) {
    CLEANUP(str_freep)
    char *message = xasprintf("expected %s; seen: %s", f->expected, f->seen);
    set_verdict(result, VERDICT_FAILED, message);
}

static json_t *judge_case(const json_t *spec, const struct case_facts *f,
                          const struct forgive_context *context) {
    json_t *result = case_facts_result(spec, f);
    switch (f->outcome) {
    case CASE_MET:
        set_verdict(result, VERDICT_PASSED, "");
        forgive_passed(result, context);
        break;
    case CASE_UNMET:
        judge_failed(result, f);
        forgive_failed(result, context);
        break;
    case CASE_ERROR:
    case CASE_RUNNING:
    case CASE_INTERRUPTED:
        judge_error(result, f);
        break;
    case CASE_UNSUPPORTED:
        judge_unsupported(result, f);
        break;
    case CASE_BLOCKED:
    case CASE_NOT_RUN:
        judge_blocked(result, f);
        break;
    }
    return result;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* The run was killed unless its last run-begin is followed by a run-end. */
static const char *state_of(const json_t *events) {
    const char *state = "killed";
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) {
        const char *name = json_str(event, "event", NULL);
        if (str_eq(name, "run-begin"))
            state = "killed";
        else if (str_eq(name, "run-end"))
            state = str_eq(json_str(event, "outcome", NULL), "interrupted") ? "interrupted"
                                                                            : "finished";
    }
    return state;
}

static int64_t elapsed_of(const json_t *events) {
    size_t count = json_array_size(events);
    const char *first = json_str(json_array_get(events, 0), "at", NULL);
    const char *last = count ? json_str(json_array_get(events, count - 1), "at", NULL) : NULL;
    return first && last ? clock_parse_utc(last) - clock_parse_utc(first) : 0;
}

/* Counts verdicts, lists required cases that did not run, and decides the exit code. */
static void summarise(json_t *out, const json_t *results, bool vanished_is_fine) {
    int64_t counts[VERDICT_COUNT] = {0};
    bool red = json_array_size(results) == 0;
    json_t *missing = json_array(), *result;
    size_t i;
    json_array_foreach(results, i, result) {
        enum verdict v = verdict_of_name(json_str(result, "verdict", NULL));
        counts[v]++;
        if (verdict_is_red(v) && !(v == VERDICT_GAP_VANISHED && vanished_is_fine))
            red = true;
        if (json_flag(result, "required", NULL) &&
            (v == VERDICT_BLOCKED || v == VERDICT_UNSUPPORTED))
            json_array_append(missing, json_object_get(result, "case"));
    }
    json_t *summary = json_object();
    for (int v = 0; v < VERDICT_COUNT; v++)
        json_set_int(summary, verdict_name((enum verdict)v), counts[v]);
    json_object_set_new(out, "summary", summary);
    json_set_int(out, "exit", red || json_array_size(missing) ? 1 : 0);
    json_object_set_new(out, "truth", json_pack("{s:o}", "required_missing", missing));
}

json_t *judge_events(const json_t *run, const json_t *events, const struct judge_options *o) {
    struct forgive_context context = {.ledger = o->ledger,
                                      .now_ms = o->now_ms ? o->now_ms : clock_wall_ms(),
                                      .version = json_str(run, "kubernetes", NULL)};
    struct case_index *index = case_index_new(events);
    json_t *results = json_array(), *spec;
    size_t i;
    json_array_foreach(json_object_get(run, "cases"), i, spec) {
        struct case_facts facts = case_index_facts(index, json_str(spec, "id", NULL));
        json_array_append_new(results, judge_case(spec, &facts, &context));
    }
    case_index_free(index);

    static const char *const copied[] = {"run", "world", "profile", "kubernetes", "properties"};
    const char *started = json_str(json_array_get(events, 0), "at", NULL);
    json_t *out =
        json_pack("{s:i, s:s, s:s, s:I}", "version", 1, "state", state_of(events), "started",
                  started ? started : "", "elapsed_ms", (json_int_t)elapsed_of(events));
    for (size_t k = 0; k < ARRAY_LEN(copied); k++) {
        json_t *value = json_object_get(run, copied[k]);
        if (value)
            json_object_set(out, copied[k], value);
    }
    const json_t *last = json_array_get(events, json_array_size(events) - 1);
    json_t *spent = json_object_get(last, "cpu_ms");
    if (spent)
        json_object_set(out, "cpu_ms", spent);
    summarise(out, results, o->vanished_is_fine);
    if (strcmp(state_of(events), "finished") != 0)
        json_set_int(out, "exit", 1);
    json_object_set_new(out, "results", results);
    return out;
}

json_t *judge_run(const char *run_dir, const struct judge_options *o, struct err *err) {
    CLEANUP(str_freep) char *run_path = fs_join(run_dir, "run.json");
    CLEANUP(str_freep) char *events_path = fs_join(run_dir, "observations.jsonl");
    if (!fs_exists(run_path)) {
        err_set(err, ERR_NOT_FOUND, "%s: not the folder of a run (no run.json in it)", run_dir);
        return NULL;
    }
    CLEANUP(json_freep) json_t *run = json_load_path(run_path, err);
    CLEANUP(json_freep) json_t *events = run ? read_events(events_path, err) : NULL;
    return events ? judge_events(run, events, o) : NULL;
}
