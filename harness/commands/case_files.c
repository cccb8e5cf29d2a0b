#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <glob.h>
#include <stdio.h>

enum { CASES_MAX = 100000, CASE_BYTES_MAX = 4 << 20 };

char *case_files_default_dir(struct err *err) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    if (data)
        return fs_join(data, "cases");
    err_set(err, ERR_NOT_FOUND, "the folder cases/ is nowhere: say --cases DIR or set CONFED_DATA");
    return NULL;
}

static struct scenario *load_one(const char *path, struct problems *problems) {
    struct buf text = BUF_INIT;
    struct err err = {0};
    struct scenario *s = NULL;
    if (fs_read(path, &text, &err) < 0)
        problems_add(problems, path, 0, "%s", err.text);
    else if (text.len > CASE_BYTES_MAX)
        problems_add(problems, path, 0, "a case of more than %d bytes", CASE_BYTES_MAX);
    else
        s = scenario_parse(buf_str(&text), text.len, path, problems);
    buf_release(&text);
    return s;
}

static struct case_graph *load_all(const glob_t *files, bool picky, struct problems *problems) {
    struct scenario **scenarios = xcalloc(files->gl_pathc + 1, sizeof(struct scenario *));
    size_t count = 0;
    for (size_t i = 0; i < files->gl_pathc && i < CASES_MAX; i++) {
        scenarios[count] = load_one(files->gl_pathv[i], problems);
        count += scenarios[count] != NULL;
    }
    struct case_graph *g = NULL;
    if (problems->count == 0)
        g = case_graph_new(scenarios, count, picky, problems);
    else
        for (size_t i = 0; i < count; i++)
            scenario_free(scenarios[i]);
    free(scenarios);
    return g;
}

struct case_graph *case_files_load(const char *dir, bool picky, struct problems *problems,
                                   struct err *err) {
    CLEANUP(str_freep) char *found = dir ? xstrdup(dir) : case_files_default_dir(err);
    if (!found)
        return NULL;
    if (!fs_is_dir(found)) {
        err_set(err, ERR_USAGE, "%s is no folder; expected one with <area>/<slug>.yaml", found);
        return NULL;
    }
    CLEANUP(str_freep) char *pattern = fs_join(found, "*/*.yaml");
    glob_t files = {0};
    int rc = glob(pattern, 0, NULL, &files);
    struct case_graph *g = NULL;
    if (rc == GLOB_NOMATCH)
        err_set(err, ERR_USAGE, "%s has no case, expected files <area>/<slug>.yaml", found);
    else if (rc != 0)
        err_set(err, ERR_IO, "cannot list %s", pattern);
    else
        g = load_all(&files, picky, problems);
    globfree(&files);
    return g;
}

struct case_graph *case_files_load_or_say(const char *command, const char *dir, int *ret_exit) {
    struct problems problems = PROBLEMS_INIT;
    struct err err = {0};
    struct case_graph *g = case_files_load(dir, false, &problems, &err);
    if (!g && problems.count > 0) {
        fputs(buf_str(&problems.text), stderr);
        fprintf(stderr, "confed %s: %zu mistakes in the cases\n", command, problems.count);
        *ret_exit = COMMAND_TROUBLE;
    } else if (!g) {
        *ret_exit = commands_fail(command, &err);
    }
    problems_release(&problems);
    return g;
}
