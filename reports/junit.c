/*
 * JUnit XML as Jenkins, GitLab, Spyglass and the usual actions read it. They differ: Jenkins shows
 * the message attribute, GitLab the element's text, so both say everything; a case with both
 * <skipped> and <failure> is read in opposite ways, so only one of them is ever written. Names are
 * stable; no gap id, port or time is in them.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/verdict.h"
#include "reports/report.h"
#include "reports/text.h"

#include <string.h>

enum { EVIDENCE_LEN_MAX = 400 };

struct counts {
    long tests, failures, errors, skipped;
};

static struct counts count(const json_t *results) {
    struct counts c = {0};
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(results, "results"), i, r) {
        enum verdict v = verdict_of_name(text_of(r, "verdict"));
        c.tests++;
        c.errors += v == VERDICT_ERROR;
        c.failures += verdict_is_red(v) && v != VERDICT_ERROR;
        c.skipped += v == VERDICT_KNOWN_GAP || v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED;
    }
    return c;
}

static void property(FILE *out, const char *name, const char *value) {
    if (!*value)
        return;
    fputs("      <property name=\"", out);
    text_xml(out, name);
    fputs("\" value=\"", out);
    text_xml(out, value);
    fputs("\"/>\n", out);
}

static void case_properties(const json_t *r, enum verdict v, FILE *out) {
    const json_t *gap = json_object_get(r, "gap");
    fputs("     <properties>\n", out);
    property(out, "lifecycle",
             v == VERDICT_KNOWN_GAP           ? "known-gap"
             : json_flag(r, "required", NULL) ? "blocking"
                                              : "informing");
    property(out, "verdict", verdict_name(v));
    property(out, "gap.id", text_of(gap, "id"));
    property(out, "gap.url", text_of(gap, "url"));
    property(out, "gap.review_by", text_of(gap, "review_by"));
    fputs("     </properties>\n", out);
}

/* <element type message>message, expected, seen</element> */
static void outcome(FILE *out, const char *element, const char *type, const json_t *r) {
    const char *message = text_of(r, "message");
    fprintf(out, "     <%s type=\"%s\" message=\"", element, type);
    text_xml(out, message);
    fputs("\">", out);
    text_xml(out, message);
    if (*text_of(r, "expected")) {
        fputs("\nexpected: ", out);
        text_xml(out, text_of(r, "expected"));
        fputs("\nseen:     ", out);
        text_xml(out, text_of(r, "seen"));
    }
    fprintf(out, "</%s>\n", element);
}

static void verdict_element(FILE *out, enum verdict v, const json_t *r) {
    switch (v) {
    case VERDICT_PASSED:
    case VERDICT_COUNT:
        return;
    case VERDICT_FAILED:
        outcome(out, "failure", "AssertionFailed", r);
        return;
    case VERDICT_ERROR:
        outcome(out, "error", "Error", r);
        return;
    case VERDICT_KNOWN_GAP:
        outcome(out, "skipped", "known-gap", r);
        return;
    case VERDICT_GAP_VANISHED:
        outcome(out, "failure", "GapVanished", r);
        return;
    case VERDICT_GAP_CHANGED:
        outcome(out, "failure", "GapSignatureMismatch", r);
        return;
    case VERDICT_GAP_EXPIRED:
        outcome(out, "failure", "GapExpired", r);
        return;
    case VERDICT_UNSUPPORTED:
        outcome(out, "skipped", "unsupported", r);
        return;
    case VERDICT_BLOCKED:
        outcome(out, "skipped", "blocked", r);
        return;
    }
}

static void system_out(const json_t *r, bool strict, FILE *out) {
    const json_t *evidence = json_object_get(r, "evidence"), *gap = json_object_get(r, "gap");
    size_t i;
    json_t *file;
    if (!json_object_size(evidence) && !gap && !json_array_size(json_object_get(r, "files")))
        return;
    fputs("     <system-out>", out);
    if (json_object_size(evidence)) {
        CLEANUP(str_freep) char *text = json_text(evidence);
        if (strlen(text) > EVIDENCE_LEN_MAX)
            memcpy(text + EVIDENCE_LEN_MAX - 3, "...", 4);
        while (!str_is_utf8(text, strlen(text))) /* the cut may have split a character */
            memmove(text + strlen(text) - 4, "...", 4);
        text_xml(out, text);
        fputc('\n', out);
    }
    if (strict && gap) {
        fputs("[[PROPERTY|gap.id=", out);
        text_xml(out, text_of(gap, "id"));
        fputs("]]\n", out);
    }
    json_array_foreach(json_object_get(r, "files"), i, file) {
        fputs("[[ATTACHMENT|", out);
        text_xml(out, json_string_value(file) ? json_string_value(file) : "");
        fputs("]]\n", out);
    }
    fputs("</system-out>\n", out);
}

