#include "harness/judge/judge.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/core/str.h"
#include "harness/judge/case_facts.h"
#include "harness/judge/forgive.h"
#include "harness/model/observation.h"
#include "harness/model/results.h"
#include "harness/model/verdict.h"

#include <stdlib.h>
#include <string.h>

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

static void add_reason(json_t *reasons, char *text) {
    json_array_append_new(reasons, json_string(text));
    free(text);
}

/* A required case that did not run, whatever kept it from it. */
static void require(const json_t *result, enum verdict v, json_t *missing, json_t *reasons) {
    if (!json_flag(result, "required", NULL) || (v != VERDICT_BLOCKED && v != VERDICT_UNSUPPORTED))
        return;
    const char *message = json_str(result, "message", NULL);
    json_array_append(missing, json_object_get(result, "case"));
    add_reason(reasons, xasprintf("the required case %s did not run: %s",
                                  json_str(result, "case", NULL), message ? message : ""));
}

void judge_summarise(json_t *out, bool vanished_is_fine) {
    const json_t *results = json_object_get(out, "results");
    int64_t counts[VERDICT_COUNT] = {0};
    bool red = false;
    json_t *missing = json_array(), *reasons = json_array(), *result;
    size_t i, count = json_array_size(results);
    json_array_foreach(results, i, result) {
        enum verdict v = verdict_of_name(json_str(result, "verdict", NULL));
        counts[v]++;
        red |= verdict_is_red(v) && !(v == VERDICT_GAP_VANISHED && vanished_is_fine);
        require(result, v, missing, reasons);
    }
    if (count == 0)
        add_reason(reasons, xstrdup("there is no case in this run"));
    else if ((size_t)(counts[VERDICT_UNSUPPORTED] + counts[VERDICT_BLOCKED]) == count)
        add_reason(reasons, xasprintf("no case was judged: %lld are unsupported, %lld blocked",
                                      (long long)counts[VERDICT_UNSUPPORTED],
                                      (long long)counts[VERDICT_BLOCKED]));
    const char *state = json_str(out, "state", NULL);
    if (!str_eq(state, "finished"))
        add_reason(reasons,
                   xasprintf("the run was %s: %lld of its %zu cases never ended",
                             state ? state : "killed",
                             (long long)json_int(out, 0, "truth", "not_ended", NULL), count));
    json_t *summary = json_object();
    for (int v = 0; v < VERDICT_COUNT; v++)
        json_set_int(summary, verdict_name((enum verdict)v), counts[v]);
    json_object_set_new(out, "summary", summary);
    json_set_int(out, "exit", red || json_array_size(reasons) ? 1 : 0);
    json_t *truth = json_ensure_object(out, "truth");
    json_object_set_new(truth, "required_missing", missing);
    json_object_set_new(truth, "reasons", reasons);
}

/* Cases that neither ended nor were passed over. */
static bool has_ended(const struct case_facts *f) {
    return f->outcome != CASE_NOT_RUN && f->outcome != CASE_RUNNING;
}

json_t *judge_events(const json_t *run, const json_t *events, const struct judge_options *o) {
    struct forgive_context context = {.ledger = o->ledger,
                                      .now_ms = o->now_ms ? o->now_ms : clock_wall_ms(),
                                      .world = json_str(run, "world", NULL),
                                      .version = json_str(run, "kubernetes", NULL)};
    struct case_index *index = case_index_new(events);
    json_t *results = json_array(), *spec;
    size_t i, not_ended = 0;
    json_array_foreach(json_object_get(run, "cases"), i, spec) {
        struct case_facts facts = case_index_facts(index, json_str(spec, "id", NULL));
        not_ended += !has_ended(&facts);
        json_array_append_new(results, judge_case(spec, &facts, &context));
    }
    case_index_free(index);

    static const char *const copied[] = {"run",        "world",      "profile",
                                         "kubernetes", "properties", "shard"};
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
    json_set_int(json_ensure_object(out, "truth"), "not_ended", (int64_t)not_ended);
    json_object_set_new(out, "results", results);
    judge_summarise(out, o->vanished_is_fine);
    return out;
}

/* run.json comes from us, but a file can have been edited, and its ids are what all else goes by.
 */
static int check_run(const json_t *run, const char *path, struct err *err) {
    if (results_version_check(run, path, err) < 0)
        return ERR_INPUT;
    if (!json_is_array(json_object_get(run, "cases")))
        return err_set(err, ERR_INPUT, "%s: has no list \"cases\": not a run", path);
    struct map seen = {0};
    size_t i;
    json_t *spec;
    int rc = 0;
    json_array_foreach(json_object_get(run, "cases"), i, spec) {
        const char *id = json_str(spec, "id", NULL);
        if (!id || map_get(&seen, id)) {
            rc = err_set(err, ERR_INPUT, "%s: cases[%zu] %s%s", path, i,
                         id ? "is there twice: " : "has no id", id ? id : "");
            break;
        }
        map_set(&seen, id, &seen);
    }
    map_release(&seen);
    return rc;
}

/* How many bytes of an event that was not written whole are at the end. */
static size_t bytes_of_half(const char *text, size_t len) {
    const char *newline = len ? memrchr(text, '\n', len) : NULL;
    const char *last = newline ? newline + 1 : text;
    size_t last_len = (size_t)(text + len - last);
    CLEANUP(json_freep) json_t *event = json_loadb(last, last_len, 0, NULL);
    return json_is_object(event) ? 0 : last_len; /* one without its newline is whole */
}

/*
 * The events that are there, owned. What is missing of the file goes to *ret_missing (owned text,
 * or NULL): the whole of it, or what followed the last event that was written whole.
 */
static json_t *read_events(const char *path, char **ret_missing, struct err *err) {
    struct buf text = BUF_INIT;
    json_t *events = NULL;
    *ret_missing = NULL;
    if (!fs_exists(path)) {
        *ret_missing = xasprintf("%s is not there: nothing is known of what happened", path);
        return json_array();
    }
    if (fs_read(path, &text, err) == 0)
        events = observation_parse_log(buf_str(&text), text.len, path, err);
    size_t behind = events ? bytes_of_half(buf_str(&text), text.len) : 0;
    if (events && text.len == 0)
        *ret_missing = xasprintf("%s is empty: nothing is known of what happened", path);
    else if (behind)
        *ret_missing = xasprintf("%s ends within an event, %zu bytes behind the last whole one: "
                                 "what came then is not known",
                                 path, behind);
    buf_release(&text);
    return events;
}

json_t *judge_run(const char *run_dir, const struct judge_options *o, struct err *err) {
    CLEANUP(str_freep) char *run_path = fs_join(run_dir, "run.json");
    CLEANUP(str_freep) char *events_path = fs_join(run_dir, "observations.jsonl");
    if (!fs_exists(run_path)) {
        err_set(err, ERR_NOT_FOUND, "%s: not the folder of a run (no run.json in it)", run_dir);
        return NULL;
    }
    CLEANUP(json_freep) json_t *run = json_load_path(run_path, err);
    if (!run || check_run(run, run_path, err) < 0)
        return NULL;
    CLEANUP(str_freep) char *missing = NULL;
    CLEANUP(json_freep) json_t *events = read_events(events_path, &missing, err);
    if (!events)
        return NULL;
    json_t *results = judge_events(run, events, o);
    if (missing) {
        json_set_int(results, "exit", 1);
        json_array_insert_new(json_at(results, "truth", "reasons", NULL), 0, json_string(missing));
    }
    return results;
}
