/*
 * JUnit XML as Jenkins, GitLab, Spyglass, Maven and the usual actions read it. They differ: Jenkins
 * shows the message attribute, GitLab the element's text, so both say everything; a case with both
 * <skipped> and <failure> is read in opposite ways, so only one of them is ever written. Names are
 * stable and stay apart; no gap id, port or time is in them.
 *
 * Two dialects: rich has properties of each case, which Spyglass groups by; strict is what the
 * schemas of Jenkins's xUnit plugin and of Surefire both allow, with the same data as lines of
 * <system-out>.
 */
#include "harness/core/json.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"
#include "reports/truth.h"

enum {
    EVIDENCE_LEN_MAX = 400,           /* Jenkins shows the first 500 bytes of <system-out> */
    TEXT_LEN_MAX = 8192,              /* of one text ... */
    TEXT_LEN_MIN = 160,               /* ... and of one in a very large run: */
    TEXTS_LEN_ALL = 20 * 1000 * 1000, /* GitLab reads 30 MB of a file */
    TEXTS_OF_CASE = 5,
};

struct junit {
    struct pen *pen;
    struct tally tally;
    bool strict;
};

static void property(struct pen *p, const char *indent, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_put(p, indent);
    pen_put(p, "<property name=\"");
    pen_text(p, PEN_ATTR, pen_str(name));
    pen_put(p, "\" value=\"");
    pen_text(p, PEN_ATTR, value);
    pen_put(p, "\"/>\n");
}

/* --- what is told of a case, as properties or as lines of system-out ------------------------ */

struct datum {
    const char *name;
    struct pen_span value;
};
enum { DATA_MAX = 9 };

static size_t data_of(const json_t *r, enum verdict v, struct datum data[DATA_MAX]) {
    const json_t *gap = json_object_get(r, "gap");
    const char *lifecycle = v == VERDICT_KNOWN_GAP           ? "known-gap"
                            : json_flag(r, "required", NULL) ? "blocking"
                                                             : "informing";
    size_t n = 0;
    data[n++] = (struct datum){"case", pen_member(r, "case")};
    data[n++] = (struct datum){"lifecycle", pen_str(lifecycle)};
    data[n++] = (struct datum){"verdict", pen_str(verdict_name(v))};
    if (gap) {
        data[n++] = (struct datum){"gap.id", pen_member(gap, "id")};
        data[n++] = (struct datum){"gap.title", pen_member(gap, "title")};
        data[n++] = (struct datum){"gap.registry", pen_member(gap, "registry")};
        data[n++] = (struct datum){"gap.url", pen_member(gap, "url")};
        data[n++] = (struct datum){"gap.since", pen_member(gap, "since")};
        data[n++] = (struct datum){"gap.review_by", pen_member(gap, "review_by")};
    }
    return n;
}

static void properties(struct junit *j, const json_t *r, enum verdict v) {
    struct datum data[DATA_MAX];
    size_t count = data_of(r, v, data);
    pen_put(j->pen, "      <properties>\n");
    for (size_t i = 0; i < count; i++)
        property(j->pen, "        ", data[i].name, data[i].value);
    pen_put(j->pen, "      </properties>\n");
}

/* "[[NAME|...]]", which several readers take out of the output. */
static void bracketed(struct pen *p, const char *kind, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_put(p, kind);
    pen_put(p, name);
    pen_text(p, PEN_XML, value);
    pen_put(p, "]]\n");
}

static void system_out(struct junit *j, const json_t *r, enum verdict v) {
    const json_t *evidence = json_object_get(r, "evidence");
    const json_t *files = json_object_get(r, "files");
    bool truth = truth_is_in(r);
    if (json_object_size(evidence) == 0 && json_array_size(files) == 0 && !truth && !j->strict)
        return;
    pen_put(j->pen, "      <system-out>");
    if (json_object_size(evidence) > 0) {
        pen_value(j->pen, PEN_XML, evidence, false, EVIDENCE_LEN_MAX);
        pen_put(j->pen, "\n");
    }
    if (j->strict) {
        struct datum data[DATA_MAX];
        size_t count = data_of(r, v, data);
        for (size_t i = 0; i < count; i++) {
            CLEANUP(str_freep) char *name = xasprintf("%s=", data[i].name);
            bracketed(j->pen, "[[PROPERTY|", name, data[i].value);
        }
    }
    if (truth)
        pen_written(j->pen, PEN_XML, truth_told, r, j->pen->text_max);
    size_t i;
    json_t *file;
    json_array_foreach(files, i, file)
        bracketed(j->pen, "[[ATTACHMENT|", "", pen_str(json_string_value(file)));
    pen_put(j->pen, "</system-out>\n");
}

