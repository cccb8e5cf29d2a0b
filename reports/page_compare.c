#include "reports/page_compare.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/verdict.h"
#include "reports/compare.h"

#include <stdlib.h>

enum { DURATIONS_MAX = 20, LINES_MAX = 100 };

struct versus { /* all borrowed */
    struct pen *pen;
    const json_t *comparison, *answer, *cases;
    bool go;
};

/* --- classes ---------------------------------------------------------------------------------- */

static const struct {
    const char *name, *sign;
} classes[] = {
    {"regressed", "\xe2\x9c\x95"},   /* cross */
    {"gap-changed", "\xe2\x89\xa0"}, /* not equal */
    {"missing", "\xe2\x88\x85"},     /* empty set */
    {"flaky", "\xe2\x87\x84"},       /* arrows to and fro */
    {"gap-opened", "\xe2\x97\x90"},  /* half circle */
    {"slower", "\xe2\x97\xb7"},      /* circle with a quarter, a clock */
    {"new", "+"},
    {"fixed", "\xe2\x9c\x93"},      /* check mark */
    {"gap-closed", "\xe2\x97\x8f"}, /* full circle */
    {"same", "="},
};

static size_t class_of(const json_t *row) {
    const char *name = json_str(row, "class", NULL);
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (str_eq(classes[i].name, name))
            return i;
    return ARRAY_LEN(classes) - 1;
}

static bool is_same(const json_t *row) {
    return class_of(row) == ARRAY_LEN(classes) - 1;
}

static bool is_bad(const json_t *row) {
    return verdict_is_red(verdict_of_name(json_str(row, "verdict", NULL)));
}

/* Red is what stands in the way, amber what warns; what is the same stays in the background. */
static enum page_look look_of(const struct versus *v, const json_t *row) {
    if (compare_outcome_of(v->comparison, row) == COMPARE_OUTCOME_FAILED)
        return PAGE_RED;
    if (json_flag(row, "warns", NULL))
        return PAGE_GAP;
    return is_same(row) ? PAGE_SKIP : PAGE_OK;
}

