#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/core/json.h"
#include "harness/model/predicate.h"

#include <stdio.h>

struct explain_args {
    const char *dir;
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("cases", "DIR", struct explain_args, dir, "the folder of the cases"),
};

static const struct options options = {
    .command = "confed explain",
    .arguments = "[OPTION...] CASE...",
    .about = "Says what a case does, why, what must have passed before it and what it expects of\n"
             "each step.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 1,
    .operands_max = SIZE_MAX,
    .operands = "a CASE; confed list shows them",
};

static void print_list(const char *what, const json_t *list) {
    size_t i;
    json_t *one;
    if (json_array_size(list) == 0)
        return;
    printf("  %-10s", what);
    json_array_foreach(list, i, one) printf("%s%s", i ? ", " : "", json_string_value(one));
    printf("\n");
}

static void print_ms(int64_t ms) {
    if (ms % 60000 == 0)
        printf("%lld min", (long long)(ms / 60000));
    else
        printf("%g s", (double)ms / 1000);
}

static void print_predicate(const char *word, const json_t *predicate) {
    struct buf text = BUF_INIT;
    if (!predicate)
        return;
    predicate_describe(predicate, &text);
    printf("       %s %s\n", word, buf_str(&text));
    buf_release(&text);
}

static void print_names(const char *word, const json_t *named) {
    const char *name, *joint = "";
    json_t *value;
    if (!named)
        return;
    printf("       %s", word);
    json_object_foreach(json_mutable(named), name, value) {
        printf("%s %s", joint, name);
        joint = ",";
    }
    printf("\n");
}

static void print_step(const struct step *step, size_t number) {
    struct buf text = BUF_INIT;
    step_describe(step, &text);
    printf("  %2zu.  %s\n", number, step->title ? step->title : buf_str(&text));
    if (step->title)
        printf("       %s\n", buf_str(&text));
    buf_release(&text);
    print_predicate("expects", step->expect);
    print_predicate("until", step->until);
    if (step->stays_ms) {
        printf("       and it stays so for ");
        print_ms(step->stays_ms);
        printf("\n");
    }
    if (step->deadline_ms) {
        printf("       within ");
        print_ms(step->deadline_ms);
        printf("\n");
    }
    if (step->verb != STEP_BIND)
        print_names("binds", step->bind);
    print_names("keeps as evidence", step->evidence);
}

static void print_followers(const struct case_graph *g, const struct case_node *node) {
    CLEANUP(json_freep) json_t *names = json_array();
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < g->nodes[i].after_count; k++)
            if (&g->nodes[g->nodes[i].after[k]] == node)
                json_array_append_new(names, json_string(g->nodes[i].scenario->id));
    print_list("before", names);
}

static void print_case(const struct case_graph *g, const struct case_node *node) {
    const struct scenario *s = node->scenario;
    printf("%s: %s\n", s->id, s->title);
    if (s->why)
        printf("  why       %s\n", s->why);
    printf("  file      %s\n", s->file);
    print_list("covers", s->covers);
    print_list("needs", s->needs);
    print_list("after", s->after);
    print_list("behind", s->behind);
    print_followers(g, node);
    printf("  deadline  ");
    if (s->deadline_ms)
        print_ms(s->deadline_ms);
    else
        printf("of each step, by the world's budget");
    printf("%s%s\n\n", s->required ? "; a run without it is red" : "",
           s->teardown ? "; runs at the end in any case" : "");
    for (size_t i = 0; i < s->step_count; i++)
        print_step(&s->steps[i], i + 1);
    if (s->again_count)
        printf("\nFirst, when a resumed run begins it again:\n");
    for (size_t i = 0; i < s->again_count; i++)
        print_step(&s->steps[s->step_count + i], i + 1);
    if (s->still_count)
        printf("\nAsked when a run is resumed in which it has passed:\n");
    for (size_t i = 0; i < s->still_count; i++)
        print_step(&s->steps[s->step_count + s->again_count + i], i + 1);
}

int explain_main(int argc, char **argv) {
    struct explain_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    CLEANUP(case_graph_freep)
    struct case_graph *g = case_files_load_or_say("explain", args.dir, &code);
    if (!g)
        return code;
    for (int i = first; i < argc; i++) {
        struct err err = {0};
        const char *selector = argv[i];
        if (case_graph_select(g, &selector, 1, &err) < 0)
            return commands_fail("explain", &err);
        for (size_t k = 0; k < g->count; k++)
            if (case_graph_matches(g->nodes[k].scenario->id, selector)) {
                print_case(g, &g->nodes[k]);
                printf("\n");
            }
    }
    return COMMAND_GREEN;
}
