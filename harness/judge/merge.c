#include "harness/judge/merge.h"
#include "harness/core/clock.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/core/str.h"
#include "harness/judge/judge.h"
#include "harness/model/results.h"
#include "harness/model/verdict.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_str(object, key, NULL);
    return text ? text : "";
}

/* --- what must agree -------------------------------------------------------------------------- */

static int check_same(const json_t *first, const json_t *other, const char *key, const char *what,
                      struct err *err) {
    if (str_eq(text_of(first, key), text_of(other, key)))
        return 0;
    return err_set(err, ERR_INPUT,
                   "runs of different %s cannot be merged: %s is of \"%s\", %s of \"%s\" (confed "
                   "compare tells what differs)",
                   what, text_of(first, "run"), text_of(first, key), text_of(other, "run"),
                   text_of(other, key));
}

static int check_shard(const json_t *first, const json_t *other, struct err *err) {
    const json_t *a = json_object_get(first, "shard"), *b = json_object_get(other, "shard");
    if (!a != !b)
        return err_set(err, ERR_INPUT, "%s is a shard and %s is none",
                       text_of(a ? first : other, "run"), text_of(a ? other : first, "run"));
    if (a && (json_int(a, 0, "count", NULL) != json_int(b, 0, "count", NULL) ||
              !json_equal(json_object_get(a, "selection"), json_object_get(b, "selection"))))
        return err_set(err, ERR_INPUT, "%s and %s are shards of different selections of cases",
                       text_of(first, "run"), text_of(other, "run"));
    return 0;
}

static int check_runs(const json_t *runs, struct err *err) {
    const json_t *first = json_array_get(runs, 0);
    struct map seen = {0};
    size_t i;
    json_t *run;
    int rc = first ? 0 : err_set(err, ERR_USAGE, "there are no runs to merge");
    json_array_foreach(runs, i, run) {
        const char *id = text_of(run, "run");
        if (rc == 0 && *id && map_get(&seen, id))
            rc = err_set(err, ERR_INPUT, "the run %s is there twice", id);
        map_set(&seen, id, run);
        if (rc == 0)
            rc = check_same(first, run, "world", "worlds", err);
        if (rc == 0)
            rc = check_same(first, run, "kubernetes", "releases", err);
        if (rc == 0)
            rc = check_shard(first, run, err);
    }
    map_release(&seen);
    return rc;
}

/* --- cases ---------------------------------------------------------------------------------- */

/* Whose result stands for a case that several shards had. */
static int weight(const json_t *result) {
    enum verdict v = verdict_of_name(json_str(result, "verdict", NULL));
    if (verdict_is_red(v))
        return 4;
    return v == VERDICT_KNOWN_GAP ? 3 : v == VERDICT_PASSED ? 2 : v == VERDICT_UNSUPPORTED;
}

static void merge_case(json_t *list, struct map *index, json_t *result, const char *run) {
    const char *id = json_str(result, "case", NULL);
    uintptr_t at = (uintptr_t)map_get(index, id);
    if (!at) {
        json_t *copy = json_copy(result);
        json_object_set_new(copy, "runs",
                            json_pack("{s:O}", run, json_object_get(result, "verdict")));
        json_array_append_new(list, copy);
        map_set(index, id, (void *)(uintptr_t)json_array_size(list));
        return;
    }
    json_t *known = json_array_get(list, at - 1);
    json_t *runs = json_object_get(known, "runs");
    json_object_set(runs, run, json_object_get(result, "verdict"));
    if (weight(result) > weight(known)) {
        json_t *copy = json_copy(result);
        json_object_set(copy, "runs", runs);
        json_array_set_new(list, at - 1, copy);
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

/* The worst state of all, and the time from the first begin to the last end. */
static void merge_times(json_t *out, const json_t *runs) {
    const char *state = "finished", *started = NULL;
    int64_t begin = INT64_MAX, end = 0;
    size_t i;
    json_t *run;
    json_array_foreach(runs, i, run) {
        if (!str_eq(json_str(run, "state", NULL), "finished"))
            state = json_str(run, "state", NULL) ? json_str(run, "state", NULL) : "killed";
        int64_t at = json_str(run, "started", NULL) ? clock_parse_utc(text_of(run, "started")) : -1;
        int64_t elapsed = json_int(run, 0, "elapsed_ms", NULL);
        if (at >= 0 && at < begin) {
            begin = at;
            started = text_of(run, "started");
        }
        if (at >= 0 && at + elapsed > end)
            end = at + elapsed;
    }
    json_set_str(out, "state", state);
    json_set_str(out, "started", started ? started : "");
    json_set_int(out, "elapsed_ms", started ? end - begin : 0);
}

/* The same shards give the same id, so that history knows the merged run again. */
static void name_it(json_t *out, const json_t *runs) {
    CLEANUP(json_freep) json_t *ids = json_array();
    uint64_t sum = 0;
    size_t i;
    json_t *run;
    json_array_foreach(runs, i, run) {
        const char *id = text_of(run, "run");
        sum += hash_fnv1a_64(id, strlen(id)); /* whatever their order */
        json_array_append_new(ids, json_string(id));
    }
    const char *started = text_of(out, "started");
    CLEANUP(str_freep)
    char *id = xasprintf("merged-%.10s-%08x", started, (unsigned)(sum & 0xffffffff));
    json_set_str(out, "run", id);
    json_object_set(out, "merged", ids);
}

static void add_reason(json_t *out, char *text) {
    json_array_append_new(json_at(out, "truth", "reasons", NULL), json_string(text));
    json_set_int(out, "exit", 1);
    free(text);
}

/* Shards that are not there, and cases of the selection that none of them has. */
static void check_whole(json_t *out, const json_t *runs, const struct map *index) {
    const json_t *shard = json_object_get(json_array_get(runs, 0), "shard");
    int64_t count = json_int(shard, 0, "count", NULL);
    for (int64_t k = 1; k <= count; k++) {
        bool there = false;
        size_t i;
        json_t *run;
        json_array_foreach(runs, i, run) there |= json_int(run, 0, "shard", "index", NULL) == k;
        if (!there)
            add_reason(out,
                       xasprintf("shard %lld of %lld is missing", (long long)k, (long long)count));
    }
    size_t i;
    json_t *id;
    json_array_foreach(json_object_get(shard, "selection"), i, id) {
        if (!map_get(index, json_string_value(id)))
            add_reason(out, xasprintf("the case %s was selected and is in no shard",
                                      json_string_value(id)));
    }
}

json_t *merge_results(const json_t *runs, struct err *err) {
    static const char *const copied[] = {"world", "profile", "kubernetes", "properties"};
    if (check_runs(runs, err) < 0)
        return NULL;
    json_t *out = json_object(), *list = json_array(), *run, *result;
    json_set_int(out, "version", RESULTS_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
        json_t *value = json_object_get(json_array_get(runs, 0), copied[i]);
        if (value)
            json_object_set(out, copied[i], value);
    }
    struct map index = {0};
    size_t i, k;
    int64_t not_ended = 0;
    json_array_foreach(runs, i, run) {
        not_ended += json_int(run, 0, "truth", "not_ended", NULL);
        json_array_foreach(json_object_get(run, "results"), k, result)
            merge_case(list, &index, result, text_of(run, "run"));
    }
    merge_times(out, runs);
    name_it(out, runs);
    json_object_set_new(out, "results", list);
    json_set_int(json_ensure_object(out, "truth"), "not_ended", not_ended);
    judge_summarise(out, false);
    check_whole(out, runs, &index);
    map_release(&index);
    return out;
}