static void badge(struct versus *v, const json_t *row) {
    size_t class = class_of(row);
    page_badge(v->pen, look_of(v, row), classes[class].sign, classes[class].name);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* "2 regressed, 1 missing" of the rows that stand in the way or of the others. */
static void counts(struct versus *v, bool red) {
    size_t of[ARRAY_LEN(classes)] = {0}, i, told = 0;
    json_t *row;
    json_array_foreach(v->cases, i, row) {
        of[class_of(row)] += (look_of(v, row) == PAGE_RED) == red;
    }
    for (i = 0; i < ARRAY_LEN(classes); i++)
        if (of[i])
            pen_putf(v->pen, "%s%zu %s", told++ ? ", " : "", of[i], classes[i].name);
}

static void lead(struct versus *v, const size_t of[PAGE_LOOKS]) {
    size_t total = json_array_size(v->cases);
    pen_put(v->pen, "<p class=\"lead\">");
    if (of[PAGE_RED]) {
        pen_putf(v->pen, "<b>%zu of %zu cases stand in the way</b>: ", of[PAGE_RED], total);
        counts(v, true);
        pen_put(v->pen, of[PAGE_RED] < total ? ". The others: " : "");
    } else {
        pen_putf(v->pen, "%zu case%s", total, total == 1 ? "" : "s");
        pen_put(v->pen, total ? ": " : "");
    }
    counts(v, false);
    pen_put(v->pen, ".</p>\n");
}

static void side(struct versus *v, const char *name, const char *key) {
    pen_putf(v->pen, "<div><dt>%s</dt><dd>", name);
    compare_side(v->pen, PEN_ATTR, json_object_get(v->comparison, key));
    pen_put(v->pen, "</dd></div>\n");
}

static void facts(struct versus *v) {
    pen_put(v->pen, "<dl class=\"facts\">\n");
    side(v, "base", "base");
    side(v, "candidate", "candidate");
    double confidence = json_number_value(json_object_get(v->comparison, "confidence"));
    pen_putf(v->pen, "<div><dt>confidence</dt><dd>%.0f %%</dd></div>\n", confidence * 100);
    if (json_flag(v->comparison, "strict", NULL))
        page_fact(v->pen, "strict", pen_str("a warning is a reason, too"));
    pen_put(v->pen, "</dl>\n");
}

static void need(struct versus *v, size_t index, const json_t *row) {
    size_t class = class_of(row);
    CLEANUP(str_freep) char *href = xasprintf("#case-%zu", index);
    page_need(v->pen, &(struct page_need){.href = href,
                                          .look = look_of(v, row),
                                          .sign = classes[class].sign,
                                          .word = classes[class].name,
                                          .id = pen_member(row, "case"),
                                          .what = pen_member(row, "text")});
}

/* The rows of one look, a line each; the bound is on those of them that are shown. */
static void needs_of(struct versus *v, enum page_look look) {
    size_t i, shown = 0;
    json_t *row;
    json_array_foreach(v->cases, i, row) {
        if (look_of(v, row) == look && shown++ < PAGE_NEEDS_MAX)
            need(v, i, row);
    }
    page_need_more(v->pen, "#cases", shown > PAGE_NEEDS_MAX ? shown - PAGE_NEEDS_MAX : 0);
}

/* Lines that belong to no case, from the one with this index on. */
static void needs_lines(struct versus *v, const json_t *lines, size_t from, enum page_look look) {
    size_t i;
    for (i = from; i < json_array_size(lines) && i < from + PAGE_NEEDS_MAX; i++)
        page_need(v->pen, &(struct page_need){
                              .look = look,
                              .sign = "!",
                              .word = look == PAGE_RED ? "run" : "list",
                              .what = pen_str(json_string_value(json_array_get(lines, i)))});
    page_need_more(v->pen, NULL, json_array_size(lines) - i);
}

static void needs(struct versus *v, const size_t of[PAGE_LOOKS]) {
    const json_t *of_runs = json_object_get(v->comparison, "of_runs");
    const json_t *warnings = json_object_get(v->answer, "warnings");
    size_t of_cases = json_array_size(json_object_get(v->comparison, "warnings"));
    bool has_list = v->answer != v->comparison && json_array_size(warnings) > of_cases;
    if (json_array_size(of_runs) + of[PAGE_RED] + of[PAGE_GAP] == 0 && !has_list)
        return;
    pen_put(v->pen, "<ul class=\"needs\">\n");
    needs_lines(v, of_runs, 0, PAGE_RED);
    needs_of(v, PAGE_RED);
    needs_of(v, PAGE_GAP);
    if (has_list)
        needs_lines(v, warnings, of_cases, PAGE_GAP);
    pen_put(v->pen, "</ul>\n");
}

static void band(struct versus *v) {
    static const struct page_link links[] = {
        {"#mends", "What it mends"},
        {"#breaks", "What it breaks"},
        {"#remains", "What it does not"},
        {"#list", "The upgrade list"},
        {"#cases", "Cases"},
        {"#durations", "Durations"},
        {"#notes", "Notes"},
    };
    size_t i, of[PAGE_LOOKS] = {0};
    json_t *row;
    json_array_foreach(v->cases, i, row) of[look_of(v, row)]++;
    page_band(v->pen, !v->go, v->go ? "Go" : "No-go");
    lead(v, of);
    page_bar(v->pen, of);
    facts(v);
    needs(v, of);
    page_main(v->pen, links, ARRAY_LEN(links));
}

/* --- one case --------------------------------------------------------------------------------- */

static void durations_of(struct versus *v, const json_t *row) {
    int64_t before_ms, now_ms;
    pen_put(v->pen, "<span class=\"num\">");
    if (compare_times(row, &before_ms, &now_ms)) {
        page_duration(v->pen, before_ms);
        pen_put(v->pen, " \xe2\x86\x92 ");
        page_duration(v->pen, now_ms);
    }
    pen_put(v->pen, "</span>");
}

static void title(struct versus *v, const json_t *row) {
    badge(v, row);
    page_element(v->pen, "<span class=\"id\">", pen_member(row, "case"), "</span>");
    page_element(v->pen, "<span class=\"title\">", pen_member(row, "title"), "");
    if (is_same(row)) /* all that there is to say */
        page_element(v->pen, " <span class=\"muted\">", pen_member(row, "text"), "</span>");
    pen_put(v->pen, "</span>");
    durations_of(v, row);
}

/* "3 runs: 2 passed, 1 red" */
static void ended(struct pen *p, const json_t *s) {
    static const struct {
        const char *key, *word;
    } parts[] = {{"passed", "passed"}, {"gaps", "known gap"}, {"bad", "red"}};
    int64_t runs = json_int(s, 0, "runs", NULL);
    size_t told = 0;
    pen_putf(p, "%lld run%s", (long long)runs, runs == 1 ? "" : "s");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        int64_t count = json_int(s, 0, parts[i].key, NULL);
        if (count)
            pen_putf(p, "%s%lld %s", told++ ? ", " : ": ", (long long)count, parts[i].word);
    }
    int64_t unjudged = runs - json_int(s, 0, "judged", NULL);
    if (unjudged)
        pen_putf(p, "%s%lld not judged", told ? ", " : ": ", (long long)unjudged);
}

