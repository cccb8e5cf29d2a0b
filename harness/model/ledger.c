#include "harness/model/ledger.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/lint.h"
#include "harness/model/predicate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"id",           "registry", "title",  "url",       "links",
                                   "cases",        "versions", "worlds", "signature", "message",
                                   "workaround",   "since",    "owner",  "review_by", "why",
                                   "expect_after", "quirk",    NULL};

/* --- what a member may be ------------------------------------------------------------------- */

static bool is_id(const char *text) {
    return isalnum((unsigned char)*text) &&
           text[strspn(
               text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

static bool is_world(const char *text) {
    return str_eq(text, "sim") || str_eq(text, "juju") || str_eq(text, "existing");
}

static bool is_forecast(const char *text) {
    return str_eq(text, "still-there") || str_eq(text, "fixed") || str_eq(text, "unknown");
}

static bool is_date(const char *text) {
    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10)
        return false;
    CLEANUP(str_freep) char *midnight = xasprintf("%sT00:00:00Z", text);
    int64_t ms = clock_parse_utc(midnight);
    char again[CLOCK_TEXT_SIZE];
    return ms >= 0 && str_has_prefix(clock_format_utc(ms, again), text); /* no 31 February */
}

static const json_t *forecasts(struct lint *lint) {
    json_t *object = json_mutable(lint_member(lint, "expect_after", LINT_OBJECT, false));
    const char *release;
    json_t *forecast;
    if (!object)
        return NULL;
    json_object_foreach(object, release, forecast) {
        const char *said = json_string_value(forecast);
        if (!isdigit((unsigned char)*release) || !said || !is_forecast(said))
            lint_add(lint, "expect_after",
                     "expect_after has \"%s\": \"%s\", expected a release like 1.7.0 and "
                     "still-there, fixed or unknown",
                     release, said ? said : "");
    }
    return object;
}

/* Evidence is compared as it is: nothing is filled in. */
static bool has_reference(const json_t *signature) {
    CLEANUP(str_freep) char *text = json_text(signature);
    return strstr(text, "${") != NULL;
}

static const json_t *signature(struct lint *lint) {
    const json_t *value = lint_member(lint, "signature", LINT_OBJECT, true);
    struct err why = {0};
    if (!value)
        return NULL;
    if (predicate_check(value, NULL, false, &why) < 0)
        lint_add(lint, "signature", "signature: %s", why.text);
    else if (has_reference(value))
        lint_add(lint, "signature",
                 "signature: ${...} means nothing here, expected the evidence's own values or "
                 "conditions on them");
    return value;
}

/* --- entries ---------------------------------------------------------------------------------- */

static struct gap read_gap(struct lint *lint) {
    lint_keys(lint, keys, "gap");
    struct gap g = {.file = lint->file, .line = lint->line};
    g.id = lint_text(lint, "id", true, is_id, "a name like FED-GAP-001, without blanks");
    g.title = lint_text(lint, "title", true, lint_is_something, "what is broken, in one line");
    g.url = lint_text(lint, "url", true, lint_is_url, "the upstream issue, https://...");
    g.cases = lint_texts(lint, "cases", true, lint_is_case, "ids of cases like lifecycle.dns");
    g.versions = lint_text(lint, "versions", true, gap_window_is_sound,
                           "bounds such as \">=1.6 <1.9\", or \"\" for every release");
    g.signature = signature(lint);
    g.owner = lint_text(lint, "owner", true, lint_is_something, "who reviews it");
    g.why = lint_text(lint, "why", true, lint_is_something, "why it is so");
    g.review_by = lint_text(lint, "review_by", true, is_date, "a date such as 2027-06-30");
    g.since = lint_text(lint, "since", false, is_date, "a date such as 2017-06-02");
    g.registry = lint_text(lint, "registry", false, lint_is_something, "a name");
    g.message = lint_text(lint, "message", false, lint_is_something, "one line");
    g.workaround = lint_text(lint, "workaround", false, lint_is_something, "what helps meanwhile");
    g.quirk = lint_text(lint, "quirk", false, lint_is_something, "a quirk of the profiles");
    g.links = lint_texts(lint, "links", false, lint_is_url, "addresses, https://...");
    g.worlds = lint_texts(lint, "worlds", false, is_world, "sim, juju or existing");
    g.expect_after = forecasts(lint);
    if (g.review_by) {
        CLEANUP(str_freep) char *end_of_day = xasprintf("%sT23:59:59Z", g.review_by);
        g.review_by_ms = clock_parse_utc(end_of_day);
    }
    return g;
}

static void add_gap(struct ledger *l, json_t *entry, struct lint *lint) {
    if (!json_is_object(entry)) {
        problems_add(lint->problems, lint->file, lint->line, "expected an object per gap");
        return;
    }
    struct gap g = read_gap(lint);
    const struct gap *other = g.id ? ledger_find(l, g.id) : NULL;
    if (other)
        lint_add(lint, "id",
                 "id: %s is there already, at %s:%d: give this entry another id (--ledger replaces "
                 "the whole ledger)",
                 g.id, other->file, other->line);
    l->gaps = xgrow(l->gaps, l->count, &l->cap, sizeof(*l->gaps));
    l->gaps[l->count++] = g;
}

const struct gap *ledger_find(const struct ledger *l, const char *id) {
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->gaps[i].id, id))
            return &l->gaps[i];
    return NULL;
}

/* --- files ------------------------------------------------------------------------------------ */

void ledger_lint(struct ledger *l, const char *text, size_t len, const char *name,
                 struct problems *problems) {
    CLEANUP(json_freep) json_t *lines = NULL;
    json_t *document = lint_document(text, len, name, &lines, problems);
    if (document && !json_is_array(document)) {
        problems_add(problems, name, 1, "expected a list of gaps, [{\"id\": ...}, ...]");
        json_decref(document);
        document = NULL;
    }
    if (!document)
        return;
    size_t before = l->count, problems_before = problems->count;
    if (!l->files) {
        l->files = json_array();
        l->names = json_array();
    }
    json_array_append_new(l->files, document);
    json_t *said = json_string(name);
    json_array_append_new(l->names, said ? said : json_string("a ledger")); /* no UTF-8 */
    const char *file = json_string_value(json_array_get(l->names, json_array_size(l->names) - 1));
    size_t i;
    json_t *entry;
    json_array_foreach(document, i, entry) {
        const json_t *at = json_array_get(lines, i);
        struct lint lint = {problems, file, lint_line(at, 1), entry, at};
        add_gap(l, entry, &lint);
    }
    if (problems->count > problems_before)
        l->count = before;
}

int ledger_add_text(struct ledger *l, const char *text, size_t len, const char *name,
                    struct err *err) {
    struct problems problems = PROBLEMS_INIT;
    ledger_lint(l, text, len, name, &problems);
    int rc = problems_err(&problems, ": confed lint", err);
    problems_release(&problems);
    return rc;
}

int ledger_add(struct ledger *l, const char *path, struct err *err) {
    struct buf text = BUF_INIT;
    int rc = fs_read(path, &text, err);
    if (rc == 0)
        rc = ledger_add_text(l, buf_str(&text), text.len, path, err);
    buf_release(&text);
    return rc;
}

void ledger_release(struct ledger *l) {
    free(l->gaps);
    json_decref(l->files);
    json_decref(l->names);
    *l = (struct ledger){0};
}
