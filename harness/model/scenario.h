/*
 * A case as people write it (cases/README.md): who it is, what it needs, and its steps. A scenario
 * is a value; reading one reports everything that is wrong with it at once, by file and line.
 *
 * What concerns more than one case (unknown predecessors, cycles, variables) is case_graph's.
 */
#ifndef CONFED_MODEL_SCENARIO_H
#define CONFED_MODEL_SCENARIO_H

#include "harness/core/mem.h"
#include "harness/model/problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum step_verb {
    STEP_RUN,
    STEP_FINISH,
    STEP_AWAIT,
    STEP_RESOLVE,
    STEP_PROBE,
    STEP_SETTLE,
    STEP_TRUTH,
    STEP_REACH,
    STEP_WRITE,
    STEP_ASSERT,
    STEP_BIND,
};
const char *step_verb_name(enum step_verb verb);

/* What a step asks, or an await asks again and again. */
enum ask_kind {
    ASK_NONE,
    ASK_RUN,
    ASK_FINISH,
    ASK_API,
    ASK_RESOLVE,
    ASK_PROBE,
    ASK_TRUTH,
    ASK_REACH
};
/* The first names of the paths that predicates over its answer may use; ends with NULL. */
const char *const *ask_kind_roots(enum ask_kind kind);

/* JSON members are borrowed from the scenario's source, NULL where not given. */
struct step {
    enum step_verb verb;
    enum ask_kind ask;
    int line;
    const char *title;
    const json_t *args;  /* the verb's value; of an await with run, probe, ...: that one's */
    int64_t deadline_ms; /* world time; 0: none of its own */
    int64_t stays_ms;
    const char *job; /* of run: its name in the background; of finish: whom to wait for */
    bool go_on;
    bool may_fail; /* how it ends does not count, and the next step follows */
    const json_t *expect, *until, *bind, *evidence, *env;
};

struct scenario {
    char *file; /* owned */
    int line;
    json_t *source; /* owned: the whole mapping, as run.json keeps it */
    const char *id, *title, *why;
    const json_t *covers, *needs, *after; /* lists of texts or NULL */
    const json_t *behind; /* as after, but a case that is unsupported will do; or NULL */
    const json_t *worlds; /* in which it is one of all the cases; NULL: sim and juju */
    int64_t deadline_ms;  /* world time; 0: each step has what the world's budget gives it */
    bool required, teardown;
    bool once;          /* a tear-down that is not done again when it was judged, though not met */
    bool by_name;       /* not of a run that selects nothing by name */
    struct step *steps; /* owned: step_count of them, then again_count, then still_count */
    size_t step_count;
    size_t again_count; /* what is done first when the case is begun again by a resumed run */
    size_t still_count; /* what must hold yet when a resumed run builds on the case */
};

/* Owned; NULL when there are problems (more may be wrong than what is reported first). */
struct scenario *scenario_parse(const char *text, size_t len, const char *file,
                                struct problems *problems);
/* The same from JSON; lines (NULL allowed) is as from yaml_parse_with_lines. */
struct scenario *scenario_from_json(const json_t *source, const json_t *lines, const char *file,
                                    struct problems *problems);
void scenario_free(struct scenario *s);
DEFINE_OWNED(struct scenario, scenario)

/* How many steps there are in all three lists, and one of them as it is written; borrowed. */
size_t scenario_step_total(const struct scenario *s);
const json_t *scenario_step_source(const struct scenario *s, size_t index);
/* The length of the area in front of the dot of an id. */
size_t scenario_area_len(const char *id);
/* Appends one line that says what the step does: `run kubectl get nodes`. */
void step_describe(const struct step *step, struct buf *out);

#endif
