/* One self-contained page for the person who reads the nightly. */
#include "reports/page.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/page_assets.h"

enum {
    TEXT_LEN_MAX = 16 * 1024,
    WHOLE_LEN_MAX = 6 * 1000 * 1000, /* cases are shown whole until the page has this length ... */
    ROWS_LEN_MAX = 12 * 1000 * 1000, /* ... and as one line until it has this one */
    OUTPUT_LEN_MAX = 500 * 1000,     /* of what commands printed, in all */
    NEEDS_MAX = 12,
    NEEDS_TEXT_MAX = 300,
};

const char *page_group(const struct page *page, enum verdict v) {
    if (tally_is_red(&page->tally, v))
        return "red";
    if (v == VERDICT_KNOWN_GAP)
        return "gap";
    return v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED ? "skip" : "ok";
}

const char *page_sign(enum verdict v) {
    static const char *const signs[VERDICT_COUNT] = {
        [VERDICT_PASSED] = "\xe2\x9c\x93",       /* check mark */
        [VERDICT_FAILED] = "\xe2\x9c\x95",       /* cross */
        [VERDICT_ERROR] = "!",                   /* */
        [VERDICT_KNOWN_GAP] = "\xe2\x97\x90",    /* half circle */
        [VERDICT_GAP_VANISHED] = "\xe2\x88\x85", /* empty set */
        [VERDICT_GAP_CHANGED] = "\xe2\x89\xa0",  /* not equal */
        [VERDICT_GAP_EXPIRED] = "\xe2\x97\xb7",  /* circle with a quarter, a clock */
        [VERDICT_UNSUPPORTED] = "\xe2\x80\x93",  /* dash */
        [VERDICT_BLOCKED] = "\xe2\x8a\x98",      /* circled slash */
    };
    return v < VERDICT_COUNT ? signs[v] : "?";
}

void page_badge(struct page *page, enum verdict v) {
    pen_putf(page->pen, "<span class=\"badge %s\">%s %s</span>", page_group(page, v), page_sign(v),
             verdict_name(v));
}

void page_element(struct pen *p, const char *open, struct pen_span text, const char *close) {
    pen_put(p, open);
    pen_text(p, PEN_ATTR, text);
    pen_put(p, close);
}

void page_duration(struct pen *p, int64_t ms) {
    if (ms < 0)
        ms = 0;
    if (ms < 1000)
        pen_putf(p, "%lld ms", (long long)ms);
    else if (ms < 60000)
        pen_putf(p, "%lld.%lld s", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    else if (ms < 3600000)
        pen_putf(p, "%lld min %lld s", (long long)(ms / 60000), (long long)(ms % 60000 / 1000));
    else
        pen_putf(p, "%lld h %lld min", (long long)(ms / 3600000),
                 (long long)(ms % 3600000 / 60000));
}

int64_t page_offset(const struct page *page, const json_t *object, const char *key) {
    const char *text = json_str(object, key, NULL);
    int64_t at = text ? clock_parse_utc(text) : -1;
    return at < 0 || page->begin_ms < 0 || at < page->begin_ms ? -1 : at - page->begin_ms;
}

/* --- head ----------------------------------------------------------------------------------- */

static void head(struct page *page) {
    struct pen *p = page->pen;
    bool red = page->tally.red;
    pen_put(p, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"referrer\" content=\"no-referrer\">\n");
    pen_putf(p, "<title>%s confed ", red ? "\xe2\x9c\x95 red:" : "\xe2\x9c\x93 green:");
    page_element(p, "", pen_member(page->results, "run"), "</title>\n");
    pen_putf(p,
             "<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg "
             "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%%3E%%3Ccircle cx='8' cy='8' "
             "r='7' fill='%%23%s'/%%3E%%3C/svg%%3E\">\n<style>\n",
             red ? "b3202f" : "2c8a4b");
    pen_add(p, (const char *)page_css, page_css_len);
    pen_put(p, "</style>\n</head>\n<body>\n"
               "<a class=\"skip-link\" href=\"#cases\">To the cases</a>\n");
}

/* "1 failed, 2 gap-changed" of the verdicts that are red or are not. */
static void counts(struct page *page, bool red) {
    bool first = true;
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (!page->tally.of[v] || tally_is_red(&page->tally, (enum verdict)v) != red)
            continue;
        pen_putf(page->pen, "%s%zu %s", first ? "" : ", ", page->tally.of[v],
                 verdict_name((enum verdict)v));
        first = false;
    }
}

static void lead(struct page *page) {
    const struct tally *t = &page->tally;
    struct pen *p = page->pen;
    size_t red = tally_red(t);
    pen_put(p, "<p class=\"lead\">");
    if (red) {
        pen_putf(p, "<b>%zu of %zu cases need you</b>: ", red, t->total);
        counts(page, true);
        pen_put(p, red < t->total ? ". The others: " : ".");
    } else {
        pen_putf(p, "%zu case%s: ", t->total, t->total == 1 ? "" : "s");
    }
    counts(page, false);
    pen_put(p, red && red == t->total ? "</p>\n" : ".</p>\n");
}

