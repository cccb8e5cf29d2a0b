#include "harness/model/scenario.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/lint.h"
#include "harness/model/step_lint.h"
#include "harness/model/value.h"

#include <string.h>

enum { STEPS_MAX = 1000 };

size_t scenario_area_len(const char *id) {
    return strcspn(id, ".");
}

size_t scenario_step_total(const struct scenario *s) {
    return s->step_count + s->again_count + s->still_count;
}

const json_t *scenario_step_source(const struct scenario *s, size_t index) {
    const char *key = "steps";
    if (index >= s->step_count) {
        index -= s->step_count;
        key = "again";
        if (index >= s->again_count) {
            index -= s->again_count;
            key = "still";
        }
    }
    return json_array_get(json_object_get(s->source, key), index);
}

void scenario_free(struct scenario *s) {
    if (!s)
        return;
    free(s->file);
    free(s->steps);
    json_decref(s->source);
    free(s);
}

static bool is_slug(const char *s, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool ok =
            (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || (s[i] == '-' && i > 0);
        if (!ok)
            return false;
    }
    return len > 0 && len <= 100;
}

static void check_id(struct lint *lint, const struct scenario *s) {
    size_t area = scenario_area_len(s->id);
    if (!is_slug(s->id, area) || s->id[area] != '.' ||
        !is_slug(s->id + area + 1, strlen(s->id + area + 1))) {
        lint_add(lint, "id", "id \"%s\" is not area.slug of a-z, 0-9 and -", s->id);
        return;
    }
    CLEANUP(str_freep) char *home = xasprintf("%.*s/%s.yaml", (int)area, s->id, s->id + area + 1);
    size_t len = strlen(s->file), home_len = strlen(home);
    bool at_home =
        str_has_suffix(s->file, home) && (len == home_len || s->file[len - home_len - 1] == '/');
    if (str_has_suffix(s->file, ".yaml") && !at_home)
        lint_add(lint, "id", "id \"%s\" belongs into a file %s", s->id, home);
}

static const json_t *texts(struct lint *lint, const char *key) {
    const json_t *list = lint_member(lint, key, LINT_LIST, false);
    size_t i;
    json_t *element;
    json_array_foreach(list, i, element) if (!json_is_string(element))
        lint_add(lint, key, "%s is a list of texts", key);
    return list;
}

static void read_head(struct scenario *s, struct lint *lint) {
    static const char *const keys[] = {
        "id",       "title",    "why",  "covers",  "needs", "after", "behind", "worlds", "deadline",
        "required", "teardown", "once", "by_name", "steps", "again", "still",  NULL};
    lint_keys(lint, keys, "case");
    s->id = json_string_value(lint_member(lint, "id", LINT_TEXT, true));
    s->title = json_string_value(lint_member(lint, "title", LINT_TEXT, true));
    s->why = json_string_value(lint_member(lint, "why", LINT_TEXT, false));
    s->covers = texts(lint, "covers");
    s->needs = texts(lint, "needs");
    s->after = texts(lint, "after");
    s->behind = texts(lint, "behind");
    s->worlds = texts(lint, "worlds");
    s->required = json_is_true(lint_member(lint, "required", LINT_FLAG, false));
    s->teardown = json_is_true(lint_member(lint, "teardown", LINT_FLAG, false));
    s->once = json_is_true(lint_member(lint, "once", LINT_FLAG, false));
    if (s->once && !s->teardown)
        lint_add(lint, "once", "once is for a case with teardown: true");
    s->by_name = json_is_true(lint_member(lint, "by_name", LINT_FLAG, false));
    s->deadline_ms = lint_duration(lint, "deadline");
    if (s->id)
        check_id(lint, s);
}

/* Reads the list of steps at key into steps; how many. */
static size_t read_list(struct step *steps, const json_t *list, const char *key,
                        struct lint *lint) {
    const json_t *lines = json_object_get(lint->lines, key);
    CLEANUP(json_freep) json_t *jobs = json_object();
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        struct lint inner = {.problems = lint->problems,
                             .file = lint->file,
                             .object = json_array_get(list, i),
                             .lines = json_array_get(lines, i)};
        inner.line = lint_line(inner.lines, lint->line);
        steps[i].line = inner.line;
        step_lint_read(&steps[i], &inner, jobs);
    }
    return count;
}

static void read_steps(struct scenario *s, struct lint *lint) {
    const json_t *list = lint_member(lint, "steps", LINT_LIST, true);
    const json_t *again = lint_member(lint, "again", LINT_LIST, false);
    const json_t *still = lint_member(lint, "still", LINT_LIST, false);
    size_t count = json_array_size(list);
    if (list && (count == 0 || count > STEPS_MAX))
        lint_add(lint, "steps", "steps has %zu elements, expected 1 to %d", count, STEPS_MAX);
    if (count > STEPS_MAX || json_array_size(again) > STEPS_MAX ||
        json_array_size(still) > STEPS_MAX)
        return;
    s->steps =
        xcalloc(count + json_array_size(again) + json_array_size(still) + 1, sizeof(*s->steps));
    s->step_count = read_list(s->steps, list, "steps", lint);
    s->again_count = read_list(s->steps + count, again, "again", lint);
    s->still_count = read_list(s->steps + count + s->again_count, still, "still", lint);
}

struct scenario *scenario_from_json(const json_t *source, const json_t *lines, const char *file,
                                    struct problems *problems) {
    size_t before = problems->count;
    if (!json_is_object(source)) {
        problems_add(problems, file, 0, "expected a case, a mapping with id, title and steps");
        return NULL;
    }
    CLEANUP(scenario_freep) struct scenario *s = xcalloc(1, sizeof(*s));
    s->file = xstrdup(file);
    s->source = json_deep_copy(source); /* the members of s are borrowed from here */
    struct lint lint = {.problems = problems, .file = s->file, .object = s->source, .lines = lines};
    lint.line = lint_line(lines, lines ? 1 : 0);
    s->line = lint.line;
    read_head(s, &lint);
    read_steps(s, &lint);
    return problems->count == before ? scenario_take(&s) : NULL;
}

struct scenario *scenario_parse(const char *text, size_t len, const char *file,
                                struct problems *problems) {
    struct err err = {0};
    json_t *lines_made = NULL;
    CLEANUP(json_freep) json_t *source = yaml_parse_with_lines(text, len, file, &lines_made, &err);
    CLEANUP(json_freep) json_t *lines = lines_made;
    if (source)
        return scenario_from_json(source, lines, file, problems);
    problems_add_err(problems, &err);
    return NULL;
}
