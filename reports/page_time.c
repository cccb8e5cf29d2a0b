/*
 * The time line: each cluster's steps and the events that were collected from it in a lane, and
 * each case's steps in a line.
 */
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/core/str.h"
#include "reports/page.h"

#include <ctype.h>
#include <stdlib.h>

enum { LINES_MAX = 300, TITLE_MAX = 160, WORDS_MAX = 20000, MARKS_MAX = 1000, TICK_LAST = 97 };

struct timeline {
    struct page *page;
    char clusters[PAGE_CLUSTERS_MAX][PAGE_CLUSTER_LEN_MAX + 1];
    size_t cluster_count;
    int64_t end_ms;
    int64_t shortest_ms; /* of a case that is shown, where there are too many */
    struct map marked;   /* events that have their mark: several cases may tell of one */
    size_t mark_count;
};

/* --- which cluster ---------------------------------------------------------------------------- */

static bool take_name(const char *at, char ret_name[PAGE_CLUSTER_LEN_MAX + 1]) {
    size_t len = 0;
    while (len < PAGE_CLUSTER_LEN_MAX && (isalnum((unsigned char)at[len]) || at[len] == '-' ||
                                          at[len] == '_' || (len > 0 && at[len] == '.')))
        len++;
    if (len == 0 || (at[len] && !strchr(" ,;'\"/:", at[len])))
        return false;
    memcpy(ret_name, at, len);
    ret_name[len] = '\0';
    return true;
}

bool page_cluster_of(const json_t *step, char ret_name[PAGE_CLUSTER_LEN_MAX + 1]) {
    static const char *const before[] = {"context=", "context ", " -m ", " --model="};
    const char *words = json_str(step, "waiting_for", NULL), *at;
    if (!words || strnlen(words, WORDS_MAX) == WORDS_MAX)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(before); i++)
        if ((at = strstr(words, before[i])) != NULL && take_name(at + strlen(before[i]), ret_name))
            return true;
    const char *until = strstr(words, " until "), *last = NULL;
    for (at = words; (at = strstr(at, " of ")) != NULL && (!until || at < until); at += 4)
        last = at;
    return str_has_prefix(words, "await GET ") && last && take_name(last + 4, ret_name);
}

/* The number of the cluster's colour, or -1. */
static int cluster_number(const struct timeline *t, const char *name) {
    for (size_t i = 0; i < t->cluster_count; i++)
        if (str_eq(t->clusters[i], name))
            return (int)i;
    return -1;
}

/* --- bars ------------------------------------------------------------------------------------- */

static int64_t step_start(const struct timeline *t, const json_t *r, const json_t *step,
                          int64_t behind_ms) {
    int64_t at = page_offset(t->page, step, "started");
    if (at >= 0)
        return at;
    at = page_offset(t->page, r, "started"); /* results of before steps had a time */
    return at < 0 ? -1 : at + behind_ms;
}

static double percent(const struct timeline *t, int64_t ms) {
    return 100.0 * (double)ms / (double)t->end_ms;
}

/* data: also for the list of what happened meanwhile, and with words for the mouse. */
static void bar(struct timeline *t, const json_t *r, const json_t *step, int64_t start_ms,
                bool data) {
    struct pen *p = t->page->pen;
    char name[PAGE_CLUSTER_LEN_MAX + 1] = "";
    int number = page_cluster_of(step, name) ? cluster_number(t, name) : -1;
    int64_t ms = json_int(step, 0, "elapsed_ms", NULL);
    bool met = str_eq(json_str(step, "outcome", NULL), "met");
    ms = ms < 0 ? 0 : ms > t->end_ms - start_ms ? t->end_ms - start_ms : ms;
    if (number < 0)
        pen_put(p, "<i class=\"kx");
    else
        pen_putf(p, "<i class=\"k%d", number);
    bool known = tally_verdict(r) == VERDICT_KNOWN_GAP;
    pen_putf(p, "%s\" style=\"left:%.2f%%;width:%.2f%%\"",
             met     ? ""
             : known ? " bad known"
                     : " bad",
             percent(t, start_ms), percent(t, ms));
    if (data) {
        struct pen_span title = pen_member(step, "title");
        pen_putf(p, " data-s=\"%lld\" data-d=\"%lld\"", (long long)start_ms, (long long)ms);
        page_element(p, " data-c=\"", pen_str(name), "\" title=\"");
        pen_text_max(p, PEN_ATTR, title.len ? title : pen_member(step, "verb"), TITLE_MAX);
        pen_put(p, ": ");
        pen_text_max(p, PEN_ATTR, pen_member(step, "outcome"), TITLE_MAX);
        pen_put(p, ", ");
        page_duration(p, ms);
        pen_put(p, "\"");
    }
    pen_put(p, "></i>");
}

