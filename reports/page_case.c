/* One case of the page: what was expected and seen and why it matters, its steps, the evidence. */
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/page.h"
#include "reports/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OUTPUT_HEAD_MAX = 12 * 1024, /* of one output: its beginning ... */
    OUTPUT_TAIL_MAX = 4 * 1024,  /* ... and its end */
    EVIDENCE_LEN_MAX = 16 * 1024,
    STEPS_MAX = 200,
    WAITS_MAX = 50,
};

/* --- what a command printed ------------------------------------------------------------------ */

/* A path of the results is one of ours; anything else is not opened. */
static bool is_inside(const char *path) {
    return *path && *path != '/' && !strstr(path, "..");
}

static void part(struct page *page, int fd, off_t from, size_t len) {
    char bytes[OUTPUT_HEAD_MAX];
    ssize_t n = pread(fd, bytes, len, from);
    if (n > 0)
        pen_text(page->pen, PEN_XML, (struct pen_span){bytes, (size_t)n});
}

static void output_of(struct page *page, int fd, uint64_t size) {
    struct pen *p = page->pen;
    pen_put(p, "<pre>");
    if (size <= OUTPUT_HEAD_MAX) {
        part(page, fd, 0, (size_t)size);
    } else {
        part(page, fd, 0, OUTPUT_HEAD_MAX - OUTPUT_TAIL_MAX);
        pen_putf(p,
                 "\n\xe2\x80\xa6 [%llu bytes in all; the first %d and the last %d are here] "
                 "\xe2\x80\xa6\n",
                 (unsigned long long)size, OUTPUT_HEAD_MAX - OUTPUT_TAIL_MAX, OUTPUT_TAIL_MAX);
        part(page, fd, (off_t)(size - OUTPUT_TAIL_MAX), OUTPUT_TAIL_MAX);
    }
    pen_put(p, "</pre>");
}

void page_output(struct page *page, const char *path, uint64_t *left) {
    struct pen *p = page->pen;
    const char *dir = page->options->run_dir, *slash = strrchr(path, '/');
    CLEANUP(str_freep) char *full = dir && is_inside(path) ? fs_join(dir, path) : NULL;
    int fd = full ? open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    struct stat st;
    bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    uint64_t size = is_file ? (uint64_t)st.st_size : 0;
    uint64_t shown = size < OUTPUT_HEAD_MAX ? size : OUTPUT_HEAD_MAX;
    if (is_file && shown <= *left) {
        *left -= shown;
        page_element(p, "<details class=\"fold\"><summary>", pen_str(slash ? slash + 1 : path), "");
        pen_putf(p, " <span class=\"muted\">%llu bytes</span></summary>", (unsigned long long)size);
        output_of(page, fd, size);
        pen_put(p, "</details>\n");
    } else {
        page_element(p, "<div class=\"fold muted\">in <code>", pen_str(path), "</code></div>\n");
    }
    if (fd >= 0)
        (void)close(fd);
}

/* --- parts of a case ------------------------------------------------------------------------- */

/* What a truth table said in one line, where the message has not said it. */
static void findings(struct page *page, const json_t *r) {
    const char *message = json_str(r, "message", NULL);
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(r, "findings"), i, one) {
        const char *text = json_string_value(one);
        if (text && !(message && strstr(message, text)))
            page_element(page->pen, "<p>", pen_str(text), "</p>\n");
    }
}

static void comparison(struct page *page, const json_t *r) {
    struct pen *p = page->pen;
    struct pen_span expected = pen_member(r, "expected"), seen = pen_member(r, "seen");
    struct pen_span why = pen_member(r, "why");
    if (expected.len + seen.len + why.len == 0)
        return;
    pen_put(p, "<dl class=\"compare\">\n");
    if (expected.len + seen.len > 0) {
        page_element(p, "<dt>Expected</dt><dd class=\"said expected\">", expected, "</dd>\n");
        page_element(p, "<dt>Seen</dt><dd class=\"said seen\">", seen, "</dd>\n");
    }
    if (why.len > 0)
        page_element(p, "<dt>Why</dt><dd>", why, "</dd>\n");
    pen_put(p, "</dl>\n");
}

