/*
 * One container of a pod: its state, its log, its files and the program that runs in it. Daemons
 * (nginx, anything the world does not know) just run; programs of busybox are simulated.
 */
#ifndef CONFED_CLUSTER_CONTAINER_H
#define CONFED_CLUSTER_CONTAINER_H

#include "mocks/cluster/image.h"
#include "mocks/cluster/log.h"
#include "mocks/cluster/state.h"

enum container_state { CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED };

struct process;
struct files;

struct container {
    struct pod *pod;
    char *name, *image; /* owned */
    char *id;           /* 64 hex digits, owned; NULL before the first start */
    const struct image *kind;
    enum container_state state;
    const char *reason; /* of waiting or terminated; static */
    char *message;      /* owned or NULL */
    int exit_code, restarts;
    int crashes;                     /* ends in a row that each came soon after the start */
    int64_t started_ms, finished_ms; /* wall clock */
    int64_t begun_ms;                /* the same as started_ms on the scheduler's */
    bool ready;
    struct {
        bool there;
        int exit_code;
        const char *reason;
        int64_t started_ms, finished_ms;
        char *id;
    } last;
    struct log log, previous_log;
    struct files *files;      /* NULL until something is written */
    struct process *main;     /* NULL: a daemon, or not running */
    struct process *running;  /* list of all processes, for the kubelet to end them */
    struct stream *streams;   /* kubelet.c: list of who is attached or follows the log */
    struct sched_timer timer; /* restart after a crash, readiness */
};

void container_init(struct container *k, struct pod *p, const json_t *spec);
void container_release(struct container *k);
/* Pulls (or fails to) and starts; then tells the pod. */
void container_start(struct container *k);
/* Ends what runs; exit code as of SIGKILL (137) or 0 for a daemon that stops in peace. */
void container_stop(struct container *k);
/* What the main program writes: into the log, to those attached and to logs -f. */
void container_write(struct container *k, int fd, const void *data, size_t len);
/* The container's part of the pod's spec; borrowed or NULL. */
const json_t *container_spec(const struct container *k);
/* How long it takes to stop after SIGTERM. */
int64_t container_stop_ms(const struct container *k, int64_t grace_ms);

#endif
