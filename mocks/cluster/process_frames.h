/*
 * The machine's state and its stack of frames: for process*.c and expand.c only.
 *
 *     process.c          its life: start, turns, input, signals, end
 *     process_frames.c   the stack, and what a program sees of the machine (programs.h)
 *     process_step.c     one step of what stands on the stack
 *     process_builtin.c  the shell's own commands
 */
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

enum { PROCESS_STEPS_MAX = 2000 }; /* before the world gets a turn */

/* The frame that runs; NULL when there is none. */
struct frame *process_top(const struct process *p);
/* A new one on top: node (borrowed, NULL: argv will be given) with these ends; borrowed. */
struct frame *process_push(struct process *p, const struct script *node, const struct io *io);
void process_pop(struct process *p);
/* The top frame ends with this status. */
void process_finish(struct process *p, int status);
/* Ends frames up to and with the nearest shell. */
void process_leave_shell(struct process *p, int status);

/* To the process's own output, as its terminal shows it. */
void process_emit(struct process *p, int fd, const char *data, size_t len);
void process_write(struct process *p, const struct target *t, const void *data, size_t len);
/* To what is the standard error of the top frame. */
void process_complain(struct process *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether nothing more can come from the frame's input. */
bool process_at_end(const struct process *p, const struct frame *f);

/* One step; false when the process must wait. */
bool process_step(struct process *p);
/* Carries out argv where it is a command of the shell; false when it is none. */
bool process_run_builtin(struct process *p, struct frame *f);
/* The next turn, after so much of the world's time. */
void process_run_later(struct process *p, int64_t ms);
/* Runs the commands at once, without input or waiting, their output into ret: $(...). */
void process_capture(struct process *p, const char *text, struct buf *ret);

#endif