/* --- its outcome ---------------------------------------------------------------------------- */

/* <element message type>message, expected, seen</element> */
static void outcome(struct junit *j, const char *element, const char *type, const json_t *r) {
    struct pen *p = j->pen;
    struct pen_span message = pen_member(r, "message");
    if (message.len == 0)
        message = pen_member(r, "title");
    bool typed = !(j->strict && element[0] == 's'); /* Surefire knows no type of <skipped> */
    pen_putf(p, "      <%s", element);
    if (typed)
        pen_putf(p, " type=\"%s\"", type);
    pen_put(p, " message=\"");
    pen_text(p, PEN_ATTR, message);
    pen_put(p, "\">");
    pen_text(p, PEN_XML, message);
    if (pen_member(r, "expected").len > 0) {
        pen_put(p, "\nexpected: ");
        pen_text(p, PEN_XML, pen_member(r, "expected"));
        pen_put(p, "\nseen:     ");
        pen_text(p, PEN_XML, pen_member(r, "seen"));
    }
    pen_putf(p, "</%s>\n", element);
}

static void verdict_element(struct junit *j, const json_t *r, enum verdict v) {
    switch (v) {
    case VERDICT_PASSED:
    case VERDICT_COUNT:
        return;
    case VERDICT_FAILED:
        outcome(j, "failure", "AssertionFailed", r);
        return;
    case VERDICT_ERROR:
        outcome(j, "error", "Error", r);
        return;
    case VERDICT_KNOWN_GAP:
        outcome(j, "skipped", "known-gap", r);
        return;
    case VERDICT_GAP_VANISHED:
        if (!j->tally.vanished_is_fine)
            outcome(j, "failure", "GapVanished", r);
        return;
    case VERDICT_GAP_CHANGED:
        outcome(j, "failure", "GapSignatureMismatch", r);
        return;
    case VERDICT_GAP_EXPIRED:
        outcome(j, "failure", "GapExpired", r);
        return;
    case VERDICT_UNSUPPORTED:
        outcome(j, "skipped", "unsupported", r);
        return;
    case VERDICT_BLOCKED:
        outcome(j, "skipped", "blocked", r);
        return;
    }
}

/* classname="fed.v1.AREA" name="SLUG: title", and a number where an id is there twice. */
static void case_name(struct pen *p, const json_t *r, size_t ordinal) {
    struct pen_span id = pen_member(r, "case"), area = id, title = pen_member(r, "title");
    const char *dot = memchr(id.data, '.', id.len);
    area.len = dot ? (size_t)(dot - id.data) : 0;
    if (dot) {
        id.len -= area.len + 1;
        id.data = dot + 1;
    }
    pen_put(p, "    <testcase classname=\"fed.v1.");
    pen_text(p, PEN_ATTR, area.len ? area : pen_str("cases"));
    pen_put(p, "\" name=\"");
    pen_text(p, PEN_ATTR, id);
    if (title.len > 0) {
        pen_put(p, ": ");
        pen_text(p, PEN_ATTR, title);
    }
    if (ordinal > 1)
        pen_putf(p, " (%zu)", ordinal);
}

static void testcase(struct junit *j, const json_t *r, size_t ordinal) {
    enum verdict v = tally_verdict(r);
    case_name(j->pen, r, ordinal);
    pen_put(j->pen, "\" time=\"");
    pen_seconds(j->pen, json_int(r, 0, "elapsed_ms", NULL));
    pen_put(j->pen, "\">\n");
    if (!j->strict)
        properties(j, r, v);
    verdict_element(j, r, v);
    system_out(j, r, v);
    pen_put(j->pen, "    </testcase>\n");
}

/* --- the suite ------------------------------------------------------------------------------ */

