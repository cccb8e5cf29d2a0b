#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/world_args.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/world/tools.h"
#include "harness/world/world_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What concerns no simulated world is taken and has no effect, so that one list of options can be
 * given to up and run. */
static const struct options options = {
    .command = "confed up",
    .arguments = "[OPTION...] DIR",
    .about =
        "Starts a simulated world in DIR and leaves it running. It prints the lines that make\n"
        "a shell use it:\n\n"
        "  eval \"$(confed up /tmp/world)\"\n"
        "  juju add-model f1\n"
        "  confed down /tmp/world",
    .groups = {{.rows = world_args_simulated, .count = WORLD_ARGS_SIMULATED},
               {.rows = world_args_choice, .count = WORLD_ARGS_CHOICE, .hidden = true}},
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one DIR for a simulated world",
};

/* In single quotes, for a shell. */
static void print_export(const char *name, const char *value) {
    printf("export %s='", name);
    for (; *value; value++) {
        if (*value == '\'')
            printf("'\\''");
        else
            (void)putchar(*value);
    }
    printf("'\n");
}

static void print_path(const json_t *world, const char *dir) {
    const char *bin = json_str(world, "bin", NULL), *path = getenv("PATH");
    CLEANUP(str_freep)
    char *text =
        xasprintf("%s:%s/tools/bin:%s", bin ? bin : "", dir, path ? path : "/usr/bin:/bin");
    print_export("PATH", text);
}

static int prepare(const char *dir, struct err *err) {
    CLEANUP(str_freep) char *home = fs_join(dir, "home/.local/share/juju");
    CLEANUP(str_freep) char *tools = fs_join(dir, "tools");
    if (fs_mkdir_p(home, 0700, err) < 0)
        return err->code;
    /* What a juju that was bootstrapped leaves, for whoever looks whether one was. */
    static const char controllers[] =
        "controllers:\n  sim: {api-endpoints: []}\ncurrent-controller: sim\n";
    CLEANUP(str_freep) char *file = fs_join(home, "controllers.yaml");
    if (fs_write_atomic(file, controllers, strlen(controllers), 0600, err) < 0)
        return err->code;
    return tools_link(tools, NULL, err);
}

static int up(const struct world_args *args, const char *dir, struct err *err) {
    CLEANUP(json_freep) json_t *world = world_sim_up(&args->options, dir, err);
    CLEANUP(str_freep) char *absolute = world ? realpath(dir, NULL) : NULL;
    if (!absolute || prepare(absolute, err) < 0)
        return err->code ? err->code : err_errno(err, "cannot resolve %s", dir);
    print_path(world, absolute);
    CLEANUP(str_freep) char *kubeconfig = fs_join(absolute, "kubeconfig");
    CLEANUP(str_freep) char *juju = fs_join(absolute, "home/.local/share/juju");
    print_export("KUBECONFIG", kubeconfig);
    print_export("JUJU_DATA", juju);
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(world, "env"), name, value) {
        if (json_is_string(value))
            print_export(name, json_string_value(value));
    }
    return 0;
}

int up_main(int argc, char **argv) {
    struct world_args args;
    struct err err = {0};
    world_args_init(&args);
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON && !str_eq(args.world, "sim"))
        code = options_wrong(&options, "--world %s: expected a simulated world", args.world);
    if (code == OPTIONS_GO_ON)
        code = up(&args, argv[first], &err) < 0 ? commands_fail("up", &err) : COMMAND_GREEN;
    world_args_release(&args);
    return code;
}
