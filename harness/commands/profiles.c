#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/profile/profile.h"

#include <stdio.h>

struct profiles_args {
    bool diff, json;
    const char *dir;
};

static const struct option_row rows[] = {
    OPTION_ROW_SWITCH("diff", struct profiles_args, diff, "what changes from OLD to NEW"),
    OPTION_ROW_SWITCH("json", struct profiles_args, json,
                      "one JSON document: names and quirks, or the lines of the difference"),
    OPTION_ROW_TEXT("dir", "DIR", struct profiles_args, dir, "the folder of the profiles"),
};

static const struct options options = {
    .command = "confed profiles",
    .arguments = "[OPTION...] [NAME...]\n--diff OLD NEW",
    .about =
        "Lists the releases that the simulated world can be (run --profile NAME), each with its\n"
        "quirks: what it did, with the upstream issue. A quirk is switched with run --quirk\n"
        "NAME=on|off. --diff is the check list before an upgrade: what changes for a user.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = SIZE_MAX,
};

/* The quirks of a profile, the ones that are on first. */
static void print_profile(const struct profile *p) {
    const json_t *quirks = json_object_get(profile_json(p), "quirks");
    const char *name;
    const json_t *quirk;
    printf("%s  %s, juju %s\n", profile_name(p),
           json_str(profile_json(p), "version", "gitVersion", NULL),
           json_str(profile_json(p), "juju", "version", NULL));
    for (int on = 1; on >= 0; on--) {
        json_object_foreach(json_mutable(quirks), name, quirk) {
            if (json_flag(quirk, "on", NULL) != on)
                continue;
            const char *gap = json_str(quirk, "gap", NULL);
            printf("  %-3s  %s: %s%s%s%s\n       %s\n", on ? "on" : "off", name,
                   json_str(quirk, "what", NULL), gap ? " [" : "", gap ? gap : "", gap ? "]" : "",
                   json_str(quirk, "issue", NULL));
        }
    }
}

static int list(const char *dir, char **names, int count, bool as_json) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *all = profile_names(dir, &err);
    if (!all)
        return commands_fail("profiles", &err);
    CLEANUP(json_freep) json_t *wanted = count > 0 ? json_array() : json_incref(all);
    for (int i = 0; i < count; i++)
        json_array_append_new(wanted, json_string(names[i]));
    CLEANUP(json_freep) json_t *document = json_object();
    size_t i;
    const json_t *name;
    json_array_foreach(wanted, i, name) {
        CLEANUP(profile_freep)
        struct profile *p = profile_load(dir, json_string_value(name), &err);
        if (!p)
            return commands_fail("profiles", &err);
        if (as_json)
            json_object_set(document, profile_name(p), json_object_get(profile_json(p), "quirks"));
        else
            print_profile(p);
    }
    CLEANUP(str_freep) char *text = json_text(document);
    if (as_json)
        puts(text);
    return COMMAND_GREEN;
}

static void print_difference(const json_t *lines) {
    static const struct {
        const char *kind, *title;
    } parts[] = {{"upgrade", "What comes"},         {"downgrade", "What is lost"},
                 {"new-gap", "Gaps that open"},     {"fixed", "Gaps that close"},
                 {"flag", "Flags of the programs"}, {"group", "Groups of the API"}};
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        size_t i;
        const json_t *line;
        bool any = false;
        json_array_foreach(lines, i, line) {
            if (!str_eq(json_str(line, "kind", NULL), parts[p].kind))
                continue;
            if (!any)
                printf("%s\n", parts[p].title);
            any = true;
            printf("  - %s\n", json_str(line, "text", NULL));
            if (json_str(line, "issue", NULL))
                printf("    %s\n", json_str(line, "issue", NULL));
        }
    }
}

static int diff(const char *dir, const char *before, const char *after, bool as_json) {
    struct err err = {0};
    CLEANUP(profile_freep) struct profile *a = profile_load(dir, before, &err);
    CLEANUP(profile_freep) struct profile *b = a ? profile_load(dir, after, &err) : NULL;
    if (!b)
        return commands_fail("profiles", &err);
    CLEANUP(json_freep) json_t *lines = profile_diff(a, b);
    CLEANUP(str_freep) char *text = json_text(lines);
    if (as_json)
        puts(text);
    else
        print_difference(lines);
    return COMMAND_GREEN;
}

int profiles_main(int argc, char **argv) {
    struct profiles_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    if (args.diff && argc - first != 2)
        return options_wrong(&options, "--diff takes two names, got %d", argc - first);
    CLEANUP(str_freep) char *data = args.dir ? NULL : fs_data_dir();
    if (!args.dir && !data) {
        struct err err = {0};
        err_set(&err, ERR_NOT_FOUND,
                "no folder with cases/ and fixtures/: set CONFED_DATA or give --dir");
        return commands_fail("profiles", &err);
    }
    CLEANUP(str_freep)
    char *dir = args.dir ? xstrdup(args.dir) : fs_join(data, "fixtures/profiles");
    return args.diff ? diff(dir, argv[first], argv[first + 1], args.json)
                     : list(dir, argv + first, argc - first, args.json);
}
