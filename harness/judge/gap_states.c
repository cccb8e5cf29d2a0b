#include "harness/judge/gap_states.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/verdict.h"

#include <stdlib.h>

struct counts {
    size_t judged, matched;
};

static const char *state_of(enum verdict v, bool is_this_gap) {
    switch (v) {
    case VERDICT_KNOWN_GAP:
        return is_this_gap ? "still-there" : NULL; /* another entry excused it */
    case VERDICT_GAP_VANISHED:
        return is_this_gap ? "vanished" : NULL;
    case VERDICT_GAP_CHANGED:
        return "changed";
    case VERDICT_GAP_EXPIRED:
        return "expired";
    case VERDICT_PASSED:
        return "passes";
    case VERDICT_FAILED:
        return "changed";
    case VERDICT_ERROR:
    case VERDICT_UNSUPPORTED:
    case VERDICT_BLOCKED:
    case VERDICT_COUNT:
        return "not judged";
    }
    return NULL;
}

static bool is_judged(enum verdict v) {
    return v != VERDICT_ERROR && v != VERDICT_UNSUPPORTED && v != VERDICT_BLOCKED;
}

static bool applies(const struct gap *g, const json_t *run) {
    const char *release = json_str(run, "kubernetes", NULL);
    return gap_holds_in_world(g, json_str(run, "world", NULL)) &&
           (!*g->versions || (release && gap_window_has(g->versions, release)));
}

static void take_result(const struct gap *g, const json_t *run, const json_t *result,
                        struct counts *counts, json_t *entry) {
    enum verdict v = verdict_of_name(json_str(result, "verdict", NULL));
    bool is_this_gap = str_eq(json_str(result, "gap", "id", NULL), g->id);
    const char *state = state_of(v, is_this_gap);
    counts->judged += is_judged(v) && applies(g, run);
    counts->matched += v == VERDICT_KNOWN_GAP && is_this_gap;
    bool says_more =
        !str_eq(state, "not judged") || str_eq(json_str(entry, "state", NULL), "not seen");
    if (!state || !says_more)
        return;
    json_set_str(entry, "state", state);
    json_set_str(entry, "run", json_str(run, "run", NULL));
    json_set_str(entry, "message", json_str(result, "message", NULL));
}

static void add(json_t *list, char *text) {
    json_array_append_new(list, json_string(text));
    free(text);
}

static void find_problems(const struct gap *g, const struct counts *c,
                          const struct gap_states_options *o, json_t *problems, json_t *notes) {
    size_t i, there = 0;
    json_t *id;
    json_array_foreach(g->cases, i, id) {
        bool is_case = !o->case_ids || json_object_get(o->case_ids, json_string_value(id));
        there += is_case;
        if (!is_case)
            add(problems, xasprintf("%s is no case: take it out, or give the case back its name",
                                    json_string_value(id)));
    }
    if (there == 0)
        add(problems, xstrdup("no case uses it: delete the entry"));
    if (o->now_ms > g->review_by_ms)
        add(problems, xasprintf("its review was due by %s: look whether it is still so, and set "
                                "review_by anew",
                                g->review_by));
    if (c->matched > 0 || json_int(o->seen, 0, g->id, NULL) > 0)
        return;
    if (c->judged > 0)
        add(problems, xasprintf("its signature has never matched, in %zu runs in which it could "
                                "have: correct it, or delete the entry",
                                c->judged));
    else
        add(notes, xstrdup("no run that was looked at could have shown it"));
}

static json_t *entry_of(const struct gap *g) {
    json_t *entry = json_object();
    json_set_str(entry, "gap", g->id);
    json_set_str(entry, "title", g->title);
    json_set_str(entry, "url", g->url);
    json_set_str(entry, "versions", g->versions);
    json_set_str(entry, "review_by", g->review_by);
    json_set_str(entry, "owner", g->owner);
    json_set_str(entry, "state", "not seen");
    json_set_str(entry, "file", g->file);
    json_set_int(entry, "line", g->line);
    json_object_set_new(entry, "cases", json_deep_copy(g->cases));
    return entry;
}

json_t *gap_states(const struct ledger *ledger, const json_t *runs,
                   const struct gap_states_options *o) {
    json_t *states = json_array();
    for (size_t i = 0; i < ledger->count; i++) {
        const struct gap *g = &ledger->gaps[i];
        struct counts counts = {0};
        json_t *entry = entry_of(g), *problems = json_array(), *notes = json_array(), *run, *result;
        size_t r, k;
        json_array_foreach(runs, r, run) {
            json_array_foreach(json_object_get(run, "results"), k, result) {
                if (gap_excuses_case(g, json_str(result, "case", NULL)))
                    take_result(g, run, result, &counts, entry);
            }
        }
        find_problems(g, &counts, o, problems, notes);
        json_set_int(entry, "judged", (int64_t)counts.judged);
        json_set_int(entry, "matched", (int64_t)counts.matched);
        json_object_set_new(entry, "problems", problems);
        json_object_set_new(entry, "notes", notes);
        json_array_append_new(states, entry);
    }
    return states;
}
