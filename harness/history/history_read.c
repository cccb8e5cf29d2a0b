#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/history/history.h"
#include "harness/history/history_db.h"
#include "harness/history/trend.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { LAST_DEFAULT = 100 };

struct one_case {
    bool wanted;
    enum verdict *verdicts; /* owned; one a run, VERDICT_COUNT: not in it */
    int64_t *elapsed_ms;    /* owned */
};

struct reading {
    struct history *h;
    const struct history_query *q;
    struct err *err;
    json_t *runs;    /* owned */
    struct buf blob; /* the results of all runs, one behind the other */
    size_t *ends;    /* owned: where those of each run end in it */
    size_t *kinds;   /* of each run: the first run of the same world and release */
    size_t run_count;
    struct one_case *cases; /* by the table's id of their name, which counts from 1 */
    size_t case_count;
};

static const char *text_at(sqlite3_stmt *s, int column) {
    return (const char *)sqlite3_column_text(s, column);
}

/* --- runs ------------------------------------------------------------------------------------- */

static void take_run(struct reading *r, sqlite3_stmt *s, size_t at) {
    static const char *const texts[] = {"run",        "started", "world",
                                        "kubernetes", "profile", "state"};
    json_t *run = json_object();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        json_set_str(run, texts[i], text_at(s, (int)i + 1) ? text_at(s, (int)i + 1) : "");
    json_set_int(run, "exit", sqlite3_column_int64(s, 7));
    json_set_int(run, "elapsed_ms", sqlite3_column_int64(s, 8));
    const char *summary = text_at(s, 9);
    json_t *parsed = summary ? json_loads(summary, 0, NULL) : NULL;
    json_object_set_new(run, "summary", parsed ? parsed : json_object());
    json_array_append_new(r->runs, run);
    buf_add(&r->blob, sqlite3_column_blob(s, 10), (size_t)sqlite3_column_bytes(s, 10));
    r->ends[at] = r->blob.len;
}

static void find_kinds(struct reading *r) {
    for (size_t i = 0; i < r->run_count; i++) {
        const json_t *run = json_array_get(r->runs, i);
        size_t k = i; /* most runs are of the same kind as the one before */
        for (size_t j = i; j-- > 0;) {
            const json_t *other = json_array_get(r->runs, j);
            if (str_eq(json_str(run, "world", NULL), json_str(other, "world", NULL)) &&
                str_eq(json_str(run, "kubernetes", NULL), json_str(other, "kubernetes", NULL))) {
                k = r->kinds[j];
                break;
            }
        }
        r->kinds[i] = k;
    }
}

static int read_runs(struct reading *r) {
    int64_t last = r->q->last > 0 ? r->q->last : LAST_DEFAULT;
    sqlite3_stmt *s = history_prepare(
        r->h,
        "SELECT * FROM (SELECT id, run, started, world, kubernetes, profile, state, exit,"
        " elapsed_ms, summary, results FROM run WHERE (?2 IS NULL OR world = ?2) AND"
        " (?3 IS NULL OR kubernetes = ?3) ORDER BY started DESC, id DESC LIMIT ?1)"
        " ORDER BY started, id",
        r->err);
    if (!s)
        return r->err->code;
    (void)sqlite3_bind_int64(s, 1, last);
    if (r->q->world)
        (void)sqlite3_bind_text(s, 2, r->q->world, -1, SQLITE_STATIC);
    if (r->q->kubernetes)
        (void)sqlite3_bind_text(s, 3, r->q->kubernetes, -1, SQLITE_STATIC);
    size_t cap = 0;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        r->ends = xgrow(r->ends, r->run_count, &cap, sizeof(*r->ends));
        take_run(r, s, r->run_count++);
    }
    if (rc != SQLITE_DONE)
        (void)history_fail(r->h, r->err);
    (void)sqlite3_finalize(s);
    r->kinds = xcalloc(r->run_count + 1, sizeof(*r->kinds));
    find_kinds(r);
    return r->err->code;
}

/* --- cases ---------------------------------------------------------------------------------- */