static void bars(struct timeline *t, const json_t *r, int cluster, bool data) {
    size_t i;
    json_t *step;
    int64_t behind_ms = 0;
    json_array_foreach(json_object_get(r, "steps"), i, step) {
        int64_t start_ms = step_start(t, r, step, behind_ms);
        char name[PAGE_CLUSTER_LEN_MAX + 1];
        behind_ms += json_int(step, 0, "elapsed_ms", NULL);
        if (start_ms < 0 || start_ms > t->end_ms)
            continue;
        if (cluster >= 0 && (!page_cluster_of(step, name) || cluster_number(t, name) != cluster))
            continue;
        bar(t, r, step, start_ms, data);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

static void mark(struct timeline *t, const struct page_event *of, int64_t at_ms) {
    static const char *const told[] = {"type", "reason", "kind", "name", "message"};
    struct pen *p = t->page->pen;
    t->mark_count++;
    pen_putf(p, "<b class=\"ev%s\" style=\"left:%.2f%%\" title=\"",
             page_event_warns(of->event) ? " warn" : "", percent(t, at_ms));
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        pen_put(p, i ? " " : "");
        pen_text_max(p, PEN_ATTR, pen_member(of->event, told[i]), TITLE_MAX);
    }
    pen_put(p, "\"></b>");
}

static bool is_new(struct timeline *t, const json_t *event) {
    static const char *const told[] = {"at", "cluster", "namespace", "kind", "name", "reason"};
    struct buf key = BUF_INIT;
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        const char *text = json_str(event, told[i], NULL);
        buf_addf(&key, "%s\n", text ? text : "");
    }
    bool new = !map_get(&t->marked, buf_str(&key));
    map_set(&t->marked, buf_str(&key), t);
    buf_release(&key);
    return new;
}