/* Whether the text of the row has it already, but for the gap's name in front. */
static bool is_said(const json_t *row, const json_t *s) {
    const char *text = json_str(row, "text", NULL), *message = json_str(s, "message", NULL);
    const char *rest =
        message && str_has_prefix(message, "KNOWN GAP ") ? strstr(message, ": ") : NULL;
    return text && message && strstr(text, rest ? rest : message);
}

static void side_row(struct pen *p, const char *name, const json_t *row, const json_t *s) {
    pen_putf(p, "<tr><th scope=\"row\">%s</th>", name);
    if (!json_is_object(s)) {
        pen_put(p, "<td colspan=\"4\">not there</td></tr>\n");
        return;
    }
    page_element(p, "<td><b>", pen_member(s, "verdict"), "</b>");
    if (pen_member(s, "gap").len)
        page_element(p, " ", pen_member(s, "gap"), "");
    pen_put(p, "</td><td>");
    ended(p, s);
    pen_put(p, "</td><td class=\"number\">");
    double median_ms = json_number_value(json_object_get(s, "median_ms"));
    if (median_ms > 0)
        page_duration(p, (int64_t)median_ms);
    pen_put(p, "</td><td>");
    if (!is_said(row, s))
        page_element(p, "", pen_member(s, "message"), "");
    pen_put(p, "</td></tr>\n");
}

static void evidence(struct pen *p, const json_t *row) {
    const json_t *chance = json_object_get(row, "p");
    int64_t more = json_int(row, 0, "runs_needed", NULL);
    if (!json_is_number(chance))
        return;
    pen_putf(p, "<p class=\"muted\">mid-p = %.3f by Fisher's exact test, one-sided",
             json_number_value(chance));
    if (more > 0)
        pen_putf(p, ": %lld more runs of each side would tell, if both go on as they are",
                 (long long)more);
    pen_put(p, ".</p>\n");
}

static void whole(void *self, size_t index) {
    struct versus *v = self;
    struct pen *p = v->pen;
    const json_t *row = json_array_get(v->cases, index);
    enum page_look look = look_of(v, row);
    pen_putf(p, "<details class=\"case %s\" id=\"case-%zu\" data-verdict=\"%s\"%s><summary>",
             page_look_name(look), index, classes[class_of(row)].name,
             look == PAGE_RED || look == PAGE_GAP ? " open" : "");
    title(v, row);
    page_element(p, "</summary><div class=\"body\">\n<p class=\"message\">",
                 pen_member(row, "text"), "</p>\n");
    if (!is_same(row)) {
        pen_put(p, "<div class=\"scroll\" tabindex=\"0\"><table class=\"sides\"><tbody>\n");
        side_row(p, "base", row, json_object_get(row, "base"));
        side_row(p, "candidate", row, json_object_get(row, "candidate"));
        pen_put(p, "</tbody></table></div>\n");
    }
    evidence(p, row);
    pen_put(p, "</div></details>\n");
}

