/*
 * The page of an upgrade (harness/judge/upgrade.h): that of the comparison, and in front of its
 * cases what the newer release mends, breaks and does not mend, and the upgrade list with evidence.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/page_compare.h"
#include "reports/text.h"
#include "reports/upgrade.h"

enum { VALUE_LEN_MAX = 400, ENTRIES_MAX = 500 };

/* --- what it mends, breaks, leaves ------------------------------------------------------------ */

static void entry(struct pen *p, const json_t *e) {
    page_element(p, "<tr><td><code>", pen_member(e, "case"), "</code></td>");
    page_element(p, "<td class=\"num\">", pen_member(e, "gap"), "</td>");
    page_element(p, "<td>", pen_member(e, "title"), "</td>");
    page_element(p, "<td>", pen_member(e, "text"), "</td></tr>\n");
}

struct part {
    const char *key, *what, *none;
};

static void entries(struct pen *p, const json_t *answer, const struct part *part) {
    const json_t *list = json_object_get(answer, part->key);
    size_t i;
    json_t *e;
    pen_putf(p, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">What ", part->key, part->key);
    page_element(p, "", pen_member(answer, "to"), " ");
    pen_putf(p, "%s<small>%zu</small></h2>\n", part->what, json_array_size(list));
    if (json_array_size(list) == 0) {
        pen_putf(p, "<p class=\"muted\">%s</p></section>\n", part->none);
        return;
    }
    pen_put(p, "<div class=\"scroll\" tabindex=\"0\"><table "
               "class=\"entries\"><thead><tr><th>case</th><th>gap</th>"
               "<th>what</th><th>seen</th></tr></thead><tbody>\n");
    json_array_foreach(list, i, e) {
        if (i < ENTRIES_MAX)
            entry(p, e);
    }
    pen_put(p, "</tbody></table></div>");
    page_more(p, i > ENTRIES_MAX ? i - ENTRIES_MAX : 0);
    pen_put(p, "</section>\n");
}

/* --- the list --------------------------------------------------------------------------------- */

static void state(struct pen *p, const json_t *point) {
    const char *name = json_str(point, "state", NULL);
    if (str_eq(name, "shown"))
        page_badge(p, PAGE_OK, "\xe2\x9c\x93", "shown");
    else if (str_eq(name, "not-shown"))
        page_badge(p, PAGE_SKIP, "\xe2\x80\x93", "not shown");
    else
        page_badge(p, PAGE_GAP, "\xe2\x89\xa0", "not as listed");
}

static void value(struct pen *p, const json_t *v) {
    if (!v || json_is_null(v))
        pen_put(p, "nothing");
    else
        pen_value(p, PEN_XML, v, false, VALUE_LEN_MAX);
}

static void evidence(struct pen *p, const json_t *e) {
    const json_t *before = json_object_get(e, "before"), *after = json_object_get(e, "after");
    page_element(p, "<div><code>", pen_member(e, "name"), "</code>: ");
    value(p, before);
    if (json_equal(before, after)) {
        pen_put(p, ", before and after");
    } else {
        pen_put(p, " \xe2\x86\x92 ");
        value(p, after);
    }
    page_element(p, " <span class=\"muted\">", pen_member(e, "case"), "</span></div>");
}

static void name_of(struct pen *p, const json_t *point) {
    const char *url = json_str(point, "url", NULL);
    bool web = text_is_web(url);
    if (web)
        page_element(p, "<a rel=\"noreferrer\" href=\"", pen_str(url), "\">");
    page_element(p, "", pen_member(point, "id"), web ? "</a>" : "");
}

static void point_of(struct pen *p, const json_t *point) {
    size_t i;
    json_t *e;
    pen_put(p, "<tr><td class=\"num\">");
    name_of(p, point);
    page_element(p, "</td><td>", pen_member(point, "title"), "</td><td>");
    state(p, point);
    pen_put(p, "</td><td>");
    json_array_foreach(json_object_get(point, "evidence"), i, e) evidence(p, e);
    page_element(p, "", pen_member(point, "text"), "</td>");
    page_element(p, "<td>", pen_member(point, "do"), "</td></tr>\n");
}

static void list(struct pen *p, const json_t *answer) {
    const json_t *points = json_object_get(answer, "points");
    size_t i;
    json_t *point;
    if (json_array_size(points) == 0)
        return;
    page_element(p, "<section aria-labelledby=\"list\"><h2 id=\"list\">The upgrade list<small>",
                 pen_member(answer, "list"), "</small></h2>\n");
    pen_put(
        p,
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"entries points\"><thead><tr><th>point"
        "</th><th>what</th><th></th><th>evidence</th><th>to do</th></tr></thead><tbody>\n");
    json_array_foreach(points, i, point) {
        if (i < ENTRIES_MAX)
            point_of(p, point);
    }
    pen_put(p, "</tbody></table></div>");
    page_more(p, i > ENTRIES_MAX ? i - ENTRIES_MAX : 0);
    pen_put(p, "</section>\n");
}

/* --- the whole -------------------------------------------------------------------------------- */

static void sections(struct pen *p, const json_t *answer) {
    static const struct part parts[] = {
        {"mends", "mends", "Nothing that the runs show."},
        {"breaks", "newly breaks", "Nothing that the runs show."},
        {"remains", "does not mend", "No known gap is left."},
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        entries(p, answer, &parts[i]);
    list(p, answer);
}

void upgrade_html(const json_t *answer, const struct compare_report_options *o, FILE *out) {
    struct pen p;
    (void)o;
    pen_begin(&p, out, PAGE_TEXT_LEN_MAX);
    page_compare(&p, json_object_get(answer, "comparison"), answer, sections);
    pen_end(&p);
}
