#include "harness/judge/upgrade_list.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/model/gap.h"
#include "harness/model/lint.h"
#include "harness/model/predicate.h"
#include "harness/model/results.h"

#include <stdint.h>

static const char *const keys[] = {"version", "from", "to", "title", "points", NULL};
static const char *const point_keys[] = {"id", "title", "do", "url", "shown_by", "not_shown", NULL};
static const char *const source_keys[] = {"case", "evidence", "before", "after", NULL};

static bool is_window(const char *text) {
    return *text && gap_window_is_sound(text);
}

static void check_predicate(struct lint *lint, const char *key) {
    const json_t *predicate = lint_member(lint, key, LINT_OBJECT, false);
    struct err why = {0};
    if (predicate && predicate_check(predicate, NULL, false, &why) < 0)
        lint_add(lint, key, "%s: %s", key, why.text);
}

static void check_source(struct lint *lint) {
    lint_keys(lint, source_keys, "source");
    (void)lint_text(lint, "case", true, lint_is_case, "the id of a case, like lifecycle.dns");
    (void)lint_texts(lint, "evidence", true, lint_is_something, "names of evidence of the case");
    check_predicate(lint, "before");
    check_predicate(lint, "after");
    if (!json_object_get(lint->object, "before") && !json_object_get(lint->object, "after"))
        lint_add(lint, NULL, "nothing is held against the evidence, expected before or after");
}

static void check_sources(struct lint *point) {
    const json_t *list = lint_member(point, "shown_by", LINT_LIST, false);
    const json_t *lines = json_object_get(point->lines, "shown_by");
    size_t i;
    json_t *source;
    if (list && json_array_size(list) == 0)
        lint_add(point, "shown_by", "shown_by is empty, expected at least one source");
    json_array_foreach(list, i, source) {
        const json_t *at = json_array_get(lines, i);
        struct lint lint = {point->problems, point->file, lint_line(at, point->line), source, at};
        if (json_is_object(source))
            check_source(&lint);
        else
            lint_add(&lint, NULL, "expected an object per source: {\"case\": ...}");
    }
}

/* seen: id -> its line. */
static void check_point(struct lint *lint, struct map *seen) {
    lint_keys(lint, point_keys, "point");
    const char *id = lint_text(lint, "id", true, lint_is_something, "a name like U-01");
    (void)lint_text(lint, "title", true, lint_is_something, "what changes, in one line");
    (void)lint_text(lint, "do", true, lint_is_something, "what somebody has to do about it");
    (void)lint_text(lint, "url", true, lint_is_url, "where upstream says so, https://...");
    (void)lint_text(lint, "not_shown", false, lint_is_something, "why no run shows it");
    bool shown = json_object_get(lint->object, "shown_by");
    if (shown == (json_object_get(lint->object, "not_shown") != NULL))
        lint_add(lint, NULL, "expected %s shown_by and not_shown",
                 shown ? "only one of" : "one of");
    check_sources(lint);
    uintptr_t other = id ? (uintptr_t)map_get(seen, id) : 0;
    if (other)
        lint_add(lint, "id", "id: %s is there already, on line %d: give this point another id", id,
                 (int)other);
    else if (id)
        map_set(seen, id, (void *)(uintptr_t)(lint->line > 0 ? lint->line : 1));
}

static void check_points(struct lint *lint) {
    const json_t *list = lint_member(lint, "points", LINT_LIST, true);
    const json_t *lines = json_object_get(lint->lines, "points");
    struct map seen = {0};
    size_t i;
    json_t *point;
    if (list && json_array_size(list) == 0)
        lint_add(lint, "points", "points is empty, expected at least one");
    json_array_foreach(list, i, point) {
        const json_t *at = json_array_get(lines, i);
        struct lint one = {lint->problems, lint->file, lint_line(at, lint->line), point, at};
        if (json_is_object(point))
            check_point(&one, &seen);
        else
            lint_add(&one, NULL, "expected an object per point: {\"id\": ...}");
    }
    map_release(&seen);
}

json_t *upgrade_list_lint(const char *text, size_t len, const char *name,
                          struct problems *problems) {
    static const char bounds[] = "bounds such as \">=1.6 <1.7\"";
    CLEANUP(json_freep) json_t *lines = NULL;
    CLEANUP(json_freep) json_t *list = lint_document(text, len, name, &lines, problems);
    size_t before = problems->count;
    struct err err = {0};
    struct lint lint = {problems, name, 1, list, lines};
    if (!list)
        return NULL;
    if (!json_is_object(list)) {
        problems_add(problems, name, 1,
                     "expected {\"version\": 1, \"from\": ..., \"points\": ...}");
        return NULL;
    }
    if (results_version_check(list, name, &err) < 0) {
        problems_add_err(problems, &err);
        return NULL;
    }
    lint_keys(&lint, keys, "list");
    (void)lint_text(&lint, "from", true, is_window, bounds);
    (void)lint_text(&lint, "to", true, is_window, bounds);
    (void)lint_text(&lint, "title", true, lint_is_something, "what the list is called");
    check_points(&lint);
    return problems->count == before ? json_take(&list) : NULL;
}

json_t *upgrade_list_load(const char *path, struct err *err) {
    struct buf text = BUF_INIT;
    struct problems problems = PROBLEMS_INIT;
    json_t *list = NULL;
    if (fs_read(path, &text, err) == 0) {
        list = upgrade_list_lint(buf_str(&text), text.len, path, &problems);
        (void)problems_err(&problems, "", err);
    }
    problems_release(&problems);
    buf_release(&text);
    return list;
}

bool upgrade_list_is_for(const json_t *list, const char *from, const char *to) {
    const char *of = json_str(list, "from", NULL), *into = json_str(list, "to", NULL);
    return from && to && of && into && gap_window_has(of, from) && gap_window_has(into, to);
}
