/*
 * Before a resumed run goes on: is what its cases left behind there still? The `still` of each that
 * has passed is asked, all at once and in little time, and what does not hold is one line in a
 * list. Nothing of it goes into the observations: the cases are over.
 */
#ifndef CONFED_DRIVER_STILL_H
#define CONFED_DRIVER_STILL_H

#include "harness/driver/case_run.h"

#include <jansson.h>
#include <stddef.h>

struct still;
/* place is that of the run, for at most so many cases; both are borrowed until the end. */
struct still *still_new(const struct case_place *place, size_t cases_max, json_t *differences);
/* s is borrowed until the end, visible copied. Fine when the case asks nothing. */
void still_add(struct still *w, const struct scenario *s, const json_t *visible);
size_t still_left(const struct still *w); /* 0: all have answered, or had their time */
void still_free(struct still *w);

#endif
