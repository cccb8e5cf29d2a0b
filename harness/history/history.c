#include "harness/history/history.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/history/history_db.h"
#include "harness/model/verdict.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEMA_VERSION = 1, BUSY_MS = 60000 };

/*
 * The results of a run are one blob (history_db.h): half a million rows would take longer to read
 * than anybody wants to wait. What is known of a gap over all runs is kept up to date as runs are
 * added, in whatever order they come.
 */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE,"
    " started TEXT NOT NULL, world TEXT, kubernetes TEXT, profile TEXT, state TEXT,"
    " exit INTEGER, elapsed_ms INTEGER, summary TEXT, results BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS run_started ON run (started, id);"
    "CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " title TEXT, gap TEXT);"
    "CREATE TABLE IF NOT EXISTS gap (id INTEGER PRIMARY KEY, gap TEXT NOT NULL UNIQUE,"
    " title TEXT, url TEXT, state TEXT, state_at TEXT, seen INTEGER NOT NULL DEFAULT 0,"
    " first_run TEXT, first_at TEXT, last_run TEXT, last_at TEXT, vanished_run TEXT,"
    " vanished_at TEXT);"
    "CREATE TABLE IF NOT EXISTS gap_case (gap INTEGER NOT NULL REFERENCES gap,"
    " name TEXT NOT NULL, PRIMARY KEY (gap, name)) WITHOUT ROWID;";

/* --- opening ------------------------------------------------------------------------------- */

/* Name, verdict and time, little-endian: 3, 1 and 4 bytes. */
void history_pack(struct buf *blob, struct history_item item) {
    int64_t ms = item.elapsed_ms < 0 ? 0 : item.elapsed_ms;
    uint32_t time = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
    for (int shift = 0; shift < 24; shift += 8)
        buf_addc(blob, (char)(item.name >> shift & 0xff));
    buf_addc(blob, (char)item.verdict);
    for (int shift = 0; shift < 32; shift += 8)
        buf_addc(blob, (char)(time >> shift & 0xff));
}

struct history_item history_unpack(const unsigned char *at) {
    return (struct history_item){
        .name = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16,
        .verdict = at[3] < VERDICT_COUNT ? (enum verdict)at[3] : VERDICT_ERROR,
        .elapsed_ms = (int64_t)(at[4] | (uint32_t)at[5] << 8 | (uint32_t)at[6] << 16 |
                                (uint32_t)at[7] << 24)};
}

int history_fail(const struct history *h, struct err *err) {
    int code = sqlite3_errcode(h->db);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return err_set(err, ERR_INPUT, "%s is no history of confed: %s", h->path,
                       sqlite3_errmsg(h->db));
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return err_set(err, ERR_TIMEOUT, "%s: another process has kept it for %d s", h->path,
                       BUSY_MS / 1000);
    return err_set(err, ERR_IO, "%s: %s", h->path, sqlite3_errmsg(h->db));
}

static int run_sql(struct history *h, const char *sql, struct err *err) {
    return sqlite3_exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : history_fail(h, err);
}

sqlite3_stmt *history_prepare(struct history *h, const char *sql, struct err *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(h->db, sql, -1, &s, NULL) != SQLITE_OK)
        (void)history_fail(h, err);
    return s;
}

static int read_version(struct history *h, int *ret, struct err *err) {
    sqlite3_stmt *s = history_prepare(h, "PRAGMA user_version", err);
    if (!s)
        return err->code;
    int rc = sqlite3_step(s) == SQLITE_ROW ? 0 : history_fail(h, err);
    if (rc == 0)
        *ret = sqlite3_column_int(s, 0);
    (void)sqlite3_finalize(s);
    return rc;
}

/* Two processes may make the same file at once: the one that comes second finds it made. */
static int make_schema(struct history *h, struct err *err) {
    CLEANUP(str_freep) char *version = xasprintf("PRAGMA user_version = %d", SCHEMA_VERSION);
    if (run_sql(h, "BEGIN IMMEDIATE", err) < 0)
        return err->code;
    if (run_sql(h, schema, err) == 0 && run_sql(h, version, err) == 0 &&
        run_sql(h, "COMMIT", err) == 0)
        return 0;
    (void)sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
    return err->code;
}

static int prepare_file(struct history *h, struct err *err) {
    int version = 0;
    if (sqlite3_busy_timeout(h->db, BUSY_MS) != SQLITE_OK || read_version(h, &version, err) < 0)
        return err->code ? err->code : history_fail(h, err);
    if (version > SCHEMA_VERSION)
        return err_set(err, ERR_INPUT,
                       "%s: is of version %d, this confed reads version %d: use the confed that "
                       "wrote it, or a newer one",
                       h->path, version, SCHEMA_VERSION);
    return version == SCHEMA_VERSION ? 0 : make_schema(h, err);
}

