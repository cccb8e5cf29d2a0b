/* The machine's state, shared by process.c and expand.c only. */
#ifndef CONFED_CLUSTER_PROCESS_FRAMES_H
#define CONFED_CLUSTER_PROCESS_FRAMES_H

#include "mocks/cluster/process.h"
#include "mocks/cluster/programs.h"
#include "mocks/cluster/script.h"

enum target_kind { TARGET_SINK, TARGET_BUF, TARGET_FILE };

struct target {
    enum target_kind kind;
    int fd;           /* SINK */
    struct buf *buf;  /* BUF; borrowed from a frame further down */
    const char *path; /* FILE; borrowed from a frame */
};

struct io {
    struct buf *in; /* the process's input, or a frame's buffer that has an end */
    struct target out, err;
};

/* Values of frame.step beside the node's own count. */
#define FRAME_RUNS_PROGRAM ((size_t)1 << 20)
#define FRAME_READS_COMMANDS ((size_t)2 << 20)
#define FRAME_WAITS_FOR_SCRIPT ((size_t)3 << 20)
#define FRAME_IF_DONE ((size_t)1 << 19)

struct frame {
    const struct script *node; /* borrowed; NULL: argv was given */
    size_t step;
    bool opened, is_shell;
    struct io io;
    char **argv;
    size_t argc, argv_cap;
    char *out_path, *err_path;
    struct buf own_in, pipe[2];
    program_fn *program;
    struct buf state;
    size_t calls;
    struct script *script;     /* owned: of sh -c, or the command that was read */
    struct resolver *resolver; /* of the program; NULL until it asks */
};

struct process {
    struct container *container;
    struct process *next, **prev;
    struct process_sink sink;
    struct sched_timer timer;
    struct io io;
    struct frame **frames;
    size_t depth, frames_cap;
    int status; /* $? */
    int capturing;
    bool tty, prompt, input_ended, hung_up, waits_for_input, running, killed;
    struct buf input;
    struct buf line; /* of a terminal: typed and not yet ended */
    json_t *vars;
    char *directory;
    char **kept; /* strings that live as long as the process */
    size_t kept_count, kept_cap;
};

/* Runs the commands at once, without input or waiting, their output into ret: $(...). */
void process_capture(struct process *p, const char *text, struct buf *ret);

#endif
