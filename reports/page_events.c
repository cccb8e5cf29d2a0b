/*
 * What was collected when a case went wrong (harness/model/README.md): the events of all clusters
 * merged into one list, and the files. The time line shows the same events in the clusters' lanes.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/page.h"

#include <stdlib.h>

enum { EVENTS_MAX = 300, MESSAGE_MAX = 600, LINES_MAX = 40 };

/* --- in the order of time --------------------------------------------------------------------- */

static int compare_events(const void *a, const void *b) {
    const struct page_event *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

struct page_event *page_events(const json_t *r, size_t *ret_count) {
    const json_t *list = json_object_get(json_object_get(r, "collected"), "events");
    struct page_event *events = xcalloc(json_array_size(list) + 1, sizeof(*events));
    size_t i, count = 0;
    json_t *e;
    json_array_foreach(list, i, e) {
        const char *at = json_str(e, "at", NULL);
        int64_t at_ms = at ? clock_parse_utc(at) : -1;
        if (at_ms >= 0)
            events[count++] = (struct page_event){e, at_ms, i};
    }
    qsort(events, count, sizeof(*events), compare_events);
    *ret_count = count;
    return events;
}

bool page_event_warns(const json_t *event) {
    return str_eq(json_str(event, "type", NULL), "Warning");
}

/* --- the list --------------------------------------------------------------------------------- */

/* Seconds of the run; a minus sign for what was before it. */
static void when(struct page *page, int64_t at_ms) {
    int64_t ms = at_ms - page->begin_ms;
    if (page->begin_ms < 0) {
        char text[CLOCK_TEXT_SIZE];
        pen_put(page->pen, clock_format_utc(at_ms, text));
        return;
    }
    pen_put(page->pen, ms < 0 ? "\xe2\x88\x92" : "");
    pen_seconds(page->pen, ms < 0 ? -ms : ms);
    pen_put(page->pen, " s");
}

static void event_row(struct page *page, const struct page_event *of) {
    struct pen *p = page->pen;
    const json_t *e = of->event;
    bool warns = page_event_warns(e);
    int64_t times = json_int(e, 1, "count", NULL);
    pen_putf(p, "<tr%s data-s=\"%lld\"><td class=\"num\">", warns ? " class=\"known\"" : "",
             (long long)(of->at_ms - page->begin_ms));
    when(page, of->at_ms);
    page_element(p, "</td><td>", pen_member(e, "cluster"), "</td><td>");
    page_element(p, "", pen_member(e, "kind"), " ");
    if (pen_member(e, "namespace").len)
        page_element(p, "", pen_member(e, "namespace"), "/");
    page_element(p, "", pen_member(e, "name"), "</td><td>");
    page_element(p, warns ? "<b>" : "", pen_member(e, "reason"), warns ? "</b>: " : ": ");
    pen_text_max(p, PEN_XML, pen_member(e, "message"), MESSAGE_MAX);
    if (times > 1)
        pen_putf(p, " <span class=\"muted\">\xc3\x97%lld</span>", (long long)times);
    pen_put(p, "</td></tr>\n");
}

/* The newest: what led to the failure is at the end. */
static void event_table(struct page *page, const struct page_event *events, size_t count) {
    size_t room = page->events_left < EVENTS_MAX ? page->events_left : EVENTS_MAX;
    size_t from = count > room ? count - room : 0;
    page->events_left -= count - from;
    if (from)
        pen_putf(page->pen, "<p class=\"muted\">%zu older ones are in results.json.</p>\n", from);
    if (from == count)
        return;
    pen_put(page->pen, "<div class=\"scroll\" tabindex=\"0\"><table class=\"events\"><thead><tr>"
                       "<th>at</th><th>where</th><th>what of</th><th>what</th></tr></thead>"
                       "<tbody>\n");
    for (size_t i = from; i < count; i++)
        event_row(page, &events[i]);
    pen_put(page->pen, "</tbody></table></div>\n");
}

/* What is missing of the list, and how the clocks were. */
static void remarks(struct page *page, const json_t *c) {
    struct pen *p = page->pen;
    size_t i;
    json_t *one;
    int64_t left_out = json_int(c, 0, "events_left_out", NULL);
    if (left_out > 0)
        pen_putf(p, "<p class=\"muted\">%lld older ones were not kept.</p>\n", (long long)left_out);
    json_array_foreach(json_object_get(c, "events_unread"), i, one) {
        page_element(p, "<p>The events of ", pen_member(one, "cluster"), " could not be read");
        page_element(p, ": ", pen_member(one, "why"), "</p>\n");
    }
    json_array_foreach(json_object_get(c, "clocks"), i, one) {
        int64_t skew_ms = json_int(one, 0, "skew_ms", NULL);
        if (llabs(skew_ms) <= json_int(one, 0, "error_ms", NULL))
            continue;
        page_element(p, "<p class=\"muted\">The clock of ", pen_member(one, "cluster"), " is ");
        page_duration(p, llabs(skew_ms));
        pen_putf(p, " %s; the times here are ours.</p>\n", skew_ms > 0 ? "ahead" : "behind");
    }
}

static void events_of(struct page *page, const json_t *r, const json_t *c) {
    size_t count, warnings = 0;
    struct page_event *events = page_events(r, &count);
    for (size_t i = 0; i < count; i++)
        warnings += page_event_warns(events[i].event);
    pen_putf(page->pen,
             "<details class=\"fold\"><summary>Events of all clusters <span class=\"muted\">%zu, "
             "%zu of them warnings</span></summary>\n",
             count, warnings);
    remarks(page, c);
    event_table(page, events, count);
    pen_put(page->pen, "</details>\n");
    free(events);
}

/* --- the files -------------------------------------------------------------------------------- */

static void missing_of(struct page *page, const json_t *c) {
    struct pen *p = page->pen;
    const json_t *list = json_object_get(c, "missing");
    size_t i;
    json_t *one;
    if (json_array_size(list) == 0)
        return;
    pen_put(p, "<ul>\n");
    json_array_foreach(list, i, one) {
        if (i == LINES_MAX)
            break;
        page_element(p, "<li>", pen_member(one, "source"), ": ");
        page_element(p, "", pen_member(one, "state"), "");
        if (pen_member(one, "why").len)
            page_element(p, ", ", pen_member(one, "why"), "");
        pen_put(p, "</li>\n");
    }
    pen_put(p, "</ul>\n");
    page_more(p, json_array_size(list) - i);
}

static void files_of(struct page *page, const json_t *c) {
    const json_t *files = json_object_get(c, "files");
    size_t i;
    json_t *file;
    if (json_array_size(files) == 0 && pen_member(c, "problem").len == 0)
        return;
    page_element(page->pen, "<details class=\"fold\"><summary>Collected in <code>",
                 pen_member(c, "folder"), "</code>");
    pen_putf(page->pen, " <span class=\"muted\">%zu files</span></summary>\n",
             json_array_size(files));
    if (pen_member(c, "problem").len)
        page_element(page->pen, "<p>", pen_member(c, "problem"), "</p>\n");
    missing_of(page, c);
    json_array_foreach(files, i, file) {
        if (json_is_string(file))
            page_output(page, json_string_value(file), &page->collected_left);
    }
    pen_put(page->pen, "</details>\n");
}

void page_collected(struct page *page, const json_t *r) {
    const json_t *c = json_object_get(r, "collected");
    if (!json_is_object(c))
        return;
    events_of(page, r, c);
    files_of(page, c);
}
