#include "harness/world/tools.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_program(const char *path) {
    return access(path, X_OK) == 0 && !fs_is_dir(path);
}

char *tools_find(const char *name, const char *path) {
    if (strchr(name, '/'))
        return is_program(name) ? realpath(name, NULL) : NULL;
    CLEANUP(str_freep) char *folders = xstrdup(path ? path : "");
    char *rest = folders, *folder;
    while ((folder = str_next(&rest, ':')) != NULL) {
        if (*folder != '/')
            continue; /* an empty or relative entry means the working folder: not for us */
        CLEANUP(str_freep) char *file = fs_join(folder, name);
        if (is_program(file))
            return str_take(&file);
    }
    return NULL;
}

static int put_link(const char *bin, const char *name, const char *target, struct err *err) {
    CLEANUP(str_freep) char *link = fs_join(bin, name);
    (void)unlink(link);
    if (symlink(target, link) < 0)
        return err_errno(err, "cannot link %s to %s", link, target);
    return 0;
}

static int link_asked(const char *bin, const json_t *tools, struct err *err) {
    union {
        const json_t *in;
        json_t *out;
    } object = {.in = tools};
    const char *name;
    json_t *path;
    json_object_foreach(object.out, name, path) {
        CLEANUP(str_freep) char *found = tools_find(json_string_value(path), getenv("PATH"));
        if (!found)
            return err_set(err, ERR_NOT_FOUND, "--tool %s=%s: there is no such program", name,
                           json_string_value(path));
        if (put_link(bin, name, found, err) < 0)
            return err->code;
    }
    return 0;
}

int tools_link(const char *run_dir, const json_t *tools, struct err *err) {
    CLEANUP(str_freep) char *bin = fs_join(run_dir, "bin");
    if (fs_mkdir_p(bin, 0755, err) < 0)
        return err->code;
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len > 0) {
        self[len] = '\0';
        if (put_link(bin, "confed", self, err) < 0)
            return err->code;
    }
    if (!json_object_get(tools, "kubectl")) {
        CLEANUP(str_freep) char *kubectl = tools_find("kubectl", getenv("PATH"));
        if (kubectl && put_link(bin, "kubectl", kubectl, err) < 0)
            return err->code;
    }
    return link_asked(bin, tools, err);
}

char *tools_own(const char *name, const char *variable, struct err *err) {
    const char *said = getenv(variable);
    if (said && *said) {
        char *found = tools_find(said, getenv("PATH"));
        if (!found)
            err_set(err, ERR_NOT_FOUND, "%s=%s: there is no such program", variable, said);
        return found;
    }
    CLEANUP(str_freep) char *dir = fs_program_dir();
    CLEANUP(str_freep) char *beside = fs_join(dir ? dir : ".", name);
    if (is_program(beside))
        return str_take(&beside);
    char *found = tools_find(name, getenv("PATH"));
    if (!found)
        err_set(err, ERR_NOT_FOUND,
                "the program %s is neither beside confed nor in PATH (or say %s=FILE)", name,
                variable);
    return found;
}
