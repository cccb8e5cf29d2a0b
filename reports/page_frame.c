#include "reports/page_frame.h"
#include "harness/core/mem.h"
#include "reports/page_assets.h"

enum {
    WHOLE_LEN_MAX =
        6 * 1000 * 1000, /* entries are shown whole until the page has this length ... */
    ROWS_LEN_MAX = 12 * 1000 * 1000, /* ... and as one line until it has this one */
    NEEDS_TEXT_MAX = 300,
};

const char *page_look_name(enum page_look look) {
    static const char *const names[PAGE_LOOKS] = {"red", "gap", "ok", "skip"};
    return names[look];
}

/* --- small parts ------------------------------------------------------------------------------ */

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

void page_badge(struct pen *p, enum page_look look, const char *sign, const char *word) {
    pen_putf(p, "<span class=\"badge %s\">%s %s</span>", page_look_name(look), sign, word);
}

void page_fact(struct pen *p, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_putf(p, "<div><dt>%s</dt>", name);
    page_element(p, "<dd>", value, "</dd></div>\n");
}

/* --- head and band ---------------------------------------------------------------------------- */

static const char *mark_of(bool red) {
    return red ? "\xe2\x9c\x95" : "\xe2\x9c\x93"; /* a cross, a check mark */
}

void page_head(struct pen *p, bool red, const char *word, struct pen_span name) {
    pen_put(p, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"referrer\" content=\"no-referrer\">\n");
    pen_putf(p, "<title>%s %s: confed ", mark_of(red), word);
    page_element(p, "", name, "</title>\n");
    pen_putf(p,
             "<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg "
             "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%%3E%%3Ccircle cx='8' cy='8' "
             "r='7' fill='%%23%s'/%%3E%%3C/svg%%3E\">\n<style>\n",
             red ? "b3202f" : "2c8a4b");
    pen_add(p, (const char *)page_css, page_css_len);
    pen_put(p, "</style>\n</head>\n<body>\n"
               "<a class=\"skip-link\" href=\"#cases\">To the cases</a>\n");
}

void page_band(struct pen *p, bool red, const char *answer) {
    pen_putf(p,
             "<header class=\"band%s\"><div>\n<div class=\"verdict\"><span class=\"mark\" "
             "aria-hidden=\"true\">%s</span><h1>%s</h1></div>\n",
             red ? " is-red" : "", mark_of(red), answer);
}

void page_bar(struct pen *p, const size_t of[PAGE_LOOKS]) {
    pen_put(p, "<div class=\"bar\" aria-hidden=\"true\">");
    for (int look = 0; look < PAGE_LOOKS; look++)
        if (of[look])
            pen_putf(p, "<i class=\"%s\" style=\"flex:%zu\"></i>",
                     page_look_name((enum page_look)look), of[look]);
    pen_put(p, "</div>\n");
}

void page_need(struct pen *p, const struct page_need *need) {
    if (need->href)
        pen_putf(p, "<li><a href=\"%s\">", need->href);
    else
        pen_put(p, "<li><div>");
    page_badge(p, need->look, need->sign, need->word);
    page_element(p, " <span class=\"id\">", need->id, "</span> <span class=\"what\">");
    pen_text_max(p, PEN_XML, need->what, NEEDS_TEXT_MAX);
    pen_put(p, need->href ? "</span></a></li>\n" : "</span></div></li>\n");
}

void page_need_more(struct pen *p, const char *href, size_t count) {
    if (count == 0)
        return;
    if (href)
        pen_putf(p, "<li><a href=\"%s\">", href);
    else
        pen_put(p, "<li><div>");
    pen_putf(p, "<span></span><span>and %zu more</span>", count);
    pen_put(p, href ? "</a></li>\n" : "</div></li>\n");
}

void page_more(struct pen *p, size_t count) {
    if (count > 0)
        pen_putf(p, "<p class=\"muted\">and %zu more</p>\n", count);
}

void page_main(struct pen *p, const struct page_link *links, size_t count) {
    pen_put(p, "<nav aria-label=\"On this page\">");
    for (size_t i = 0; i < count; i++)
        pen_putf(p, "<a href=\"%s\">%s</a>", links[i].href, links[i].text);
    pen_put(p, "</nav>\n</div></header>\n<main>\n");
}

void page_foot(struct pen *p, const char *source) {
    pen_putf(p, "</main>\n<footer>Made by confed from %s. ", source);
    pen_put(p, "<span class=\"keys\">Keys: <kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> next and "
               "previous case, <kbd>o</kbd> or <kbd>Enter</kbd> unfold, <kbd>Esc</kbd> show all."
               "</span></footer>\n<script>\n");
    pen_add(p, (const char *)page_js, page_js_len);
    pen_put(p, "</script>\n</body>\n</html>\n");
}

/* --- lists ------------------------------------------------------------------------------------ */

void page_tools(struct pen *p, const struct page_chip *chips, size_t count) {
    pen_put(p, "<div class=\"tools\" role=\"search\">\n<input id=\"search\" type=\"search\" "
               "autocomplete=\"off\" placeholder=\"Search ids, titles, output\" "
               "aria-label=\"Search the cases\" aria-keyshortcuts=\"/\">\n");
    for (size_t i = 0; i < count; i++)
        if (chips[i].count)
            pen_putf(p,
                     "<button type=\"button\" class=\"chip\" data-group=\"%s\" "
                     "aria-pressed=\"false\">%s %s <b>%zu</b></button>\n",
                     chips[i].name, chips[i].sign, chips[i].name, chips[i].count);
    pen_put(p, "<button type=\"button\" class=\"chip\" id=\"fold\">Unfold or fold all</button>\n"
               "<span class=\"count\" id=\"count\" role=\"status\"></span>\n</div>\n"
               "<p id=\"none\" hidden>No case is like that. <kbd>Esc</kbd> shows all again.</p>\n");
}

void page_list(struct pen *p, const struct page_list *list) {
    size_t left_out = 0;
    bool begun = false;
    for (size_t i = 0; i < list->count; i++) {
        if (!list->has(list->self, i))
            continue;
        if (!begun)
            pen_putf(p, "<div data-cases=\"%s\"><h3>%s</h3>\n", list->name, list->title);
        begun = true;
        if (p->written < WHOLE_LEN_MAX)
            list->whole(list->self, i);
        else if (p->written < ROWS_LEN_MAX)
            list->row(list->self, i);
        else
            left_out++;
    }
    if (left_out)
        pen_putf(p,
                 "<p class=\"muted\">%zu more are not on this page, which would be too long for a "
                 "browser: the files beside it have them.</p>\n",
                 left_out);
    if (begun)
        pen_put(p, "</div>\n");
}