static int read_names(struct reading *r, json_t *titles) {
    sqlite3_stmt *s =
        history_prepare(r->h, "SELECT id, name, title, gap FROM name ORDER BY id", r->err);
    size_t cap = 0;
    int rc;
    if (!s)
        return r->err->code;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        size_t id = (size_t)sqlite3_column_int64(s, 0);
        while (r->case_count <= id) {
            r->cases = xgrow(r->cases, r->case_count, &cap, sizeof(*r->cases));
            r->cases[r->case_count++] = (struct one_case){0};
            json_array_append_new(titles, json_null());
        }
        const char *name = text_at(s, 1), *title = text_at(s, 2);
        r->cases[id].wanted = !r->q->cases || fnmatch(r->q->cases, name, 0) == 0;
        json_t *known = json_pack("{s:s, s:s}", "case", name, "title", title ? title : "");
        if (text_at(s, 3))
            json_set_str(known, "gap", text_at(s, 3));
        json_array_set_new(titles, id, known);
    }
    if (rc != SQLITE_DONE)
        (void)history_fail(r->h, r->err);
    (void)sqlite3_finalize(s);
    return r->err->code;
}

static void take_result(struct reading *r, struct history_item item, size_t run) {
    if (item.name >= r->case_count || !r->cases[item.name].wanted)
        return;
    struct one_case *c = &r->cases[item.name];
    if (!c->verdicts) {
        c->verdicts = xcalloc(r->run_count, sizeof(*c->verdicts));
        c->elapsed_ms = xcalloc(r->run_count, sizeof(*c->elapsed_ms));
        for (size_t i = 0; i < r->run_count; i++)
            c->verdicts[i] = VERDICT_COUNT;
    }
    c->verdicts[run] = item.verdict;
    c->elapsed_ms[run] = item.elapsed_ms;
}

static void take_results(struct reading *r) {
    const unsigned char *bytes = (const unsigned char *)buf_str(&r->blob);
    size_t at = 0;
    for (size_t run = 0; run < r->run_count; run++) {
        for (; at + HISTORY_ITEM_SIZE <= r->ends[run]; at += HISTORY_ITEM_SIZE)
            take_result(r, history_unpack(bytes + at), run);
        at = r->ends[run];
    }
}

/* What repeats is made once: there may be half a million of them. */
enum { TIMES_SHARED = 4096 };
struct shared {
    json_t *verdicts[VERDICT_COUNT + 1];
    json_t *times[TIMES_SHARED]; /* made when first needed */
};

/* Borrowed by arrays, which take a reference; a time that is not shared is made for them. */
static void append_time(json_t *times, int64_t ms, struct shared *shared) {
    if (ms >= TIMES_SHARED) {
        json_array_append_new(times, json_integer(ms));
        return;
    }
    if (!shared->times[ms])
        shared->times[ms] = json_integer(ms);
    json_array_append(times, shared->times[ms]);
}

static json_t *trend_json(const struct reading *r, const struct one_case *c) {
    struct trend_point *points = xcalloc(r->run_count + 1, sizeof(*points));
    size_t count = 0;
    for (size_t i = 0; i < r->run_count; i++)
        if (c->verdicts[i] != VERDICT_COUNT)
            points[count++] = (struct trend_point){r->kinds[i], c->verdicts[i], c->elapsed_ms[i]};
    struct trend t = trend_of(points, count);
    free(points);
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:b, s:{s:f, s:f, s:f, s:s}}", "runs",
                     (json_int_t)t.runs, "judged", (json_int_t)t.judged, "red", (json_int_t)t.red,
                     "flips", (json_int_t)t.flips, "flake_rate", t.flake_rate, "flaky", t.flaky,
                     "duration", "median_ms", t.median_ms, "earlier_ms", t.earlier_ms, "recent_ms",
                     t.recent_ms, "trend", t.direction);
}

static json_t *case_json(const struct reading *r, const struct one_case *c, json_t *title,
                         struct shared *shared) {
    json_t *json = trend_json(r, c), *verdicts = json_array(), *times = json_array();
    json_object_update(json, title);
    for (size_t i = 0; i < r->run_count; i++) {
        json_array_append(verdicts, shared->verdicts[c->verdicts[i]]);
        if (c->verdicts[i] == VERDICT_COUNT)
            json_array_append(times, shared->verdicts[VERDICT_COUNT]); /* null */
        else
            append_time(times, c->elapsed_ms[i], shared);
    }
    json_object_set_new(json, "verdicts", verdicts);
    json_object_set_new(json, "elapsed_ms", times);
    return json;
}

static int by_case(const void *left, const void *right) {
    json_t *const *a = left, *const *b = right;
    return strcmp(json_str(*a, "case", NULL), json_str(*b, "case", NULL));
}

