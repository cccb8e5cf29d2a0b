#include "mocks/etcd/etcd_store.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/etcd/etcd_text.h"

#include <assert.h>
#include <string.h>

/* A cluster of one member has written three keys about itself before its first client comes. */
enum { FIRST_INDEX = 3 };

void etcd_result_release(struct etcd_result *r) {
    buf_release(&r->text);
    free(r->cause);
    *r = (struct etcd_result){0};
}

static void fail(struct etcd_result *r, enum etcd_code code, const char *cause) {
    r->code = code;
    free(r->cause);
    r->cause = xstrdup(cause);
}

/* Takes key. */
static struct etcd_node *node_new(struct etcd_store *s, char *key, bool dir) {
    struct etcd_node *n = xcalloc(1, sizeof(*n));
    n->key = key;
    n->name = strrchr(key, '/') + 1;
    n->dir = dir;
    n->expire_ms = -1;
    n->store = s;
    return n;
}

static void node_free(struct etcd_node *n) {
    if (!n)
        return;
    for (size_t i = 0; i < n->child_count; i++)
        node_free(n->children[i]); /* at most ETCD_DEPTH_MAX deep */
    sched_stop(n->store->sched, &n->timer);
    free(n->children);
    free(n->key);
    free(n->value);
    free(n);
}

void etcd_store_init(struct etcd_store *s, struct sched *sched) {
    *s = (struct etcd_store){.sched = sched, .index = FIRST_INDEX};
    s->wall_base_ms = clock_wall_ms() - sched_now_ms(sched);
    s->root = node_new(s, xstrdup("/"), true);
}

void etcd_store_release(struct etcd_store *s) {
    node_free(s->root);
    for (size_t i = 0; i < s->history_count; i++) {
        struct etcd_event *event = &s->history[(s->history_first + i) % ETCD_HISTORY_MAX];
        free(event->key);
        free(event->text);
    }
}

/* Where the child named by the first len bytes of name is, or has to go. */
static size_t child_place(const struct etcd_node *n, const char *name, size_t len,
                          bool *ret_found) {
    size_t low = 0, high = n->child_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = n->children[middle]->name;
        int order = strncmp(other, name, len);
        if (order == 0 && other[len])
            order = 1;
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = false;
    return low;
}

static void child_add(struct etcd_node *parent, struct etcd_node *child) {
    bool found;
    size_t at = child_place(parent, child->name, strlen(child->name), &found);
    assert(!found);
    parent->children = xgrow(parent->children, parent->child_count, &parent->child_cap,
                             sizeof(parent->children[0]));
    memmove(parent->children + at + 1, parent->children + at,
            (parent->child_count - at) * sizeof(parent->children[0]));
    parent->children[at] = child;
    parent->child_count++;
    child->parent = parent;
}

static void child_remove(struct etcd_node *child) {
    struct etcd_node *parent = child->parent;
    bool found;
    size_t at = child_place(parent, child->name, strlen(child->name), &found);
    assert(found && parent->children[at] == child);
    parent->child_count--;
    memmove(parent->children + at, parent->children + at + 1,
            (parent->child_count - at) * sizeof(parent->children[0]));
}

/*
 * Walks down to key. When it is not there: *ret_missing is the end of the first missing part
 * within key, and the last node that was there is returned.
 */
static struct etcd_node *walk(const struct etcd_store *s, const char *key,
                              const char **ret_missing) {
    struct etcd_node *n = s->root;
    const char *p = key + 1;
    *ret_missing = NULL;
    while (*p) {
        size_t len = strcspn(p, "/");
        bool found = false;
        size_t at = n->dir ? child_place(n, p, len, &found) : 0;
        if (!found) {
            *ret_missing = p + len;
            return n;
        }
        n = n->children[at];
        p += len;
        if (*p == '/')
            p++;
    }
    return n;
}

const struct etcd_node *etcd_store_find(const struct etcd_store *s, const char *key) {
    const char *missing;
    const struct etcd_node *n = walk(s, key, &missing);
    return missing ? NULL : n;
}

static struct etcd_node *get(struct etcd_store *s, const char *key, struct etcd_result *r) {
    const char *missing;
    struct etcd_node *n = walk(s, key, &missing);
    if (!missing)
        return n;
    if (!n->dir) {
        fail(r, ETCD_NOT_DIR, n->key);
        return NULL;
    }
    CLEANUP(str_freep) char *cause = xstrndup(key, (size_t)(missing - key));
    fail(r, ETCD_KEY_NOT_FOUND, cause);
    return NULL;
}

void etcd_store_get(struct etcd_store *s, const char *key, bool recursive, struct etcd_result *r) {
    const struct etcd_node *n = get(s, key, r);
    if (!n)
        return;
    buf_adds(&r->text, "{\"action\":\"get\",\"node\":");
    etcd_text_tree(n, recursive, &r->text);
    buf_adds(&r->text, "}");
}

