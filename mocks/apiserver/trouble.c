#include "mocks/apiserver/trouble.h"

#include "harness/core/str.h"
#include "mocks/apiserver/handle.h"
#include "mocks/apiserver/spoil.h"

struct delayed {
    struct apiserver *server;
    struct http_exchange *exchange;
    void (*resume)(struct apiserver *s, struct http_exchange *x);
    struct sched_timer timer;
    json_t *told; /* owned, for the transcript; NULL: nothing */
    struct delayed *prev, *next;
};

static void delayed_free(struct delayed *d) {
    sched_stop(d->server->o.sched, &d->timer);
    if (d->prev)
        d->prev->next = d->next;
    else
        d->server->delayed = d->next;
    if (d->next)
        d->next->prev = d->prev;
    json_decref(d->told);
    free(d);
}

/* Nobody will answer it any more. */
static void delayed_end(struct delayed *d, const char *reason) {
    handle_tell_take(d->server, d->told, 0, reason);
    d->told = NULL;
    delayed_free(d);
}

static void on_closed(void *self) {
    delayed_end(self, "Closed");
}

static void on_due(void *self) {
    struct delayed *d = self;
    struct apiserver *s = d->server;
    struct http_exchange *x = d->exchange;
    void (*resume)(struct apiserver *, struct http_exchange *) = d->resume;
    x->on_closed = NULL;
    delayed_free(d);
    resume(s, x);
}

/* resume NULL: until the client gives up. The transcript is told when it is known how that ended:
 * by the resumed request, or here. */
static void hold(struct request *q, int64_t delay_ms,
                 void (*resume)(struct apiserver *s, struct http_exchange *x)) {
    struct apiserver *s = q->server;
    struct delayed *d = xcalloc(1, sizeof(*d));
    d->server = s;
    d->exchange = q->exchange;
    d->resume = resume;
    d->told = q->told;
    q->told = NULL;
    d->next = s->delayed;
    if (d->next)
        d->next->prev = d;
    s->delayed = d;
    q->exchange->on_closed = on_closed;
    q->exchange->on_closed_self = d;
    if (resume)
        sched_start(s->o.sched, &d->timer, delay_ms, on_due, d);
}

void trouble_release(struct apiserver *s) {
    while (s->delayed) {
        struct http_exchange *x = s->delayed->exchange;
        x->on_closed = NULL;
        delayed_end(s->delayed, "Closed");
        http_abort(x);
    }
}

static void answer_code(struct answer *a, int code, int64_t retry_after_s) {
    if (code == 429)
        answer_status(a, code, "TooManyRequests",
                      "the server has received too many requests and has asked us to try again "
                      "later");
    else if (code == 503)
        answer_status(a, code, "ServiceUnavailable",
                      "the server is currently unable to handle the request");
    else if (code == 504)
        answer_status(a, code, "Timeout",
                      "the server was unable to return a response in the time "
                      "allotted, but may still be processing the request");
    else
        answer_status(a, code, "InternalError",
                      "an error on the server has prevented the request from succeeding");
    a->retry_after_s = retry_after_s > 0 ? retry_after_s : 0;
}

bool trouble_strikes(struct request *q, struct answer *a,
                     void (*resume)(struct apiserver *s, struct http_exchange *x)) {
    struct apiserver *s = q->server;
    if (!s->o.faults)
        return false;
    struct fault f = fault_table_next(s->o.faults, s->name, q->verb, q->path,
                                      q->is_resource ? q->resource : NULL);
    q->fault = f;
    switch (f.action) {
    case FAULT_REFUSE:
    case FAULT_RESET:
        a->deferred = true;
        handle_tell_take(s, q->told, 0, "Reset");
        q->told = NULL;
        http_abort(q->exchange);
        return true;
    case FAULT_DROP:
        a->deferred = true;
        hold(q, 0, NULL);
        return true;
    case FAULT_DELAY:
        a->deferred = true;
        hold(q, f.value, resume);
        return true;
    case FAULT_STATUS:
        answer_code(a, (int)f.value, f.retry_after_s);
        return true;
    case FAULT_CONFLICT:
        answer_conflict(a, q, q->name, NULL);
        return true;
    case FAULT_EXPIRE:
        answer_status(a, 401, "Unauthorized", "Unauthorized");
        return true;
    case FAULT_COMPACT:
        store_compact(s);
        return false;
    case FAULT_TRUNCATE:
    case FAULT_GARBLE:
        q->exchange = spoil_new(q->exchange, &f, s->o.sched);
        return false;
    case FAULT_NONE:
    case FAULT_STALE:
    case FAULT_CLOSE:
    case FAULT_SERVFAIL:
    case FAULT_NXDOMAIN:
    case FAULT_REFUSED:
    case FAULT_NODATA:
    case FAULT_WRONG_ID:
    case FAULT_LAME:
    case FAULT_LOOP:
    case FAULT_WARN: /* these are Juju's */
    case FAULT_FAIL:
    case FAULT_BLOCK:
    case FAULT_LOST:
        return false;
    }
    return false;
}

static const struct change *last_change(const struct apiserver *s, const struct kind *k) {
    for (int64_t rv = s->rv; rv >= s->history_first; rv--)
        if (s->history[rv % SERVER_HISTORY_MAX].kind == k)
            return &s->history[rv % SERVER_HISTORY_MAX];
    return NULL;
}

/* The answer as it was before the last change of the resource. */
static void make_stale(struct request *q, struct answer *a) {
    const struct change *c = last_change(q->server, q->kind);
    if (!c)
        return;
    if (a->object && c->old && a->object == c->object) {
        object_unref(a->object);
        a->object = object_ref(c->old);
    }
    if (a->object && c->type == APISERVER_ADDED && a->object == c->object)
        answer_not_found(a, q, q->name);
    for (size_t i = 0; a->is_list && i < a->item_count; i++) {
        if (a->items[i] != c->object)
            continue;
        object_unref(a->items[i]);
        if (c->old) {
            a->items[i] = object_ref(c->old);
        } else {
            a->item_count--;
            memmove(&a->items[i], &a->items[i + 1], (a->item_count - i) * sizeof(struct object *));
        }
        break;
    }
    a->rv = c->object->rv - 1;
}

void trouble_spoils(struct request *q, struct answer *a) {
    if (q->fault.action == FAULT_STALE && q->kind && (a->object || a->is_list))
        make_stale(q, a);
}
