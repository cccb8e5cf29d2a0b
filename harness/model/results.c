#include "harness/model/results.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/model/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* Not fs_read and json_parse: results of 100,000 cases are larger than what those take. */
json_t *results_load(const char *path, struct err *err) {
    struct stat st;
    if (stat(path, &st) < 0) {
        err_errno(err, "cannot open %s", path);
        return NULL;
    }
    if (st.st_size > FILE_BYTES_MAX) {
        err_set(err, ERR_LIMIT, "%s is larger than 2 GiB: no results of confed are", path);
        return NULL;
    }
    json_error_t why;
    errno = 0;
    CLEANUP(json_freep) json_t *results = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!results) {
        if (json_error_code(&why) == json_error_cannot_open_file)
            err_errno(err, "cannot open %s", path);
        else
            err_set(err, ERR_INPUT, "%s:%d: %s", path, why.line, why.text);
        return NULL;
    }
    return results_check(results, path, err) == 0 ? json_take(&results) : NULL;
}
