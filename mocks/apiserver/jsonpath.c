#include "mocks/apiserver/jsonpath.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

enum { PATH_STEPS_MAX = 32, WORD_SIZE = 256 };

static json_t *find(json_t *at, const char *path, int budget);

/* Copies up to a character of stop into word; the rest of the path, or NULL when it is too long. */
static const char *take_word(const char *path, const char *stop, char word[WORD_SIZE]) {
    size_t len = strcspn(path, stop);
    if (len >= WORD_SIZE)
        return NULL;
    memcpy(word, path, len);
    word[len] = '\0';
    return path + len;
}

/* [?(@.type=="Ready")]: the first element that has the value. path stands behind "?(@.". */
static json_t *find_matching(json_t *at, const char *path, int budget) {
    char key[WORD_SIZE], want[WORD_SIZE];
    path = take_word(path, "= ", key);
    if (!path)
        return NULL;
    path += strspn(path, "= ");
    if (*path != '"' && *path != '\'')
        return NULL;
    const char quote[] = {*path, '\0'};
    path = take_word(path + 1, quote, want);
    if (!path || !(path = strchr(path, ']')))
        return NULL;
    for (size_t i = 0; i < json_array_size(at); i++) {
        json_t *element = json_array_get(at, i);
        if (str_eq(json_str(element, key, NULL), want))
            return find(element, path + 1, budget);
    }
    return NULL;
}

static json_t *find_bracket(json_t *at, const char *path, int budget) {
    char word[WORD_SIZE];
    int64_t index;
    if (str_has_prefix(path, "?(@."))
        return find_matching(at, path + 4, budget);
    if (*path == '\'' || *path == '"') {
        const char quote[] = {*path, '\0'};
        path = take_word(path + 1, quote, word);
        if (!path || path[0] == '\0' || path[1] != ']')
            return NULL;
        return find(json_object_get(at, word), path + 2, budget);
    }
    path = take_word(path, "]", word);
    if (!path || *path != ']')
        return NULL;
    if (str_eq(word, "*"))
        return find(json_array_get(at, 0), path + 1, budget);
    if (!str_to_int(word, 0, INT32_MAX, &index))
        return NULL;
    return find(json_array_get(at, (size_t)index), path + 1, budget);
}

static json_t *find(json_t *at, const char *path, int budget) {
    char word[WORD_SIZE];
    if (!at || *path == '\0')
        return at;
    if (budget == 0)
        return NULL;
    if (*path == '[')
        return find_bracket(at, path + 1, budget - 1);
    if (*path != '.')
        return NULL;
    /* A dot with a backslash before it belongs to the name. */
    size_t len = 0;
    for (path++; *path && *path != '.' && *path != '['; path++) {
        if (path[0] == '\\' && path[1] == '.')
            path++;
        if (len + 1 >= WORD_SIZE)
            return NULL;
        word[len++] = *path;
    }
    word[len] = '\0';
    return find(json_object_get(at, word), path, budget - 1);
}

json_t *jsonpath_first(const json_t *root, const char *path) {
    return json_incref(find(json_mutable(root), path, PATH_STEPS_MAX));
}
