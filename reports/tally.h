/*
 * What the results come to, counted from the results themselves: every format takes its numbers
 * from here, so that they agree with each other whatever "summary" says. A skip is never a pass:
 * what no case can show (a required case that did not run, a run that was killed, nothing ran) is
 * said by rows of the suite itself, which formats without a place for it show like cases.
 */
#ifndef CONFED_REPORTS_TALLY_H
#define CONFED_REPORTS_TALLY_H

#include "harness/model/verdict.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum tally_row {
    TALLY_REQUIRED, /* "required cases all ran" */
    TALLY_FINISHED, /* "the run was finished" */
    TALLY_RAN,      /* "some case ran" */
    TALLY_EXIT,     /* "the exit code follows from the rows": red, and nothing else shows it */
    TALLY_ROWS,
};

struct tally {
    size_t total, of[VERDICT_COUNT];
    bool red;              /* the run */
    bool vanished_is_fine; /* the policy of the run: a vanished gap is an improvement */
    const json_t *missing; /* borrowed: ids of required cases that did not run */
    const char *reason;    /* borrowed: the judge's first one for red; NULL: none */
    const char *state;     /* borrowed: "finished" */
    bool row_failed[TALLY_ROWS];
};

struct tally tally_of(const json_t *results);
/* The verdict of one result; VERDICT_ERROR for a name that is none. */
enum verdict tally_verdict(const json_t *result);
/* Whether a case with this verdict makes this run red. */
bool tally_is_red(const struct tally *t, enum verdict v);
size_t tally_red(const struct tally *t);     /* cases that are red, with those in error */
size_t tally_skipped(const struct tally *t); /* known gaps, unsupported, blocked */
size_t tally_rows_failed(const struct tally *t);

const char *tally_row_name(enum tally_row row);
/* Why the row failed, one line, owned. */
char *tally_row_message(const struct tally *t, enum tally_row row);

#endif