static void proportions(struct page *page) {
    static const char *const groups[] = {"red", "gap", "ok", "skip"};
    size_t of[4] = {0};
    for (int v = 0; v < VERDICT_COUNT; v++)
        for (size_t g = 0; g < ARRAY_LEN(groups); g++)
            if (str_eq(page_group(page, (enum verdict)v), groups[g]))
                of[g] += page->tally.of[v];
    pen_put(page->pen, "<div class=\"bar\" aria-hidden=\"true\">");
    for (size_t g = 0; g < ARRAY_LEN(groups); g++)
        if (of[g])
            pen_putf(page->pen, "<i class=\"%s\" style=\"flex:%zu\"></i>", groups[g], of[g]);
    pen_put(page->pen, "</div>\n");
}

static void fact(struct pen *p, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_putf(p, "<div><dt>%s</dt>", name);
    page_element(p, "<dd>", value, "</dd></div>\n");
}

static void facts(struct page *page) {
    struct pen *p = page->pen;
    pen_put(p, "<dl class=\"facts\">\n");
    fact(p, "run", pen_member(page->results, "run"));
    fact(p, "world", pen_member(page->results, "world"));
    fact(p, "Kubernetes", pen_member(page->results, "kubernetes"));
    fact(p, "profile", pen_member(page->results, "profile"));
    fact(p, "began", pen_member(page->results, "started"));
    fact(p, "state", pen_str(page->tally.state));
    pen_put(p, "<div><dt>took</dt><dd>");
    page_duration(p, page->elapsed_ms);
    pen_put(p, "</dd></div>\n</dl>\n");
}

static void need(struct page *page, size_t index, const json_t *r) {
    struct pen *p = page->pen;
    struct pen_span what = pen_member(r, "message");
    pen_putf(p, "<li><a href=\"#case-%zu\">", index);
    page_badge(page, tally_verdict(r));
    page_element(p, " <span class=\"id\">", pen_member(r, "case"), "</span> <span class=\"what\">");
    pen_text_max(p, PEN_XML, what.len ? what : pen_member(r, "title"), NEEDS_TEXT_MAX);
    pen_put(p, "</span></a></li>\n");
}

/* What makes the run red, a line each. */
static void needs(struct page *page) {
    struct pen *p = page->pen;
    size_t red = tally_red(&page->tally), shown = 0, i;
    json_t *r;
    if (red + tally_rows_failed(&page->tally) == 0)
        return;
    pen_put(p, "<ul class=\"needs\">\n");
    for (int row = 0; row < TALLY_ROWS; row++) {
        if (!page->tally.row_failed[row])
            continue;
        CLEANUP(str_freep) char *message = tally_row_message(&page->tally, (enum tally_row)row);
        pen_putf(p, "<li><div><span class=\"badge red\">! suite</span> <span>%s</span> ",
                 tally_row_name((enum tally_row)row));
        page_element(p, "<span class=\"what\">", pen_str(message), "</span></div></li>\n");
    }
    json_array_foreach(page->list, i, r) {
        if (tally_is_red(&page->tally, tally_verdict(r)) && shown++ < NEEDS_MAX)
            need(page, i, r);
    }
    if (red > NEEDS_MAX)
        pen_putf(p, "<li><a href=\"#cases\"><span></span><span>and %zu more</span></a></li>\n",
                 red - NEEDS_MAX);
    pen_put(p, "</ul>\n");
}

static void band(struct page *page) {
    bool red = page->tally.red;
    pen_putf(page->pen,
             "<header class=\"band%s\"><div>\n<div class=\"verdict\"><span class=\"mark\" "
             "aria-hidden=\"true\">%s</span><h1>%s</h1></div>\n",
             red ? " is-red" : "", red ? "\xe2\x9c\x95" : "\xe2\x9c\x93",
             red ? "The run is red" : "The run is green");
    lead(page);
    proportions(page);
    facts(page);
    needs(page);
    pen_put(page->pen, "<nav aria-label=\"On this page\"><a href=\"#lifecycle\">Life cycle</a>"
                       "<a href=\"#cases\">Cases</a><a href=\"#time\">Time line</a>"
                       "<a href=\"#dns\">DNS</a><a href=\"#history\">History</a>"
                       "<a href=\"#run\">The run</a></nav>\n</div></header>\n<main>\n");
}

/* --- cases ---------------------------------------------------------------------------------- */

static void chip(struct page *page, enum verdict v) {
    if (page->tally.of[v])
        pen_putf(page->pen,
                 "<button type=\"button\" class=\"chip\" data-group=\"%s\" "
                 "aria-pressed=\"false\">%s %s <b>%zu</b></button>\n",
                 verdict_name(v), page_sign(v), verdict_name(v), page->tally.of[v]);
}

