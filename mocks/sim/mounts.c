#include "mocks/sim/mounts.h"
#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

static const char *word_at(const json_t *container, size_t index) {
    const json_t *command = json_object_get(container, "command");
    size_t count = json_array_size(command);
    if (index < count)
        return json_string_value(json_array_get(command, index));
    return json_string_value(json_array_get(json_object_get(container, "args"), index - count));
}

static size_t word_count(const json_t *container) {
    return json_array_size(json_object_get(container, "command")) +
           json_array_size(json_object_get(container, "args"));
}

bool mounts_runs(const json_t *container, const char *word) {
    for (size_t i = 0; i < word_count(container); i++) {
        const char *have = word_at(container, i);
        if (!have || *have == '-' || !str_has_suffix(have, word))
            continue; /* a flag is no program: --master=https://federation-apiserver */
        size_t before = strlen(have) - strlen(word);
        if (before == 0 || have[before - 1] == '/')
            return true;
    }
    return false;
}

const char *mounts_flag(const json_t *container, const char *flag) {
    size_t len = strlen(flag);
    for (size_t i = 0; i < word_count(container); i++) {
        const char *word = word_at(container, i);
        if (!word || *word != '-')
            continue;
        word += word[1] == '-' ? 2 : 1;
        if (strncmp(word, flag, len) != 0)
            continue;
        if (word[len] == '=')
            return word + len + 1;
        if (word[len] == '\0')
            return word_at(container, i + 1);
    }
    return NULL;
}

static const json_t *volume_named(const json_t *pod, const char *name) {
    size_t i;
    json_t *volume;
    json_array_foreach(json_at(pod, "spec", "volumes", NULL), i, volume) {
        if (str_eq(json_str(volume, "name", NULL), name))
            return volume;
    }
    return NULL;
}

/* The key behind a file name: items map keys to paths, without items they are the same. */
static const char *key_of(const json_t *source, const char *file) {
    const json_t *items = json_object_get(source, "items");
    if (!json_array_size(items))
        return file;
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) {
        if (str_eq(json_str(item, "path", NULL), file))
            return json_str(item, "key", NULL);
    }
    return NULL;
}

static char *from_secret(const struct apiserver *api, const char *ns, const json_t *source,
                         const char *file) {
    const char *name = json_str(source, "secretName", NULL), *key = key_of(source, file);
    const json_t *secret = name && key ? apiserver_peek(api, "", "secrets", ns, name) : NULL;
    const char *text = secret ? json_str(secret, "data", key, NULL) : NULL;
    size_t len;
    return text ? base64_decode(text, &len) : NULL;
}

static char *from_config_map(const struct apiserver *api, const char *ns, const json_t *source,
                             const char *file) {
    const char *name = json_str(source, "name", NULL), *key = key_of(source, file);
    const json_t *map = name && key ? apiserver_peek(api, "", "configmaps", ns, name) : NULL;
    const char *text = map ? json_str(map, "data", key, NULL) : NULL;
    return text ? xstrdup(text) : NULL;
}

char *mounts_file(const struct apiserver *api, const json_t *pod, const json_t *container,
                  const char *path) {
    const char *ns = json_str(pod, "metadata", "namespace", NULL);
    size_t i;
    json_t *mount;
    json_array_foreach(json_object_get(container, "volumeMounts"), i, mount) {
        const char *dir = json_str(mount, "mountPath", NULL);
        const char *name = json_str(mount, "name", NULL);
        size_t len = dir ? strlen(dir) : 0;
        if (!len || !name || strncmp(path, dir, len) != 0 || path[len] != '/')
            continue;
        const json_t *volume = volume_named(pod, name);
        const json_t *secret = json_object_get(volume, "secret");
        const json_t *map = json_object_get(volume, "configMap");
        char *text = secret ? from_secret(api, ns, secret, path + len + 1)
                     : map  ? from_config_map(api, ns, map, path + len + 1)
                            : NULL;
        if (text)
            return text;
    }
    return NULL;
}
