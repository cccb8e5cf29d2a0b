/* The federated objects that the controllers look after, and when each is worked on next. */
#ifndef CONFED_FEDERATION_OBJECTS_H
#define CONFED_FEDERATION_OBJECTS_H

#include "mocks/federation/state.h"

/* NULL when the federation has no such object. ns may be NULL or "". */
struct fed_object *objects_find(const struct federation *f, const struct kind *k, const char *ns,
                                const char *name);
struct fed_object *objects_ensure(struct federation *f, const struct kind *k, const char *ns,
                                  const char *name);
void objects_remove(struct fed_object *o); /* frees it */
void objects_free_all(struct federation *f);
/* Works on it in delay_ms, or earlier when that is planned already. Something happened to it: a
 * failure after that is the first again. */
void objects_enqueue(struct fed_object *o, int64_t delay_ms);
/* The same, though nothing happened to it. */
void objects_wake(struct fed_object *o, int64_t delay_ms);
/* Works on it again after a failure: delay_ms and 5 s later, 10 s, ..., 60 s. */
void objects_retry(struct fed_object *o, int64_t delay_ms);
void objects_enqueue_all(struct federation *f, int64_t delay_ms);

/* What is known of the copy in the cluster; makes room for it. */
struct shard *objects_shard(struct fed_object *o, const struct fed_cluster *c);
/* What is known of the copy in the slot's cluster; NULL: it is not ready, or has none. */
const struct shard *objects_ready_copy(const struct fed_object *o, size_t slot);
void shard_forget(struct shard *s); /* the copy is gone, or nothing is known of it */
/* Takes over a state of the member's copy, from a list, an event or an answer. Whether it is
 * another one than was known. */
bool shard_observe(const struct federation *f, const struct kind *k, struct shard *s,
                   const json_t *member_object);
/* Of everything that the controllers manage: labels, annotations, spec, data; never 0. */
uint64_t object_fingerprint(const json_t *object);
/* Annotations that a member's own controllers set and that are none of our business. */
bool annotation_is_members(const char *name);

#endif
