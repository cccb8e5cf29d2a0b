#include "harness/model/results.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/model/verdict.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((off_t)2 << 30)

int results_version_check(const json_t *document, const char *name, struct err *err) {
    const json_t *version = json_object_get(document, "version");
    if (!json_is_integer(version))
        return err_set(err, ERR_INPUT, "%s: has no \"version\": not a file of confed", name);
    if (json_integer_value(version) > RESULTS_VERSION)
        return err_set(err, ERR_INPUT,
                       "%s: is of version %lld, this confed reads version %d: use the confed that "
                       "wrote it, or a newer one",
                       name, (long long)json_integer_value(version), RESULTS_VERSION);
    return 0;
}

static int check_one(const json_t *result, size_t index, struct map *seen, const char *name,
                     struct err *err) {
    const char *id = json_str(result, "case", NULL);
    const char *verdict = json_str(result, "verdict", NULL);
    enum verdict unused;
    if (!id || !*id)
        return err_set(err, ERR_INPUT, "%s: results[%zu] has no \"case\"", name, index);
    if (!verdict_parse(verdict, &unused))
        return err_set(err, ERR_INPUT, "%s: results[%zu], %s: \"%s\" is no verdict", name, index,
                       id, verdict ? verdict : "");
    if (map_get(seen, id))
        return err_set(err, ERR_INPUT,
                       "%s: the case %s is there twice: results have each case once (confed merge "
                       "puts runs together)",
                       name, id);
    map_set(seen, id, seen);
    return 0;
}

int results_check(const json_t *results, const char *name, struct err *err) {
    if (results_version_check(results, name, err) < 0)
        return ERR_INPUT;
    const json_t *list = json_object_get(results, "results");
    if (!json_is_array(list))
        return err_set(err, ERR_INPUT, "%s: has no list \"results\": not the results of a run",
                       name);
    struct map seen = {0};
    size_t i;
    json_t *result;
    int rc = 0;
    json_array_foreach(list, i, result) {
        rc = check_one(result, i, &seen, name, err);
        if (rc < 0)
            break;
    }
    map_release(&seen);
    return rc;
}

/* The file's bytes, mapped; NULL with err. An empty file has none to map: it is no JSON. */
static void *map_file(const char *path, size_t *ret_len, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *bytes = NULL;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_errno(err, "cannot open %s", path);
    } else if (st.st_size == 0) {
        err_set(err, ERR_INPUT, "%s:1: is empty, expected the results of a run", path);
    } else if (st.st_size > FILE_BYTES_MAX) {
        err_set(err, ERR_LIMIT, "%s is larger than 2 GiB: no results of confed are", path);
    } else {
        *ret_len = (size_t)st.st_size;
        bytes = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED) {
            err_errno(err, "cannot read %s", path);
            bytes = NULL;
        }
    }
    if (fd >= 0)
        (void)close(fd);
    return bytes;
}

/* --- case by case ----------------------------------------------------------------------------- */

static size_t skip_blank(const char *text, size_t len, size_t at) {
    while (at < len && strchr(" \t\r\n", text[at]) && text[at])
        at++;
    return at;
}

