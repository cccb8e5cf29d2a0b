#include "harness/model/results.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/model/verdict.h"

#include <fcntl.h>
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

/* Not fs_read: results of 100,000 cases may be larger than what it takes. */
json_t *results_load(const char *path, struct err *err) {
    size_t len;
    void *bytes = map_file(path, &len, err);
    if (!bytes)
        return NULL;
    json_error_t why;
    CLEANUP(json_freep) json_t *results = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);
    (void)munmap(bytes, len);
    if (!results) {
        err_set(err, ERR_INPUT, "%s:%d: %s", path, why.line, why.text);
        return NULL;
    }
    return results_check(results, path, err) == 0 ? json_take(&results) : NULL;
}
