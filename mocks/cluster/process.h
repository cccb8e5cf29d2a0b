/*
 * A simulated program that runs in a container, until it ends or is ended: a script, a shell that
 * reads commands, cat, sleep. It runs on the world's clock and never blocks the world.
 */
#ifndef CONFED_CLUSTER_PROCESS_H
#define CONFED_CLUSTER_PROCESS_H

#include "mocks/cluster/container.h"

struct process_sink {
    void (*output)(void *self, int fd, const void *data, size_t len);
    /* Called once, from a timer; the process is gone afterwards. */
    void (*exited)(void *self, int code);
    void *self;
};

struct process;

/* Whether the container has the program (as a shell would find it in $PATH). */
bool process_can_run(const struct container *k, const char *program);
struct process_options {     /* borrowed */
    const char *const *argv; /* argc of them, one at least */
    size_t argc;
    bool has_stdin, tty; /* without standard input the program reads an end of file */
    int64_t after_ms;    /* of the world, until it does its first step */
};
/*
 * Starts a program; nothing is called before this has returned. Returns the process; the container
 * lists it until it is gone.
 */
struct process *process_start(struct container *k, const struct process_options *o,
                              const struct process_sink *sink);
void process_input(struct process *p, const void *data, size_t len);
void process_input_end(struct process *p);
/* Ends it at once without a call of exited. */
void process_kill(struct process *p);
/* Ends it as a signal would: exited is called from a timer with 128 + signal. */
void process_signal(struct process *p, int signal_number);

#endif
