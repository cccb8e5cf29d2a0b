/* What the parts of a collection share. Private to harness/evidence. */
#ifndef CONFED_EVIDENCE_GATHER_PARTS_H
#define CONFED_EVIDENCE_GATHER_PARTS_H

#include "harness/core/sched.h"
#include "harness/evidence/clocks.h"
#include "harness/evidence/folder.h"
#include "harness/evidence/gather.h"
#include "harness/evidence/sources.h"

enum { GATHER_AT_ONCE = 24 }; /* questions that are open */

enum task_state { TASK_WAITING, TASK_RUNNING, TASK_ENDED };

struct task {
    struct task *next;
    struct gather *g;
    const struct source *source;
    json_t *names;       /* owned; of the row's scope */
    const char *subject; /* borrowed from names: the model or cluster; "" */
    struct ask *ask;     /* owned while it runs */
    int64_t begin_ms;
    enum task_state state;
};

struct gather {
    struct gather_options o;
    json_t *visible, *namespaces; /* owned */
    struct folder folder;
    struct clocks clocks;
    json_t *events, *logs, *statuses; /* owned; for the time line, when the clocks are known */
    json_t *
        beside; /* owned; answers that others need: row -> cluster -> answer, null: there is none */
    json_t *held;               /* owned; what follows when those are there: {row, names, answer} */
    json_t *unread;             /* owned; clusters whose events could not be read */
    struct task *tasks, **last; /* owned; in the order in which they are asked */
    struct task *first;         /* borrowed; all before it have been asked; NULL: all have */
    size_t count;
    struct task *open[GATHER_AT_ONCE]; /* borrowed; those that run, in no order */
    size_t running;
    json_t *manifest; /* owned; what came of each */
    int64_t begin_ms;
    struct sched_timer deadline, soon;
    bool over;
};

/* gather.c: an answer of a task, for ask_start. */
void gather_on_answer(void *self, const struct answer *answer);
/* There will be no answer: state and why are what the manifest says; why is stolen. */
void gather_lost(struct task *task, const char *state, char *why);

/* gather_turns.c: asks as many as may be asked, and ends the collection when all have been. */
void gather_turns_go_on(struct gather *g);
/* A task that ran does not any more. */
void gather_turns_end(struct task *task);
/* Lets all go that run or wait; the manifest says so. */
void gather_turns_let_go(struct gather *g);

/* gather_manifest.c */
json_t *gather_manifest_new(const struct gather *g); /* owned */
/* What came of a task; why is stolen; NULL: all is well. */
void gather_manifest_note(struct gather *g, const struct task *task, const char *state,
                          const char *file, int64_t bytes, char *why);
/* A cluster whose events could not be read in one namespace is named once. */
void gather_manifest_note_unread(struct gather *g, const struct task *task, const char *why);
/* What a person misses in the folder: not what there is nothing of. Owned, as are these. */
json_t *gather_manifest_missing(const struct gather *g);
json_t *gather_manifest_unread(const struct gather *g);

/* gather_end.c: the time line, the manifest, the event; once. */
void gather_end(struct gather *g);

#endif
