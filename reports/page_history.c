/*
 * The runs before this one, as confed history --json tells them (harness/history/README.md):
 * verdicts and length of each run, the cases that are not simply green, and since when a gap is
 * known. The newest runs are shown, oldest on the left.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/page.h"

enum {
    RUNS_MAX = 60,
    CASES_MAX = 60,
    GAPS_MAX = 100,
    CHART_W = 560,
    CHART_H = 96,
    RED_H_MIN = 7,
    DAY_LEN = 10,
    LINE_W = 120,
    LINE_H = 22,
};

struct history {
    struct page *page;
    const json_t *runs;  /* borrowed */
    size_t first, count; /* the runs that are shown */
};

static const json_t *run_at(const struct history *h, size_t i) {
    return json_array_get(h->runs, h->first + i);
}

/* The class of a verdict of another run, whose policy is not known: "" for none. */
static const char *group_of(const char *verdict) {
    enum verdict v = verdict_of_name(verdict);
    if (!verdict)
        return "";
    if (v == VERDICT_KNOWN_GAP)
        return "gap";
    if (v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED)
        return "skip";
    return verdict_is_red(v) ? "red" : "ok";
}

/* --- charts of the runs --------------------------------------------------------------------------
 */

static void column(struct history *h, size_t i, double width, int64_t most) {
    static const char *const groups[] = {"red", "ok", "gap", "skip"};
    const json_t *run = run_at(h, i);
    double y = CHART_H;
    pen_put(h->page->pen, "<g>");
    page_element(h->page->pen, "<title>", pen_member(run, "started"), "");
    page_element(h->page->pen, " ", pen_member(run, "run"), "</title>");
    for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
        int64_t n = 0;
        for (int v = 0; v < VERDICT_COUNT; v++)
            if (str_eq(group_of(verdict_name((enum verdict)v)), groups[g]))
                n += json_int(run, 0, "summary", verdict_name((enum verdict)v), NULL);
        double height = (double)n * CHART_H / (double)most;
        if (n <= 0)
            continue;
        if (height < (g == 0 ? RED_H_MIN : 1)) /* one red case of many is seen */
            height = g == 0 ? RED_H_MIN : 1;
        y -= height;
        pen_putf(h->page->pen,
                 "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                 groups[g], (double)i * width, y, width > 3 ? width - 1.5 : width, height);
    }
    pen_put(h->page->pen, "</g>\n");
}

/* "2017-06-02" */
static void day(struct pen *p, const json_t *run) {
    struct pen_span started = pen_member(run, "started");
    started.len = started.len < DAY_LEN ? started.len : DAY_LEN;
    pen_text(p, PEN_XML, started);
}

static void axis(struct history *h) {
    struct pen *p = h->page->pen;
    pen_putf(p, "<text x=\"0\" y=\"%d\">", CHART_H + 15);
    day(p, run_at(h, 0));
    pen_putf(p, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">", CHART_W, CHART_H + 15);
    day(p, run_at(h, h->count - 1));
    pen_put(p, "</text>");
}

static void begin_chart(struct pen *p, const char *caption) {
    pen_putf(p,
             "<figure><figcaption>%s</figcaption><svg class=\"chart\" viewBox=\"0 0 %d %d\" "
             "width=\"100%%\" role=\"img\" aria-label=\"%s\">\n",
             caption, CHART_W, CHART_H + 20, caption);
}

static void verdict_chart(struct history *h) {
    int64_t most = 1;
    for (size_t i = 0; i < h->count; i++) {
        int64_t n = 0;
        for (int v = 0; v < VERDICT_COUNT; v++)
            n += json_int(run_at(h, i), 0, "summary", verdict_name((enum verdict)v), NULL);
        most = n > most ? n : most;
    }
    begin_chart(h->page->pen, "Verdicts of each run");
    for (size_t i = 0; i < h->count; i++)
        column(h, i, (double)CHART_W / (double)h->count, most);
    axis(h);
    pen_put(h->page->pen, "</svg></figure>\n");
}

