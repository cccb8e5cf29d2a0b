/*
 * The state of one API server and what its files share. Private to this folder.
 *
 * A request goes through these stations, each a file: request.c (which resource, which verb),
 * auth.c (who), rbac.c (may he), rest.c with delete.c, scale.c, review.c, pod.c (what), render.c
 * (in which form). store.c is the only file that changes what is stored.
 */
#ifndef CONFED_APISERVER_SERVER_H
#define CONFED_APISERVER_SERVER_H

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "mocks/apiserver/apiserver.h"
#include "mocks/apiserver/collection.h"
#include "mocks/apiserver/selector.h"

#define SERVER_HISTORY_MAX 8192                      /* changes that a watch can go back */
#define SERVER_HISTORY_BYTES_MAX ((size_t)128 << 20) /* fewer changes when they are large */
#define SERVER_OBJECT_MAX ((size_t)3 << 20)

struct watcher;

/* A resource as this server has it: built in or from a custom resource definition. */
struct kind {
    const struct resource *resource;
    struct resource *custom; /* owned copy behind resource when it comes from a CRD; else NULL */
    bool gone;               /* its CRD was deleted */
    bool status_subresource, scale_subresource; /* of a custom resource */
    const json_t *definition;                   /* of a custom resource: its CRD; a reference */
    struct collection objects;
    struct watcher *watchers;
};

struct change {
    enum apiserver_event type;
    struct kind *kind;
    struct object *object, *old; /* referenced; old only for MODIFIED */
    struct object *gone;         /* referenced; only for DELETED: as it was, with its version */
};

struct user {
    const char *name;
    const char *uid;
    const char *const *groups;
    size_t group_count;
};

struct credential; /* auth.c */
struct subscription;
struct service_alloc;
struct gc;
struct delayed;

struct apiserver {
    struct apiserver_options o;
    char *name;
    struct rng rng;
    bool federation;
    bool self_links; /* Kubernetes before 1.20 */
    json_t *group_versions;
    json_t *version;

    struct kind **kinds;
    size_t kind_count, kind_cap;
    json_t *kind_index; /* "group/version/name" -> index */

    int64_t rv;
    struct change history[SERVER_HISTORY_MAX]; /* of version v at v % MAX */
    int64_t history_first;                     /* oldest version that is there */
    size_t history_bytes;                      /* about what it holds */

    struct subscription *subscriptions;
    size_t subscription_count, subscription_cap;
    uint64_t next_handle;

    struct credential *credentials;
    size_t credential_count, credential_cap;
    json_t *account_tokens; /* token -> {account: "namespace/name", uid, until}, see auth.c */

    struct service_alloc *services;
    struct gc *gc;
    struct delayed *delayed;          /* requests that a fault holds back */
    struct http_headers json_headers; /* Content-Type: application/json */
};

/* store.c */
struct kind *store_kind(const struct apiserver *s, const char *group, const char *version,
                        const char *resource, size_t *ret_home);
/* By any of its groups. */
struct kind *store_kind_any(const struct apiserver *s, const char *group, const char *resource);
struct kind *store_kind_of(const struct apiserver *s, const char *api_version, const char *kind);
struct kind *store_add_kind(struct apiserver *s, const struct resource *r);
/* Stores json (taken), stamped with the next resourceVersion, and tells everybody. The returned
 * object is borrowed. */
struct object *store_put_take(struct apiserver *s, struct kind *k, json_t *json);
/* The object as it was deleted, with the version of the deletion; owned reference. */
struct object *store_remove(struct apiserver *s, struct kind *k, const char *ns, const char *name);
/* Forgets the history before now: older watches get 410. */
void store_compact(struct apiserver *s);
void store_release(struct apiserver *s);

/* apiserver.c: what follows from a change (indexes, subscribers). */
void server_changed(struct apiserver *s, const struct change *c);

#endif
