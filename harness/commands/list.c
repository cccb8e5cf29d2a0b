#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/core/json.h"

#include <stdio.h>

struct list_args {
    const char *dir;
    bool ids, json;
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("cases", "DIR", struct list_args, dir, "the folder of the cases"),
    OPTION_ROW_SWITCH("ids", struct list_args, ids, "only the ids, one a line"),
    OPTION_ROW_SWITCH("json", struct list_args, json,
                      "one object a line: id, title, area, after, needs, required, teardown"),
};

static const struct options options = {
    .command = "confed list",
    .arguments = "[OPTION...] [CASE...]",
    .about = "Lists the cases in the order in which they can run. CASE is an id, a glob like\n"
             "'lifecycle.*' or an area; what comes before a case is listed with it.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = SIZE_MAX,
};

static void print_json(const struct scenario *s) {
    static const char *const keys[] = {"id", "title", "why", "covers", "needs", "after"};
    CLEANUP(json_freep) json_t *object = json_object();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (json_object_get(s->source, keys[i]))
            json_object_set(object, keys[i], json_object_get(s->source, keys[i]));
    json_object_set_new(object, "area", json_stringn(s->id, scenario_area_len(s->id)));
    json_set_bool(object, "required", s->required);
    json_set_bool(object, "teardown", s->teardown);
    json_set_int(object, "steps", (int64_t)s->step_count);
    CLEANUP(str_freep) char *text = json_text(object);
    puts(text);
}

static void print_graph(const struct case_graph *g, const struct list_args *args) {
    int width = 0;
    for (size_t i = 0; i < g->count; i++)
        if ((int)strlen(g->nodes[i].scenario->id) > width)
            width = (int)strlen(g->nodes[i].scenario->id);
    for (size_t i = 0; i < g->count; i++) {
        const struct scenario *s = g->nodes[i].scenario;
        if (!g->nodes[i].selected)
            continue;
        if (args->ids)
            puts(s->id);
        else if (args->json)
            print_json(s);
        else
            printf("%-*s  %s%s\n", width, s->id, s->title, s->teardown ? " (teardown)" : "");
    }
}

int list_main(int argc, char **argv) {
    struct list_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    CLEANUP(case_graph_freep)
    struct case_graph *g = case_files_load_or_say("list", args.dir, &code);
    if (!g)
        return code;
    struct err err = {0};
    union {
        char **in;
        const char *const *out;
    } selectors = {.in = argv + first};
    if (case_graph_select(g, selectors.out, (size_t)(argc - first), &err) < 0)
        return commands_fail("list", &err);
    print_graph(g, &args);
    return COMMAND_GREEN;
}