static void length_chart(struct history *h) {
    struct pen *p = h->page->pen;
    int64_t most = 1;
    for (size_t i = 0; i < h->count; i++) {
        int64_t ms = json_int(run_at(h, i), 0, "elapsed_ms", NULL);
        most = ms > most ? ms : most;
    }
    begin_chart(p, "How long each run took");
    pen_putf(p, "<line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/><polyline points=\"", CHART_H,
             CHART_W, CHART_H);
    for (size_t i = 0; i < h->count; i++) {
        int64_t ms = json_int(run_at(h, i), 0, "elapsed_ms", NULL);
        pen_putf(p, "%.1f,%.1f ", ((double)i + 0.5) * CHART_W / (double)h->count,
                 CHART_H - (double)ms * (CHART_H - 14) / (double)most);
    }
    pen_put(p, "\"/>");
    pen_putf(p, "<text x=\"%d\" y=\"11\" text-anchor=\"end\">at most ", CHART_W);
    page_duration(p, most);
    pen_put(p, "</text>");
    axis(h);
    pen_put(p, "</svg></figure>\n");
}

/* --- cases
 * ------------------------------------------------------------------------------------------ */

static const char *verdict_at(const struct history *h, const json_t *c, size_t i) {
    return json_string_value(json_array_get(json_object_get(c, "verdicts"), h->first + i));
}

/* Worth a line: red or flaky once, slower or faster, or not always of one kind. */
static bool is_told(const struct history *h, const json_t *c) {
    const char *trend = json_str(c, "duration", "trend", NULL), *before = NULL;
    if (json_flag(c, "flaky", NULL) || str_eq(trend, "slower") || str_eq(trend, "faster"))
        return true;
    for (size_t i = 0; i < h->count; i++) {
        const char *verdict = verdict_at(h, c, i);
        if (!verdict)
            continue;
        if (str_eq(group_of(verdict), "red") || (before && !str_eq(before, verdict)))
            return true;
        before = verdict;
    }
    return false;
}

static void strip(struct history *h, const json_t *c) {
    pen_put(h->page->pen, "<span class=\"strip\">");
    for (size_t i = 0; i < h->count; i++) {
        const char *verdict = verdict_at(h, c, i);
        pen_putf(h->page->pen, "<i class=\"%s\" title=\"", group_of(verdict));
        pen_text_max(h->page->pen, PEN_ATTR, pen_member(run_at(h, i), "started"), DAY_LEN + 20);
        pen_put(h->page->pen, ": ");
        pen_text_max(h->page->pen, PEN_ATTR, pen_str(verdict ? verdict : "not in it"),
                     DAY_LEN + 20);
        pen_put(h->page->pen, "\"></i>");
    }
    pen_put(h->page->pen, "</span>");
}

/* Durations as a line; a run without one breaks nothing. */
static void sparkline(struct history *h, const json_t *c) {
    struct pen *p = h->page->pen;
    const json_t *times = json_object_get(c, "elapsed_ms");
    int64_t most = 1;
    for (size_t i = 0; i < h->count; i++) {
        int64_t ms = json_integer_value(json_array_get(times, h->first + i));
        most = ms > most ? ms : most;
    }
    pen_putf(p,
             "<svg class=\"chart\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
             "aria-hidden=\"true\"><polyline points=\"",
             LINE_W, LINE_H, LINE_W, LINE_H);
    for (size_t i = 0; i < h->count; i++) {
        const json_t *ms = json_array_get(times, h->first + i);
        if (json_is_integer(ms))
            pen_putf(p, "%.1f,%.1f ", ((double)i + 0.5) * LINE_W / (double)h->count,
                     LINE_H - 2 - (double)json_integer_value(ms) * (LINE_H - 4) / (double)most);
    }
    pen_put(p, "\"/></svg>");
}