/* Steals text and key into the history and tells those who watch. */
static void publish(struct etcd_store *s, struct etcd_event event) {
    size_t at = (s->history_first + s->history_count) % ETCD_HISTORY_MAX;
    if (s->history_count == ETCD_HISTORY_MAX) {
        free(s->history[at].key);
        free(s->history[at].text);
        s->history_first = (s->history_first + 1) % ETCD_HISTORY_MAX;
        s->history_count--;
        s->history_cleared = true;
    }
    s->history[at] = event;
    s->history_count++;
    if (s->on_event && !event.refresh)
        s->on_event(s->on_event_self, &s->history[at]);
}

/* The answer and the event are the same text. prev is the text of the node before, or NULL. */
static void announce(struct etcd_store *s, const char *action, const struct etcd_node *n,
                     const char *prev, struct etcd_event event, struct etcd_result *r) {
    struct buf text = BUF_INIT;
    buf_addf(&text, "{\"action\":\"%s\",\"node\":", action);
    etcd_text_node(n, event.removed, &text);
    if (prev)
        buf_addf(&text, ",\"prevNode\":%s", prev);
    buf_adds(&text, "}");
    if (r)
        buf_add(&r->text, text.data, text.len);
    event.index = s->index;
    event.key = xstrdup(n->key);
    event.text = buf_detach(&text);
    publish(s, event);
}

static char *text_of(const struct etcd_node *n) {
    struct buf text = BUF_INIT;
    etcd_text_node(n, false, &text);
    return buf_detach(&text);
}

/* Takes the node out of the tree. prev_text is stolen. */
static void remove_node(struct etcd_store *s, struct etcd_node *n, const char *action,
                        struct etcd_result *r) {
    CLEANUP(str_freep) char *prev = text_of(n);
    child_remove(n);
    n->modified = ++s->index;
    announce(s, action, n, prev, (struct etcd_event){.removed = true, .was_dir = n->dir}, r);
    node_free(n);
}

static void on_expired(void *self) {
    struct etcd_node *n = self;
    remove_node(n->store, n, "expire", NULL);
}

static void set_expiry(struct etcd_store *s, struct etcd_node *n, int64_t ttl_s) {
    n->expire_ms = ttl_s < 0 ? -1 : sched_now_ms(s->sched) + ttl_s * 1000;
    if (ttl_s < 0)
        sched_stop(s->sched, &n->timer);
    else
        sched_start(s->sched, &n->timer, ttl_s * 1000, on_expired, n);
}

static void set_value(struct etcd_node *n, const char *value) {
    char *copy = xstrdup(value ? value : "");
    free(n->value);
    n->value = copy;
}

/* The folder of key, made with all folders above it. NULL: a file is in the way. */
static struct etcd_node *ensure_folder(struct etcd_store *s, const char *key, size_t key_len,
                                       struct etcd_result *r) {
    CLEANUP(str_freep) char *folder = xstrndup(key, key_len ? key_len : 1);
    const char *missing;
    struct etcd_node *n = walk(s, folder, &missing);
    if (!n->dir) {
        fail(r, ETCD_NOT_DIR, n->key);
        return NULL;
    }
    while (missing) {
        struct etcd_node *child = node_new(s, xstrndup(folder, (size_t)(missing - folder)), true);
        child->created = child->modified = s->index + 1;
        child_add(n, child);
        n = child;
        missing = *missing ? missing + 1 + strcspn(missing + 1, "/") : NULL;
    }
    return n;
}

static void create(struct etcd_store *s, const char *key, const struct etcd_change *c,
                   const char *action, bool replace, struct etcd_result *r) {
    const char *slash = strrchr(key, '/');
    struct etcd_node *parent = ensure_folder(s, key, (size_t)(slash - key), r);
    if (!parent)
        return;

    bool found;
    size_t at = child_place(parent, slash + 1, strlen(slash + 1), &found);
    CLEANUP(str_freep) char *prev = NULL;
    if (found) {
        struct etcd_node *old = parent->children[at];
        if (!replace || old->dir) {
            fail(r, replace ? ETCD_NOT_FILE : ETCD_NODE_EXIST, old->key);
            return;
        }
        prev = text_of(old);
        child_remove(old);
        node_free(old);
    }

    struct etcd_node *n = node_new(s, xstrdup(key), c->dir);
    n->created = n->modified = ++s->index;
    if (!c->dir)
        set_value(n, c->value);
    child_add(parent, n);
    set_expiry(s, n, c->ttl_s);
    r->created = !found;
    announce(s, action, n, prev, (struct etcd_event){0}, r);
}

static void update(struct etcd_store *s, struct etcd_node *n, const struct etcd_change *c,
                   const char *action, struct etcd_result *r) {
    CLEANUP(str_freep) char *prev = text_of(n);
    bool was_dir = n->dir;
    uint64_t modified = n->modified;
    n->modified = ++s->index;
    if (!n->dir && !c->refresh)
        set_value(n, c->value);
    set_expiry(s, n, c->ttl_s);
    announce(s, action, n, prev, (struct etcd_event){.was_dir = was_dir, .refresh = c->refresh}, r);
    if (was_dir)
        n->modified = modified; /* only the event tells of a change of a folder */
}