static void marks(struct timeline *t, const json_t *r, const char *cluster) {
    size_t count;
    if (!json_object_get(r, "collected")) /* most of them */
        return;
    struct page_event *events = page_events(r, &count);
    for (size_t i = 0; i < count && t->mark_count < MARKS_MAX; i++) {
        int64_t at_ms = events[i].at_ms - t->page->begin_ms;
        if (at_ms >= 0 && at_ms <= t->end_ms &&
            str_eq(json_str(events[i].event, "cluster", NULL), cluster) &&
            is_new(t, events[i].event))
            mark(t, &events[i], at_ms);
    }
    free(events);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static void add_cluster(struct timeline *t, const char *name) {
    size_t len = name ? strlen(name) : 0;
    if (len == 0 || len > PAGE_CLUSTER_LEN_MAX || t->cluster_count == PAGE_CLUSTERS_MAX ||
        cluster_number(t, name) >= 0)
        return;
    memcpy(t->clusters[t->cluster_count++], name, len + 1);
}

static void survey_case(struct timeline *t, const json_t *r) {
    size_t i;
    json_t *step, *event;
    json_array_foreach(json_object_get(r, "steps"), i, step) {
        char name[PAGE_CLUSTER_LEN_MAX + 1];
        if (page_cluster_of(step, name))
            add_cluster(t, name);
    }
    json_array_foreach(json_object_get(json_object_get(r, "collected"), "events"), i, event)
        add_cluster(t, json_str(event, "cluster", NULL));
}

static bool is_shown(const struct timeline *t, const json_t *r) {
    return json_integer_value(json_object_get(r, "elapsed_ms")) >= t->shortest_ms &&
           json_array_size(json_object_get(r, "steps")) > 0 &&
           page_offset(t->page, r, "started") >= 0;
}

static int compare_longest(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* The end of the run, the clusters, and how long a case must be to be among those shown. */
static size_t survey(struct timeline *t) {
    size_t i, count = 0, total = json_array_size(t->page->list);
    int64_t *times = xcalloc(total + 1, sizeof(*times));
    json_t *r;
    t->end_ms = t->page->elapsed_ms;
    json_array_foreach(t->page->list, i, r) {
        int64_t start_ms = page_offset(t->page, r, "started");
        int64_t ms = json_int(r, 0, "elapsed_ms", NULL);
        if (start_ms < 0 || json_array_size(json_object_get(r, "steps")) == 0)
            continue;
        times[count++] = ms;
        if (start_ms + ms > t->end_ms && ms >= 0)
            t->end_ms = start_ms + ms;
        survey_case(t, r);
    }
    qsort(times, count, sizeof(*times), compare_longest);
    if (count > LINES_MAX)
        t->shortest_ms = times[LINES_MAX - 1];
    free(times);
    return count;
}

/* A step of 1, 2 or 5 times a power of ten, at most ten of them. */
static int64_t tick_of(int64_t end_ms) {
    static const int64_t in_minutes[] = {60000, 120000, 300000, 600000, 1800000, 3600000, 7200000};
    for (int64_t power = 1; power <= 10000; power *= 10)
        for (int64_t times = 1; times <= 5; times += times == 1 ? 1 : 3)
            if (end_ms / (power * times) < 10 && power * times <= 30000)
                return power * times;
    for (size_t i = 0; i < ARRAY_LEN(in_minutes); i++)
        if (end_ms / in_minutes[i] < 10)
            return in_minutes[i];
    return end_ms / 10;
}

static void axis(struct timeline *t, int64_t tick_ms) {
    struct pen *p = t->page->pen;
    pen_put(p, "<div class=\"line axis\"><span></span><span class=\"track\">");
    for (int64_t at = 0; at < t->end_ms && percent(t, at) < TICK_LAST; at += tick_ms) {
        pen_putf(p, "<span style=\"left:%.2f%%\">", percent(t, at));
        if (at == 0)
            pen_put(p, "0");
        else
            page_duration(p, at);
        pen_put(p, "</span>");
    }
    pen_put(p, "</span></div>\n");
}

static void lanes(struct timeline *t) {
    struct pen *p = t->page->pen;
    for (size_t c = 0; c < t->cluster_count; c++) {
        page_element(p, "<div class=\"line lane\"><span>", pen_str(t->clusters[c]),
                     "</span><div class=\"track\">");
        size_t i, shown = 0;
        json_t *r;
        json_array_foreach(t->page->list, i, r) {
            if (is_shown(t, r) && shown++ < LINES_MAX)
                bars(t, r, (int)c, false);
        }
        json_array_foreach(t->page->list, i, r) marks(t, r, t->clusters[c]);
        pen_put(p, "</div></div>\n");
    }
    if (t->cluster_count)
        pen_put(p, "<div class=\"gapline\"></div>\n");
}

struct line {
    int64_t start_ms;
    size_t index;
};

static int compare_lines(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* In the order in which they began. */
static void lines(struct timeline *t) {
    struct pen *p = t->page->pen;
    struct line shown[LINES_MAX];
    size_t i, count = 0;
    json_t *r;
    json_array_foreach(t->page->list, i, r) {
        if (is_shown(t, r) && count < LINES_MAX)
            shown[count++] = (struct line){page_offset(t->page, r, "started"), i};
    }
    qsort(shown, count, sizeof(*shown), compare_lines);
    for (i = 0; i < count; i++) {
        r = json_array_get(t->page->list, shown[i].index);
        pen_putf(p, "<div class=\"line %s\"", page_group(t->page, tally_verdict(r)));
        page_element(p, " data-id=\"", pen_member(r, "case"), "\">");
        pen_putf(p, "<a href=\"#case-%zu\">%s ", shown[i].index, page_sign(tally_verdict(r)));
        page_element(p, "", pen_member(r, "case"), "</a><div class=\"track\">");
        bars(t, r, -1, true);
        pen_put(p, "</div></div>\n");
    }
}

static void legend(struct timeline *t, size_t count) {
    struct pen *p = t->page->pen;
    pen_put(p, "<p class=\"legend\">");
    for (size_t c = 0; c < t->cluster_count; c++) {
        pen_putf(p, "<span><i class=\"k%zu\"></i>", c);
        page_element(p, "", pen_str(t->clusters[c]), "</span>");
    }
    pen_put(p, "<span><i class=\"kx\"></i>no cluster</span><span><i style=\"outline:2px solid "
               "var(--red)\"></i>not as expected</span><span><i style=\"outline:2px solid "
               "#d9a21b\"></i>a known gap</span>");
    if (t->mark_count)
        pen_put(p, "<span><b class=\"ev\"></b>an event</span><span><b class=\"ev warn\"></b>a "
                   "warning</span>");
    if (count > LINES_MAX)
        pen_putf(p, "<span>the %d longest of %zu cases</span>", LINES_MAX, count);
    pen_put(p, "</p>\n");
}

void page_time(struct page *page) {
    struct timeline t = {.page = page};
    size_t count = survey(&t);
    if (count == 0 || t.end_ms <= 0 || page->begin_ms < 0)
        return;
    int64_t tick_ms = tick_of(t.end_ms);
    pen_put(page->pen, "<section aria-labelledby=\"time-title\"><h2 id=\"time-title\">Time line"
                       "<small>every step, by cluster and by case</small></h2>\n");
    pen_putf(page->pen,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Time line\">"
             "<div class=\"time\" id=\"time\" style=\"--tick:%.3f%%\">\n",
             percent(&t, tick_ms));
    axis(&t, tick_ms);
    lanes(&t);
    lines(&t);
    pen_put(page->pen, "</div></div>\n");
    legend(&t, count);
    map_release(&t.marked);
    pen_put(page->pen, "</section>\n");
}