static void case_row(struct history *h, const json_t *c) {
    struct pen *p = h->page->pen;
    double rate = json_number_value(json_object_get(c, "flake_rate"));
    page_element(p, "<tr><td><span class=\"id\">", pen_member(c, "case"), "</span></td><td>");
    strip(h, c);
    pen_putf(
        p, "</td><td class=\"number\">%lld of %lld</td><td class=\"number\">%.0f %%%s</td><td>",
        (long long)json_int(c, 0, "red", NULL), (long long)json_int(c, 0, "judged", NULL),
        100 * (rate >= 0 && rate <= 1 ? rate : 0), json_flag(c, "flaky", NULL) ? " flaky" : "");
    sparkline(h, c);
    pen_put(p, "</td><td>");
    page_duration(p, json_int(c, 0, "duration", "median_ms", NULL));
    page_element(p, ", ", pen_str(json_str(c, "duration", "trend", NULL)), "</td></tr>\n");
}

static void cases(struct history *h, const json_t *list) {
    struct pen *p = h->page->pen;
    size_t i, told = 0, steady = 0;
    json_t *c;
    json_array_foreach(list, i, c) {
        if (!is_told(h, c)) {
            steady++;
            continue;
        }
        if (told++ == 0)
            pen_put(p, "<h3>Cases that changed</h3>\n<div class=\"scroll\" tabindex=\"0\"><table>"
                       "<thead><tr><th>case</th><th>verdicts, newest right</th><th "
                       "class=\"number\">red</th><th class=\"number\">flips</th><th>duration</th>"
                       "<th>median</th></tr></thead><tbody>\n");
        if (told <= CASES_MAX)
            case_row(h, c);
    }
    if (told)
        pen_put(p, "</tbody></table></div>\n");
    if (told > CASES_MAX)
        pen_putf(p, "<p class=\"muted\">%zu more changed.</p>\n", told - CASES_MAX);
    pen_putf(p, "<p class=\"legend\">%zu case%s ended alike in all of these runs.</p>\n", steady,
             steady == 1 ? "" : "s");
}

static void gaps(struct history *h, const json_t *list) {
    struct pen *p = h->page->pen;
    size_t i;
    json_t *gap;
    if (json_array_size(list) == 0)
        return;
    pen_put(p, "<h3>Known gaps</h3>\n<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>"
               "<th>gap</th><th>what</th><th>state</th><th>first seen</th><th>last seen</th>"
               "</tr></thead><tbody>\n");
    json_array_foreach(list, i, gap) {
        if (i == GAPS_MAX)
            break;
        page_element(p, "<tr><td>", pen_member(gap, "gap"), "</td>");
        page_element(p, "<td>", pen_member(gap, "title"), "</td>");
        page_element(p, "<td>", pen_member(gap, "state"), "</td><td>");
        pen_text_max(p, PEN_XML, pen_str(json_str(gap, "first_seen", "started", NULL)), 40);
        pen_put(p, "</td><td>");
        pen_text_max(p, PEN_XML, pen_str(json_str(gap, "last_seen", "started", NULL)), 40);
        pen_put(p, "</td></tr>\n");
    }
    pen_put(p, "</tbody></table></div>\n");
}

void page_history(struct page *page) {
    const json_t *history = page->options->history;
    struct history h = {.page = page, .runs = json_object_get(history, "runs")};
    size_t total = json_array_size(h.runs);
    if (total == 0)
        return;
    h.count = total < RUNS_MAX ? total : RUNS_MAX;
    h.first = total - h.count;
    pen_put(page->pen, "<section aria-labelledby=\"history\"><h2 id=\"history\">History");
    pen_putf(page->pen, "<small>%s%zu runs</small></h2>\n<div class=\"charts\">\n",
             h.first ? "the last " : "", h.count);
    verdict_chart(&h);
    length_chart(&h);
    pen_put(page->pen, "</div>\n");
    cases(&h, json_object_get(history, "cases"));
    gaps(&h, json_object_get(history, "gaps"));
    pen_put(page->pen, "</section>\n");
}