struct history *history_open(const char *path, bool make, struct err *err) {
    struct err own = {0};
    struct err *e = err ? err : &own;
    if (!make && !fs_exists(path)) {
        err_set(e, ERR_NOT_FOUND, "%s: there is no history yet (confed history add makes it)",
                path);
        return NULL;
    }
    struct history *h = xcalloc(1, sizeof(*h));
    h->path = xstrdup(path);
    int flags = SQLITE_OPEN_READWRITE | (make ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &h->db, flags, NULL) != SQLITE_OK)
        (void)history_fail(h, e);
    else
        (void)prepare_file(h, e);
    if (!e->code)
        return h;
    history_free(h);
    return NULL;
}

void history_free(struct history *h) {
    if (!h)
        return;
    (void)sqlite3_close(h->db);
    free(h->path);
    free(h);
}

/* --- adding ----------------------------------------------------------------------------------- */

enum { ADD_RUN, ADD_NAME, ADD_GAP, ADD_SEEN, ADD_VANISHED, ADD_GAP_CASE, ADD_COUNT };

struct adding {
    struct history *h;
    sqlite3_stmt *statements[ADD_COUNT]; /* owned */
    const char *run, *started;
    struct err *err;
};

static const char *const add_sql[ADD_COUNT] = {
    [ADD_RUN] = "INSERT INTO run (run, started, world, kubernetes, profile, state, exit,"
                " elapsed_ms, summary, results) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ADD_NAME] = "INSERT INTO name (name, title, gap) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT (name) DO UPDATE SET title = coalesce(?2, title),"
                 " gap = coalesce(?3, gap) RETURNING id",
    [ADD_GAP] = "INSERT INTO gap (gap, title, url, state, state_at) VALUES (?1, ?2, ?3, ?4, ?5)"
                " ON CONFLICT (gap) DO UPDATE SET title = coalesce(?2, title),"
                " url = coalesce(?3, url),"
                " state = CASE WHEN ?5 >= state_at THEN ?4 ELSE state END,"
                " state_at = max(?5, state_at) RETURNING id",
    [ADD_SEEN] = "UPDATE gap SET seen = seen + 1,"
                 " first_run = CASE WHEN first_at <= ?3 THEN first_run ELSE ?2 END,"
                 " first_at = min(coalesce(first_at, ?3), ?3),"
                 " last_run = CASE WHEN last_at > ?3 THEN last_run ELSE ?2 END,"
                 " last_at = max(coalesce(last_at, ?3), ?3) WHERE id = ?1",
    [ADD_VANISHED] = "UPDATE gap SET"
                     " vanished_run = CASE WHEN vanished_at > ?3 THEN vanished_run ELSE ?2 END,"
                     " vanished_at = max(coalesce(vanished_at, ?3), ?3) WHERE id = ?1",
    [ADD_GAP_CASE] = "INSERT OR IGNORE INTO gap_case (gap, name) VALUES (?, ?)",
};

static void bind_text(sqlite3_stmt *s, int at, const char *text) {
    if (text)
        (void)sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
    else
        (void)sqlite3_bind_null(s, at);
}

/* Runs a statement; with ret_id also takes the id that it returns. */
static int step(struct adding *a, int which, int64_t *ret_id) {
    sqlite3_stmt *s = a->statements[which];
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW && ret_id) {
        *ret_id = sqlite3_column_int64(s, 0);
        rc = sqlite3_step(s);
    }
    if (rc != SQLITE_DONE)
        (void)history_fail(a->h, a->err);
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return a->err->code;
}

static int add_run(struct adding *a, const json_t *results, const struct buf *blob) {
    static const char *const texts[] = {"world", "kubernetes", "profile", "state"};
    CLEANUP(str_freep) char *summary = json_text(json_object_get(results, "summary"));
    sqlite3_stmt *s = a->statements[ADD_RUN];
    bind_text(s, 1, a->run);
    bind_text(s, 2, a->started);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bind_text(s, (int)i + 3, json_str(results, texts[i], NULL));
    (void)sqlite3_bind_int64(s, 7, json_int(results, 1, "exit", NULL));
    (void)sqlite3_bind_int64(s, 8, json_int(results, 0, "elapsed_ms", NULL));
    bind_text(s, 9, summary);
    (void)sqlite3_bind_blob64(s, 10, buf_str(blob), blob->len, SQLITE_STATIC);
    return step(a, ADD_RUN, NULL);
}

