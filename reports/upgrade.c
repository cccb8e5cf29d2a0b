#include "reports/upgrade.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "reports/text.h"

enum { VALUE_LEN_MAX = 120 };

static const struct compare_format formats[] = {
    {"text", "upgrade.txt", upgrade_text},       {"markdown", "upgrade.md", upgrade_markdown},
    {"html", "upgrade.html", upgrade_html},      {"json", "upgrade.json", upgrade_json},
    {"junit", "upgrade.xml", upgrade_junit},     {"tap", "upgrade.tap", upgrade_tap},
    {"ctrf", "upgrade.ctrf.json", upgrade_ctrf},
};
const struct compare_formats upgrade_formats = {formats, ARRAY_LEN(formats)};

/* --- what text and Markdown share --------------------------------------------------------------
 */

/* A value of the evidence in one line, cut where it is long. */
static void value(struct pen *p, enum pen_form form, const json_t *v) {
    if (!v || json_is_null(v))
        pen_put(p, "nothing");
    else
        pen_value(p, form, v, false, VALUE_LEN_MAX);
}

static const char *state_words(const json_t *point) {
    const char *state = json_str(point, "state", NULL);
    if (str_eq(state, "shown"))
        return "shown";
    return str_eq(state, "not-shown") ? "not shown" : "NOT AS LISTED";
}

static const char *answer_of(const json_t *a) {
    return json_int(a, 1, "exit", NULL) == 0 ? "GO" : "NO-GO";
}

static void member(struct pen *p, enum pen_form form, const json_t *object, const char *key) {
    pen_text(p, form, pen_member(object, key));
}

static void releases(struct pen *p, enum pen_form form, const json_t *a) {
    member(p, form, a, "from");
    pen_put(p, " to ");
    member(p, form, a, "to");
}

/* --- text ---------------------------------------------------------------------------- */

static void entries(struct pen *p, const json_t *a, const char *key, const char *what,
                    const char *none) {
    const json_t *list = json_object_get(a, key);
    size_t i;
    json_t *e;
    pen_put(p, "What ");
    member(p, PEN_LINE, a, "to");
    pen_putf(p, " %s\n", what);
    if (!json_array_size(list))
        pen_putf(p, "  %s\n", none);
    json_array_foreach(list, i, e) {
        pen_put(p, "  - ");
        member(p, PEN_LINE, e, "case");
        pen_put(p, pen_member(e, "gap").len ? " " : "");
        member(p, PEN_LINE, e, "gap");
        pen_put(p, ": ");
        member(p, PEN_LINE, e, "title");
        pen_put(p, "\n    ");
        member(p, PEN_LINE, e, "text");
        pen_put(p, "\n");
    }
    pen_put(p, "\n");
}

static void evidence_text(struct pen *p, const json_t *e) {
    const json_t *before = json_object_get(e, "before"), *after = json_object_get(e, "after");
    bool alike = json_equal(before, after);
    pen_put(p, "        ");
    member(p, PEN_LINE, e, "case");
    pen_put(p, " ");
    member(p, PEN_LINE, e, "name");
    pen_put(p, ": ");
    value(p, PEN_LINE, before);
    pen_put(p, alike ? ", before and after" : ", then ");
    if (!alike)
        value(p, PEN_LINE, after);
    pen_put(p, "\n");
}

static void point_text(struct pen *p, const json_t *point) {
    size_t i;
    json_t *e;
    pen_put(p, "  ");
    member(p, PEN_LINE, point, "id");
    pen_putf(p, "  %-13s  ", state_words(point));
    member(p, PEN_LINE, point, "title");
    pen_put(p, "\n");
    json_array_foreach(json_object_get(point, "evidence"), i, e) evidence_text(p, e);
    if (pen_member(point, "text").len) {
        pen_put(p, "        ");
        member(p, PEN_LINE, point, "text");
        pen_put(p, "\n");
    }
    pen_put(p, "        to do: ");
    member(p, PEN_LINE, point, "do");
    pen_put(p, "\n");
}

void upgrade_text(const json_t *a, const struct compare_report_options *o, FILE *out) {
    const json_t *points = json_object_get(a, "points");
    size_t i;
    json_t *point;
    struct pen p;
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_put(&p, "From ");
    releases(&p, PEN_LINE, a);
    pen_put(&p, "\n\n");
    entries(&p, a, "mends", "mends", "nothing that the runs show");
    entries(&p, a, "breaks", "newly breaks", "nothing that the runs show");
    entries(&p, a, "remains", "does not mend", "no known gap is left");
    if (json_array_size(points)) {
        pen_put(&p, "The upgrade list: ");
        member(&p, PEN_LINE, a, "list");
        pen_put(&p, "\n");
    }
    json_array_foreach(points, i, point) point_text(&p, point);
    pen_put(&p, "\n");
    compare_text_lines(&p, "note:   ", json_object_get(a, "notes"));
    compare_text_lines(&p, "warning:", json_object_get(a, "warnings"));
    compare_text_lines(&p, "reason: ", json_object_get(a, "reasons"));
    const char *answer = answer_of(a);
    pen_putf(&p, "%s%s%s: from ", o->color ? str_eq(answer, "GO") ? "\033[32m" : "\033[31m" : "",
             answer, o->color ? "\033[0m" : "");
    releases(&p, PEN_LINE, a);
    pen_put(&p, "\n");
    pen_end(&p);
}