static void tools(struct page *page) {
    struct pen *p = page->pen;
    pen_put(p, "<div class=\"tools\" role=\"search\">\n<input id=\"search\" type=\"search\" "
               "autocomplete=\"off\" placeholder=\"Search ids, titles, output\" "
               "aria-label=\"Search the cases\" aria-keyshortcuts=\"/\">\n");
    for (int v = 0; v < VERDICT_COUNT; v++)
        chip(page, (enum verdict)v);
    pen_put(p, "<button type=\"button\" class=\"chip\" id=\"fold\">Unfold or fold all</button>\n"
               "<span class=\"count\" id=\"count\" role=\"status\"></span>\n</div>\n"
               "<p id=\"none\" hidden>No case is like that. <kbd>Esc</kbd> shows all again.</p>\n");
}

/* Whole cases while there is room, then a line each, then only their number. */
static void group(struct page *page, const char *name, const char *title, bool open) {
    struct pen *p = page->pen;
    size_t i, left_out = 0;
    bool begun = false, in[VERDICT_COUNT];
    json_t *r;
    for (int v = 0; v < VERDICT_COUNT; v++)
        in[v] = str_eq(page_group(page, (enum verdict)v), name);
    json_array_foreach(page->list, i, r) {
        if (!in[tally_verdict(r)])
            continue;
        if (!begun)
            pen_putf(p, "<div data-cases=\"%s\"><h3>%s</h3>\n", name, title);
        begun = true;
        if (p->written < WHOLE_LEN_MAX)
            page_case(page, i, open);
        else if (p->written < ROWS_LEN_MAX)
            page_case_row(page, i);
        else
            left_out++;
    }
    if (left_out)
        pen_putf(p,
                 "<p class=\"muted\">%zu more are not on this page, which would be too long for a "
                 "browser: results.json and junit.xml have them.</p>\n",
                 left_out);
    if (begun)
        pen_put(p, "</div>\n");
}

static void cases(struct page *page) {
    pen_put(page->pen, "<section aria-labelledby=\"cases\"><h2 id=\"cases\">Cases</h2>\n");
    tools(page);
    group(page, "red", "Red", true);
    group(page, "gap", "Known gaps", false);
    group(page, "skip", "Skipped: a skip is not a pass", false);
    group(page, "ok", "Passed", false);
    pen_put(page->pen, "</section>\n");
}

/* --- the run itself -------------------------------------------------------------------------- */

static void the_run(struct page *page) {
    struct pen *p = page->pen;
    pen_put(p, "<section aria-labelledby=\"run\"><h2 id=\"run\">The run</h2>\n<table><tbody>\n");
    CLEANUP(json_freep) json_t *told = json_copy(json_object_get(page->results, "properties"));
    const char *name;
    json_t *value;
    json_object_foreach(told, name, value) {
        page_element(p, "<tr><th scope=\"row\">", pen_str(name), "</th><td>");
        pen_value(p, PEN_XML, value, false, TEXT_LEN_MAX);
        pen_put(p, "</td></tr>\n");
    }
    const json_t *spent = json_object_get(page->results, "cpu_ms");
    CLEANUP(json_freep) json_t *spent_copy = json_is_object(spent) ? json_deep_copy(spent) : NULL;
    if (json_object_size(spent_copy) > 0) {
        bool first = true;
        pen_put(p, "<tr><th scope=\"row\">processor time</th><td>");
        json_object_foreach(spent_copy, name, value) {
            page_element(p, first ? "" : ", ", pen_str(name), " ");
            page_duration(p, json_integer_value(value));
            first = false;
        }
        pen_put(p, "</td></tr>\n");
    }
    pen_put(p, "</tbody></table></section>\n");
}

static void foot(struct page *page) {
    struct pen *p = page->pen;
    pen_put(p, "</main>\n<footer>Made by confed from results.json. <span class=\"keys\">Keys: "
               "<kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> next and previous case, "
               "<kbd>o</kbd> or <kbd>Enter</kbd> unfold, <kbd>Esc</kbd> show all.</span></footer>\n"
               "<script>\n");
    pen_add(p, (const char *)page_js, page_js_len);
    pen_put(p, "</script>\n</body>\n</html>\n");
}

void report_html(const json_t *results, const struct report_options *o, FILE *out) {
    struct pen p;
    struct page page = {.pen = &p,
                        .results = results,
                        .list = json_object_get(results, "results"),
                        .options = o,
                        .tally = tally_of(results),
                        .elapsed_ms = json_int(results, 0, "elapsed_ms", NULL),
                        .output_left = OUTPUT_LEN_MAX};
    const char *started = json_str(results, "started", NULL);
    page.begin_ms = started ? clock_parse_utc(started) : -1;
    page.names = names_new(page.list);
    pen_begin(&p, out, TEXT_LEN_MAX);
    head(&page);
    band(&page);
    page_graph(&page);
    cases(&page);
    page_time(&page);
    page_truth(&page);
    page_history(&page);
    the_run(&page);
    foot(&page);
    names_free(page.names);
    pen_end(&p);
}
