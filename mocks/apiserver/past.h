/*
 * A collection as it was at an older version: what is there now, and over it what the history says
 * was there before. For lists that go on where they began, and for those of an exact version.
 *
 *     past_init(&past, server, kind, rv);
 *     past_seek(&past, "default/");
 *     while ((o = past_next(&past, &key))) ...
 *     past_release(&past);
 *
 * Costs as much as there were changes since; at the current version nothing.
 */
#ifndef CONFED_APISERVER_PAST_H
#define CONFED_APISERVER_PAST_H

#include "mocks/apiserver/server.h"

struct past_object {
    char *key;
    int64_t changed;       /* the first change since */
    struct object *object; /* borrowed from the history; NULL: it was not there */
};

struct past {
    struct past_object *objects; /* sorted by key: what has changed since */
    size_t count, cap;
    size_t at;
    struct slot *slot;
    const struct collection *now;
};

/* Whether the history still knows what was there at that version. */
bool past_is_known(const struct apiserver *s, int64_t rv);
void past_init(struct past *p, const struct apiserver *s, const struct kind *k, int64_t rv);
void past_release(struct past *p);
/* To the first object whose key is not less. */
void past_seek(struct past *p, const char *key);
/* In the order of keys; both borrowed, NULL at the end. */
struct object *past_next(struct past *p, const char **ret_key);

#endif