static const char *gap_state(enum verdict v) {
    if (v == VERDICT_KNOWN_GAP)
        return "still-there";
    return v == VERDICT_GAP_VANISHED  ? "vanished"
           : v == VERDICT_GAP_EXPIRED ? "expired"
                                      : "changed";
}

static int add_gap(struct adding *a, const json_t *gap, enum verdict v, const char *case_id) {
    int64_t id = 0;
    sqlite3_stmt *s = a->statements[ADD_GAP];
    bind_text(s, 1, json_str(gap, "id", NULL));
    bind_text(s, 2, json_str(gap, "title", NULL));
    bind_text(s, 3, json_str(gap, "url", NULL));
    bind_text(s, 4, gap_state(v));
    bind_text(s, 5, a->started);
    if (step(a, ADD_GAP, &id) < 0)
        return a->err->code;
    s = a->statements[ADD_GAP_CASE];
    (void)sqlite3_bind_int64(s, 1, id);
    bind_text(s, 2, case_id);
    if (step(a, ADD_GAP_CASE, NULL) < 0 || (v != VERDICT_KNOWN_GAP && v != VERDICT_GAP_VANISHED))
        return a->err->code;
    int which = v == VERDICT_KNOWN_GAP ? ADD_SEEN : ADD_VANISHED;
    (void)sqlite3_bind_int64(a->statements[which], 1, id);
    bind_text(a->statements[which], 2, a->run);
    bind_text(a->statements[which], 3, a->started);
    return step(a, which, NULL);
}

static int add_result(struct adding *a, const json_t *result, struct buf *blob) {
    int64_t name = 0;
    const json_t *gap = json_object_get(result, "gap");
    const char *case_id = json_str(result, "case", NULL), *gap_id = json_str(gap, "id", NULL);
    enum verdict v = verdict_of_name(json_str(result, "verdict", NULL));
    bind_text(a->statements[ADD_NAME], 1, case_id);
    bind_text(a->statements[ADD_NAME], 2, json_str(result, "title", NULL));
    bind_text(a->statements[ADD_NAME], 3, gap_id);
    if (step(a, ADD_NAME, &name) < 0 || (gap_id && add_gap(a, gap, v, case_id) < 0))
        return a->err->code;
    history_pack(blob,
                 (struct history_item){.name = (uint32_t)name,
                                       .verdict = v,
                                       .elapsed_ms = json_int(result, 0, "elapsed_ms", NULL)});
    return 0;
}

static int has_run(struct adding *a, bool *ret) {
    sqlite3_stmt *s = history_prepare(a->h, "SELECT 1 FROM run WHERE run = ?", a->err);
    if (!s)
        return a->err->code;
    bind_text(s, 1, a->run);
    int rc = sqlite3_step(s);
    *ret = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        (void)history_fail(a->h, a->err);
    (void)sqlite3_finalize(s);
    return a->err->code;
}

static int add_all(struct adding *a, const json_t *results, bool *ret_added) {
    bool there = false;
    if (has_run(a, &there) < 0 || there)
        return a->err->code;
    for (size_t i = 0; i < ADD_COUNT; i++)
        if (!(a->statements[i] = history_prepare(a->h, add_sql[i], a->err)))
            return a->err->code;
    struct buf blob = BUF_INIT;
    size_t i;
    json_t *result;
    json_array_foreach(json_object_get(results, "results"), i, result) {
        if (add_result(a, result, &blob) < 0)
            break;
    }
    if (a->err->code == 0 && add_run(a, results, &blob) == 0)
        *ret_added = true;
    buf_release(&blob);
    return a->err->code;
}

int history_add(struct history *h, const json_t *results, bool *ret_added, struct err *err) {
    struct err own = {0};
    const char *started = json_str(results, "started", NULL);
    struct adding a = {.h = h,
                       .run = json_str(results, "run", NULL),
                       .started = started ? started : "",
                       .err = err ? err : &own};
    bool added = false;
    if (!a.run || !*a.run)
        return err_set(err, ERR_INPUT, "results without the id of their run cannot be kept");
    /* At once for writing: two that read first and then want to write would wait for each other. */
    if (run_sql(h, "BEGIN IMMEDIATE", a.err) < 0)
        return a.err->code;
    (void)add_all(&a, results, &added);
    for (size_t i = 0; i < ADD_COUNT; i++)
        (void)sqlite3_finalize(a.statements[i]);
    if (a.err->code == 0)
        (void)run_sql(h, "COMMIT", a.err);
    if (a.err->code != 0)
        (void)sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
    else
        *ret_added = added;
    return a.err->code;
}