static json_t *cases_json(const struct reading *r, const json_t *titles) {
    struct shared *shared = xcalloc(1, sizeof(*shared));
    shared->verdicts[VERDICT_COUNT] = json_null();
    for (int v = 0; v < VERDICT_COUNT; v++)
        shared->verdicts[v] = json_string(verdict_name((enum verdict)v));
    json_t **sorted = xcalloc(r->case_count + 1, sizeof(*sorted));
    size_t count = 0;
    for (size_t id = 0; id < r->case_count; id++)
        if (r->cases[id].verdicts)
            sorted[count++] = case_json(r, &r->cases[id], json_array_get(titles, id), shared);
    qsort(sorted, count, sizeof(json_t *), by_case);
    json_t *cases = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(cases, sorted[i]);
    free(sorted);
    for (int v = 0; v < VERDICT_COUNT; v++)
        json_decref(shared->verdicts[v]);
    for (size_t i = 0; i < TIMES_SHARED; i++)
        json_decref(shared->times[i]);
    free(shared);
    return cases;
}

/* --- gaps ------------------------------------------------------------------------------------- */

/* The run and its time of two columns, or null; owned. */
static json_t *moment(sqlite3_stmt *s, int column) {
    if (!text_at(s, column))
        return json_null();
    return json_pack("{s:s, s:s}", "run", text_at(s, column), "started", text_at(s, column + 1));
}

static json_t *gap_json(sqlite3_stmt *s) {
    static const char *const texts[] = {"gap", "title", "url", "state"};
    json_t *gap = json_object();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        json_set_str(gap, texts[i], text_at(s, (int)i) ? text_at(s, (int)i) : "");
    json_set_int(gap, "seen", sqlite3_column_int64(s, 4));
    json_object_set_new(gap, "first_seen", moment(s, 5));
    json_object_set_new(gap, "last_seen", moment(s, 7));
    json_object_set_new(gap, "vanished", moment(s, 9));
    json_object_set_new(gap, "cases", json_array());
    return gap;
}

/* Over all runs that there are, not only the last: it may be long ago that one was first seen. */
static int read_gaps(struct reading *r, json_t *gaps) {
    sqlite3_stmt *s = history_prepare(
        r->h,
        "SELECT gap.gap, title, url, state, seen, first_run, first_at, last_run, last_at,"
        " vanished_run, vanished_at, gap_case.name FROM gap LEFT JOIN gap_case"
        " ON gap_case.gap = gap.id ORDER BY gap.gap, gap_case.name",
        r->err);
    int rc;
    if (!s)
        return r->err->code;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        json_t *last = json_array_get(gaps, json_array_size(gaps) - 1);
        if (!str_eq(json_str(last, "gap", NULL), text_at(s, 0))) {
            last = gap_json(s);
            json_array_append_new(gaps, last);
        }
        if (text_at(s, 11))
            json_array_append_new(json_object_get(last, "cases"), json_string(text_at(s, 11)));
    }
    if (rc != SQLITE_DONE)
        (void)history_fail(r->h, r->err);
    (void)sqlite3_finalize(s);
    return r->err->code;
}

/* --- the whole ------------------------------------------------------------------------------ */

static void release(struct reading *r) {
    for (size_t i = 0; i < r->case_count; i++) {
        free(r->cases[i].verdicts);
        free(r->cases[i].elapsed_ms);
    }
    free(r->cases);
    free(r->ends);
    buf_release(&r->blob);
    free(r->kinds);
    json_decref(r->runs);
}

json_t *history_read(struct history *h, const struct history_query *q, struct err *err) {
    struct err own = {0};
    struct reading r = {
        .h = h, .q = q, .err = err ? err : &own, .runs = json_array(), .blob = BUF_INIT};
    CLEANUP(json_freep) json_t *titles = json_array();
    CLEANUP(json_freep) json_t *gaps = json_array();
    json_t *document = NULL;
    /* One transaction, so that a run that is added meanwhile is in all of it or in none. */
    bool begun = sqlite3_exec(h->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    if (read_runs(&r) == 0 && read_names(&r, titles) == 0 && read_gaps(&r, gaps) == 0) {
        take_results(&r);
        document = json_pack("{s:i, s:O, s:o, s:O}", "version", 1, "runs", r.runs, "cases",
                             cases_json(&r, titles), "gaps", gaps);
    }
    if (begun)
        (void)sqlite3_exec(h->db, "COMMIT", NULL, NULL, NULL);
    release(&r);
    return document;
}
