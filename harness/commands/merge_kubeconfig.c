#include "harness/commands/commands.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/net/kubeconfig.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(void) {
    printf("Usage: confed merge-kubeconfig [OPTION...] FILE NAME\n\n"
           "Puts the only (or current) context of FILE into a kubeconfig under a name of its own:\n"
           "cluster NAME-cluster, user NAME-user, context NAME. Charms call these the same in every\n"
           "model, so a plain merge would lose clusters. Entries of the same name are replaced,\n"
           "others are left alone, files that FILE refers to are taken in.\n\n"
           "  --kubeconfig FILE  merge into this (default $KUBECONFIG, else ~/.kube/config)\n"
           "  --in-place         cluster and context are called NAME, the user keeps its name:\n"
           "                     for the cluster whose file became the main one\n"
           "  --force            also when NAME already means another server\n");
}

static char *default_target(void) {
    const char *said = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (said && *said && *said != ':')
        return xstrndup(said, strcspn(said, ":"));
    return xasprintf("%s/.kube/config", home ? home : "");
}

/* With in_place, the entries under their old names go: they are renamed, not copied. */
static void drop_entry(json_t *config, const char *list, const char *name) {
    size_t i;
    json_t *entry;
    json_t *entries = json_object_get(config, list);
    json_array_foreach(entries, i, entry) {
        const char *other = json_str(entry, "name", NULL);
        if (other && name && strcmp(other, name) == 0) {
            json_array_remove(entries, i);
            return;
        }
    }
}

static void rename_here(json_t *config, const json_t *from, const char *name) {
    const char *current = json_str(from, "current-context", NULL);
    const char *cluster = NULL, *context = current;
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(from, "contexts"), i, entry) {
        if (current && strcmp(current, json_str(entry, "name", NULL)) != 0)
            continue;
        context = json_str(entry, "name", NULL);
        cluster = json_str(entry, "context", "cluster", NULL);
        break;
    }
    if (context && strcmp(context, name) != 0)
        drop_entry(config, "contexts", context);
    if (cluster && strcmp(cluster, name) != 0)
        drop_entry(config, "clusters", cluster);
    if (context && json_str(config, "current-context", NULL) &&
        strcmp(json_str(config, "current-context", NULL), context) == 0)
        json_set_str(config, "current-context", name);
}

static int merge(const char *file, const char *name, const char *target, bool in_place, bool force,
                 struct err *err) {
    CLEANUP(json_freep) json_t *from = kubeconfig_load(file, false, err);
    CLEANUP(json_freep) json_t *config = from ? kubeconfig_load(target, true, err) : NULL;
    if (!config || kubeconfig_merge(config, from, name, in_place, force, err) < 0)
        return err->code;
    CLEANUP(str_freep) char *a = realpath(file, NULL);
    CLEANUP(str_freep) char *b = realpath(target, NULL);
    if (in_place && a && b && strcmp(a, b) == 0)
        rename_here(config, from, name);
    return kubeconfig_save(target, config, err);
}

int merge_kubeconfig_main(int argc, char **argv) {
    static const struct option options[] = {{"kubeconfig", required_argument, NULL, 'k'},
                                            {"in-place", no_argument, NULL, 'i'},
                                            {"force", no_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *said = NULL;
    bool in_place = false, force = false;
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
        in_place |= option == 'i';
        force |= option == 'f';
    }
    if (argc - optind != 2) {
        fprintf(stderr, "confed merge-kubeconfig: expected FILE and NAME\n");
        return commands_usage("merge-kubeconfig");
    }
    CLEANUP(str_freep) char *target = said ? xstrdup(said) : default_target();
    struct err err = {0};
    if (merge(argv[optind], argv[optind + 1], target, in_place, force, &err) < 0)
        return commands_fail("merge-kubeconfig", &err);
    printf("Merged context \"%s\" into %s.\n", argv[optind + 1], target);
    return COMMAND_GREEN;
}