static bool compares(const struct etcd_node *n, const struct etcd_change *c,
                     struct etcd_result *r) {
    bool value_ok = !c->prev_value || str_eq(n->value, c->prev_value);
    bool index_ok = !c->prev_index || n->modified == c->prev_index;
    if (value_ok && index_ok)
        return true;
    struct buf cause = BUF_INIT;
    if (!value_ok)
        buf_addf(&cause, "[%s != %s]", c->prev_value, n->value);
    if (!index_ok)
        buf_addf(&cause, "%s[%llu != %llu]", value_ok ? "" : " ", (unsigned long long)c->prev_index,
                 (unsigned long long)n->modified);
    fail(r, ETCD_TEST_FAILED, buf_str(&cause));
    buf_release(&cause);
    return false;
}

static void change_existing(struct etcd_store *s, const char *key, const struct etcd_change *c,
                            struct etcd_result *r) {
    struct etcd_node *n = get(s, key, r);
    if (!n)
        return;
    bool compare = c->prev_value || c->prev_index;
    if (n->dir && (compare || (c->value && *c->value))) {
        fail(r, ETCD_NOT_FILE, n->key);
        return;
    }
    if (!compare)
        update(s, n, c, "update", r);
    else if (compares(n, c, r))
        update(s, n, c, "compareAndSwap", r);
}

static void set(struct etcd_store *s, const char *key, const struct etcd_change *c,
                struct etcd_result *r) {
    if (!c->refresh) {
        create(s, key, c, "set", true, r);
        return;
    }
    /* A refresh is a set of the value that is there. */
    const struct etcd_node *n = get(s, key, r);
    if (!n)
        return;
    CLEANUP(str_freep) char *value = xstrdup(n->value ? n->value : "");
    struct etcd_change same = *c;
    same.value = value;
    same.dir = n->dir;
    create(s, key, &same, "set", true, r);
}

void etcd_store_put(struct etcd_store *s, const char *key, const struct etcd_change *c,
                    struct etcd_result *r) {
    if (str_eq(key, "/"))
        fail(r, ETCD_ROOT_READ_ONLY, "/");
    else if (c->exist_given && !c->exist)
        create(s, key, c, "create", false, r);
    else if (c->exist_given || c->prev_value || c->prev_index)
        change_existing(s, key, c, r);
    else
        set(s, key, c, r);
}

void etcd_store_post(struct etcd_store *s, const char *key, const struct etcd_change *c,
                     struct etcd_result *r) {
    CLEANUP(str_freep)
    char *unique =
        xasprintf("%s/%020llu", str_eq(key, "/") ? "" : key, (unsigned long long)s->index + 1);
    create(s, unique, c, "create", false, r);
}

void etcd_store_delete(struct etcd_store *s, const char *key, const struct etcd_change *c,
                       struct etcd_result *r) {
    if (str_eq(key, "/")) {
        fail(r, ETCD_ROOT_READ_ONLY, "/");
        return;
    }
    struct etcd_node *n = get(s, key, r);
    if (!n)
        return;
    bool compare = c->prev_value || c->prev_index;
    if (n->dir && (compare || (!c->dir && !c->recursive))) {
        fail(r, ETCD_NOT_FILE, n->key);
        return;
    }
    if (n->dir && !c->recursive && n->child_count > 0) {
        fail(r, ETCD_DIR_NOT_EMPTY, n->key);
        return;
    }
    if (compare && !compares(n, c, r))
        return;
    remove_node(s, n, compare ? "compareAndDelete" : "delete", r);
}

/* A key that begins with an underscore below what is watched or listed stays out of sight. */
static bool is_hidden_below(const char *key, const char *above) {
    size_t len = strlen(above);
    return strlen(key) >= len && strstr(key + (len > 1 ? len : 0), "/_") != NULL;
}

static bool matches(const struct etcd_event *e, const char *key, bool recursive) {
    size_t len = strlen(key);
    if (str_eq(e->key, key))
        return true;
    if (recursive && str_has_prefix(e->key, key) && (len == 1 || e->key[len] == '/'))
        return true;
    /* etcd compares the bare texts here, so "/d" going away concerns "/d3" too. */
    return e->removed && e->was_dir && str_has_prefix(key, e->key);
}

bool etcd_event_concerns(const struct etcd_event *event, const char *key, bool recursive) {
    return matches(event, key, recursive) && !is_hidden_below(event->key, key);
}

enum etcd_code etcd_store_scan(const struct etcd_store *s, const char *key, bool recursive,
                               uint64_t index, const struct etcd_event **ret, char **ret_cause) {
    *ret = NULL;
    uint64_t first = s->history_count ? s->history[s->history_first].index : s->index + 1;
    if (index < first && s->history_cleared) {
        *ret_cause = xasprintf("the requested history has been cleared [%llu/%llu]",
                               (unsigned long long)first, (unsigned long long)index);
        return ETCD_EVENT_INDEX_CLEARED;
    }
    for (size_t i = 0; i < s->history_count; i++) {
        const struct etcd_event *e = &s->history[(s->history_first + i) % ETCD_HISTORY_MAX];
        if (e->index >= index && !e->refresh && matches(e, key, recursive)) {
            *ret = e;
            return ETCD_OK;
        }
    }
    return ETCD_OK;
}
