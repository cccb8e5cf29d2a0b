#include "harness/commands/commands.h"
#include "harness/core/json.h"
#include "harness/net/kubeconfig.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(void) {
    printf(
        "Usage: confed merge-kubeconfig [OPTION...] FILE NAME\n\n"
        "Puts the only (or current) context of FILE into a kubeconfig under a name of its own:\n"
        "cluster NAME-cluster, user NAME-user, context NAME. Charms call these the same in every\n"
        "model, so a plain merge would lose clusters. Entries of the same name are replaced,\n"
        "others are left alone, files that FILE refers to are taken in.\n\n"
        "  --kubeconfig FILE  merge into this (default $KUBECONFIG, else ~/.kube/config)\n"
        "  --rename           cluster and context are called NAME, the user keeps its name: for\n"
        "                     the cluster whose file becomes the main one\n"
        "  --force            also when NAME already means another server\n");
}

static char *default_target(void) {
    const char *said = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (said && *said && *said != ':')
        return xstrndup(said, strcspn(said, ":"));
    return xasprintf("%s/.kube/config", home ? home : "");
}

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
    static const struct option options[] = {{"kubeconfig", required_argument, NULL, 'k'},
                                            {"rename", no_argument, NULL, 'r'},
                                            {"force", no_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *said = NULL;
    bool rename = false, force = false;
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            print_help();
            return COMMAND_GREEN;
        }
        if (option == '?')
            return commands_usage("merge-kubeconfig");
        if (option == 'k')
            said = optarg;
        rename |= option == 'r';
        force |= option == 'f';
    }
    if (argc - optind != 2) {
        fprintf(stderr, "confed merge-kubeconfig: expected FILE and NAME\n");
        return commands_usage("merge-kubeconfig");
    }
    CLEANUP(str_freep) char *target = said ? xstrdup(said) : default_target();
    struct err err = {0};
    if (merge(argv[optind], argv[optind + 1], target, rename, force, &err) < 0)
        return commands_fail("merge-kubeconfig", &err);
    printf("Merged context \"%s\" into %s.\n", argv[optind + 1], target);
    return COMMAND_GREEN;
}
