/* One self-contained page for the person who reads the nightly. */
#include "reports/page.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

enum {
    OUTPUT_LEN_MAX = 500 * 1000,    /* of what commands printed, in all */
    COLLECTED_LEN_MAX = 200 * 1000, /* of files that were collected */
    EVENTS_MAX = 1500,              /* rows, in all */
};

enum page_look page_look_of(const struct page *page, enum verdict v) {
    if (tally_is_red(&page->tally, v))
        return PAGE_RED;
    if (v == VERDICT_KNOWN_GAP)
        return PAGE_GAP;
    return v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED ? PAGE_SKIP : PAGE_OK;
}

const char *page_group(const struct page *page, enum verdict v) {
    return page_look_name(page_look_of(page, v));
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

int64_t page_offset(const struct page *page, const json_t *object, const char *key) {
    const char *text = json_str(object, key, NULL);
    int64_t at = text ? clock_parse_utc(text) : -1;
    return at < 0 || page->begin_ms < 0 || at < page->begin_ms ? -1 : at - page->begin_ms;
}

/* --- head ----------------------------------------------------------------------------------- */

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
    size_t of[PAGE_LOOKS] = {0};
    for (int v = 0; v < VERDICT_COUNT; v++)
        of[page_look_of(page, (enum verdict)v)] += page->tally.of[v];
    page_bar(page->pen, of);
}

static void facts(struct page *page) {
    struct pen *p = page->pen;
    pen_put(p, "<dl class=\"facts\">\n");
    page_fact(p, "run", pen_member(page->results, "run"));
    page_fact(p, "world", pen_member(page->results, "world"));
    page_fact(p, "Kubernetes", pen_member(page->results, "kubernetes"));
    page_fact(p, "profile", pen_member(page->results, "profile"));
    page_fact(p, "began", pen_member(page->results, "started"));
    page_fact(p, "state", pen_str(page->tally.state));
    pen_put(p, "<div><dt>took</dt><dd>");
    page_duration(p, page->elapsed_ms);
    pen_put(p, "</dd></div>\n</dl>\n");
}

static void need(struct page *page, size_t index, const json_t *r) {
    struct pen_span what = pen_member(r, "message");
    enum verdict v = tally_verdict(r);
    CLEANUP(str_freep) char *href = xasprintf("#case-%zu", index);
    page_need(page->pen, &(struct page_need){.href = href,
                                             .look = page_look_of(page, v),
                                             .sign = page_sign(v),
                                             .word = verdict_name(v),
                                             .id = pen_member(r, "case"),
                                             .what = what.len ? what : pen_member(r, "title")});
}

static void need_row(struct page *page, enum tally_row row) {
    CLEANUP(str_freep) char *message = tally_row_message(&page->tally, row);
    page_need(page->pen, &(struct page_need){.sign = "!",
                                             .word = "suite",
                                             .look = PAGE_RED,
                                             .id = pen_str(tally_row_name(row)),
                                             .what = pen_str(message)});
}

/* What makes the run red, a line each. */
static void needs(struct page *page) {
    struct pen *p = page->pen;
    size_t red = tally_red(&page->tally), shown = 0, i;
    json_t *r;
    if (red + tally_rows_failed(&page->tally) == 0)
        return;
    pen_put(p, "<ul class=\"needs\">\n");
    for (int row = 0; row < TALLY_ROWS; row++)
        if (page->tally.row_failed[row])
            need_row(page, (enum tally_row)row);
    json_array_foreach(page->list, i, r) {
        if (tally_is_red(&page->tally, tally_verdict(r)) && shown++ < PAGE_NEEDS_MAX)
            need(page, i, r);
    }
    page_need_more(p, "#cases", red > PAGE_NEEDS_MAX ? red - PAGE_NEEDS_MAX : 0);
    pen_put(p, "</ul>\n");
}

static void band(struct page *page) {
    static const struct page_link links[] = {
        {"#lifecycle", "Life cycle"}, {"#cases", "Cases"}, {"#time", "Time line"}, {"#dns", "DNS"},
        {"#history", "History"},      {"#run", "The run"},
    };
    page_band(page->pen, page->tally.red, page->tally.red ? "The run is red" : "The run is green");
    lead(page);
    proportions(page);
    facts(page);
    needs(page);
    page_main(page->pen, links, ARRAY_LEN(links));
}

/* --- cases ---------------------------------------------------------------------------------- */

static void tools(struct page *page) {
    struct page_chip chips[VERDICT_COUNT];
    for (int v = 0; v < VERDICT_COUNT; v++)
        chips[v] = (struct page_chip){verdict_name((enum verdict)v), page_sign((enum verdict)v),
                                      page->tally.of[v]};
    page_tools(page->pen, chips, VERDICT_COUNT);
}

struct case_list {
    struct page *page;
    enum page_look look;
};

static bool list_has(void *self, size_t index) {
    struct case_list *l = self;
    return page_look_of(l->page, tally_verdict(json_array_get(l->page->list, index))) == l->look;
}

static void list_whole(void *self, size_t index) {
    struct case_list *l = self;
    page_case(l->page, index, l->look == PAGE_RED);
}

static void list_row(void *self, size_t index) {
    struct case_list *l = self;
    page_case_row(l->page, index);
}

static void cases(struct page *page) {
    static const struct {
        enum page_look look;
        const char *title;
    } lists[] = {{PAGE_RED, "Red"},
                 {PAGE_GAP, "Known gaps"},
                 {PAGE_SKIP, "Skipped: a skip is not a pass"},
                 {PAGE_OK, "Passed"}};
    pen_put(page->pen, "<section aria-labelledby=\"cases\"><h2 id=\"cases\">Cases</h2>\n");
    tools(page);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct case_list of = {page, lists[i].look};
        page_list(page->pen, &(struct page_list){.name = page_look_name(of.look),
                                                 .title = lists[i].title,
                                                 .self = &of,
                                                 .count = json_array_size(page->list),
                                                 .has = list_has,
                                                 .whole = list_whole,
                                                 .row = list_row});
    }
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
        pen_value(p, PEN_XML, value, false, PAGE_TEXT_LEN_MAX);
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

void report_html(const json_t *results, const struct report_options *o, FILE *out) {
    struct pen p;
    struct page page = {.pen = &p,
                        .results = results,
                        .list = json_object_get(results, "results"),
                        .options = o,
                        .tally = tally_of(results),
                        .elapsed_ms = json_int(results, 0, "elapsed_ms", NULL),
                        .output_left = OUTPUT_LEN_MAX,
                        .collected_left = COLLECTED_LEN_MAX,
                        .events_left = EVENTS_MAX};
    const char *started = json_str(results, "started", NULL);
    page.begin_ms = started ? clock_parse_utc(started) : -1;
    page.names = names_new(page.list);
    pen_begin(&p, out, PAGE_TEXT_LEN_MAX);
    page_head(&p, page.tally.red, page.tally.red ? "red" : "green", pen_member(results, "run"));
    band(&page);
    page_graph(&page);
    cases(&page);
    page_time(&page);
    page_truth(&page);
    page_history(&page);
    the_run(&page);
    page_foot(&p, "results.json");
    names_free(page.names);
    pen_end(&p);
}
