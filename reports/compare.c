#include "reports/compare.h"
#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/model/verdict.h"
#include "reports/whole.h"

#include <string.h>

enum { RUNS_SHOWN_MAX = 3 };

static const struct compare_format formats_of_all[] = {
    {"text", "compare.txt", compare_text},       {"markdown", "compare.md", compare_markdown},
    {"html", "compare.html", compare_html},      {"json", "compare.json", compare_json},
    {"junit", "compare.xml", compare_junit},     {"tap", "compare.tap", compare_tap},
    {"ctrf", "compare.ctrf.json", compare_ctrf},
};
const struct compare_formats compare_formats = {formats_of_all, ARRAY_LEN(formats_of_all)};

const struct compare_format *compare_format_find(const struct compare_formats *formats,
                                                 const char *name, struct err *err) {
    struct buf names = BUF_INIT;
    for (size_t i = 0; i < formats->count; i++) {
        if (strcmp(formats->list[i].name, name) == 0) {
            buf_release(&names);
            return &formats->list[i];
        }
        buf_addf(&names, "%s%s",
                 i == 0                   ? ""
                 : i + 1 < formats->count ? ", "
                                          : " or ",
                 formats->list[i].name);
    }
    err_set(err, ERR_USAGE, "there is no format \"%s\"; expected %s", name, buf_str(&names));
    buf_release(&names);
    return NULL;
}

struct written {
    const struct compare_format *format;
    const json_t *document;
};

static void write_format(void *self, FILE *out) {
    const struct written *w = self;
    w->format->write(w->document, &(struct compare_report_options){.all = true}, out);
}

int compare_write_all(const struct compare_formats *formats, const json_t *document,
                      const char *dir, struct err *err) {
    for (size_t i = 0; i < formats->count; i++) {
        const struct compare_format *f = &formats->list[i];
        CLEANUP(str_freep) char *path = fs_join(dir, f->file_name);
        if (whole_write(path, write_format, &(struct written){f, document}, err) < 0)
            return err->code;
    }
    return 0;
}

void compare_json(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    (void)o;
    (void)json_dumpf(comparison, out, JSON_INDENT(2) | JSON_SORT_KEYS);
    fputc('\n', out);
}

/* --- what the formats share ------------------------------------------------------------------- */

bool compare_is_go(const json_t *comparison) {
    return json_int(comparison, 1, "exit", NULL) == 0;
}

void compare_side(struct pen *p, enum pen_form form, const json_t *side) {
    const json_t *runs = json_object_get(side, "runs");
    size_t count = json_array_size(runs);
    pen_text(p, form, pen_member(side, "name"));
    pen_put(p, " (");
    for (size_t i = 0; i < count && i < RUNS_SHOWN_MAX; i++) {
        pen_put(p, i ? ", " : "");
        pen_text(p, form, pen_member(json_array_get(runs, i), "run"));
    }
    if (count > RUNS_SHOWN_MAX)
        pen_putf(p, " and %zu more runs", count - RUNS_SHOWN_MAX);
    pen_put(p, ")");
}

enum compare_outcome compare_outcome_of(const json_t *comparison, const json_t *row) {
    bool warns = json_flag(row, "warns", NULL);
    if (json_flag(row, "blocks", NULL) || (warns && json_flag(comparison, "strict", NULL)))
        return COMPARE_OUTCOME_FAILED;
    enum verdict v = verdict_of_name(json_str(row, "verdict", NULL));
    if (warns)
        return COMPARE_OUTCOME_TODO;
    if (v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED)
        return COMPARE_OUTCOME_SKIPPED;
    return v == VERDICT_PASSED || v == VERDICT_GAP_VANISHED ? COMPARE_OUTCOME_PASSED
                                                            : COMPARE_OUTCOME_TODO;
}

void compare_count(const json_t *comparison, size_t ret_of[COMPARE_OUTCOMES]) {
    size_t i;
    json_t *row;
    memset(ret_of, 0, COMPARE_OUTCOMES * sizeof(*ret_of));
    json_array_foreach(json_object_get(comparison, "cases"), i, row)
        ret_of[compare_outcome_of(comparison, row)]++;
}

bool compare_times(const json_t *row, int64_t *ret_before_ms, int64_t *ret_now_ms) {
    const json_t *ms = json_object_get(row, "ms");
    const json_t *before = json_array_get(ms, 0), *now = json_array_get(ms, 1);
    if (!json_is_integer(before) || !json_is_integer(now))
        return false;
    *ret_before_ms = json_integer_value(before);
    *ret_now_ms = json_integer_value(now);
    return true;
}

struct pen_span compare_slug(const json_t *row, struct pen_span *ret_area) {
    struct pen_span id = pen_member(row, "case");
    const char *dot = memchr(id.data, '.', id.len);
    size_t area_len = dot ? (size_t)(dot - id.data) : 0, behind = dot ? area_len + 1 : 0;
    *ret_area = (struct pen_span){id.data, area_len};
    return (struct pen_span){id.data + behind, id.len - behind};
}
