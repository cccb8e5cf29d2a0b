#include "harness/profile/profile.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <assert.h>
#include <dirent.h>

#define BASE_DEPTH_MAX 8

struct profile {
    json_t *file; /* with its bases merged in */
};

/* RFC 7396, but "upgrade" lists are joined: a release has the changes of those before it, too. */
static void merge_patch(json_t *target, const json_t *patch) {
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(patch), key, value) {
        json_t *have = json_object_get(target, key);
        if (json_is_null(value))
            json_object_del(target, key);
        else if (json_is_object(value))
            merge_patch(json_ensure_object(target, key), value);
        else if (str_eq(key, "upgrade") && json_is_array(have) && json_is_array(value))
            json_array_extend(have, value);
        else
            json_object_set(target, key, value);
    }
}

static int check_shape(const json_t *file, const char *path, struct err *err) {
    static const char *const objects[] = {"version", "cluster", "federation",
                                          "kubefed", "juju",    "quirks"};
    for (size_t i = 0; i < ARRAY_LEN(objects); i++)
        if (!json_is_object(json_object_get(file, objects[i])))
            return err_set(err, ERR_INPUT, "%s: \"%s\" must be an object", path, objects[i]);

    const char *name;
    json_t *quirk;
    json_object_foreach(json_object_get(file, "quirks"), name, quirk) {
        if (!json_is_boolean(json_at(quirk, "on", NULL)) || !json_str(quirk, "what", NULL) ||
            !json_str(quirk, "issue", NULL))
            return err_set(err, ERR_INPUT,
                           "%s: quirk \"%s\" needs \"on\" (true or false), \"what\" and \"issue\"",
                           path, name);
    }
    return 0;
}

static bool is_plain_name(const char *name) {
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL && strlen(name) < 100;
}

static char *names_text(const char *dir) {
    CLEANUP(json_freep) json_t *names = profile_names(dir, NULL);
    struct buf text = BUF_INIT;
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
        buf_addf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(name));
    if (text.len == 0)
        buf_adds(&text, "none");
    return buf_detach(&text);
}

/* The file with its bases; owned, or NULL. */
static json_t *load_file(const char *dir, const char *name, int depth, struct err *err) {
    CLEANUP(str_freep) char *path = xasprintf("%s/%s.json", dir, name);
    if (!is_plain_name(name) || !fs_exists(path)) {
        CLEANUP(str_freep) char *names = names_text(dir);
        err_set(err, ERR_NOT_FOUND, "no profile \"%s\" in %s; there are: %s", name, dir, names);
        return NULL;
    }
    CLEANUP(json_freep) json_t *file = json_load_path(path, err);
    if (!file)
        return NULL;
    if (!json_is_object(file)) {
        err_set(err, ERR_INPUT, "%s: a profile is one JSON object", path);
        return NULL;
    }
    const char *base_name = json_str(file, "base", NULL);
    if (!base_name)
        return json_take(&file);
    if (depth >= BASE_DEPTH_MAX) {
        err_set(err, ERR_INPUT, "%s: more than %d bases, or a circle of them", path,
                BASE_DEPTH_MAX);
        return NULL;
    }
    CLEANUP(json_freep) json_t *base = load_file(dir, base_name, depth + 1, err);
    if (!base) {
        err_prefix(err, "%s: base", path);
        return NULL;
    }
    merge_patch(base, file);
    return json_take(&base);
}

struct profile *profile_load(const char *dir, const char *name, struct err *err) {
    CLEANUP(json_freep) json_t *file = load_file(dir, name, 0, err);
    if (!file)
        return NULL;
    CLEANUP(str_freep) char *path = xasprintf("%s/%s.json", dir, name);
    if (check_shape(file, path, err) < 0)
        return NULL;
    json_set_str(file, "name", name);
    struct profile *p = xcalloc(1, sizeof(*p));
    p->file = json_take(&file);
    return p;
}

void profile_free(struct profile *p) {
    if (!p)
        return;
    json_decref(p->file);
    free(p);
}

const char *profile_name(const struct profile *p) {
    return json_str(p->file, "name", NULL);
}

const json_t *profile_version(const struct profile *p, const char *part) {
    const json_t *own = json_at(p->file, part, "version", NULL);
    return own ? own : json_object_get(p->file, "version");
}

const json_t *profile_json(const struct profile *p) {
    return p->file;
}

bool profile_has_quirk(const struct profile *p, const char *quirk) {
    const json_t *entry = json_at(p->file, "quirks", quirk, NULL);
    assert(entry && "a quirk that no profile knows: misspelt?");
    return json_is_true(json_object_get(entry, "on"));
}

int profile_set_quirk(struct profile *p, const char *assignment, struct err *err) {
    const char *equals = strchr(assignment, '=');
    const char *value = equals ? equals + 1 : "";
    bool on = str_eq(value, "on");
    if (!on && !str_eq(value, "off"))
        return err_set(err, ERR_USAGE, "quirk \"%s\": expected NAME=on or NAME=off", assignment);

    CLEANUP(str_freep) char *name = xstrndup(assignment, (size_t)(equals - assignment));
    json_t *quirks = json_object_get(p->file, "quirks");
    json_t *entry = json_object_get(quirks, name);
    if (!entry) {
        struct buf names = BUF_INIT_LIMIT(800);
        const char *key;
        json_object_foreach(quirks, key, entry)
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", key);
        int code = err_set(err, ERR_USAGE, "profile %s has no quirk \"%s\"; there are: %s",
                           profile_name(p), name, buf_str(&names));
        buf_release(&names);
        return code;
    }
    json_set_bool(entry, "on", on);
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

json_t *profile_names(const char *dir, struct err *err) {
    DIR *folder = opendir(dir);
    if (!folder) {
        err_errno(err, "cannot read the folder of profiles %s", dir);
        return NULL;
    }
    char **names = NULL;
    size_t count = 0, cap = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || !str_has_suffix(entry->d_name, ".json"))
            continue;
        names = xgrow(names, count, &cap, sizeof(*names));
        names[count++] = xstrndup(entry->d_name, strlen(entry->d_name) - strlen(".json"));
    }
    closedir(folder);
    if (count > 0)
        qsort(names, count, sizeof(*names), by_name);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_string(names[i]));
        free(names[i]);
    }
    free(names);
    return array;
}
