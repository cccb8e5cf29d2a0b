#include "harness/model/budget.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/lint.h"

#include <ctype.h>
#include <string.h>

enum { STEP_DEFAULT_MS = 10 * 60 * 1000, WORDS_MAX = 8 };

static const char default_key[] = "default";

void budget_release(struct budget *b) {
    json_decref(b->steps);
    *b = (struct budget){0};
}

/* "default", a verb, or "run" and the words of a command, one blank between them. */
static bool is_key(const char *key) {
    if (str_eq(key, default_key))
        return true;
    for (int v = STEP_RUN; v <= STEP_BIND; v++)
        if (str_eq(key, step_verb_name((enum step_verb)v)))
            return true;
    if (!str_has_prefix(key, "run "))
        return false;
    size_t words = 0;
    for (const char *p = key; *p; p += strcspn(p, " ")) {
        p += *p == ' ';
        if (!isgraph((unsigned char)*p) || ++words > WORDS_MAX)
            return false;
    }
    return true;
}

static void read_steps(struct budget *b, struct lint *outer) {
    json_t *object = json_mutable(lint_member(outer, "steps", LINT_OBJECT, false));
    struct lint lint = {.problems = outer->problems,
                        .file = outer->file,
                        .object = object,
                        .lines = json_object_get(outer->lines, "steps")};
    lint.line = lint_line(lint.lines, outer->line);
    const char *key;
    json_t *value;
    if (!b->steps)
        b->steps = json_object();
    json_object_foreach(object, key, value) {
        if (!is_key(key)) {
            lint_add(&lint, key,
                     "\"%s\" is no kind of step: expected default, a verb like settle, or run and "
                     "the first words of a command like \"run juju deploy\"",
                     key);
            continue;
        }
        int64_t ms = lint_duration(&lint, key);
        if (ms > 0)
            json_set_int(b->steps, key, ms);
    }
}

static void take(int64_t *to, struct lint *lint, const char *key) {
    int64_t ms = lint_duration(lint, key);
    if (ms > 0)
        *to = ms;
}

void budget_lint(struct budget *b, const char *text, size_t len, const char *name,
                 struct problems *problems) {
    static const char *const keys[] = {"run", "teardown", "steps", NULL};
    struct err err = {0};
    json_t *lines_made = NULL;
    CLEANUP(json_freep) json_t *source = yaml_parse_with_lines(text, len, name, &lines_made, &err);
    CLEANUP(json_freep) json_t *lines = lines_made;
    if (!source) {
        problems_add_err(problems, &err);
        return;
    }
    if (!json_is_object(source)) {
        problems_add(problems, name, 0, "expected a budget, a mapping with run, teardown or steps");
        return;
    }
    struct lint lint = {.problems = problems, .file = name, .object = source, .lines = lines};
    lint.line = lint_line(lines, 1);
    lint_keys(&lint, keys, "budget");
    take(&b->run_ms, &lint, "run");
    take(&b->teardown_ms, &lint, "teardown");
    read_steps(b, &lint);
}

int budget_add(struct budget *b, const char *path, struct err *err) {
    struct buf text = BUF_INIT;
    struct problems problems = PROBLEMS_INIT;
    int rc = fs_read(path, &text, err);
    if (rc == 0)
        budget_lint(b, buf_str(&text), text.len, path, &problems);
    if (problems.count)
        rc = problems_err(&problems, "", err);
    buf_release(&text);
    problems_release(&problems);
    return rc;
}

json_t *budget_to_json(const struct budget *b) {
    json_t *out = json_object();
    json_set_int(out, "run_ms", b->run_ms);
    json_set_int(out, "teardown_ms", b->teardown_ms);
    json_object_set_new(out, "steps_ms", b->steps ? json_deep_copy(b->steps) : json_object());
    return out;
}

void budget_from_json(struct budget *b, const json_t *from) {
    json_t *steps = json_object_get(from, "steps_ms");
    int64_t run_ms = json_int(from, 0, "run_ms", NULL);
    int64_t teardown_ms = json_int(from, 0, "teardown_ms", NULL);
    b->run_ms = run_ms > 0 ? run_ms : 0;
    b->teardown_ms = teardown_ms > 0 ? teardown_ms : 0;
    json_decref(b->steps);
    b->steps = json_object();
    const char *key;
    json_t *ms;
    json_object_foreach(steps, key, ms) {
        if (is_key(key) && json_integer_value(ms) > 0)
            json_object_set(b->steps, key, ms);
    }
}

static int64_t of_key(const struct budget *b, const char *key) {
    return json_int(b->steps, 0, key, NULL);
}

/* By its first words; flags among them do not count: `kubectl --context=c1 delete pod`. */
static int64_t of_command(const struct budget *b, const json_t *argv) {
    struct buf key = BUF_INIT;
    buf_adds(&key, step_verb_name(STEP_RUN));
    int64_t found = 0;
    size_t i, words = 0;
    json_t *word;
    json_array_foreach(argv, i, word) {
        const char *text = json_string_value(word);
        if (!text || ++words > WORDS_MAX)
            break;
        if (i > 0 && *text == '-')
            continue;
        buf_addf(&key, " %s", text);
        int64_t ms = of_key(b, buf_str(&key));
        found = ms ? ms : found;
    }
    buf_release(&key);
    return found;
}

/* The words of the command that the step waits for, or NULL. */
static const json_t *command_of(const struct scenario *s, const struct step *step) {
    if (step->verb == STEP_RUN)
        return step->args;
    for (size_t i = 0; step->verb == STEP_FINISH && i < scenario_step_total(s); i++)
        if (s->steps[i].verb == STEP_RUN && str_eq(s->steps[i].job, step->job))
            return s->steps[i].args;
    return NULL;
}

int64_t budget_step_ms(const struct budget *b, const struct scenario *s, const struct step *step) {
    if (!b || !b->steps)
        return STEP_DEFAULT_MS;
    int64_t ms = of_command(b, command_of(s, step));
    if (!ms)
        ms = of_key(b, step_verb_name(step->verb));
    if (!ms)
        ms = of_key(b, default_key);
    return ms ? ms : STEP_DEFAULT_MS;
}
