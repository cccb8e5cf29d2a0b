/*
 * The question whether a port of an application can be reached: the status of its model says by
 * which addresses and rules, and a probe of each of them what is so.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/ask.h"
#include "harness/model/juju_status.h"
#include "harness/model/reach.h"
#include "harness/model/value.h"

#include <stdlib.h>

enum { PROBES_MAX = 64 };

struct reach;

struct probe_of {
    struct reach *reach;
    size_t way;
    struct ask *ask; /* owned */
};

struct reach {
    struct ask *a;
    struct ask *status;  /* owned */
    json_t *said, *ways; /* owned; the model's status; where to look */
    char *application;   /* owned */
    int64_t port;
    struct probe_of probes[PROBES_MAX];
    size_t open; /* probes that have no answer yet */
};

static void on_probe(void *self, const struct answer *answer) {
    struct probe_of *probe = self;
    struct reach *r = probe->reach;
    json_t *way = json_array_get(r->ways, probe->way);
    const char *state = json_str(answer->seen, "state", NULL);
    json_set_str(way, "state", state ? state : "unknown");
    const char *problem = answer->reason ? answer->text : json_str(answer->seen, "problem", NULL);
    if (problem)
        json_set_str(way, "problem", problem);
    if (--r->open == 0)
        ask_answer(r->a, reach_seen(r->said, r->application, r->port, r->ways), true);
}

static void probe_all(struct reach *r) {
    size_t i;
    json_t *way;
    r->open = json_array_size(r->ways) < PROBES_MAX ? json_array_size(r->ways) : PROBES_MAX;
    json_array_foreach(r->ways, i, way) {
        if (i == PROBES_MAX)
            break;
        CLEANUP(json_freep) json_t *args = json_object();
        json_object_set(args, "address", json_object_get(way, "address"));
        json_set_int(args, "port", r->port);
        json_t *timeout = json_object_get(r->a->args, "timeout");
        if (timeout)
            json_object_set(args, "timeout", timeout);
        r->probes[i] = (struct probe_of){.reach = r, .way = i};
        r->probes[i].ask = ask_start(r->a->place, ASK_PROBE, args, NULL, r->a->timeout_ms, on_probe,
                                     &r->probes[i]);
    }
}

/* There is no status, or nowhere to look: that may change. */
static void answer_nothing(struct reach *r, const char *problem) {
    json_t *seen = json_object();
    json_set_str(seen, "state", "unknown");
    json_set_str(seen, "problem", problem);
    ask_answer(r->a, seen, false);
}

static void on_status(void *self, const struct answer *answer) {
    struct reach *r = self;
    if (answer->reason) {
        ask_fail(r->a, answer->reason, xstrdup(answer->text ? answer->text : ""));
        return;
    }
    struct err err = {0};
    r->said = json_incref(json_object_get(answer->seen, "json"));
    if (!r->said) {
        const char *words = json_str(answer->seen, "stderr", NULL);
        CLEANUP(str_freep)
        char *text = xasprintf("juju status gives none: %s", words ? words : "it printed nothing");
        answer_nothing(r, text);
        return;
    }
    r->ways = reach_ways(r->said, r->application, &err);
    if (r->ways)
        probe_all(r);
    else
        answer_nothing(r, err.text);
}

static void reach_start(struct ask *a) {
    struct reach *r = a->state = xcalloc(1, sizeof(*r));
    r->a = a;
    const char *model = json_str(a->args, "model", NULL);
    const char *application = json_str(a->args, "application", NULL);
    if (!model || !application ||
        !value_to_int(json_object_get(a->args, "port"), 1, UINT16_MAX, &r->port)) {
        CLEANUP(str_freep) char *args = value_line(a->args, 200);
        ask_fail(a, "environment",
                 xasprintf("reach needs a model, an application and a port, got %s", args));
        return;
    }
    r->application = xstrdup(application);
    CLEANUP(json_freep)
    json_t *argv = json_pack("[s,s,s,s,s]", "juju", "status", "-m", model, "--format=json");
    r->status = ask_start(a->place, ASK_RUN, argv, a->env, a->timeout_ms, on_status, r);
}

static void reach_stop(struct ask *a) {
    struct reach *r = a->state;
    ask_free(r->status);
    for (size_t i = 0; i < PROBES_MAX; i++)
        ask_free(r->probes[i].ask);
    json_decref(r->said);
    json_decref(r->ways);
    free(r->application);
    free(r);
}

const struct ask_ops ask_reach_ops = {.start = reach_start, .stop = reach_stop};