static void suite_row(struct junit *j, enum tally_row row) {
    pen_putf(j->pen, "    <testcase classname=\"fed.v1.suite\" name=\"%s\" time=\"0.000\"",
             tally_row_name(row));
    if (!j->tally.row_failed[row]) {
        pen_put(j->pen, "/>\n");
        return;
    }
    CLEANUP(str_freep) char *message = tally_row_message(&j->tally, row);
    pen_put(j->pen, ">\n      <failure type=\"Suite\" message=\"");
    pen_text(j->pen, PEN_ATTR, pen_str(message));
    pen_put(j->pen, "\">");
    pen_text(j->pen, PEN_XML, pen_str(message));
    pen_put(j->pen, "</failure>\n    </testcase>\n");
}

static void ledger_row(struct junit *j) {
    static const enum verdict counted[] = {VERDICT_KNOWN_GAP, VERDICT_GAP_VANISHED,
                                           VERDICT_GAP_CHANGED, VERDICT_GAP_EXPIRED};
    pen_put(j->pen, "    <testcase classname=\"fed.v1.suite\" name=\"gap ledger\" time=\"0.000\">\n"
                    "      <system-out>");
    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        pen_putf(j->pen, "%s%s: %zu", i ? ", " : "", verdict_name(counted[i]),
                 j->tally.of[counted[i]]);
    pen_put(j->pen, "</system-out>\n    </testcase>\n");
}

static void totals(struct junit *j, int64_t elapsed_ms, bool suite) {
    const struct tally *t = &j->tally;
    size_t failures = tally_red(t) - t->of[VERDICT_ERROR] + tally_rows_failed(t);
    pen_putf(j->pen, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", t->total + TALLY_ROWS + 1,
             failures, t->of[VERDICT_ERROR]);
    if (suite || !j->strict) /* the schema of the xUnit plugin has it on <testsuite> only */
        pen_putf(j->pen, " skipped=\"%zu\"", tally_skipped(t));
    pen_put(j->pen, " time=\"");
    pen_seconds(j->pen, elapsed_ms);
    pen_put(j->pen, "\"");
}

static void suite_properties(struct junit *j, const json_t *results) {
    static const char *const told[] = {"run", "world", "profile", "kubernetes", "state", "started"};
    pen_put(j->pen, "    <properties>\n");
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        property(j->pen, "      ", told[i], pen_member(results, told[i]));
    /* Iterating takes a mutable object, and changes nothing of it. */
    CLEANUP(json_freep) json_t *copy = json_copy(json_object_get(results, "properties"));
    const char *name;
    json_t *value;
    json_object_foreach(copy, name, value) {
        if (strcmp(name, "world") != 0) /* which is told above; this is its description */
            property(j->pen, "      ", name, pen_member(copy, name));
    }
    pen_put(j->pen, "    </properties>\n");
}

static void write_junit(const json_t *results, bool strict, FILE *out) {
    struct pen p;
    struct junit j = {.pen = &p, .tally = tally_of(results), .strict = strict};
    size_t text_max = TEXTS_LEN_ALL / (j.tally.total * TEXTS_OF_CASE + 1);
    pen_begin(&p, out,
              text_max > TEXT_LEN_MAX   ? TEXT_LEN_MAX
              : text_max < TEXT_LEN_MIN ? TEXT_LEN_MIN
                                        : text_max);
    int64_t elapsed_ms = json_int(results, 0, "elapsed_ms", NULL);
    pen_put(&p, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"confed\"");
    totals(&j, elapsed_ms, false);
    pen_put(&p, ">\n  <testsuite name=\"fed.v1\"");
    totals(&j, elapsed_ms, true);
    if (!strict) { /* Surefire has no time stamp; strict tells it as a property */
        struct pen_span started = pen_member(results, "started");
        started.len = started.len > 19 ? 19 : started.len; /* no zone: Jenkins refuses one */
        pen_put(&p, " timestamp=\"");
        pen_text(&p, PEN_ATTR, started);
        pen_put(&p, "\"");
    }
    pen_put(&p, ">\n");
    suite_properties(&j, results);

    const json_t *list = json_object_get(results, "results");
    CLEANUP(names_freep) struct names *names = names_new(list);
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) testcase(&j, r, names_ordinal(names, i));
    for (int row = 0; row < TALLY_ROWS; row++)
        suite_row(&j, (enum tally_row)row);
    ledger_row(&j);
    pen_put(&p, "  </testsuite>\n</testsuites>\n");
    pen_end(&p);
}

void report_junit(const json_t *results, const struct report_options *o, FILE *out) {
    write_junit(results, o->strict, out);
}

void report_junit_strict(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    write_junit(results, true, out);
}
