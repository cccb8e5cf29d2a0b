#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/core/json.h"
#include "harness/net/kubeconfig.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct merge_args {
    const char *kubeconfig;
    bool rename, force;
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("kubeconfig", "FILE", struct merge_args, kubeconfig,
                    "merge into this (default $KUBECONFIG, else ~/.kube/config)"),
    OPTION_ROW_SWITCH("rename", struct merge_args, rename,
                      "cluster and context are called NAME, the user keeps its name: for the "
                      "cluster whose file becomes the main one"),
    OPTION_ROW_SWITCH("force", struct merge_args, force,
                      "also when NAME already means another server"),
};

static const struct options options = {
    .command = "confed merge-kubeconfig",
    .arguments = "[OPTION...] FILE NAME",
    .about =
        "Puts the only (or current) context of FILE into a kubeconfig under a name of its own:\n"
        "cluster NAME-cluster, user NAME-user, context NAME. Charms call these the same in\n"
        "every model, so a plain merge would lose clusters. Entries of the same name are\n"
        "replaced, others are left alone, files that FILE refers to are taken in.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 2,
    .operands_max = 2,
    .operands = "FILE and NAME",
};

static bool is_same_file(const char *a, const char *b) {
    CLEANUP(str_freep) char *left = realpath(a, NULL);
    CLEANUP(str_freep) char *right = realpath(b, NULL);
    return left && right && strcmp(left, right) == 0;
}

static int merge(const char *file, const char *name, const char *target, bool rename, bool force,
                 struct err *err) {
    CLEANUP(json_freep) json_t *config = kubeconfig_load(target, true, err);
    if (!config)
        return err->code;
    /* Within one file the entries move to their new names: there, from is config itself. */
    CLEANUP(json_freep)
    json_t *from =
        is_same_file(file, target) ? json_incref(config) : kubeconfig_load(file, false, err);
    if (!from || kubeconfig_merge(config, from, name, rename, force, err) < 0)
        return err->code;
    return kubeconfig_save(target, config, err);
}

int merge_kubeconfig_main(int argc, char **argv) {
    struct merge_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    CLEANUP(str_freep)
    char *target = args.kubeconfig ? xstrdup(args.kubeconfig) : kubeconfig_own_path();
    struct err err = {0};
    if (merge(argv[first], argv[first + 1], target, args.rename, args.force, &err) < 0)
        return commands_fail("merge-kubeconfig", &err);
    printf("Merged context \"%s\" into %s.\n", argv[first + 1], target);
    return COMMAND_GREEN;
}