/* --- Markdown ------------------------------------------------------------------------ */

static void list_markdown(struct pen *p, const json_t *a, const char *key, const char *what) {
    const json_t *list = json_object_get(a, key);
    size_t i;
    json_t *e;
    if (!json_array_size(list))
        return;
    pen_put(p, "### What ");
    member(p, PEN_CELL, a, "to");
    pen_putf(p, " %s\n\n", what);
    json_array_foreach(list, i, e) {
        pen_put(p, "- ");
        member(p, PEN_CELL, e, "case");
        pen_put(p, " ");
        member(p, PEN_CELL, e, "gap");
        pen_put(p, ": ");
        member(p, PEN_CELL, e, "title");
        pen_put(p, ". ");
        member(p, PEN_CELL, e, "text");
        pen_put(p, "\n");
    }
    pen_put(p, "\n");
}

static void point_markdown(struct pen *p, const json_t *point) {
    size_t i;
    json_t *e;
    bool web = text_is_web(json_str(point, "url", NULL));
    pen_put(p, web ? "| [" : "| ");
    member(p, PEN_CELL, point, "id");
    if (web) {
        pen_put(p, "](");
        member(p, PEN_LINE, point, "url");
        pen_put(p, ")");
    }
    pen_put(p, " | ");
    member(p, PEN_CELL, point, "title");
    pen_putf(p, " | %s | ", state_words(point));
    json_array_foreach(json_object_get(point, "evidence"), i, e) {
        pen_put(p, i ? "; " : "");
        member(p, PEN_CELL, e, "name");
        pen_put(p, ": ");
        value(p, PEN_CELL, json_object_get(e, "before"));
        pen_put(p, ", then ");
        value(p, PEN_CELL, json_object_get(e, "after"));
    }
    member(p, PEN_CELL, point, "text");
    pen_put(p, " | ");
    member(p, PEN_CELL, point, "do");
    pen_put(p, " |\n");
}

void upgrade_markdown(const json_t *a, const struct compare_report_options *o, FILE *out) {
    const json_t *points = json_object_get(a, "points");
    size_t i;
    json_t *point;
    struct pen p;
    (void)o;
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_putf(&p, "## %s: from ", answer_of(a));
    releases(&p, PEN_CELL, a);
    pen_put(&p, "\n\n");
    compare_markdown_list(&p, "Reasons", json_object_get(a, "reasons"));
    compare_markdown_list(&p, "Warnings", json_object_get(a, "warnings"));
    list_markdown(&p, a, "mends", "mends");
    list_markdown(&p, a, "breaks", "newly breaks");
    list_markdown(&p, a, "remains", "does not mend");
    if (json_array_size(points)) {
        pen_put(&p, "### ");
        member(&p, PEN_CELL, a, "list");
        pen_put(&p, "\n\n| point | what | | evidence | to do |\n|---|---|---|---|---|\n");
    }
    json_array_foreach(points, i, point) point_markdown(&p, point);
    pen_put(&p, json_array_size(points) ? "\n" : "");
    compare_markdown_list(&p, "Notes", json_object_get(a, "notes"));
    pen_end(&p);
}

/* --- for tools -------------------------------------------------------------------------------- */

void upgrade_json(const json_t *a, const struct compare_report_options *o, FILE *out) {
    compare_json(a, o, out);
}

/* The comparison, with what the list adds to its reasons. */
static void as_tests(const json_t *a, compare_report_fn *write, FILE *out) {
    static const char *const of_answer[] = {"exit", "verdict", "reasons"};
    CLEANUP(json_freep) json_t *seen = json_object();
    json_object_update(seen, json_object_get(a, "comparison"));
    for (size_t i = 0; i < ARRAY_LEN(of_answer); i++)
        json_object_set(seen, of_answer[i], json_object_get(a, of_answer[i]));
    write(seen, &(struct compare_report_options){.all = true}, out);
}

void upgrade_junit(const json_t *a, const struct compare_report_options *o, FILE *out) {
    (void)o;
    as_tests(a, compare_junit, out);
}

void upgrade_tap(const json_t *a, const struct compare_report_options *o, FILE *out) {
    (void)o;
    as_tests(a, compare_tap, out);
}

void upgrade_ctrf(const json_t *a, const struct compare_report_options *o, FILE *out) {
    (void)o;
    as_tests(a, compare_ctrf, out);
}
