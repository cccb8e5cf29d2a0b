/* profile_diff: what a user meets when going from one release to another, as lines with sources. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/profile/profile.h"

static void add_line(json_t *lines, const char *kind, const char *issue, char *text) {
    json_t *line = json_object();
    json_set_str(line, "kind", kind);
    json_set_str(line, "text", text);
    json_set_str(line, "issue", issue);
    json_array_append_new(lines, line);
    free(text);
}

static bool array_has(const json_t *array, const json_t *value) {
    size_t i;
    json_t *element;
    json_array_foreach(array, i, element) if (json_equal(element, value)) return true;
    return false;
}

/* The check list: what came with the releases between, or is lost on the way back. */
static void diff_upgrade(const json_t *a, const json_t *b, json_t *lines) {
    const json_t *before = json_object_get(a, "upgrade"), *after = json_object_get(b, "upgrade");
    size_t i;
    json_t *entry;
    json_array_foreach(after, i, entry) {
        if (array_has(before, entry))
            continue;
        add_line(lines, "upgrade", json_str(entry, "issue", NULL),
                 xstrdup(json_str(entry, "text", NULL)));
        json_set_str(json_array_get(lines, json_array_size(lines) - 1), "since",
                     json_str(entry, "since", NULL));
    }
    json_array_foreach(before, i, entry) if (!array_has(after, entry))
        add_line(lines, "downgrade", json_str(entry, "issue", NULL),
                 xasprintf("Undone: %s", json_str(entry, "text", NULL)));
}

static void diff_quirks(const json_t *a, const json_t *b, json_t *lines) {
    const char *name;
    json_t *quirk;
    json_object_foreach(json_object_get(b, "quirks"), name, quirk) {
        bool was = json_flag(a, "quirks", name, "on", NULL);
        bool is = json_flag(quirk, "on", NULL);
        if (was == is)
            continue;
        add_line(lines, is ? "new-gap" : "fixed", json_str(quirk, "issue", NULL),
                 xasprintf("%s: %s (%s)", is ? "From here on" : "No longer",
                           json_str(quirk, "what", NULL), name));
    }
}

/* Where a release's programs can be read: what a line without an issue of its own points to. */
static char *source_of(const json_t *release, const char *path) {
    return xasprintf("https://github.com/kubernetes/kubernetes/tree/%s/%s",
                     json_str(release, "version", "gitVersion", NULL), path);
}

/* The entry of the check list that names the flag, else the code of kubefed. */
static char *flag_issue(const json_t *before, const json_t *after, const char *flag) {
    const json_t *const lists[] = {json_object_get(after, "upgrade"),
                                   json_object_get(before, "upgrade")};
    CLEANUP(str_freep) char *name = xasprintf("--%s", flag);
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        size_t i;
        const json_t *entry;
        json_array_foreach(lists[l], i, entry) {
            const char *at = strstr(json_str(entry, "text", NULL), name);
            if (at && strchr(" :;,.", at[strlen(name)]))
                return xstrdup(json_str(entry, "issue", NULL));
        }
    }
    return source_of(after, "federation/pkg/kubefed");
}

static void add_flag(json_t *lines, const json_t *before, const json_t *after, const char *flag,
                     char *text) {
    CLEANUP(str_freep) char *issue = flag_issue(before, after, flag);
    add_line(lines, "flag", issue, text);
}

static void diff_flags_one_way(const json_t *a, const json_t *b, bool new_ones, json_t *lines) {
    const json_t *have = new_ones ? b : a, *other = new_ones ? a : b;
    const char *command, *flag;
    json_t *flags, *value;
    json_object_foreach(json_at(have, "kubefed", "flags", NULL), command, flags) {
        json_object_foreach(flags, flag, value) {
            if (!json_at(other, "kubefed", "flags", command, flag, NULL))
                add_flag(
                    lines, a, b, flag,
                    xasprintf("kubefed %s --%s: %s", command, flag, new_ones ? "new" : "gone"));
        }
    }
}

static void diff_defaults(const json_t *a, const json_t *b, json_t *lines) {
    const char *command, *flag;
    json_t *flags, *value;
    json_object_foreach(json_at(b, "kubefed", "flags", NULL), command, flags) {
        json_object_foreach(flags, flag, value) {
            const json_t *was = json_at(a, "kubefed", "flags", command, flag, "default", NULL);
            const json_t *is = json_object_get(value, "default");
            if (!was || json_equal(was, is))
                continue;
            CLEANUP(str_freep) char *was_text = json_text(was);
            CLEANUP(str_freep) char *is_text = json_text(is);
            add_flag(lines, a, b, flag,
                     xasprintf("kubefed %s --%s: the default is %s, was %s", command, flag, is_text,
                               was_text));
        }
    }
}

static void diff_groups(const json_t *a, const json_t *b, const char *place, bool new_ones,
                        json_t *lines) {
    const json_t *have = json_at(new_ones ? b : a, place, "groups", NULL),
                 *other = json_at(new_ones ? a : b, place, "groups", NULL);
    bool is_cluster = str_eq(place, "cluster");
    CLEANUP(str_freep)
    char *issue =
        source_of(b, is_cluster ? "pkg/master" : "federation/cmd/federation-apiserver/app");
    size_t i;
    json_t *group;
    json_array_foreach(have, i, group) {
        if (!array_has(other, group))
            add_line(
                lines, "group", issue,
                xasprintf("%s API server: %s %s", is_cluster ? "Each cluster's" : "The federation",
                          json_string_value(group), new_ones ? "is new" : "is no longer served"));
    }
}

json_t *profile_diff(const struct profile *pa, const struct profile *pb) {
    const json_t *a = profile_json(pa), *b = profile_json(pb);
    json_t *lines = json_array();
    diff_upgrade(a, b, lines);
    diff_quirks(a, b, lines);
    diff_flags_one_way(a, b, true, lines);
    diff_flags_one_way(a, b, false, lines);
    diff_defaults(a, b, lines);
    static const char *const places[] = {"cluster", "federation"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        diff_groups(a, b, places[i], true, lines);
        diff_groups(a, b, places[i], false, lines);
    }
    return lines;
}
