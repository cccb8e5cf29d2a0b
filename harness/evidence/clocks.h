/*
 * How far the clocks of clusters are from ours, so that what they say can be put into one order.
 * A cluster's API server shows its clock in the Date of each answer: theirs minus ours at the
 * middle of the request, known to half a second and half of the request's time.
 *
 * In the simulated world Juju's clock runs faster than ours, from an epoch on; it is mapped back.
 */
#ifndef CONFED_EVIDENCE_CLOCKS_H
#define CONFED_EVIDENCE_CLOCKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct clocks {
    json_t *clusters; /* owned: name -> {"skew_ms", "error_ms"} */
    double speed;     /* of Juju's clock; 1: ours */
    int64_t epoch_ms; /* when it showed what ours did; 0: not known */
};

/* In place; facts (borrowed) are what the world says of itself: speed, epoch_ms. */
void clocks_init(struct clocks *c, const json_t *facts);
void clocks_release(struct clocks *c);
/* Takes the "clock" of an answer: {"date_ms", "at_ms", "error_ms"}. The more exact one counts. */
void clocks_note(struct clocks *c, const char *cluster, const json_t *clock);

/* Our time when the cluster's clock showed their_ms: a skew within its error is none. */
int64_t clocks_of_cluster(const struct clocks *c, const char *cluster, int64_t their_ms);
int64_t clocks_of_juju(const struct clocks *c, int64_t their_ms);
/* [{"cluster", "skew_ms", "error_ms"}], in the order in which they were noted; owned. */
json_t *clocks_list(const struct clocks *c);

#endif
