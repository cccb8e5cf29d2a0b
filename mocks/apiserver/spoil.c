#include "mocks/apiserver/spoil.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <strings.h>

struct spoil {
    struct http_exchange outer;  /* what the server answers */
    struct http_exchange *inner; /* NULL: it broke off, and the server is told soon */
    struct http_request request; /* what the client asked, without protobuf when it is garbled */
    struct http_headers headers;
    struct fault fault;
    int64_t sent; /* bytes of a stream */
    struct sched *sched;
    struct sched_timer gone;
};

static struct spoil *of_exchange(const struct http_exchange *x) {
    return (struct spoil *)(uintptr_t)((const char *)x - offsetof(struct spoil, outer));
}

static void spoil_free(struct spoil *s) {
    sched_stop(s->sched, &s->gone);
    http_headers_release(&s->headers);
    free(s);
}

/* The exchange behind it, which lives on; NULL when it broke off. */
static struct http_exchange *leave(struct spoil *s) {
    struct http_exchange *inner = s->inner;
    if (inner)
        inner->on_closed = NULL;
    spoil_free(s);
    return inner;
}

static void on_closed(void *self) {
    struct spoil *s = self;
    if (s->outer.on_closed)
        s->outer.on_closed(s->outer.on_closed_self);
    spoil_free(s);
}

/* --- garbling -------------------------------------------------------------------------------- */

/* Without these a client cannot read the rest, and would say so instead of showing it. */
static bool is_grammar(const char *key) {
    static const char *const keys[] = {"kind",
                                       "apiVersion",
                                       "resourceVersion",
                                       "uid",
                                       "creationTimestamp",
                                       "continue",
                                       "selfLink",
                                       "type",
                                       "format",
                                       "deletionTimestamp"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_eq(keys[i], key))
            return true;
    return false;
}

/* Times, quantities and addresses are text that a client parses. */
static bool is_parsed(const char *key, const char *text) {
    return str_has_suffix(key, "Time") || str_has_suffix(key, "Timestamp") || str_eq(key, "time") ||
           str_eq(key, "cpu") || str_eq(key, "memory") || str_eq(key, "storage") ||
           str_eq(key, "pods") || str_has_suffix(key, "-storage") || !*text;
}

static json_t *other_text(const char *key, const char *text) {
    if (is_parsed(key, text))
        return json_string(text);
    CLEANUP(str_freep) char *other = xasprintf("%s0garbled", text);
    return json_string(other);
}

static json_t *other(const char *key, json_t *value) {
    if (json_is_string(value))
        return other_text(key, json_string_value(value));
    if (json_is_integer(value))
        return json_integer(json_integer_value(value) + 7);
    if (json_is_boolean(value))
        return json_boolean(!json_is_true(value));
    spoil_garble(value);
    return json_incref(value);
}

/* In maps that people fill, the keys are data too. */
static void garble_keys(json_t *map) {
    json_t *copy = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(map, key, value) {
        CLEANUP(str_freep) char *other_key = xasprintf("%s0garbled", key);
        json_object_set(copy, other_key, value);
    }
    json_object_clear(map);
    json_object_update(map, copy);
    json_decref(copy);
}

