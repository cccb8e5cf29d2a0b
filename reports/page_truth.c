/*
 * The DNS truth table (harness/model/README.md): every form of a service's name, asked of every
 * cluster and of the zone's server. First a grid that is taken in at one look, then why what is
 * wrong is wrong, then all rows folded.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/page.h"

enum { TABLES_MAX = 8, AXIS_MAX = 64, ROWS_MAX = 1000, REASONS_MAX = 12 };

struct truth_grid {
    struct page *page;
    const json_t *table, *rows;                     /* borrowed */
    bool known;                                     /* what is wrong makes nothing red */
    const char *names[AXIS_MAX], *askers[AXIS_MAX]; /* borrowed, in the order of the rows */
    size_t name_count, asker_count;
};

/* --- finding tables ----------------------------------------------------------------------------
 */

/* --- a row ---------------------------------------------------------------------------------------
 */

static const char *text_at(const json_t *row, const char *key) {
    const char *text = json_str(row, key, NULL);
    return text ? text : "";
}

static bool is_ok(const json_t *row) {
    return json_flag(row, "ok", NULL);
}

static const char *class_of(const struct truth_grid *g, const json_t *row) {
    return is_ok(row) ? "fine" : g->known ? "known" : "bad";
}

static void expected(struct pen *p, const json_t *row) {
    const json_t *list = json_object_get(row, "expected");
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
        page_element(p, i ? " or " : "", pen_str(json_string_value(one)), "");
}

/* The verdict, the addresses with whose they are, or what went wrong with the question. */
static void seen(struct pen *p, const json_t *row) {
    page_element(p, "<b>", pen_str(text_at(row, "verdict")), "</b>");
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(row, "addresses"), i, one) {
        if (!json_is_string(one))
            continue;
        const char *whose = json_str(row, "whose", json_string_value(one), NULL);
        page_element(p, i ? ", <code>" : " <code>", pen_str(json_string_value(one)), "</code>");
        if (whose)
            page_element(p, " (", pen_str(whose), ")");
    }
    if (*text_at(row, "problem"))
        page_element(p, " ", pen_str(text_at(row, "problem")), "");
    else if (*text_at(row, "rcode") && !str_eq(text_at(row, "rcode"), text_at(row, "verdict")) &&
             json_array_size(json_object_get(row, "addresses")) == 0)
        page_element(p, " <span class=\"muted\">", pen_str(text_at(row, "rcode")), "</span>");
}

static void why(struct pen *p, const json_t *row) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(row, "why"), i, one) {
        const char *text =
            json_is_string(one) ? json_string_value(one) : json_str(one, "text", NULL);
        page_element(p, i ? "; " : "", pen_str(text), "");
    }
}

static void row_of(struct truth_grid *g, const json_t *row) {
    struct pen *p = g->page->pen;
    const char *asked = text_at(row, "asked");
    pen_putf(p, "<tr class=\"%s\">", class_of(g, row));
    page_element(p, "<td>", pen_str(text_at(row, "asker")), "</td>");
    page_element(p, "<td><code>", pen_str(*asked ? asked : text_at(row, "name")), "</code></td>");
    page_element(p, "<td>", pen_str(text_at(row, "type")), "</td><td>");
    expected(p, row);
    pen_put(p, "</td><td>");
    seen(p, row);
    pen_put(p, "</td><td>");
    why(p, row);
    pen_put(p, "</td></tr>\n");
}

/* Rows that are wrong, or all. */
static void list(struct truth_grid *g, bool all) {
    size_t i, shown = 0;
    json_t *row;
    pen_put(g->page->pen, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>asked of</th>"
                          "<th>name</th><th>type</th><th>expected</th><th>seen</th><th>why</th>"
                          "</tr></thead><tbody>\n");
    json_array_foreach(g->rows, i, row) {
        if ((all || !is_ok(row)) && shown++ < ROWS_MAX)
            row_of(g, row);
    }
    pen_put(g->page->pen, "</tbody></table></div>\n");
}

static const char *first_reason(const json_t *row) {
    const char *text = json_str(row, "why", "[0]", "text", NULL);
    return text ? text : "no reason known";
}

/* Each reason that decides, with how many answers it explains, in the order of the rows. */
static void reasons(struct truth_grid *g) {
    struct pen *p = g->page->pen;
    const char *known[REASONS_MAX];
    size_t counts[REASONS_MAX] = {0}, count = 0, i, k;
    json_t *row;
    json_array_foreach(g->rows, i, row) {
        if (is_ok(row))
            continue;
        for (k = 0; k < count && !str_eq(known[k], first_reason(row)); k++)
            continue;
        if (k == REASONS_MAX)
            continue;
        known[k] = first_reason(row);
        counts[k]++;
        count = k == count ? count + 1 : count;
    }
    pen_put(p, "<ul>\n");
    for (k = 0; k < count; k++) {
        pen_putf(p, "<li><b>%zu</b> answer%s: ", counts[k], counts[k] == 1 ? "" : "s");
        page_element(p, "", pen_str(known[k]), "</li>\n");
    }
    pen_put(p, "</ul>\n");
}

