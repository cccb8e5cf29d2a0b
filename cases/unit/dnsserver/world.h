/* A small cluster, an etcd and a server elsewhere, for the tests of the DNS servers. */
#ifndef CONFED_CASES_DNSSERVER_WORLD_H
#define CONFED_CASES_DNSSERVER_WORLD_H

#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/dns/dns_query.h"
#include "harness/dns/dns_wire.h"
#include "mocks/dns/dns_server.h"

#include <string.h>

struct world {
    json_t *objects; /* {"services": [...], ...} */
    json_t *leaves;  /* {"/skydns/...": "{...}"} */
    bool etcd_down;
    struct dns_server *elsewhere; /* answers what is forwarded; NULL: nobody does */
    char last_server[64];
    const char *quirk_off;
    struct dns_server_ops ops;
    struct dns_server *server;
    json_t *reply;
    struct buf query, out;
};

static inline bool world_is(const json_t *object, const char *ns, const char *name) {
    return (!*ns || str_eq(json_str(object, "metadata", "namespace", NULL), ns)) &&
           (!*name || str_eq(json_str(object, "metadata", "name", NULL), name));
}

static inline const json_t *world_object(void *self, const char *resource, const char *ns,
                                         const char *name) {
    size_t at;
    json_t *object;
    json_array_foreach(json_object_get(((struct world *)self)->objects, resource), at,
                       object) if (world_is(object, ns, name)) return object;
    return NULL;
}

static inline void world_each(void *self, const char *resource, const char *ns,
                              bool (*fn)(void *fn_self, const json_t *object), void *fn_self) {
    size_t at;
    json_t *object;
    json_array_foreach(json_object_get(((struct world *)self)->objects, resource), at,
                       object) if (world_is(object, ns, "") && !fn(fn_self, object)) return;
}

static inline bool world_skydns(void *self, const char *endpoint, const char *key,
                                void (*fn)(void *fn_self, const char *key, const char *value),
                                void *fn_self) {
    const struct world *w = self;
    if (w->etcd_down || !str_eq(endpoint, "http://10.3.0.9:2379"))
        return false;
    const char *leaf;
    json_t *value;
    size_t len = strlen(key);
    json_object_foreach(w->leaves, leaf,
                        value) if (str_has_prefix(leaf, key) && (leaf[len] == '/' || !leaf[len]))
        fn(fn_self, leaf, json_string_value(value));
    return true;
}

static inline bool world_forward(void *self, const char *server, const void *query, size_t len,
                                 bool tcp, struct buf *reply) {
    struct world *w = self;
    snprintf(w->last_server, sizeof(w->last_server), "%s", server);
    return w->elsewhere && dns_server_answer(w->elsewhere, query, len, tcp, reply);
}

static inline bool world_quirk(void *self, const char *name) {
    return !str_eq(((const struct world *)self)->quirk_off, name);
}

static inline struct world *world_new(void) {
    struct world *w = xcalloc(1, sizeof(*w));
    w->objects = json_object();
    w->leaves = json_object();
    w->ops = (struct dns_server_ops){.object = world_object,
                                     .each = world_each,
                                     .skydns = world_skydns,
                                     .forward = world_forward,
                                     .quirk = world_quirk,
                                     .self = w};
    w->query = w->out = (struct buf)BUF_INIT_LIMIT(1 << 20);
    return w;
}

static inline int world_free(void **state) {
    struct world *w = *state;
    dns_server_free(w->server);
    dns_server_free(w->elsewhere);
    json_decref(w->objects);
    json_decref(w->leaves);
    json_decref(w->reply);
    buf_release(&w->query);
    buf_release(&w->out);
    free(w);
    return 0;
}

/* Adds the object, written as JSON with single quotes. */
static inline void world_add(struct world *w, const char *resource, const char *text) {
    json_array_append_new(json_ensure_array(w->objects, resource), quoted(text));
}

/* Asks w->server; the reply, as ldns reads it, is in w->reply. */
static inline void world_ask(struct world *w, const char *name, const char *type, bool tcp) {
    buf_clear(&w->query);
    buf_clear(&w->out);
    json_decref(w->reply);
    struct err err = {0};
    assert_int_equal(dns_query_build(name, type, 77, &w->query, &err), 0);
    assert_true(dns_server_answer(w->server, w->query.data, w->query.len, tcp, &w->out));
    w->reply = dns_reply_parse(w->out.data, w->out.len, &err);
    if (!w->reply)
        fail_msg("%s", err.text);
}

struct question {
    /* What is answered: "RCODE [owner] TTL TYPE data; ..."; the owner is left out when it is the
     * name that was asked. */
    const char *name, *type, *answer;
};

static inline const char *world_answer(struct world *w, char *text, size_t size) {
    struct buf b = BUF_INIT;
    buf_adds(&b, json_str(w->reply, "rcode", NULL));
    const char *asked = json_str(w->reply, "question", "name", NULL);
    size_t at;
    json_t *record;
    json_array_foreach(json_object_get(w->reply, "answer"), at, record) {
        const char *owner = json_str(record, "name", NULL);
        bool same = str_eq(owner, asked);
        buf_addf(&b, "%s%s%s %lld %s %s", at ? ";" : "", same ? "" : " ", same ? "" : owner,
                 (long long)json_int(record, -1, "ttl", NULL), json_str(record, "type", NULL),
                 json_str(record, "data", NULL));
    }
    snprintf(text, size, "%s", buf_str(&b));
    buf_release(&b);
    return text;
}

static inline void world_check(struct world *w, const struct question *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char text[4096];
        world_ask(w, rows[i].name, rows[i].type, false);
        if (!str_eq(world_answer(w, text, sizeof(text)), rows[i].answer))
            fail_msg("%s %s: %s", rows[i].name, rows[i].type, text);
    }
}

#endif