/* Behind the string that begins at at; len when it does not end. */
static size_t skip_string(const char *text, size_t len, size_t at) {
    for (at++; at < len && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at < len ? at + 1 : len;
}

/* The first character of the list at "results" of the outermost object; len: there is none. */
static size_t find_list(const char *text, size_t len) {
    static const char key[] = "\"results\"";
    int depth = 0;
    for (size_t at = 0; at < len;) {
        char c = text[at];
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (c != '"') {
            at++;
            continue;
        }
        size_t end = skip_string(text, len, at), colon = skip_blank(text, len, end);
        bool is_key = depth == 1 && end - at == sizeof(key) - 1 &&
                      memcmp(text + at, key, sizeof(key) - 1) == 0 && colon < len &&
                      text[colon] == ':';
        at = is_key ? skip_blank(text, len, colon + 1) : end;
        if (is_key)
            return at < len && text[at] == '[' ? at + 1 : len;
    }
    return len;
}

/* Behind the value that begins at at, by its brackets and quotes; len when it does not end. */
static size_t skip_value(const char *text, size_t len, size_t at) {
    int depth = 0;
    do {
        char c = at < len ? text[at] : '\0';
        if (c == '"') {
            at = skip_string(text, len, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            depth--;
            at++;
        } else if (depth > 0) {
            at++;
        } else { /* a number, true, false or null */
            while (at < len && !strchr(",}] \t\r\n", text[at]))
                at++;
        }
    } while (depth > 0 && at < len);
    return at;
}

static bool is_kept(const char *key, size_t key_len, const char *const keep[]) {
    for (; *keep; keep++)
        if (strlen(*keep) + 2 == key_len && memcmp(key + 1, *keep, key_len - 2) == 0)
            return true;
    return false;
}

/* The members to keep of the object that begins at *at, which ends behind it, as text. */
static bool copy_kept(const char *text, size_t len, const char *const keep[], struct buf *out,
                      size_t *at) {
    size_t i = *at;
    buf_clear(out);
    if (i >= len || text[i] != '{')
        return false;
    do {
        size_t key = skip_blank(text, len, i + 1);
        if (i == *at && key < len && text[key] == '}')
            break; /* it is empty */
        if (key >= len || text[key] != '"')
            return false;
        size_t key_end = skip_string(text, len, key), colon = skip_blank(text, len, key_end);
        if (colon >= len || text[colon] != ':' || memchr(text + key, '\\', key_end - key))
            return false;
        size_t end = skip_value(text, len, skip_blank(text, len, colon + 1));
        if (is_kept(text + key, key_end - key, keep)) {
            buf_addc(out, out->len ? ',' : '{');
            buf_add(out, text + key, end - key);
        }
        i = skip_blank(text, len, end);
    } while (i < len && text[i] == ',');
    i = skip_blank(text, len, i + (i == *at));
    buf_adds(out, out->len ? "}" : "{}");
    *at = i + 1;
    return i < len && text[i] == '}';
}

/* From the first of the list at *at on, which ends behind its ']'; NULL: something is wrong. */
static json_t *read_list(const char *text, size_t len, const char *const keep[], size_t *at) {
    CLEANUP(json_freep) json_t *list = json_array();
    struct buf one = BUF_INIT;
    size_t i = skip_blank(text, len, *at);
    bool fine = i < len, more = fine && text[i] != ']';
    while (more && fine) {
        i = skip_blank(text, len, i);
        fine = copy_kept(text, len, keep, &one, &i);
        json_t *result =
            fine ? json_loadb(buf_str(&one), one.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
        fine = result && json_array_append_new(list, result) == 0;
        i = skip_blank(text, len, i);
        more = i < len && text[i] == ',';
        i += more;
    }
    buf_release(&one);
    if (!fine || i >= len || text[i] != ']')
        return NULL;
    *at = i + 1;
    return json_take(&list);
}

/*
 * What is kept of each case: of the rest, which is most of the file, only the end is looked for, so
 * reading needs neither its time nor its memory. NULL where anything is wrong: whoever reads the
 * whole then finds out what.
 */
static json_t *read_kept(const char *text, size_t len, const char *const keep[]) {
    size_t begin = find_list(text, len), end = begin;
    CLEANUP(json_freep) json_t *list = begin < len ? read_list(text, len, keep, &end) : NULL;
    if (!list)
        return NULL;
    size_t rest_len = begin + 1 + (len - end); /* with an empty list in its place */
    char *rest = xmalloc(rest_len);
    memcpy(rest, text, begin);
    rest[begin] = ']';
    memcpy(rest + begin + 1, text + end, len - end);
    json_t *results = json_loadb(rest, rest_len, JSON_REJECT_DUPLICATES, NULL);
    free(rest);
    if (results)
        json_object_set(results, "results", list);
    return results;
}

/* Not fs_read: results of 100,000 cases may be larger than what it takes. */
json_t *results_load(const char *path, const char *const keep[], struct err *err) {
    size_t len;
    void *bytes = map_file(path, &len, err);
    if (!bytes)
        return NULL;
    json_error_t why;
    struct err unused = {0};
    CLEANUP(json_freep) json_t *kept = keep ? read_kept(bytes, len, keep) : NULL;
    bool fine = kept && results_check(kept, path, &unused) == 0;
    CLEANUP(json_freep)
    json_t *whole = fine ? NULL : json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);
    (void)munmap(bytes, len);
    if (fine)
        return json_take(&kept);
    if (!whole) {
        err_set(err, ERR_INPUT, "%s:%d: %s", path, why.line, why.text);
        return NULL;
    }
    return results_check(whole, path, err) == 0 ? json_take(&whole) : NULL;
}
