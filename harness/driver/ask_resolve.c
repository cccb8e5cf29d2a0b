/* The question to a name server. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/dns/dns_query.h"
#include "harness/driver/ask.h"
#include "harness/model/value.h"

#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

struct resolve {
    struct dns_lookup *lookup;
    struct loop_fd watch;
    struct sched_timer timer;
};

static void give_up(struct ask *a, const char *problem) {
    struct resolve *r = a->state;
    loop_unwatch(a->place->loop, &r->watch);
    loop_stop(a->place->loop, &r->timer);
    json_t *seen = json_object();
    json_set_str(seen, "problem", problem);
    ask_answer(a, seen, false);
}

static json_t *seen_of(json_t *reply) {
    json_t *seen = json_object(), *answers = json_array();
    size_t i;
    json_t *record;
    const char *rcode = json_str(reply, "rcode", NULL);
    json_set_str(seen, "rcode", rcode ? rcode : "");
    json_array_foreach(json_object_get(reply, "answer"), i, record)
        json_array_append(answers, json_object_get(record, "data"));
    json_object_set_new(seen, "answers", answers);
    json_object_set_new(seen, "json", reply);
    return seen;
}

static void watch(struct ask *a);

static void on_ready(void *self, short revents) {
    (void)revents;
    struct ask *a = self;
    struct resolve *r = a->state;
    struct err err = {0};
    json_t *reply = NULL;
    int rc = dns_lookup_step(r->lookup, &reply, &err);
    if (rc == 0) {
        watch(a); /* it may have gone over to TCP, on another descriptor */
        return;
    }
    if (rc < 0) {
        give_up(a, err.text);
        return;
    }
    loop_unwatch(a->place->loop, &r->watch);
    loop_stop(a->place->loop, &r->timer);
    ask_answer(a, seen_of(reply), true);
}

static void watch(struct ask *a) {
    struct resolve *r = a->state;
    loop_watch(a->place->loop, &r->watch, dns_lookup_fd(r->lookup), dns_lookup_events(r->lookup),
               on_ready, a);
}

static void on_timeout(void *self) {
    struct ask *a = self;
    give_up(a, "no answer in time");
}

static void resolve_start(struct ask *a) {
    struct resolve *r = a->state = xcalloc(1, sizeof(*r));
    struct err err = {0};
    int64_t port = 53;
    const json_t *given = json_object_get(a->args, "port");
    const char *type = json_str(a->args, "type", NULL);
    if (given && !value_to_int(given, 1, 65535, &port)) {
        ask_fail(a, "environment", xasprintf("the port of resolve is no port"));
        return;
    }
    CLEANUP(str_freep) char *name = value_to_text(json_object_get(a->args, "name"));
    CLEANUP(str_freep) char *server = value_to_text(json_object_get(a->args, "server"));
    r->lookup = dns_lookup_start(server, (uint16_t)port, name, type ? type : "A",
                                 json_flag(a->args, "tcp", NULL), &err);
    if (!r->lookup && (err.code == ERR_USAGE || err.code == ERR_INPUT)) {
        ask_fail(a, "environment", xstrdup(err.text));
        return;
    }
    if (!r->lookup) {
        give_up(a, err.text);
        return;
    }
    int64_t wait = a->timeout_ms > 0 && a->timeout_ms < TIMEOUT_MS ? a->timeout_ms : TIMEOUT_MS;
    loop_start(a->place->loop, &r->timer, wait, on_timeout, a);
    watch(a);
}

static void resolve_stop(struct ask *a) {
    struct resolve *r = a->state;
    loop_unwatch(a->place->loop, &r->watch);
    loop_stop(a->place->loop, &r->timer);
    dns_lookup_free(r->lookup);
    free(r);
}

const struct ask_ops ask_resolve_ops = {.start = resolve_start, .stop = resolve_stop};
