/*
 * The tree of keys below the HTTP face: what each operation does to it, and the events that it
 * makes. Follows etcd's store/store.go of 2.x and 3.4, whose errors clients tell apart by number.
 * Internal to this folder.
 */
#ifndef CONFED_ETCD_ETCD_STORE_H
#define CONFED_ETCD_ETCD_STORE_H

#include "harness/core/buf.h"
#include "harness/core/sched.h"

#include <stdbool.h>
#include <stdint.h>

enum etcd_code {
    ETCD_OK = 0,
    ETCD_KEY_NOT_FOUND = 100,
    ETCD_TEST_FAILED = 101,
    ETCD_NOT_FILE = 102,
    ETCD_NOT_DIR = 104,
    ETCD_NODE_EXIST = 105,
    ETCD_ROOT_READ_ONLY = 107,
    ETCD_DIR_NOT_EMPTY = 108,
    ETCD_PREV_VALUE_REQUIRED = 201,
    ETCD_TTL_NOT_NUMBER = 202,
    ETCD_INDEX_NOT_NUMBER = 203,
    ETCD_INVALID_FIELD = 209,
    ETCD_INVALID_FORM = 210,
    ETCD_REFRESH_VALUE = 211,
    ETCD_REFRESH_TTL_REQUIRED = 212,
    ETCD_EVENT_INDEX_CLEARED = 401,
};

enum { ETCD_HISTORY_MAX = 1000, ETCD_DEPTH_MAX = 128, ETCD_KEY_LEN_MAX = 4096 };

struct etcd_event {
    uint64_t index;
    char *key;
    char *text;   /* the JSON of the answer */
    bool removed; /* delete or expire */
    bool was_dir; /* what was there before was a folder */
    bool refresh; /* only its time to live changed: watchers are not told */
};

struct etcd_node {
    char *key;        /* "/a/b"; the root is "/" */
    const char *name; /* behind the last slash */
    char *value;
    bool dir;
    uint64_t created, modified;
    int64_t expire_ms; /* -1: never */
    struct sched_timer timer;
    struct etcd_node *parent, **children; /* sorted by name */
    size_t child_count, child_cap;
    struct etcd_store *store;
};

struct etcd_store {
    struct sched *sched;
    int64_t wall_base_ms; /* wall clock at the sched's zero */
    struct etcd_node *root;
    uint64_t index;
    struct etcd_event history[ETCD_HISTORY_MAX]; /* a ring */
    size_t history_first, history_count;
    bool history_cleared;
    void (*on_event)(void *self, const struct etcd_event *event);
    void *on_event_self;
};

struct etcd_change {
    const char *value; /* NULL as empty */
    bool dir, recursive;
    bool exist_given, exist; /* prevExist */
    const char *prev_value;  /* NULL: not compared */
    uint64_t prev_index;     /* 0: not compared */
    int64_t ttl_s;           /* -1: none */
    bool refresh;
};

/* What an operation answers; text is appended JSON on success, cause is set on failure. */
struct etcd_result {
    enum etcd_code code;
    bool created; /* 201 */
    struct buf text;
    char *cause;
};
void etcd_result_release(struct etcd_result *r);

void etcd_store_init(struct etcd_store *s, struct sched *sched);
void etcd_store_release(struct etcd_store *s);

/* Keys are clean: "/" or "/a/b". */
void etcd_store_get(struct etcd_store *s, const char *key, bool recursive, struct etcd_result *r);
void etcd_store_put(struct etcd_store *s, const char *key, const struct etcd_change *c,
                    struct etcd_result *r);
void etcd_store_post(struct etcd_store *s, const char *key, const struct etcd_change *c,
                     struct etcd_result *r);
void etcd_store_delete(struct etcd_store *s, const char *key, const struct etcd_change *c,
                       struct etcd_result *r);
/* NULL when it is not there; no cause is told. */
const struct etcd_node *etcd_store_find(const struct etcd_store *s, const char *key);
/*
 * The first event from index on that concerns key. ETCD_OK with *ret NULL: none yet.
 * ETCD_EVENT_INDEX_CLEARED: the history does not reach back that far; cause is set.
 */
enum etcd_code etcd_store_scan(const struct etcd_store *s, const char *key, bool recursive,
                               uint64_t index, const struct etcd_event **ret, char **ret_cause);
/* Whether a watch on key is told of the event when it happens. */
bool etcd_event_concerns(const struct etcd_event *event, const char *key, bool recursive);

#endif