void spoil_garble(json_t *value) {
    const char *key;
    json_t *member;
    void *next;
    json_object_foreach_safe(value, next, key, member) {
        /* asked before another text takes its place: then it is gone */
        bool map = json_is_object(member) && (str_eq(key, "labels") || str_eq(key, "annotations") ||
                                              str_eq(key, "data") || str_eq(key, "matchLabels"));
        if (!is_grammar(key))
            json_object_set_new(value, key, other(key, member));
        if (map)
            garble_keys(json_object_get(value, key));
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        json_array_set_new(value, i, other("", json_array_get(value, i)));
}

/* JSON lines, each a value; else text, whose letters change places. */
static void garble_bytes(const char *data, size_t len, struct buf *out) {
    size_t at = 0;
    while (at < len && len && data[0] == '{') {
        json_error_t why;
        json_t *value = json_loadb(data + at, len - at, JSON_DISABLE_EOF_CHECK, &why);
        if (!value)
            break;
        spoil_garble(value);
        json_dump_to(value, false, out);
        buf_adds(out, "\n");
        json_decref(value);
        at += (size_t)why.position;
        while (at < len && isspace((unsigned char)data[at]))
            at++;
    }
    for (; at < len; at++) {
        char c = data[at];
        if (isalpha((unsigned char)c))
            c = c == 'z' || c == 'Z' ? (char)(c - 25) : (char)(c + 1);
        buf_add(out, &c, 1);
    }
}

/* --- the exchange ---------------------------------------------------------------------------- */

static void spoil_reply(struct http_exchange *x, int status, const struct http_headers *headers,
                        const void *body, size_t len) {
    struct spoil *s = of_exchange(x);
    size_t limit = s->fault.value > 0 ? (size_t)s->fault.value : 0;
    bool garbles = s->fault.action == FAULT_GARBLE;
    struct http_exchange *inner = leave(s);
    if (garbles) {
        struct buf other_body = BUF_INIT;
        garble_bytes(body, len, &other_body);
        http_reply(inner, status, headers, buf_str(&other_body), other_body.len);
        buf_release(&other_body);
    } else if (limit < len) {
        http_reply_part(inner, status, headers, body, len, limit);
    } else {
        http_reply(inner, status, headers, body, len);
    }
}

static void spoil_stream_begin(struct http_exchange *x, int status,
                               const struct http_headers *headers) {
    http_stream_begin(of_exchange(x)->inner, status, headers);
}

static void garbled_write(struct spoil *s, const void *data, size_t len) {
    struct buf other_data = BUF_INIT;
    garble_bytes(data, len, &other_data);
    http_stream_write(s->inner, other_data.data, other_data.len);
    buf_release(&other_data);
}

/* The server does not expect its exchange to go while it writes: it learns that a moment later. */
static void spoil_stream_write(struct http_exchange *x, const void *data, size_t len) {
    struct spoil *s = of_exchange(x);
    if (!s->inner)
        return;
    if (s->fault.action == FAULT_GARBLE) {
        garbled_write(s, data, len);
        return;
    }
    int64_t room = (s->fault.value > 0 ? s->fault.value : 0) - s->sent;
    size_t part = (int64_t)len > room ? (size_t)room : len;
    s->sent += (int64_t)part;
    if (part)
        http_stream_write(s->inner, data, part);
    if (part == len)
        return;
    s->inner->on_closed = NULL;
    http_stream_break(s->inner);
    s->inner = NULL;
    sched_start(s->sched, &s->gone, 0, on_closed, s);
}

/* The frame is for streams that are whole. */
static void spoil_stream_send(struct http_exchange *x, const struct http_chunk *chunk) {
    spoil_stream_write(x, chunk->framed.data + chunk->at, chunk->len);
}

static size_t spoil_stream_backlog(const struct http_exchange *x) {
    const struct spoil *s = of_exchange(x);
    return s->inner ? http_stream_backlog(s->inner) : 0;
}

static void spoil_stream_end(struct http_exchange *x) {
    struct http_exchange *inner = leave(of_exchange(x));
    if (inner)
        http_stream_end(inner);
}

static void spoil_abort(struct http_exchange *x) {
    struct http_exchange *inner = leave(of_exchange(x));
    if (inner)
        http_abort(inner);
}

static void spoil_reply_part(struct http_exchange *x, int status,
                             const struct http_headers *headers, const void *body, size_t len,
                             size_t sent) {
    http_reply_part(leave(of_exchange(x)), status, headers, body, len, sent);
}

static void spoil_stream_break(struct http_exchange *x) {
    struct http_exchange *inner = leave(of_exchange(x));
    if (inner)
        http_stream_break(inner);
}

/* What two programs say to each other is theirs. */
static struct http_tunnel *spoil_upgrade(struct http_exchange *x,
                                         const struct http_headers *headers) {
    return http_upgrade(leave(of_exchange(x)), headers);
}

static const struct http_exchange_ops spoil_ops = {
    .reply = spoil_reply,
    .stream_begin = spoil_stream_begin,
    .stream_write = spoil_stream_write,
    .stream_send = spoil_stream_send,
    .stream_backlog = spoil_stream_backlog,
    .stream_end = spoil_stream_end,
    .abort = spoil_abort,
    .reply_part = spoil_reply_part,
    .stream_break = spoil_stream_break,
    .upgrade = spoil_upgrade,
};

/* Only JSON can be garbled: the other media ranges are taken from what the client accepts. */
static void copy_headers(const struct http_headers *from, struct http_headers *to) {
    for (size_t i = 0; i < from->count; i++) {
        if (strcasecmp(from->items[i].name, "Accept") != 0) {
            http_headers_add(to, from->items[i].name, from->items[i].value);
            continue;
        }
        struct buf accept = BUF_INIT;
        CLEANUP(str_freep) char *copy = xstrdup(from->items[i].value);
        char *rest = copy, *range;
        while ((range = str_next(&rest, ',')))
            if (!strstr(range, "protobuf"))
                buf_addf(&accept, "%s%s", accept.len ? "," : "", range);
        http_headers_add(to, "Accept", buf_str(&accept));
        buf_release(&accept);
    }
}

struct http_exchange *spoil_new(struct http_exchange *x, const struct fault *fault,
                                struct sched *sched) {
    struct spoil *s = xcalloc(1, sizeof(*s));
    s->inner = x;
    s->fault = *fault;
    s->sched = sched;
    s->request = *x->request;
    copy_headers(&x->request->headers, &s->headers);
    s->request.headers = s->headers;
    s->outer = (struct http_exchange){.ops = &spoil_ops, .request = &s->request};
    x->on_closed = on_closed;
    x->on_closed_self = s;
    return &s->outer;
}
