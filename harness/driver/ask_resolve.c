/*
 * The question to a name server: one, or with `follow` as many as a chain of CNAMEs needs. The
 * harness follows by itself, so that what it says does not depend on a resolver in between.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/dns/dns_chain.h"
#include "harness/dns/dns_query.h"
#include "harness/driver/ask.h"
#include "harness/model/value.h"

#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

struct resolve {
    struct dns_lookup *lookup;
    struct dns_chain *chain;
    struct loop_fd watch;
    struct sched_timer timer;
    char *server, *type; /* owned */
    int64_t port, wait_ms, begin_us;
    bool tcp, truncated;
    unsigned foreign;
};

static void note_facts(struct resolve *r) {
    if (!r->lookup)
        return;
    struct dns_lookup_facts facts = dns_lookup_facts(r->lookup);
    r->truncated |= facts.truncated;
    r->tcp |= facts.tcp;
    r->foreign += facts.foreign;
}

/* Adds how it went, and hands the answer in. */
static void hand_in(struct ask *a, json_t *seen, bool reached) {
    struct resolve *r = a->state;
    loop_unwatch(a->place->loop, &r->watch);
    loop_stop(a->place->loop, &r->timer);
    json_set_int(seen, "elapsed_us", clock_monotonic_us() - r->begin_us);
    json_set_bool(seen, "tcp", r->tcp);
    json_set_bool(seen, "truncated", r->truncated);
    json_set_int(seen, "foreign", r->foreign);
    json_object_set_new(seen, "way", dns_chain_result(r->chain));
    ask_answer(a, seen, reached);
}

static void give_up(struct ask *a, const char *problem) {
    struct resolve *r = a->state;
    note_facts(r);
    json_t *seen = json_object();
    json_set_str(seen, "problem", problem);
    hand_in(a, seen, false);
}

/* records: those of the answer section, or of the end of the chain; borrowed. reply is stolen. */
static json_t *seen_of(json_t *reply, const json_t *records) {
    json_t *seen = json_object(), *answers = json_array();
    size_t i;
    json_t *record;
    const char *rcode = json_str(reply, "rcode", NULL);
    json_set_str(seen, "rcode", rcode ? rcode : "");
    json_array_foreach(records, i, record)
        json_array_append(answers, json_object_get(record, "data"));
    json_object_set_new(seen, "answers", answers);
    json_object_set_new(seen, "json", reply);
    return seen;
}

static void watch(struct ask *a);
static bool ask_name(struct ask *a, struct err *err);

static void take_reply(struct ask *a, json_t *reply) {
    struct resolve *r = a->state;
    struct err err = {0};
    note_facts(r);
    bool more = dns_chain_read(r->chain, reply);
    bool follow = json_flag(a->args, "follow", NULL);
    if (!more || !follow) {
        CLEANUP(json_freep) json_t *way = dns_chain_result(r->chain);
        json_t *seen =
            seen_of(reply, json_object_get(follow ? way : reply, follow ? "records" : "answer"));
        hand_in(a, seen, true);
        return;
    }
    json_decref(reply);
    if (ask_name(a, &err))
        watch(a);
    else
        give_up(a, err.text);
}

static void on_ready(void *self, short revents) {
    (void)revents;
    struct ask *a = self;
    struct resolve *r = a->state;
    struct err err = {0};
    json_t *reply = NULL;
    int rc = dns_lookup_step(r->lookup, &reply, &err);
    if (rc == 0)
        watch(a); /* it may have gone over to TCP, on another descriptor */
    else if (rc < 0)
        give_up(a, err.text);
    else
        take_reply(a, reply);
}

static void watch(struct ask *a) {
    struct resolve *r = a->state;
    loop_watch(a->place->loop, &r->watch, dns_lookup_fd(r->lookup), dns_lookup_events(r->lookup),
               on_ready, a);
}

static void on_timeout(void *self) {
    give_up(self, "no answer in time");
}

/* Asks the name that the chain is at; false: it cannot be asked. */
static bool ask_name(struct ask *a, struct err *err) {
    struct resolve *r = a->state;
    loop_unwatch(a->place->loop, &r->watch);
    dns_lookup_free(r->lookup);
    r->lookup = dns_lookup_start(r->server, (uint16_t)r->port, dns_chain_name(r->chain), r->type,
                                 json_flag(a->args, "tcp", NULL), err);
    if (!r->lookup)
        return false;
    loop_start(a->place->loop, &r->timer, r->wait_ms, on_timeout, a);
    return true;
}

static void resolve_start(struct ask *a) {
    struct resolve *r = a->state = xcalloc(1, sizeof(*r));
    struct err err = {0};
    const json_t *given = json_object_get(a->args, "port");
    const char *type = json_str(a->args, "type", NULL);
    const char *timeout = json_str(a->args, "timeout", NULL);
    CLEANUP(str_freep) char *name = value_to_text(json_object_get(a->args, "name"));
    r->server = value_to_text(json_object_get(a->args, "server"));
    r->type = xstrdup(type ? type : "A");
    r->chain = dns_chain_new(name, r->type);
    r->begin_us = clock_monotonic_us();
    r->port = 53;
    if (given && !value_to_int(given, 1, 65535, &r->port)) {
        ask_fail(a, "environment", xasprintf("the port of resolve is no port"));
        return;
    }
    r->wait_ms = TIMEOUT_MS;
    if (timeout)
        (void)value_duration_ms(timeout, &r->wait_ms);
    if (a->timeout_ms > 0 && a->timeout_ms < r->wait_ms)
        r->wait_ms = a->timeout_ms;
    if (ask_name(a, &err))
        watch(a);
    else if (err.code == ERR_USAGE || err.code == ERR_INPUT)
        ask_fail(a, "environment", xstrdup(err.text));
    else
        give_up(a, err.text);
}

static void resolve_stop(struct ask *a) {
    struct resolve *r = a->state;
    loop_unwatch(a->place->loop, &r->watch);
    loop_stop(a->place->loop, &r->timer);
    dns_lookup_free(r->lookup);
    dns_chain_free(r->chain);
    free(r->server);
    free(r->type);
    free(r);
}

const struct ask_ops ask_resolve_ops = {.start = resolve_start, .stop = resolve_stop};
