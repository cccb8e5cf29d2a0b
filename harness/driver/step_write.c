/* write: a file in the work folder. */
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/driver/step.h"
#include "harness/model/value.h"

#include <stdlib.h>
#include <string.h>

static int write_file(const struct step_run *s, struct err *err) {
    CLEANUP(str_freep) char *name = value_to_text(json_object_get(s->args, "file"));
    CLEANUP(str_freep) char *text = value_to_text(json_object_get(s->args, "text"));
    const char *mode = json_str(s->args, "mode", NULL);
    if (*name == '/' || strstr(name, "..") || !*name)
        return err_set(err, ERR_INPUT, "file \"%s\" leaves the work folder", name);
    CLEANUP(str_freep) char *path = fs_join(s->c->place->ask.work_dir, name);
    CLEANUP(str_freep) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    if (fs_mkdir_p(dir, 0700, err) < 0)
        return err->code;
    mode_t bits = mode ? (mode_t)strtoul(mode, NULL, 8) : 0644;
    return fs_write_atomic(path, text, strlen(text), bits, err);
}

static void begin(struct step_run *s) {
    struct err err = {0};
    if (write_file(s, &err) < 0)
        step_end(s, OUTCOME_ERROR, "environment", NULL, err.text);
    else
        step_end(s, OUTCOME_MET, NULL, NULL, NULL);
}

const struct step_ops step_write_ops = {.begin = begin};
