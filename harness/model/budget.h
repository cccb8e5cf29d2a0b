/*
 * How long things may take in a world: a deadline for each kind of step, and one for the run as a
 * whole. Cases say what happens, and only a world knows how slow its machines are, so the numbers
 * are a file of the world (fixtures/budgets), over which a person can lay one of their own:
 *
 *     run: 8h                   # real time, from the first case to the last; then only tear-down
 *     teardown: 2h              # real time; what is left of it then gets a minute a step
 *     steps:                    # the world's time
 *       default: 10m
 *       settle: 40m             # a verb
 *       run juju deploy: 15m    # a command, by its first words; the longest that fits counts
 *
 * What a step says itself counts more than any of this, and so does the deadline of its case.
 */
#ifndef CONFED_MODEL_BUDGET_H
#define CONFED_MODEL_BUDGET_H

#include "harness/core/err.h"
#include "harness/model/problem.h"
#include "harness/model/scenario.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct budget {                  /* zero-initialised has no limits but the default of a step */
    int64_t run_ms, teardown_ms; /* real time; 0: none */
    json_t *steps;               /* owned: key -> milliseconds of the world's time, or NULL */
};

/* Lays a file's text over b. Everything wrong with it is a problem; b may be half changed then. */
void budget_lint(struct budget *b, const char *text, size_t len, const char *name,
                 struct problems *problems);
/* The same of a file: ERR_INPUT has the first problem, and how many more there are. */
int budget_add(struct budget *b, const char *path, struct err *err);
void budget_release(struct budget *b);

/* As run.json keeps it; owned. And back: what is not understood is left out. */
json_t *budget_to_json(const struct budget *b);
void budget_from_json(struct budget *b, const json_t *from);

/* What a step of s gets that says nothing itself, in the world's time. b may be NULL. */
int64_t budget_step_ms(const struct budget *b, const struct scenario *s, const struct step *step);

#endif
