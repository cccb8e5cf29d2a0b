#include "harness/commands/commands.h"
#include "harness/commands/run_once.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/options.h"
#include "harness/world/world_sim.h"

#include <stdio.h>

static const struct options options = {
    .command = "confed down",
    .arguments = "DIR",
    .about =
        "Takes down what was left up in DIR: the simulated world that confed up started there,\n"
        "or what a run was told to keep, or left behind because it was killed or its tear-down\n"
        "failed. Of a run only the tear-down cases run; they touch what bears its mark.",
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one DIR",
};

/* What of the run's tear-downs did not go well, one line each; how many. */
static size_t show_left(const json_t *results) {
    size_t i, left = 0;
    json_t *result;
    json_array_foreach(json_object_get(results, "results"), i, result) {
        const char *verdict = json_str(result, "verdict", NULL);
        if (!json_flag(result, "teardown", NULL) || str_eq(verdict, "passed") ||
            str_eq(verdict, "blocked") || str_eq(verdict, "unsupported"))
            continue;
        left++;
        fprintf(stderr, "confed down: %s: %s\n", json_str(result, "case", NULL),
                json_str(result, "message", NULL));
    }
    return left;
}

static int down_run(const char *dir) {
    struct run_request asked = {
        .resume = dir, .only_teardown = true, .quiet = true, .silent = true};
    world_args_init(&asked.world);
    struct run_done done;
    int code = run_once(&asked, &done);
    if (code == COMMAND_GREEN || code == COMMAND_RED)
        code = done.interrupted || show_left(done.results) ? COMMAND_RED : COMMAND_GREEN;
    run_done_release(&done);
    world_args_release(&asked.world);
    return code;
}

int down_main(int argc, char **argv) {
    int first, code = options_parse(&options, argc, argv, NULL, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    struct err err = {0};
    const char *dir = argv[first];
    CLEANUP(str_freep) char *run_path = fs_join(dir, "run.json");
    CLEANUP(str_freep) char *world = fs_join(dir, "world");
    CLEANUP(json_freep) json_t *run = fs_exists(run_path) ? json_load_path(run_path, &err) : NULL;
    if (err.code)
        return commands_fail("down", &err);
    if (run && !str_eq(json_str(run, "world", NULL), "sim"))
        return down_run(dir);
    if (world_sim_down(run ? world : dir, &err) < 0)
        return commands_fail("down", &err);
    return COMMAND_GREEN;
}
