/*
 * The table of everything the API server serves: one row a resource, whatever it does is generic.
 * An object is stored once, in its storage version, and is visible through all versions of its
 * kind (a replica set created through extensions/v1beta1 is there in apps/v1).
 */
#ifndef CONFED_APISERVER_RESOURCE_H
#define CONFED_APISERVER_RESOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum resource_flag {
    RESOURCE_NAMESPACED = 1 << 0,
    RESOURCE_STATUS = 1 << 1, /* has the status subresource */
    RESOURCE_SCALE = 1 << 2,  /* has the scale subresource */
    RESOURCE_NO_GENERATION = 1 << 3,
    RESOURCE_CREATE_ONLY = 1 << 4, /* reviews: POST answers, nothing is stored */
    RESOURCE_NO_WRITE = 1 << 5,    /* componentstatuses */
    RESOURCE_FEDERATED = 1 << 6,   /* a federation API server serves it too */
};

struct resource_home {   /* where the resource is served */
    const char *group;   /* "" for core */
    const char *version; /* "v1beta1" */
};

struct resource {
    const char *name;              /* "replicasets" */
    const char *kind;              /* "ReplicaSet" */
    const char *singular;          /* "replicaset" */
    const char *short_names;       /* "rs", comma-separated; "" when none */
    const char *categories;        /* "all", comma-separated; "" when none */
    unsigned flags;                /* of enum resource_flag */
    const char *internal_group;    /* the group that validation errors name: "apps" */
    struct resource_home homes[6]; /* in order of preference; the first is the storage version;
                                      ends with a NULL group */
};

/* The built-in rows. */
const struct resource *resource_table(size_t *ret_count);
/* Whether a server of these group versions (["v1", ...]) has the resource in group/version, where
 * it has a home: cron jobs came to batch/v1 years after jobs, in the release of policy/v1. */
bool resource_is_served(const struct resource *r, const char *group, const char *version,
                        const json_t *group_versions);
/* Whether it came to its group version with a feature that the server lacks (bits of enum
 * feature). */
bool resource_is_later(const struct resource *r, unsigned lacks);
/* The row that serves group/version/name, or NULL. */
const struct resource *resource_find(const char *group, const char *version, const char *name);
/* The row whose kind lives in group/version, or NULL. */
const struct resource *resource_find_kind(const char *group, const char *version, const char *kind);
/* The row by any of its groups and its name ("apps" or "extensions", "replicasets"), or NULL. */
const struct resource *resource_find_any(const char *group, const char *name);

#endif