static void gap_of(struct page *page, const json_t *gap) {
    struct pen *p = page->pen;
    const char *url = json_str(gap, "url", NULL);
    if (!json_is_object(gap))
        return;
    page_element(p, "<p>Ledger: <b>", pen_member(gap, "id"), "</b>");
    if (pen_member(gap, "registry").len > 0)
        page_element(p, " (", pen_member(gap, "registry"), ")");
    page_element(p, ", ", pen_member(gap, "title"), "");
    if (text_is_web(url)) {
        page_element(p, ", <a rel=\"noreferrer\" href=\"", pen_str(url), "\">");
        page_element(p, "", pen_str(url), "</a>");
    }
    if (pen_member(gap, "since").len > 0)
        page_element(p, ", since ", pen_member(gap, "since"), "");
    if (pen_member(gap, "review_by").len > 0)
        page_element(p, ", to be reviewed by ", pen_member(gap, "review_by"), "");
    if (pen_member(gap, "why").len > 0)
        page_element(p, ". ", pen_member(gap, "why"), "");
    pen_put(p, "</p>\n");
    if (pen_member(gap, "workaround").len > 0)
        page_element(p, "<p>Until then: ", pen_member(gap, "workaround"), "</p>\n");
}

/* The longest first, as whoever wants a faster night looks at those; NULL: all were put. */
static const char *longest(json_t *waited, const json_t *put) {
    const char *name, *found = NULL;
    json_t *ms;
    int64_t most = -1;
    json_object_foreach(waited, name, ms) {
        if (json_integer_value(ms) > most && !json_object_get(put, name)) {
            most = json_integer_value(ms);
            found = name;
        }
    }
    return found;
}

/* How long each unit of a model took, and what those say that are not there yet. */
static void waits_of(struct page *page, const json_t *step) {
    struct pen *p = page->pen;
    json_t *waited = json_object_get(step, "waited"), *waiting = json_object_get(step, "waiting");
    if (json_object_size(waited) + json_object_size(waiting) == 0)
        return;
    pen_putf(p, "<details class=\"fold\"%s><summary>How long each took</summary><ul>\n",
             json_object_size(waiting) ? " open" : "");
    const char *name;
    json_t *one;
    json_object_foreach(waiting, name, one) {
        page_element(p, "<li>still waiting: ", pen_member(one, "said"), " (for ");
        page_duration(p, json_int(one, 0, "for_ms", NULL));
        pen_put(p, ")</li>\n");
    }
    CLEANUP(json_freep) json_t *put = json_object();
    while (json_object_size(put) < WAITS_MAX && (name = longest(waited, put))) {
        json_set_bool(put, name, true);
        page_element(p, "<li>", pen_str(name), ": ");
        page_duration(p, json_int(waited, 0, name, NULL));
        pen_put(p, "</li>\n");
    }
    pen_put(p, "</ul></details>\n");
}

/* That a command was given again, and why. */
static void retries_of(struct page *page, const json_t *step) {
    const json_t *retried = json_object_get(step, "retried");
    if (!json_is_object(retried))
        return;
    pen_put(page->pen, "<span class=\"cmd\">no controller for ");
    page_duration(page->pen, json_int(retried, 0, "for_ms", NULL));
    pen_putf(page->pen, " (tries: %lld)", (long long)json_int(retried, 1, "tries", NULL));
    page_element(page->pen, ": ", pen_member(retried, "because"), "</span>");
}

static void step_of(struct page *page, const json_t *step) {
    struct pen *p = page->pen;
    bool met = str_eq(json_str(step, "outcome", NULL), "met");
    struct pen_span title = pen_member(step, "title"), words = pen_member(step, "waiting_for");
    int64_t attempts = json_int(step, 1, "attempts", NULL);
    pen_putf(p, "<li%s><span class=\"glyph\" aria-hidden=\"true\">%s</span><div>",
             met ? "" : " class=\"bad\"", met ? "\xe2\x9c\x93" : "\xe2\x9c\x95");
    page_element(p, "", title.len ? title : pen_member(step, "verb"), "");
    if (!met)
        page_element(p, " <span class=\"badge red\">", pen_member(step, "outcome"), "</span>");
    if (words.len > 0)
        page_element(p, "<span class=\"cmd\">", words, "</span>");
    if (!met && pen_member(step, "seen").len > 0)
        page_element(p, "<span class=\"cmd\">saw: ", pen_member(step, "seen"), "</span>");
    retries_of(page, step);
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(step, "files"), i, file) {
        if (json_is_string(file))
            page_output(page, json_string_value(file), &page->output_left);
    }
    waits_of(page, step);
    pen_put(p, "</div><span class=\"num\">");
    if (attempts > 1)
        pen_putf(p, "%lld looks, ", (long long)attempts);
    page_duration(p, json_int(step, 0, "elapsed_ms", NULL));
    pen_put(p, "</span></li>\n");
}

