/*
 * One running command of the juju client: its arguments, its output and the way it ends. A verb is
 * a function that answers with an exit code, or with JUJU_LATER after it started the command's
 * timer; then it ends by juju_command_exit.
 */
#ifndef CONFED_JUJU_JUJU_COMMAND_H
#define CONFED_JUJU_JUJU_COMMAND_H

#include "mocks/juju/juju_state.h"

#define JUJU_LATER (-1)

struct juju_command {
    struct juju *j;
    struct juju_command *next;
    struct juju_reply_ops reply;
    json_t *request; /* as it came */
    json_t *flags;   /* long name -> text, or true */
    json_t *args;    /* the other arguments after the verb */
    const struct juju_verb *verb;
    char uuid[37]; /* the model it is about, once juju_command_model answered */
    struct sched_timer timer;
    json_t *state;        /* what a verb remembers between timers */
    struct fault trouble; /* what befalls it */
};

typedef int juju_verb_fn(struct juju_command *c);
struct juju_verb {
    const char *name;
    const char *flags; /* "m,model= y,yes": long names, short ones in front, = takes a value */
    juju_verb_fn *fn;
    const char *usage, *summary;
};
/* The table of verbs, ends with name NULL. Each file of verbs has a few lines of it. */
extern const struct juju_verb juju_model_verbs[], juju_deploy_verbs[], juju_config_verbs[],
    juju_run_verbs[], juju_show_verbs[], juju_wait_verbs[];
/* Whether the release knows the verb. */
bool juju_command_has_verb(const struct juju *j, const struct juju_verb *v);
/* NULL: there is none of that name. */
const struct juju_verb *juju_command_find_verb(const struct juju *j, const char *name);

void juju_command_out(struct juju_command *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void juju_command_info(struct juju_command *c, const char *fmt, ...) /* on stderr */
    __attribute__((format(printf, 2, 3)));
void juju_command_write(struct juju_command *c, int fd, const char *data, size_t len);
/* "ERROR <text>\n" on stderr; answers code. */
int juju_command_fail(struct juju_command *c, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void juju_command_exit(struct juju_command *c, int code);
void juju_command_later(struct juju_command *c, int64_t delay_ms, sched_fn *fn);

/* Argument i, borrowed; NULL: there are fewer. */
const char *juju_command_arg(const struct juju_command *c, size_t i);
size_t juju_command_arg_count(const struct juju_command *c);
/* The value of a flag, borrowed; NULL: not given. */
const char *juju_command_flag(const struct juju_command *c, const char *name);
bool juju_command_has(const struct juju_command *c, const char *name);
/* "admin/f1" from the flag, JUJU_MODEL or the current model; NULL after it failed (exit code 1). */
struct juju_model *juju_command_model(struct juju_command *c);
/* The model of before, NULL when it is gone meanwhile. */
struct juju_model *juju_command_same_model(struct juju_command *c);
/* The short name in "ctl:admin/f1"; borrowed. */
const char *juju_command_short_name(const char *text);
/* Prints value by --format (json, yaml; otherwise when not given). false: unknown format, told. */
bool juju_command_print(struct juju_command *c, const json_t *value, const char *otherwise);

#endif