/* --- the grid
 * -------------------------------------------------------------------------------------- */

static void add_to_axis(const char **axis, size_t *count, const char *name) {
    for (size_t i = 0; i < *count; i++)
        if (str_eq(axis[i], name))
            return;
    if (*count < AXIS_MAX)
        axis[(*count)++] = name;
}

/* The name, or its form where it cannot be formed: a region that no node has. */
static const char *name_of(const json_t *row) {
    const char *name = text_at(row, "name");
    return *name ? name : text_at(row, "form");
}

static void cell(struct truth_grid *g, const char *name, const char *asker) {
    struct pen *p = g->page->pen;
    size_t i;
    json_t *row;
    pen_put(p, "<td>");
    json_array_foreach(g->rows, i, row) {
        if (!str_eq(name_of(row), name) || !str_eq(text_at(row, "asker"), asker))
            continue;
        bool ok = is_ok(row);
        pen_putf(p, "<div><span class=\"badge %s\">%s ",
                 ok         ? "ok"
                 : g->known ? "gap"
                            : "red",
                 ok ? "\xe2\x9c\x93" : "\xe2\x9c\x95");
        page_element(p, "", pen_str(text_at(row, "type")), "</span> ");
        page_element(p, "", pen_str(text_at(row, "verdict")), "</div>");
    }
    pen_put(p, "</td>");
}

static void grid(struct truth_grid *g) {
    struct pen *p = g->page->pen;
    pen_put(p, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"DNS truth "
               "table\"><table class=\"truth\"><thead><tr><th>name</th>");
    for (size_t a = 0; a < g->asker_count; a++)
        page_element(p, "<th scope=\"col\">asked of ", pen_str(g->askers[a]), "</th>");
    pen_put(p, "</tr></thead><tbody>\n");
    for (size_t n = 0; n < g->name_count; n++) {
        page_element(p, "<tr><th scope=\"row\"><code>", pen_str(g->names[n]), "</code></th>");
        for (size_t a = 0; a < g->asker_count; a++)
            cell(g, g->names[n], g->askers[a]);
        pen_put(p, "</tr>\n");
    }
    pen_put(p, "</tbody></table></div>\n");
}

static void table(struct page *page, const json_t *of, bool known) {
    struct truth_grid g = {
        .page = page, .table = of, .rows = json_object_get(of, "rows"), .known = known};
    struct pen *p = page->pen;
    size_t i, wrong = 0;
    json_t *row;
    json_array_foreach(g.rows, i, row) {
        add_to_axis(g.names, &g.name_count, name_of(row));
        add_to_axis(g.askers, &g.asker_count, text_at(row, "asker"));
        wrong += !is_ok(row);
    }
    page_element(p, "<h3>", pen_member(of, "service"), "");
    page_element(p, " in ", pen_member(of, "zone"), "");
    pen_putf(p, ": %zu of %zu answers are not what federation DNS promises</h3>\n", wrong,
             json_array_size(g.rows));
    pen_putf(p, "<details class=\"fold wide\"%s><summary>By name</summary>\n",
             wrong ? " open" : "");
    grid(&g);
    pen_put(p, "</details>\n");
    if (wrong) {
        reasons(&g);
        pen_put(p, "<details class=\"fold\"><summary>Which, and why</summary>\n");
        list(&g, false);
        pen_put(p, "</details>\n");
    }
    pen_put(p, "<details class=\"fold\"><summary>All answers</summary>\n");
    list(&g, true);
    pen_put(p, "</details>\n");
}

void page_truth(struct page *page) {
    size_t count = 0, i, k;
    json_t *r, *one;
    json_array_foreach(page->list, i, r) {
        bool known = !tally_is_red(&page->tally, tally_verdict(r));
        json_array_foreach(json_object_get(r, "truth_tables"), k, one) {
            if (!json_is_array(json_object_get(one, "rows")) || count == TABLES_MAX)
                continue;
            if (count++ == 0)
                pen_put(page->pen,
                        "<section aria-labelledby=\"dns\"><h2 id=\"dns\">DNS truth table<small>"
                        "every form of the name, asked of everyone</small></h2>\n");
            table(page, one, known);
        }
    }
    if (count)
        pen_put(page->pen, "</section>\n");
}
