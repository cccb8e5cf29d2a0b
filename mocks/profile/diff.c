/* profile_diff: what a user meets when going from one release to another, as lines with sources. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/profile/profile.h"

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

static void diff_flags_one_way(const json_t *have, const json_t *other, const char *word,
                               json_t *lines) {
    const char *command, *flag;
    json_t *flags, *value;
    json_object_foreach(json_at(have, "kubefed", "flags", NULL), command, flags)
        json_object_foreach(flags, flag,
                            value) if (!json_at(other, "kubefed", "flags", command, flag, NULL))
            add_line(lines, "flag", NULL, xasprintf("kubefed %s --%s: %s", command, flag, word));
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
            add_line(lines, "flag", NULL,
                     xasprintf("kubefed %s --%s: the default is %s, was %s", command, flag, is_text,
                               was_text));
        }
    }
}

static void diff_groups(const json_t *have, const json_t *other, const char *place,
                        const char *word, json_t *lines) {
    size_t i;
    json_t *group;
    json_array_foreach(json_at(have, place, "groups", NULL), i,
                       group) if (!array_has(json_at(other, place, "groups", NULL), group))
        add_line(lines, "group", NULL,
                 xasprintf("%s API server: %s %s",
                           str_eq(place, "cluster") ? "Each cluster's" : "The federation",
                           json_string_value(group), word));
}

json_t *profile_diff(const struct profile *pa, const struct profile *pb) {
    const json_t *a = profile_json(pa), *b = profile_json(pb);
    json_t *lines = json_array();
    diff_upgrade(a, b, lines);
    diff_quirks(a, b, lines);
    diff_flags_one_way(b, a, "new", lines);
    diff_flags_one_way(a, b, "gone", lines);
    diff_defaults(a, b, lines);
    static const char *const places[] = {"cluster", "federation"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        diff_groups(b, a, places[i], "is new", lines);
        diff_groups(a, b, places[i], "is no longer served", lines);
    }
    return lines;
}
