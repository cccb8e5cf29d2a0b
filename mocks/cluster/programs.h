/*
 * The simulated programs of a container. A program is a function that is called until it is done:
 * it reads what input there is, writes, and either returns its exit code or asks to be called again
 * when there is more input or when time has passed. What it must remember goes into its state.
 *
 * To add one: a function in one of the program_*.c files and a line in the table of programs.c.
 */
#ifndef CONFED_CLUSTER_PROGRAMS_H
#define CONFED_CLUSTER_PROGRAMS_H

#include "mocks/cluster/container.h"

#define PROGRAM_WAIT_INPUT (-1)
#define PROGRAM_WAIT_TIME (-2) /* call->wait_ms was set */
#define PROGRAM_OUTPUT_MAX ((size_t)8 << 20)

struct process;
struct resolver;

struct call {
    struct process *process;
    struct container *container;
    size_t argc;
    char **argv; /* argv[argc] is NULL */
    int64_t wait_ms;
    struct buf *state; /* kept between calls, empty at first */
    size_t calls;      /* how often it was called before */
};

typedef int program_fn(struct call *call);

/* NULL: no such program. */
program_fn *programs_find(const char *name);
bool programs_is_debian(const char *name); /* a debian image has it too */

/* What a program does with the world around it; process.c has them. */
void call_out(struct call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void call_err(struct call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void call_write(struct call *call, int fd, const void *data, size_t len);
/* Moves all input that is there to the end of ret; true: and that was the end of it. */
bool call_read(struct call *call, struct buf *ret);
/* The next line without its newline into ret: 1; 0: the end; PROGRAM_WAIT_INPUT: not yet. */
int call_read_line(struct call *call, struct buf *ret);
char *call_path(const struct call *call, const char *path); /* absolute; owned */
json_t *call_env(const struct call *call);                  /* borrowed */
struct resolver *call_resolver(struct call *call);          /* of this run; borrowed */
int call_again(struct call *call); /* what is returned while the resolver is pending */

/* program_files.c */
program_fn program_cat, program_head, program_tail, program_ls, program_tee, program_wc,
    program_grep, program_touch, program_rm, program_mkdir, program_test, program_cp;
/* program_tar.c */
program_fn program_tar;
/* program_nslookup.c */
program_fn program_nslookup;
/* program_net.c */
program_fn program_wget, program_nc;

#endif
