/* metadata as the server keeps it: names, uid, times, generation. Private to this folder. */
#ifndef CONFED_APISERVER_META_H
#define CONFED_APISERVER_META_H

#include "mocks/apiserver/request.h"

/* Brings a new object into shape: kind, apiVersion, metadata in the server's order with uid,
 * creationTimestamp and generation. The name is there or made from generateName. */
void meta_create(const struct request *q, struct kind *k, json_t *object);
/* The same for an update of old: what clients may not change is taken from old. */
void meta_update(const struct request *q, struct kind *k, json_t *object, const json_t *old);
/* Puts kind, apiVersion (storage version) and metadata in front and metadata in order. */
void meta_order(const struct kind *k, json_t *object);
/* Marks as being deleted, from now plus grace. */
void meta_mark_deleted(const struct apiserver *s, json_t *object, int64_t grace_s);
bool meta_has_finalizer(const json_t *object, const char *name);
void meta_add_finalizer(json_t *object, const char *name);
void meta_remove_finalizer(json_t *object, const char *name);
/* A copy whose metadata may be changed while the rest is shared with the store; owned. */
json_t *meta_thaw(const json_t *object);

#endif
