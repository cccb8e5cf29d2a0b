#include "harness/driver/step_judge.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/driver/step.h"
#include "harness/model/value.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 300 };

/* Without its secrets before it is cut: the last line of a key says no more what it is. */
static char *last_line(const json_t *output) {
    struct buf masked = BUF_INIT;
    if (output)
        mask_text(json_string_value(output), json_string_length(output), &masked);
    const char *text = buf_str(&masked);
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    const char *newline = memrchr(text, '\n', len);
    const char *line = newline ? newline + 1 : text;
    size_t line_len = (size_t)(text + len - line);
    char *words = xstrndup(line, line_len < LINE_MAX_BYTES ? line_len : LINE_MAX_BYTES);
    buf_release(&masked);
    return words;
}

char *step_last_words(const json_t *seen) {
    static const char *const members[] = {"stderr", "stdout"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *output = json_object_get(seen, members[i]);
        CLEANUP(str_freep) char *words = last_line(json_is_string(output) ? output : NULL);
        if (*words)
            return str_take(&words);
    }
    return NULL;
}

/* Whether want holds; else the finding is unmet. */
static bool check(const json_t *want, const json_t *seen, struct step_finding *ret) {
    if (!want || predicate_holds(want, seen, &ret->difference))
        return true;
    ret->outcome = OUTCOME_UNMET;
    return false;
}

static bool check_new(json_t *want, const json_t *seen, struct step_finding *ret) {
    bool holds = check(want, seen, ret);
    json_decref(want);
    return holds;
}

/* Puts what is missing behind the state that was found. */
static void add_problem(const json_t *seen, struct step_finding *ret) {
    const char *problem = json_str(seen, "problem", NULL);
    char *was = ret->difference.seen;
    if (!problem || !was)
        return;
    ret->difference.seen = xasprintf("%s (%s)", was, problem);
    free(was);
}

/* Puts a failed command's own words behind the difference in its exit code. */
static void add_words(const json_t *seen, struct step_finding *ret) {
    CLEANUP(str_freep) char *words = step_last_words(seen);
    char *was = ret->difference.seen;
    if (!words || !was || strncmp(was, "exit", 4) != 0)
        return;
    ret->difference.seen = xasprintf("%s: %s", was, words);
    free(was);
}

static bool judge_command(const json_t *expect, const json_t *seen, struct step_finding *ret) {
    int64_t signal = json_int(seen, 0, "signal", NULL);
    if (signal && !(expect && predicate_mentions(expect, "signal"))) {
        CLEANUP(str_freep) char *words = step_last_words(seen);
        ret->outcome = OUTCOME_ERROR;
        ret->reason = "crash";
        ret->difference.expected = xstrdup("the program ends by itself");
        ret->difference.seen =
            xasprintf("killed by signal %d (%s)%s%s", (int)signal, strsignal((int)signal),
                      words ? ": " : "", words ? words : "");
        return false;
    }
    bool speaks = expect && (predicate_mentions(expect, "exit") || signal);
    return speaks || check_new(json_pack("{s:i}", "exit", 0), seen, ret);
}

void step_judge(enum ask_kind kind, const json_t *expect, const json_t *seen,
                struct step_finding *ret) {
    ret->outcome = OUTCOME_MET;
    bool command = kind == ASK_RUN || kind == ASK_FINISH;
    if (command && !judge_command(expect, seen, ret)) {
        add_words(seen, ret);
        return;
    }
    if (kind == ASK_RESOLVE && !expect && !json_object_get(seen, "rcode")) {
        const char *problem = json_str(seen, "problem", NULL);
        ret->outcome = OUTCOME_UNMET;
        ret->difference.expected = xstrdup("an answer");
        ret->difference.seen = xstrdup(problem ? problem : "none");
        return;
    }
    if (kind == ASK_PROBE && !expect) {
        (void)check_new(json_pack("{s:s}", "state", "open"), seen, ret);
        return;
    }
    if (kind == ASK_REACH) {
        bool holds = expect ? check(expect, seen, ret)
                            : check_new(json_pack("{s:s}", "state", "open"), seen, ret);
        if (!holds)
            add_problem(seen, ret);
        return;
    }
    if (!check(expect, seen, ret) && command)
        add_words(seen, ret);
}