static void steps(struct page *page, const json_t *r) {
    const json_t *list = json_object_get(r, "steps");
    size_t i;
    json_t *step;
    if (json_array_size(list) == 0)
        return;
    pen_put(page->pen, "<ol class=\"steps\">\n");
    json_array_foreach(list, i, step) {
        if (i == STEPS_MAX)
            break;
        step_of(page, step);
    }
    pen_put(page->pen, "</ol>\n");
    if (json_array_size(list) > STEPS_MAX)
        pen_putf(page->pen, "<p class=\"muted\">%zu more steps are in results.json.</p>\n",
                 json_array_size(list) - STEPS_MAX);
}

static bool names_file(const json_t *r, const json_t *file) {
    size_t i, k;
    json_t *step, *other;
    json_array_foreach(json_object_get(r, "steps"), i, step) {
        json_array_foreach(json_object_get(step, "files"), k, other) {
            if (json_equal(other, file))
                return true;
        }
    }
    return false;
}

static void evidence(struct page *page, const json_t *r, bool red) {
    struct pen *p = page->pen;
    const json_t *seen = json_object_get(r, "evidence");
    if (json_object_size(seen) > 0) {
        pen_put(p, "<details class=\"fold\"><summary>Evidence</summary><pre>");
        pen_value(p, PEN_XML, seen, true, EVIDENCE_LEN_MAX);
        pen_put(p, "</pre></details>\n");
    }
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(r, "files"), i, file) {
        if (json_is_string(file) && !names_file(r, file))
            page_output(page, json_string_value(file), &page->output_left);
    }
    page_collected(page, r);
    int64_t from = page_offset(page, r, "started");
    if (red && from >= 0)
        pen_putf(p,
                 "<details class=\"fold around\" data-from=\"%lld\" data-to=\"%lld\"><summary>What "
                 "all clusters did meanwhile</summary></details>\n",
                 (long long)from, (long long)(from + json_int(r, 0, "elapsed_ms", NULL)));
}

static void title(struct page *page, const json_t *r, size_t index) {
    struct pen *p = page->pen;
    size_t ordinal = names_ordinal(page->names, index);
    enum verdict v = tally_verdict(r);
    page_badge(p, page_look_of(page, v), page_sign(v), verdict_name(v));
    page_element(p, "<span class=\"id\">", pen_member(r, "case"), "");
    if (ordinal > 1)
        pen_putf(p, " (%zu)", ordinal);
    page_element(p, "</span><span class=\"title\">", pen_member(r, "title"), "");
    size_t i;
    json_t *word;
    json_array_foreach(json_object_get(r, "covers"), i, word) {
        page_element(p, " <span class=\"muted\">", pen_str(json_string_value(word)), "</span>");
    }
    pen_put(p, "</span><span class=\"num\">");
    page_duration(p, json_int(r, 0, "elapsed_ms", NULL));
    pen_put(p, "</span>");
}

void page_case_row(struct page *page, size_t index) {
    const json_t *r = json_array_get(page->list, index);
    pen_putf(page->pen, "<div class=\"row\" data-verdict=\"%s\">", verdict_name(tally_verdict(r)));
    title(page, r, index);
    pen_put(page->pen, "</div>\n");
}

void page_case(struct page *page, size_t index, bool open) {
    struct pen *p = page->pen;
    const json_t *r = json_array_get(page->list, index);
    enum verdict v = tally_verdict(r);
    bool red = tally_is_red(&page->tally, v);
    pen_putf(p, "<details class=\"case %s\" id=\"case-%zu\" data-verdict=\"%s\"%s><summary>",
             page_group(page, v), index, verdict_name(v), open ? " open" : "");
    title(page, r, index);
    pen_put(p, "</summary><div class=\"body\">\n");
    if (pen_member(r, "message").len > 0)
        page_element(p, "<p class=\"message\">", pen_member(r, "message"), "</p>\n");
    findings(page, r);
    comparison(page, r);
    gap_of(page, json_object_get(r, "gap"));
    steps(page, r);
    evidence(page, r, red);
    if (red || v == VERDICT_KNOWN_GAP)
        page_element(p, "<p class=\"again\">Again, alone: <code>confed run ", pen_member(r, "case"),
                     "</code></p>\n");
    pen_put(p, "</div></details>\n");
}
