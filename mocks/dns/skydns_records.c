#include "mocks/dns/skydns_records.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

enum { LEAVES_MAX = 4096, TTL_DEFAULT = 300, PRIORITY_DEFAULT = 10 };

struct leaf {
    char *key;
    json_t *value;
    unsigned slashes;
};

struct search {
    const struct core_etcd *etcd;
    const struct dns_labels *labels;
    char *key; /* of the name, up to its first wildcard */
    bool want_srv, wild, malformed;
    struct leaf *leaves;
    size_t count, cap;
};

static bool is_wild(const char *label) {
    return strcmp(label, "*") == 0 || strcmp(label, "any") == 0;
}

/* "/skydns/com/example/a" for a.example.com; NULL: a label that no key has. */
static char *key_of(struct search *s) {
    struct buf key = BUF_INIT;
    buf_adds(&key, s->etcd->path);
    for (size_t i = s->labels->count; i > 0; i--) {
        const char *label = s->labels->label[i - 1];
        if (label[0] == '\1') {
            buf_release(&key);
            return NULL;
        }
        if (is_wild(label)) {
            s->wild = true;
            break;
        }
        buf_addc(&key, '/');
        buf_adds(&key, label);
    }
    return buf_detach(&key);
}

/* Whether the key has, label by label, what was asked for. */
static bool matches(const struct search *s, const char *key) {
    const char *p = key + strlen(s->etcd->path);
    for (size_t i = s->labels->count; i > 0; i--) {
        const char *label = s->labels->label[i - 1];
        if (*p != '/')
            return false;
        p++;
        size_t len = strcspn(p, "/");
        if (!is_wild(label) && (strlen(label) != len || memcmp(p, label, len) != 0))
            return false;
        p += len;
    }
    return true;
}

static unsigned count_slashes(const char *key) {
    unsigned n = 0;
    for (; *key; key++)
        n += *key == '/';
    return n;
}

static void add_leaf(void *self, const char *key, const char *value) {
    struct search *s = self;
    if (s->count == LEAVES_MAX || !str_has_prefix(key, s->key) || (s->wild && !matches(s, key)))
        return;
    json_t *json = json_loads(value, 0, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        s->malformed = true;
        return;
    }
    s->leaves = xgrow(s->leaves, s->count, &s->cap, sizeof(*s->leaves));
    s->leaves[s->count++] = (struct leaf){xstrdup(key), json, count_slashes(key)};
}

static const char *group_of(const struct leaf *leaf) {
    const char *group = json_string_value(json_object_get(leaf->value, "group"));
    return group ? group : "";
}

/*
 * The group whose records alone are answered; NULL: no grouping. It is the one that all of the
 * shortest keys agree on (coredns plugin/etcd/msg/service.go, Group).
 */
static const char *common_group(const struct search *s) {
    if (s->count == 0)
        return NULL;
    const char *group = group_of(&s->leaves[0]);
    unsigned slashes = s->leaves[0].slashes;
    for (size_t i = 0; i < s->count; i++) {
        const struct leaf *leaf = &s->leaves[i];
        if (leaf->slashes < slashes) {
            slashes = leaf->slashes;
            group = group_of(leaf);
        }
        if (leaf->slashes == slashes && strcmp(group_of(leaf), group) != 0)
            return NULL;
    }
    for (size_t i = 0; i < s->count; i++) {
        const char *other = group_of(&s->leaves[i]);
        if (*other && s->leaves[i].slashes == slashes && strcmp(other, group) != 0)
            return NULL;
    }
    return *group ? group : NULL;
}

/* The name of a key: what an SRV record points at. */
static bool name_of_key(const struct search *s, const char *key, struct dns_name *ret) {
    CLEANUP(str_freep) char *copy = xstrdup(key + strlen(s->etcd->path));
    char *rest = copy;
    if (!dns_name_from_text("", ret))
        return false;
    for (char *part; (part = str_next(&rest, '/'));)
        if (*part && !dns_name_prepend(ret, part))
            return false;
    return true;
}

static uint16_t number(const json_t *value, const char *key, uint16_t otherwise) {
    json_int_t n = json_integer_value(json_object_get(value, key));
    return n > 0 && n <= UINT16_MAX ? (uint16_t)n : otherwise;
}

static void give(const struct search *s, const struct leaf *leaf, sky_fn *fn, void *fn_self) {
    struct dns_name name;
    const char *host = json_string_value(json_object_get(leaf->value, "host"));
    json_int_t ttl = json_integer_value(json_object_get(leaf->value, "ttl"));
    struct sky_record record = {
        .host = host ? host : "",
        .text = json_string_value(json_object_get(leaf->value, "text")),
        .port = number(leaf->value, "port", 0),
        .priority = number(leaf->value, "priority", PRIORITY_DEFAULT),
        .weight = number(leaf->value, "weight", 0),
        .ttl = ttl > 0 && ttl <= INT32_MAX ? (uint32_t)ttl : TTL_DEFAULT,
        .srv_name = s->want_srv && name_of_key(s, leaf->key, &name) ? &name : NULL,
    };
    fn(fn_self, &record);
}

static bool read_leaves(const struct dns_server_ops *ops, struct search *s) {
    const struct core_servers *endpoints = &s->etcd->endpoints;
    for (size_t i = 0; ops->skydns && i < endpoints->count; i++)
        if (ops->skydns(ops->self, endpoints->item[i], s->key, add_leaf, s))
            return true;
    return false;
}

enum sky_found skydns_records(const struct dns_server_ops *ops, const struct core_etcd *etcd,
                              const struct dns_name *name, bool exact, bool want_srv, sky_fn *fn,
                              void *fn_self) {
    struct dns_labels labels;
    dns_name_split(name, &labels);
    struct search s = {.etcd = etcd, .labels = &labels, .want_srv = want_srv};
    s.key = key_of(&s);
    if (!s.key)
        return SKY_NONE;

    enum sky_found found = SKY_ERROR;
    if (read_leaves(ops, &s) && !s.malformed)
        found = s.count ? SKY_FOUND : SKY_NONE;
    const char *group = found == SKY_FOUND ? common_group(&s) : NULL;
    for (size_t i = 0; found == SKY_FOUND && i < s.count; i++) {
        const char *own = group_of(&s.leaves[i]);
        bool in_group = !group || !*own || strcmp(own, group) == 0;
        if (in_group && (!exact || strcmp(s.leaves[i].key, s.key) == 0))
            give(&s, &s.leaves[i], fn, fn_self);
    }
    for (size_t i = 0; i < s.count; i++) {
        free(s.leaves[i].key);
        json_decref(s.leaves[i].value);
    }
    free(s.leaves);
    free(s.key);
    return found;
}
