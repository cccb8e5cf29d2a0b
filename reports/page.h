/*
 * The parts of the HTML page, each a section that is left out when there is nothing to show. The
 * page is whole without its script, which only filters, folds and walks what is there. Nothing in
 * it comes from outside: its Content-Security-Policy forbids that, too.
 */
#ifndef CONFED_REPORTS_PAGE_H
#define CONFED_REPORTS_PAGE_H

#include "reports/names.h"
#include "reports/page_frame.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"

enum { PAGE_CLUSTERS_MAX = 7, PAGE_CLUSTER_LEN_MAX = 40 };

struct page { /* all borrowed, but the names */
    struct pen *pen;
    const json_t *results, *list;
    const struct report_options *options;
    struct tally tally;
    struct names *names; /* owned */
    int64_t begin_ms, elapsed_ms;
    uint64_t output_left;    /* bytes that commands have printed and that may still be shown */
    uint64_t collected_left; /* bytes of files that were collected, the same */
    size_t events_left;      /* rows of events, the same */
};

/* How a verdict looks, in a word of the style ("red"), and its sign. */
enum page_look page_look_of(const struct page *page, enum verdict v);
const char *page_group(const struct page *page, enum verdict v);
const char *page_sign(enum verdict v);
/* Milliseconds from the beginning of the run, or -1 when the text is no time. */
int64_t page_offset(const struct page *page, const json_t *object, const char *key);

/* The context, model or cluster that a step's words speak of; false: none. */
bool page_cluster_of(const json_t *step, char ret_name[PAGE_CLUSTER_LEN_MAX + 1]);

void page_case(struct page *page, size_t index, bool open); /* everything about one case */
void page_case_row(struct page *page, size_t index);        /* one line */

/*
 * The file folded, with what is in it when the run's folder is at hand and *left has room for it,
 * which it takes.
 */
void page_output(struct page *page, const char *path, uint64_t *left);
void page_collected(struct page *page, const json_t *r); /* what was collected for a result */

/* The events that were collected for a result, in the order of time; owned: free. */
struct page_event {
    const json_t *event; /* borrowed */
    int64_t at_ms;
    size_t index;
};
struct page_event *page_events(const json_t *r, size_t *ret_count);
bool page_event_warns(const json_t *event);

/* The sections. */
void page_graph(struct page *page);   /* the cases that others build on, as a graph */
void page_time(struct page *page);    /* every step of every case, over all clusters */
void page_truth(struct page *page);   /* the DNS truth table */
void page_history(struct page *page); /* the runs before */

#endif
