#include "harness/evidence/evidence.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/evidence/gather.h"
#include "harness/evidence/sources.h"

#include <stdlib.h>

enum {
    CASES_MAX = 20, /* that get a folder */
    TIMES = 5,      /* what one case may have, all together may have so many times */
    MODELS_MAX = 16,
};

struct wish { /* a case that waits for its turn, or has it */
    struct wish *next;
    const struct collector_request *request;
    struct evidence *e;
    struct gather *gather; /* owned; NULL: it waits */
    struct sched_timer soon;
};

struct evidence {
    struct evidence_options o;
    struct collector collector;
    struct wish *wishes; /* owned; the first has its turn */
    size_t cases;        /* so far */
    int64_t spent_ms, spent_bytes;
};

static void next(struct evidence *e);

static void drop(struct evidence *e, struct wish *w) {
    for (struct wish **link = &e->wishes; *link; link = &(*link)->next)
        if (*link == w) {
            *link = w->next;
            break;
        }
    loop_stop(w->request->place->loop, &w->soon);
    gather_free(w->gather);
    free(w);
}

static void end(struct wish *w) {
    struct evidence *e = w->e;
    const struct collector_request *request = w->request;
    drop(e, w);
    request->done(request->self);
    next(e);
}

static void on_gathered(void *self, int64_t bytes, int64_t elapsed_ms) {
    struct wish *w = self;
    w->e->spent_ms += elapsed_ms;
    w->e->spent_bytes += bytes;
    end(w);
}

static void on_nothing(void *self) {
    end(self);
}

static json_t *models_of(const struct evidence *e, const struct collector_request *r) {
    json_t *models = json_array();
    for (size_t i = 0; e->o.graph && i < e->o.graph->count; i++)
        if (e->o.graph->nodes[i].selected && json_array_size(models) < MODELS_MAX)
            sources_models(e->o.graph->nodes[i].scenario, r->visible, models);
    return models;
}

/* Why this case gets none, though one is wanted; NULL: it gets one. */
static const char *refusal(const struct evidence *e) {
    if (e->cases >= CASES_MAX)
        return "twenty cases have their evidence already";
    if (e->spent_ms >= e->o.time_ms * TIMES)
        return "the time for evidence of this run is used up";
    if (e->spent_bytes >= e->o.bytes_max * TIMES)
        return "the bytes for evidence of this run are used up";
    return NULL;
}

static void next(struct evidence *e) {
    struct wish *w = e->wishes;
    if (!w || w->gather || sched_is_running(&w->soon))
        return;
    const struct collector_request *r = w->request;
    const char *why = refusal(e);
    if (why) {
        json_t *event = observation_new("evidence", clock_wall_ms(), r->scenario->id, r->step);
        json_object_set_new(
            event, "missing",
            json_pack("[{s:s, s:s, s:s}]", "source", "all", "state", "left-out", "why", why));
        r->write(r->write_self, event, false);
        loop_start(r->place->loop, &w->soon, 0, on_nothing, w);
        return;
    }
    const json_t *offers = r->world->ops->offers(r->world->self);
    CLEANUP(json_freep) json_t *models = models_of(e, r);
    const struct gather_options o = {.request = r,
                                     .run_dir = e->o.run_dir,
                                     .models = models,
                                     .time_ms = e->o.time_ms,
                                     .bytes_max = e->o.bytes_max,
                                     .has_juju = json_has_text(offers, "juju"),
                                     .first = e->cases++ == 0,
                                     .done = on_gathered,
                                     .self = w};
    w->gather = gather_start(&o);
}

static bool collector_wants(void *self, const char *case_id, enum outcome outcome, bool ended) {
    const struct evidence *e = self;
    return !e->o.wants || e->o.wants(e->o.self, case_id, outcome, ended);
}

static void collector_begin(void *self, const struct collector_request *request) {
    struct evidence *e = self;
    struct wish *w = xcalloc(1, sizeof(*w)), **last = &e->wishes;
    *w = (struct wish){.e = e, .request = request};
    while (*last)
        last = &(*last)->next;
    *last = w;
    next(e);
}

static void collector_cancel(void *self, const struct collector_request *request) {
    struct evidence *e = self;
    struct wish *w = e->wishes;
    while (w && w->request != request)
        w = w->next;
    if (!w)
        return;
    if (w->gather)
        gather_stop(w->gather);
    drop(e, w);
    next(e);
}

struct evidence *evidence_new(const struct evidence_options *o) {
    struct evidence *e = xcalloc(1, sizeof(*e));
    e->o = *o;
    e->o.time_ms = o->time_ms > 0 ? o->time_ms : EVIDENCE_TIME_MS;
    e->o.bytes_max = o->bytes_max > 0 ? o->bytes_max : EVIDENCE_BYTES;
    e->collector = (struct collector){
        .wants = collector_wants, .begin = collector_begin, .cancel = collector_cancel, .self = e};
    return e;
}

void evidence_free(struct evidence *e) {
    if (!e)
        return;
    while (e->wishes)
        drop(e, e->wishes);
    free(e);
}

const struct collector *evidence_collector(const struct evidence *e) {
    return &e->collector;
}
