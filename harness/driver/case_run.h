/*
 * A case that is being run: its values, its background jobs, and the step it is at. Steps report
 * their end with case_run_step_ended; the driver hears of the case's end.
 */
#ifndef CONFED_DRIVER_CASE_RUN_H
#define CONFED_DRIVER_CASE_RUN_H

#include "harness/driver/collector.h"
#include "harness/driver/process.h"
#include "harness/model/budget.h"
#include "harness/model/case_graph.h"
#include "harness/model/observation.h"
#include "harness/world/world.h"

struct step_run;
struct case_run;

/* What all cases of a run share; borrowed by them. */
struct case_place {
    struct ask_place ask;
    const char *run_dir;
    const struct world *world;
    const struct budget *budget;       /* or NULL */
    const struct collector *collector; /* or NULL */
    json_t *juju_changes;              /* model -> when this run changed it last, monotonic */
    int64_t deadline_max_ms;           /* real; 0: none. While a run is being stopped */
    void (*write)(void *self, json_t *event, bool sync); /* steals event */
    /* Something of the run could not be written down: err is borrowed. */
    void (*failed)(void *self, const struct err *err);
    void (*ended)(void *self, struct case_run *c);
    void *self;
};

struct job {
    struct job *next;
    const char *name;        /* borrowed from its step */
    struct process *process; /* owned */
    bool ended;
    struct step_run *waiting; /* its finish; NULL: none yet */
};

struct case_run {
    const struct case_place *place;
    const struct scenario *scenario; /* borrowed */
    json_t *visible;                 /* owned; what ${...} sees */
    json_t *bound;                   /* owned; what this case has bound itself */
    struct job *jobs;                /* owned */
    struct step_run *step;           /* owned; the one it is at */
    size_t next;                     /* index of the step after it */
    size_t again_left;               /* steps of `again` that are still to be done first */
    enum outcome outcome;            /* the worst so far; final when ended */
    const char *blocked_by; /* borrowed; the case at the root of its being blocked; NULL: none */
    bool begun, ended;
    bool checking;                       /* only its `still` */
    struct collector_request collecting; /* while its done is set the case stands still */
    bool collected;
    int64_t collect_ms;            /* monotonic; when that began */
    json_t *last_words;            /* owned; the case-end of one that was given up, until that */
    int64_t begin_ms, deadline_ms; /* monotonic; deadline_ms 0: only its steps have one */
    struct sched_timer go;
};

/* In place. */
void case_run_init(struct case_run *c, const struct case_place *place, const struct scenario *s);
void case_run_release(struct case_run *c);
/* visible is borrowed and copied. again: an earlier attempt of this run did not end well. */
void case_run_begin(struct case_run *c, const json_t *visible, bool again);
/* Asks all of its `still`, each whatever the others say. visible is borrowed and copied. */
void case_run_check(struct case_run *c, const json_t *visible);
/* Ends it without another step; what runs is stopped. */
void case_run_interrupt(struct case_run *c);
/*
 * The same as an error, whether it has begun or not: the run as a whole has no time left. It ends
 * when what there is to see of it has been collected.
 */
void case_run_give_up(struct case_run *c, const char *reason, const char *text);
/* Writes case-end for one that never began: blocked or unsupported. missing, blocked_by: or NULL.
 */
void case_run_skip(struct case_run *c, enum outcome outcome, const json_t *missing,
                   const char *blocked_by);

/* For steps. */
void case_run_step_ended(struct case_run *c, enum outcome outcome);
struct job *case_run_job(struct case_run *c, const char *name); /* borrowed or NULL */
struct job *case_run_add_job(struct case_run *c, const char *name);
void case_run_drop_job(struct case_run *c, struct job *job);

#endif