static void line(void *self, size_t index) {
    struct versus *v = self;
    const json_t *row = json_array_get(v->cases, index);
    pen_putf(v->pen, "<div class=\"row\" id=\"case-%zu\" data-verdict=\"%s\">", index,
             classes[class_of(row)].name);
    title(v, row);
    pen_put(v->pen, "</div>\n");
}

/* --- lists ------------------------------------------------------------------------------------ */

static bool is_in_the_way(void *self, size_t index) {
    struct versus *v = self;
    return look_of(v, json_array_get(v->cases, index)) == PAGE_RED;
}

static bool is_warning(void *self, size_t index) {
    struct versus *v = self;
    return look_of(v, json_array_get(v->cases, index)) == PAGE_GAP;
}

static bool is_change(void *self, size_t index) {
    struct versus *v = self;
    return look_of(v, json_array_get(v->cases, index)) == PAGE_OK;
}

static bool is_red_on_both(void *self, size_t index) {
    const json_t *row = json_array_get(((struct versus *)self)->cases, index);
    return is_same(row) && is_bad(row);
}

static bool is_quiet(void *self, size_t index) {
    const json_t *row = json_array_get(((struct versus *)self)->cases, index);
    return is_same(row) && !is_bad(row);
}

static void cases(struct versus *v) {
    static const struct {
        const char *name, *title;
        bool (*has)(void *self, size_t index);
        void (*whole)(void *self, size_t index);
    } lists[] = {{"red", "In the way", is_in_the_way, whole},
                 {"gap", "Warnings", is_warning, whole},
                 {"ok", "Better, or new", is_change, whole},
                 {"both", "Red before and now", is_red_on_both, line},
                 {"same", "The same", is_quiet, line}};
    struct page_chip chips[ARRAY_LEN(classes)];
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        chips[i] = (struct page_chip){
            classes[i].name, classes[i].sign,
            (size_t)json_int(v->comparison, 0, "summary", classes[i].name, NULL)};
    pen_put(v->pen, "<section aria-labelledby=\"cases\"><h2 id=\"cases\">Cases</h2>\n");
    page_tools(v->pen, chips, ARRAY_LEN(chips));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        page_list(v->pen, &(struct page_list){.name = lists[i].name,
                                              .title = lists[i].title,
                                              .self = v,
                                              .count = json_array_size(v->cases),
                                              .has = lists[i].has,
                                              .whole = lists[i].whole,
                                              .row = line});
    pen_put(v->pen, "</section>\n");
}

/* --- durations -------------------------------------------------------------------------------- */

struct timed {
    const json_t *row; /* borrowed */
    int64_t before_ms, now_ms, change_ms;
};

static int compare_change(const void *a, const void *b) {
    const struct timed *x = a, *y = b;
    return x->change_ms < y->change_ms ? 1 : x->change_ms > y->change_ms ? -1 : 0;
}

static void bar(struct pen *p, const char *class, int64_t ms, int64_t longest_ms) {
    pen_putf(p, "<i class=\"%s\" style=\"width:%.2f%%\"></i>", class,
             100.0 * (double)ms / (double)longest_ms);
}

static void duration_row(struct pen *p, const struct timed *t, int64_t longest_ms) {
    page_element(p, "<tr><td><code>", pen_member(t->row, "case"), "</code></td>");
    pen_put(p, "<td class=\"number\">");
    page_duration(p, t->before_ms);
    pen_put(p, "</td><td class=\"number\">");
    page_duration(p, t->now_ms);
    pen_put(p, t->now_ms > t->before_ms ? "</td><td class=\"number\">+"
                                        : "</td><td class=\"number\">\xe2\x88\x92");
    page_duration(p, t->change_ms);
    pen_put(p, "</td><td class=\"pair\" aria-hidden=\"true\">");
    bar(p, "kx", t->before_ms, longest_ms);
    bar(p, "k0", t->now_ms, longest_ms);
    pen_put(p, "</td></tr>\n");
}