static void testcase(const json_t *r, bool strict, FILE *out) {
    enum verdict v = verdict_of_name(text_of(r, "verdict"));
    int area_len;
    const char *id = text_of(r, "case"), *slug = text_slug(id, &area_len);
    fprintf(out, "    <testcase classname=\"fed.v1.%.*s\" name=\"", area_len, id);
    text_xml(out, slug);
    if (*text_of(r, "title")) {
        fputs(": ", out);
        text_xml(out, text_of(r, "title"));
    }
    fputs("\" time=\"", out);
    text_seconds(out, json_int(r, 0, "elapsed_ms", NULL));
    fputs("\">\n", out);
    if (!strict)
        case_properties(r, v, out);
    verdict_element(out, v, r);
    system_out(r, strict, out);
    fputs("    </testcase>\n", out);
}

/* A row that fails when a required case did not run, so that skipping is never passing. */
static void truth_row(const json_t *results, FILE *out) {
    const json_t *missing = json_at(results, "truth", "required_missing", NULL);
    size_t i;
    json_t *id;
    fputs("    <testcase classname=\"fed.v1.suite\" name=\"required cases all ran\" time=\"0.000\"",
          out);
    if (!json_array_size(missing)) {
        fputs("/>\n", out);
        return;
    }
    for (int text = 0; text < 2; text++) {
        fputs(text ? "\">did not run:"
                   : ">\n     <failure type=\"RequiredMissing\" message=\"did not run:",
              out);
        json_array_foreach(missing, i, id) {
            fputc(' ', out);
            text_xml(out, json_string_value(id));
        }
    }
    fputs("</failure>\n    </testcase>\n", out);
}

static void ledger_row(const json_t *results, FILE *out) {
    static const char *const counted[] = {"known-gap", "gap-vanished", "gap-changed",
                                          "gap-expired"};
    fputs("    <testcase classname=\"fed.v1.suite\" name=\"gap ledger\" time=\"0.000\">\n"
          "     <system-out>",
          out);
    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        fprintf(out, "%s%s: %d", i ? ", " : "", counted[i],
                (int)json_int(results, 0, "summary", counted[i], NULL));
    fputs("</system-out>\n    </testcase>\n", out);
}

static void totals(FILE *out, const struct counts *c, int64_t elapsed_ms) {
    fprintf(out, " tests=\"%ld\" failures=\"%ld\" errors=\"%ld\" skipped=\"%ld\" time=\"", c->tests,
            c->failures, c->errors, c->skipped);
    text_seconds(out, elapsed_ms);
    fputc('"', out);
}

void report_junit(const json_t *results, const struct report_options *o, FILE *out) {
    struct counts c = count(results);
    int64_t elapsed_ms = json_int(results, 0, "elapsed_ms", NULL);
    bool missing = json_array_size(json_at(results, "truth", "required_missing", NULL)) > 0;
    c.tests += 2; /* the rows of the suite itself */
    c.failures += missing;

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"confed\"", out);
    totals(out, &c, elapsed_ms);
    fputs(">\n  <testsuite name=\"fed.v1\"", out);
    totals(out, &c, elapsed_ms);
    fprintf(out, " timestamp=\"%.19s\">\n    <properties>\n", text_of(results, "started"));
    property(out, "run", text_of(results, "run"));
    property(out, "world", text_of(results, "world"));
    property(out, "profile", text_of(results, "profile"));
    property(out, "state", text_of(results, "state"));
    const json_t *properties = json_object_get(results, "properties");
    CLEANUP(json_freep) json_t *copy = properties ? json_deep_copy(properties) : NULL;
    const char *name;
    json_t *value;
    json_object_foreach(copy, name, value) property(out, name, text_of(copy, name));
    fputs("    </properties>\n", out);

    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(results, "results"), i, r) testcase(r, o->strict, out);
    truth_row(results, out);
    ledger_row(results, out);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
