/*
 * What every page has, whatever it is about: the head with style and Content-Security-Policy, the
 * band with the answer in one glance, search and chips, lists that end before they are too long for
 * a browser, the foot with the script. The style and the script know these parts only, so a page
 * that is made of them can be searched, filtered, walked with the keyboard, printed and read in the
 * dark.
 *
 *     page_head(p, red, "no-go", pen_str("1.6.2 to 1.7.0"));
 *     page_band(p, red, "NO-GO");                    ... a lead, page_bar, page_facts, page_needs
 * ... page_main(p, links, ARRAY_LEN(links));         ... sections ... page_foot(p, "two runs");
 */
#ifndef CONFED_REPORTS_PAGE_FRAME_H
#define CONFED_REPORTS_PAGE_FRAME_H

#include "reports/pen.h"

enum {
    PAGE_TEXT_LEN_MAX = 16 * 1024,
    PAGE_NEEDS_MAX = 12, /* lines below the answer */
};

/* How a thing looks, in the order of the bar; the colour is never the only sign. */
enum page_look { PAGE_RED, PAGE_GAP, PAGE_OK, PAGE_SKIP, PAGE_LOOKS };
const char *page_look_name(enum page_look look); /* "red", "gap", "ok", "skip": as in page.css */

/* open, the text escaped, close. */
void page_element(struct pen *p, const char *open, struct pen_span text, const char *close);
/* "1.2 s", "3 min 5 s": a duration for people. */
void page_duration(struct pen *p, int64_t ms);
/* <span class="badge ...">sign word</span> */
void page_badge(struct pen *p, enum page_look look, const char *sign, const char *word);
void page_fact(struct pen *p, const char *name, struct pen_span value); /* in <dl class="facts"> */

/* word and name are for the title: "no-go: confed 1.6.2 to 1.7.0". */
void page_head(struct pen *p, bool red, const char *word, struct pen_span name);
void page_band(struct pen *p, bool red, const char *answer);
void page_bar(struct pen *p, const size_t of[PAGE_LOOKS]);
struct page_link {
    const char *href, *text; /* a link that leads nowhere is hidden by the script */
};
void page_main(struct pen *p, const struct page_link *links, size_t count); /* the band ends */
void page_foot(struct pen *p, const char *source); /* "results.json": what it was made from */

/* One line below the answer; href NULL: it leads nowhere. */
struct page_need {
    const char *href, *sign, *word;
    enum page_look look;
    struct pen_span id, what;
};
void page_need(struct pen *p, const struct page_need *need);
/* A line for those that are not shown, which leads to href or, NULL, nowhere; 0: nothing. */
void page_need_more(struct pen *p, const char *href, size_t count);
/* The same behind a list or a table. */
void page_more(struct pen *p, size_t count);

/* Search, a chip for each count that is not 0, and the place for the number of cases shown. */
struct page_chip {
    const char *name, *sign; /* name: what data-verdict of an entry says */
    size_t count;
};
void page_tools(struct pen *p, const struct page_chip *chips, size_t count);

/*
 * Those of count entries that are in the list: whole while there is room on the page, then a line
 * each, then only their number. Nothing when there is none.
 */
struct page_list {
    const char *name, *title;
    void *self;
    size_t count;
    bool (*has)(void *self, size_t index);
    void (*whole)(void *self, size_t index);
    void (*row)(void *self, size_t index);
};
void page_list(struct pen *p, const struct page_list *list);

#endif