static void durations_table(struct pen *p, const struct timed *list, size_t count) {
    int64_t longest_ms = 1;
    for (size_t i = 0; i < count; i++) {
        longest_ms = list[i].before_ms > longest_ms ? list[i].before_ms : longest_ms;
        longest_ms = list[i].now_ms > longest_ms ? list[i].now_ms : longest_ms;
    }
    pen_put(p,
            "<div class=\"scroll\" tabindex=\"0\"><table class=\"entries\"><thead><tr><th>case</th>"
            "<th class=\"number\">base</th><th class=\"number\">candidate</th>"
            "<th class=\"number\">change</th><th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++)
        duration_row(p, &list[i], longest_ms);
    pen_put(p, "</tbody></table></div>\n<p class=\"legend\"><span><i class=\"kx\"></i>base</span>"
               "<span><i class=\"k0\"></i>candidate</span></p>\n");
}

/* The cases that passed or showed their gap on both sides, by how much their time changed. */
static void durations(struct versus *v) {
    size_t i, count = 0;
    json_t *row;
    int64_t before_ms = 0, now_ms = 0;
    struct timed *list = xcalloc(json_array_size(v->cases) + 1, sizeof(*list));
    json_array_foreach(v->cases, i, row) {
        struct timed *t = &list[count];
        if (!compare_times(row, &t->before_ms, &t->now_ms))
            continue;
        *t = (struct timed){row, t->before_ms, t->now_ms, llabs(t->now_ms - t->before_ms)};
        before_ms += t->before_ms;
        now_ms += t->now_ms;
        count++;
    }
    if (count > 0) {
        qsort(list, count, sizeof(*list), compare_change);
        size_t shown = count < DURATIONS_MAX ? count : DURATIONS_MAX;
        pen_put(v->pen, "<section aria-labelledby=\"durations\"><h2 id=\"durations\">Durations"
                        "<small>");
        page_duration(v->pen, before_ms);
        pen_put(v->pen, " before, ");
        page_duration(v->pen, now_ms);
        pen_putf(v->pen, " now, in %zu case%s that both sides judged", count,
                 count == 1 ? "" : "s");
        if (shown < count)
            pen_putf(v->pen, "; the %zu that changed most", shown);
        pen_put(v->pen, "</small></h2>\n");
        durations_table(v->pen, list, shown);
        pen_put(v->pen, "</section>\n");
    }
    free(list);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void notes(struct versus *v) {
    const json_t *list = json_object_get(v->answer, "notes");
    size_t i;
    json_t *one;
    if (!json_array_size(list))
        return;
    pen_put(v->pen, "<section aria-labelledby=\"notes\"><h2 id=\"notes\">Notes</h2>\n<ul>\n");
    json_array_foreach(list, i, one) {
        if (i < LINES_MAX)
            page_element(v->pen, "<li>", pen_str(json_string_value(one)), "</li>\n");
    }
    pen_put(v->pen, "</ul>");
    page_more(v->pen, i > LINES_MAX ? i - LINES_MAX : 0);
    pen_put(v->pen, "</section>\n");
}

void page_compare(struct pen *p, const json_t *comparison, const json_t *answer,
                  page_compare_sections *sections) {
    struct versus v = {.pen = p,
                       .comparison = comparison,
                       .answer = answer,
                       .cases = json_object_get(comparison, "cases"),
                       .go = compare_is_go(answer)};
    const char *from = json_str(comparison, "base", "name", NULL);
    const char *to = json_str(comparison, "candidate", "name", NULL);
    CLEANUP(str_freep) char *name = xasprintf("%s to %s", from ? from : "?", to ? to : "?");
    page_head(p, !v.go, v.go ? "go" : "no-go", pen_str(name));
    band(&v);
    if (sections)
        sections(p, answer);
    cases(&v);
    durations(&v);
    notes(&v);
    page_foot(p, "the results of the runs above");
}

void compare_html(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    struct pen p;
    (void)o;
    pen_begin(&p, out, PAGE_TEXT_LEN_MAX);
    page_compare(&p, comparison, comparison, NULL);
    pen_end(&p);
}
