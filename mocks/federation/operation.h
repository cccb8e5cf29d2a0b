/*
 * A change of one copy that a member is asked for, and its answer, which a slow member gives later:
 * until then the copy is left alone, and nothing else waits for it. After 30 s the controllers call
 * it failed; it goes on all the same.
 *
 * Source of the 30 s: updateTimeout of the controllers, util/federated_updater.go.
 */
#ifndef CONFED_FEDERATION_OPERATION_H
#define CONFED_FEDERATION_OPERATION_H

#include "mocks/federation/state.h"

enum operation_state {
    OPERATION_NONE,    /* of a copy that is free, or whose answer is there */
    OPERATION_WAITS,   /* the object is looked at again in time */
    OPERATION_OVERDUE, /* 30 s are over; said once, then it waits on */
};
enum operation_state operation_look(struct fed_object *o, struct shard *s);
/* Whether what is done now was asked for before, and told of then. */
bool operation_is_resumed(const struct shard *s);
/*
 * Asks the member; OPERATION_NONE must be the copy's state. HTTP status, 0 when it is not reached,
 * or negative: the answer comes later, nothing is to be done until then.
 */
int operation_run(struct fed_object *o, struct fed_cluster *c, const char *method,
                  const char *target, const json_t *body, json_t **ret_answer);
/* Asks for the end of the copy at target, without its dependents being orphaned; as operation_run.
 */
int operation_delete(struct fed_object *o, struct fed_cluster *c, const char *target,
                     json_t **ret_answer);
/* What was asked for is done, or given up. */
void operation_end(const struct federation *f, struct shard *s);

#endif
