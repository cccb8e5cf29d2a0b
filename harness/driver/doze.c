#include "harness/driver/doze.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/juju_argv.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAUSE_WORLD_MS = 5000, /* between two looks */
    PAUSE_MIN_MS = 10,
    LONG_WORLD_MS = 30 * 1000, /* how old what people are shown may be */
};

#define LONG_TEXT "30s"
#define ALL_SETTLED \
    "forEach(units, unit => unit.workload-status == \"active\" && unit.agent-status == \"idle\")"

struct doze {
    const struct ask_place *place;
    json_t *argv, *env;         /* owned; of wait-for; argv NULL: this juju has none */
    struct ask *ask;            /* owned; the wait-for that runs, or ran last */
    int64_t pause_ms, bound_ms; /* real */
    struct sched_timer least, most;
    bool rested, waited; /* the pause is over; wait-for has ended */
    bool unreliable;     /* it failed or hung once */
    void (*wake)(void *self);
    void *self;
};

struct doze *doze_new(const struct ask_place *place, const struct world *world, const char *model) {
    struct doze *d = xcalloc(1, sizeof(*d));
    int64_t pause = world->ops->span_ms(world->self, PAUSE_WORLD_MS);
    const char *verb = json_str(world->ops->facts(world->self), "juju", "wait_for", NULL);
    d->place = place;
    d->pause_ms = pause > PAUSE_MIN_MS ? pause : PAUSE_MIN_MS;
    d->bound_ms = d->pause_ms + world->ops->real_ms(world->self, LONG_WORLD_MS);
    if (model && verb && *verb) {
        /* Only some releases take -m here, and the name alone is of the current controller. */
        d->env = json_pack("{s:s}", "JUJU_MODEL", model);
        d->argv = json_pack("[s,s,s,s,s,s]", "juju", verb, "model", juju_argv_short_name(model),
                            "--query=" ALL_SETTLED, "--timeout=" LONG_TEXT);
    }
    return d;
}

static void stop(struct doze *d) {
    loop_stop(d->place->loop, &d->least);
    loop_stop(d->place->loop, &d->most);
    ask_free(d->ask);
    d->ask = NULL;
}

void doze_free(struct doze *d) {
    if (!d)
        return;
    stop(d);
    json_decref(d->argv);
    json_decref(d->env);
    free(d);
}

static void wake_when_done(struct doze *d) {
    if (!d->rested || !d->waited)
        return;
    stop(d);
    d->wake(d->self);
}

static void on_rested(void *self) {
    struct doze *d = self;
    d->rested = true;
    wake_when_done(d);
}

static void on_bound(void *self) {
    struct doze *d = self;
    d->unreliable = true;
    d->rested = d->waited = true;
    wake_when_done(d);
}

static void on_waited(void *self, const struct answer *answer) {
    struct doze *d = self;
    const char *words = json_str(answer->seen, "stderr", NULL);
    bool met = answer->seen && json_int(answer->seen, -1, "exit", NULL) == 0;
    d->unreliable = !met && !(words && strstr(words, "timed out waiting for"));
    d->waited = true;
    wake_when_done(d);
}

void doze_begin(struct doze *d, bool until_settled, void (*wake)(void *self), void *self) {
    stop(d);
    d->wake = wake;
    d->self = self;
    d->rested = false;
    d->waited = !until_settled || !d->argv || d->unreliable;
    loop_start(d->place->loop, &d->least, d->pause_ms, on_rested, d);
    if (d->waited)
        return;
    loop_start(d->place->loop, &d->most, d->bound_ms, on_bound, d);
    d->ask = ask_start(d->place, ASK_RUN, d->argv, d->env, d->bound_ms, on_waited, d);
}
