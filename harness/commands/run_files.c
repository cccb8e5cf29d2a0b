#include "harness/commands/run_files.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/judge/junit_read.h"
#include "harness/model/results.h"

#include <glob.h>

enum { RUNS_MAX = 10000 };

void run_files_add(json_t **list, const char *path) {
    if (!*list)
        *list = json_array();
    json_array_append_new(*list, json_string(path));
}

static json_t *load_file(const char *path, const char *const keep[], struct err *err) {
    return junit_read_is_xml(path) ? junit_read(path, err) : results_load(path, keep, err);
}

static json_t *load_folder(const char *dir, const char *const keep[], struct err *err) {
    CLEANUP(str_freep) char *results = fs_join(dir, "results.json");
    return fs_exists(results) ? results_load(results, keep, err)
                              : verdicts_judge(dir, NULL, false, err);
}

static bool is_run(const char *dir) {
    CLEANUP(str_freep) char *results = fs_join(dir, "results.json");
    CLEANUP(str_freep) char *run = fs_join(dir, "run.json");
    return fs_exists(results) || fs_exists(run);
}

/* Every run right below the folder, in the order of their names, which begin with their time. */
static json_t *load_folders(const char *dir, const char *const keep[], struct err *err) {
    CLEANUP(str_freep) char *pattern = fs_join(dir, "*");
    CLEANUP(json_freep) json_t *runs = json_array();
    glob_t found = {0};
    (void)glob(pattern, GLOB_ONLYDIR, NULL, &found);
    int rc = 0;
    for (size_t i = 0; i < found.gl_pathc && i < RUNS_MAX && rc == 0; i++) {
        if (!is_run(found.gl_pathv[i]))
            continue;
        json_t *one = load_folder(found.gl_pathv[i], keep, err);
        rc = one ? json_array_append_new(runs, one) : ERR_INPUT;
    }
    globfree(&found);
    if (rc == 0 && json_array_size(runs) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s: not the folder of a run, and there are no runs in it",
                     dir);
    return rc == 0 ? json_take(&runs) : NULL;
}

json_t *run_files_load(const char *path, const char *const keep[], struct err *err) {
    if (fs_is_dir(path) && !is_run(path))
        return load_folders(path, keep, err);
    json_t *one = fs_is_dir(path) ? load_folder(path, keep, err) : load_file(path, keep, err);
    if (!one)
        return NULL;
    json_t *runs = json_array();
    json_array_append_new(runs, one);
    return runs;
}

json_t *run_files_load_all(const json_t *paths, const char *const keep[], struct err *err) {
    CLEANUP(json_freep) json_t *all = json_array();
    size_t i;
    json_t *path;
    json_array_foreach(paths, i, path) {
        CLEANUP(json_freep) json_t *some = run_files_load(json_string_value(path), keep, err);
        if (!some)
            return NULL;
        json_array_extend(all, some);
    }
    return json_take(&all);
}
