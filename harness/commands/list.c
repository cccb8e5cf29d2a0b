#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/core/json.h"

#include <getopt.h>
#include <stdio.h>

static void print_help(void) {
    printf(
        "Usage: confed list [OPTION...] [CASE...]\n\n"
        "Lists the cases in the order in which they can run. CASE is an id, a glob like\n"
        "'lifecycle.*' or an area; what comes before a case is listed with it.\n\n"
        "  --cases DIR   the folder of the cases\n"
        "  --ids         only the ids, one a line\n"
        "  --json        one object a line: id, title, area, after, needs, required, teardown\n");
}

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

static void print_graph(const struct case_graph *g, int form) {
    int width = 0;
    for (size_t i = 0; i < g->count; i++)
        if ((int)strlen(g->nodes[i].scenario->id) > width)
            width = (int)strlen(g->nodes[i].scenario->id);
    for (size_t i = 0; i < g->count; i++) {
        const struct scenario *s = g->nodes[i].scenario;
        if (!g->nodes[i].selected)
            continue;
        if (form == 'i')
            puts(s->id);
        else if (form == 'j')
            print_json(s);
        else
            printf("%-*s  %s%s\n", width, s->id, s->title, s->teardown ? " (teardown)" : "");
    }
}

int list_main(int argc, char **argv) {
    static const struct option options[] = {{"cases", required_argument, NULL, 'c'},
                                            {"ids", no_argument, NULL, 'i'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *dir = NULL;
    int option, form = 't';
    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'c') {
            dir = optarg;
        } else if (option == 'h') {
            print_help();
            return COMMAND_GREEN;
        } else if (option == '?') {
            return commands_usage("list");
        } else {
            form = option;
        }
    }
    int code = COMMAND_GREEN;
    CLEANUP(case_graph_freep) struct case_graph *g = case_files_load_or_say("list", dir, &code);
    if (!g)
        return code;
    struct err err = {0};
    union {
        char **in;
        const char *const *out;
    } selectors = {.in = argv + optind};
    if (case_graph_select(g, selectors.out, (size_t)(argc - optind), &err) < 0)
        return commands_fail("list", &err);
    print_graph(g, form);
    return COMMAND_GREEN;
}
