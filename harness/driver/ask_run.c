/* The question to a command: what does it print, and how does it end? */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/dns/nslookup.h"
#include "harness/driver/ask.h"
#include "harness/driver/process.h"
#include "harness/model/value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The program called name in the command's own PATH; owned or NULL. */
static char *find_program(const char *name, const json_t *env, const char *work_dir) {
    if (strchr(name, '/'))
        return *name == '/' ? xstrdup(name) : xasprintf("%s/%s", work_dir, name);
    const char *path = json_str(env, "PATH", NULL);
    CLEANUP(str_freep) char *folders = xstrdup(path ? path : "");
    char *rest = folders, *folder;
    while ((folder = str_next(&rest, ':')) != NULL) {
        CLEANUP(str_freep) char *file = xasprintf("%s/%s", folder, name);
        if (*folder == '/' && access(file, X_OK) == 0)
            return str_take(&file);
    }
    return NULL;
}

/* Where it looks like nslookup's output, what that says: its exit code is no answer. */
static void add_nslookup(const struct process *p, json_t *seen) {
    const char *out = buf_str(&p->output[0]), *err = buf_str(&p->output[1]);
    if (!str_has_prefix(out, "Server:") && !str_has_prefix(out, ";; ") &&
        !str_has_prefix(err, "nslookup: "))
        return;
    json_t *found = nslookup_parse(out, p->output[0].len, err, p->output[1].len);
    if (*json_str(found, "form", NULL))
        json_object_set(seen, "nslookup", found);
    json_decref(found);
}

json_t *ask_run_seen(const struct process *p) {
    json_t *seen = json_object();
    if (p->signal)
        json_set_int(seen, "signal", p->signal);
    else if (p->exit_code >= 0)
        json_set_int(seen, "exit", p->exit_code);
    json_object_set_new(seen, "stdout", value_from_bytes(buf_str(&p->output[0]), p->output[0].len));
    json_object_set_new(seen, "stderr", value_from_bytes(buf_str(&p->output[1]), p->output[1].len));
    json_t *json = value_json_in(buf_str(&p->output[0]));
    if (json)
        json_object_set_new(seen, "json", json);
    add_nslookup(p, seen);
    return seen;
}

struct process *ask_run_launch(const struct ask_place *place, const json_t *argv, const json_t *env,
                               void (*done)(void *self), void *self, const char **ret_reason,
                               char **ret_text) {
    CLEANUP(json_freep) json_t *all = json_deep_copy(place->env);
    if (env)
        json_object_update(all, json_mutable(env));
    CLEANUP(str_freep) char *name = value_to_text(json_array_get(argv, 0));
    CLEANUP(str_freep) char *program = find_program(name, all, place->work_dir);
    if (!program) {
        *ret_reason = "tool-missing";
        *ret_text =
            xasprintf("the program %s is not in PATH (%s)", name, json_str(all, "PATH", NULL));
        return NULL;
    }
    struct err err = {0};
    struct process_spec spec = {.program = program,
                                .argv = argv,
                                .env = all,
                                .dir = place->work_dir,
                                .cpu_us = place->cpu_us};
    struct process *p = process_start(place->loop, &spec, done, self, &err);
    if (!p) {
        *ret_reason = err.code == ERR_NOT_FOUND ? "tool-missing" : "environment";
        *ret_text = xstrdup(err.text);
    }
    return p;
}

static void on_end(void *self) {
    struct ask *a = self;
    ask_answer(a, ask_run_seen(a->state), true);
}

static void run_start(struct ask *a) {
    const char *reason;
    char *text;
    a->state = ask_run_launch(a->place, a->args, a->env, on_end, a, &reason, &text);
    if (!a->state)
        ask_fail(a, reason, text);
}

static void run_stop(struct ask *a) {
    process_free(a->state);
}

const struct ask_ops ask_run_ops = {.start = run_start, .stop = run_stop};
