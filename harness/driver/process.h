/*
 * A program in a process group of its own, without a shell: standard input empty, output collected
 * up to a bound, nothing of ours inherited. It dies with the harness, and what it leaves behind in
 * its group dies with it.
 */
#ifndef CONFED_DRIVER_PROCESS_H
#define CONFED_DRIVER_PROCESS_H

#include "harness/core/buf.h"
#include "harness/driver/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

enum { PROCESS_OUTPUT_MAX = 16 << 20 };

struct process_spec {    /* all borrowed */
    const char *program; /* path of the file to execute */
    const json_t *argv;  /* list of texts */
    const json_t *env;   /* name -> text: all of the environment */
    const char *dir;     /* working folder */
    json_t *cpu_us; /* where its processor time is added when it ends, under its name; or NULL */
};

struct process {
    pid_t pid;
    bool ended;
    int exit_code;             /* when it ended by itself; else -1 */
    int signal;                /* that killed it; else 0 */
    struct buf output[2];      /* stdout, stderr so far */
    bool cut[2];               /* more came than is kept */
    void (*heard)(void *self); /* told when standard output has more; NULL at first */

    struct loop *loop; /* from here on the module's own */
    void (*done)(void *self);
    void *self;
    int pidfd, pipes[2];
    char *name;
    json_t *cpu_us;
    struct loop_fd exit_watch, pipe_watches[2];
    struct sched_timer timer;
    bool exited, abandoned, killed;
};

/*
 * Starts it; owned. done is called once, from the loop, when it has ended and its output is read.
 * NULL with ERR_NOT_FOUND or ERR_IO when it cannot be executed.
 */
struct process *process_start(struct loop *loop, const struct process_spec *spec,
                              void (*done)(void *self), void *self, struct err *err);
/* Frees an ended one. One that runs gets TERM, then KILL, and is freed by the loop; no done. */
void process_free(struct process *p);
DEFINE_OWNED(struct process, process)

#endif
