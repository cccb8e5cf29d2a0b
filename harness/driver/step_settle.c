/*
 * settle: a Juju model is asked for its status until every machine, application and unit is
 * settled, and was so at every look for a while: a model is "active" for a moment before its first
 * hook has run, so one look says nothing. What is broken may mend itself, because Juju retries
 * failed hooks; when it stays so, the step ends at once instead of at its deadline.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/step.h"
#include "harness/model/juju_status.h"
#include "harness/model/value.h"

#include <stdlib.h>

enum {
    PAUSE_WORLD_MS = 5000, /* between two looks */
    PAUSE_MIN_MS = 10,
    QUIET_DEFAULT_MS = 15000,
    BROKEN_DEFAULT_MS = 5 * 60 * 1000,
    LOOKS_DEFAULT = 3,
    WAITING_NAMED_MAX = 5,
};

struct settle {
    struct step_run *s;
    struct sched_timer again;
    json_t *argv;                        /* owned; of juju status */
    json_t *entities;                    /* owned; of the last look; NULL: there was none */
    json_t *waited;                      /* owned; name -> ms until it was settled for good */
    json_t *broken;                      /* owned; name -> since when, monotonic */
    char *problem;                       /* owned; why the last look gave nothing */
    char *shown;                         /* owned; what was last said to be waited for */
    int64_t pause_ms, quiet_ms;          /* real */
    int64_t broken_ms, broken_world_ms;  /* real; as the case says */
    int64_t settled_since_ms, looks_min; /* monotonic; -1: it is not settled */
    int64_t looks;                       /* since then */
};

static void look(void *self);

static int64_t duration_of(const struct step_run *s, const char *key, int64_t otherwise) {
    int64_t ms;
    const char *text = json_str(s->args, key, NULL);
    return text && value_duration_ms(text, &ms) ? ms : otherwise;
}

static bool is_application(const json_t *entity) {
    return str_eq(json_str(entity, "kind", NULL), "application");
}

/* "a/0 is waiting: b; c/1 is maintenance (and 3 more)"; owned. */
static char *unsettled(const json_t *entities) {
    struct buf text = BUF_INIT;
    size_t i, named = 0, more = 0;
    json_t *entity;
    json_array_foreach(entities, i, entity) {
        if (str_eq(json_str(entity, "state", NULL), "settled") || is_application(entity))
            continue;
        if (named == WAITING_NAMED_MAX) {
            more++;
            continue;
        }
        CLEANUP(str_freep) char *line = juju_status_line(entity);
        buf_addf(&text, "%s%s", named++ ? "; " : "", line);
    }
    if (named == 0 && juju_status_blocker(entities)) {
        CLEANUP(str_freep) char *line = juju_status_line(juju_status_blocker(entities));
        buf_adds(&text, line);
    } else if (named == 0) {
        buf_adds(&text, juju_status_is_settled(entities) ? "all was settled, but not for long"
                                                         : "the model has no applications");
    }
    if (more > 0)
        buf_addf(&text, " (and %zu more)", more);
    char *owned = xstrdup(buf_str(&text));
    buf_release(&text);
    return owned;
}

/* Tells whoever watches the run what is waited for, when that is something else than before. */
static void show(struct settle *w) {
    const json_t *blocker = juju_status_blocker(w->entities);
    CLEANUP(str_freep)
    char *line = w->problem ? xstrdup(w->problem)
                 : blocker  ? juju_status_line(blocker)
                            : xstrdup("settled; looking again");
    if (str_eq(line, w->shown))
        return;
    free(w->shown);
    w->shown = str_take(&line);
    const struct step_run *s = w->s;
    json_t *event =
        observation_new("step-progress", clock_wall_ms(), s->c->scenario->id, (int)s->index);
    json_set_str(event, "text", w->shown);
    json_set_int(event, "elapsed_ms", clock_monotonic_ms() - s->begin_ms);
    s->c->place->write(s->c->place->self, event, false);
}

/* Since when each is broken, and how long each took. NULL, or the one that is broken too long. */
static const json_t *keep_account(struct settle *w) {
    int64_t now = clock_monotonic_ms();
    const json_t *hopeless = NULL;
    size_t i;
    json_t *entity;
    json_array_foreach(w->entities, i, entity) {
        const char *name = json_str(entity, "name", NULL), *state = json_str(entity, "state", NULL);
        bool settled = str_eq(state, "settled"), broken = str_eq(state, "broken");
        if (!settled)
            json_object_del(w->waited, name);
        else if (!json_object_get(w->waited, name))
            json_set_int(w->waited, name, now - w->s->begin_ms);
        if (!broken)
            json_object_del(w->broken, name);
        else if (!json_object_get(w->broken, name))
            json_set_int(w->broken, name, now);
        bool too_long = broken && now - json_int(w->broken, now, name, NULL) >= w->broken_ms;
        if (too_long && (!hopeless || is_application(hopeless)))
            hopeless = entity; /* an application only repeats what its unit says */
    }
    return hopeless;
}

static bool is_met(struct settle *w) {
    if (!juju_status_is_settled(w->entities)) {
        w->settled_since_ms = -1;
        w->looks = 0;
        return false;
    }
    if (w->settled_since_ms < 0)
        w->settled_since_ms = clock_monotonic_ms();
    w->looks++;
    return w->looks >= w->looks_min && clock_monotonic_ms() - w->settled_since_ms >= w->quiet_ms;
}

static char *wanted(const struct settle *w) {
    return xasprintf("every machine, application and unit of %s is settled",
                     json_str(w->s->args, "model", NULL));
}

static void end_hopeless(struct settle *w, const json_t *entity) {
    CLEANUP(str_freep) char *expected = wanted(w);
    CLEANUP(str_freep) char *line = juju_status_line(entity);
    CLEANUP(str_freep)
    char *seen = xasprintf("%s, and was so for %lld s, in which Juju has tried it again", line,
                           (long long)(w->broken_world_ms / 1000));
    step_end(w->s, OUTCOME_UNMET, NULL, expected, seen);
}

static void keep_seen(struct settle *w, json_t *seen) {
    json_object_set(seen, "waited", w->waited);
    step_keep_seen(w->s, seen);
}

/* The status that the answer holds, as a list; false with w->problem when it holds none. */
static bool read_answer(struct settle *w, const json_t *seen) {
    struct err err = {0};
    const json_t *status = json_object_get(seen, "json");
    json_t *entities = status ? juju_status_entities(status, &err) : NULL;
    free(w->problem);
    w->problem = NULL;
    if (!entities) {
        CLEANUP(str_freep) char *words = step_last_words(seen);
        w->problem = xasprintf("juju status gives none: %s", status  ? err.text
                                                             : words ? words
                                                                     : "it printed nothing");
        w->settled_since_ms = -1;
        w->looks = 0;
        return false;
    }
    json_decref(w->entities);
    w->entities = entities;
    return true;
}

static void on_answer(void *self, const struct answer *answer) {
    struct settle *w = self;
    struct step_run *s = w->s;
    if (answer->reason) {
        step_keep_seen(s, answer->seen);
        step_end(s, OUTCOME_ERROR, answer->reason, "juju status can be asked", answer->text);
        return;
    }
    bool read = read_answer(w, answer->seen);
    const json_t *hopeless = read ? keep_account(w) : NULL;
    keep_seen(w, answer->seen);
    if (hopeless) {
        end_hopeless(w, hopeless);
        return;
    }
    if (read && is_met(w)) {
        step_end(s, OUTCOME_MET, NULL, NULL, NULL);
        return;
    }
    show(w);
    loop_start(s->c->place->ask.loop, &w->again, w->pause_ms, look, w);
}

static void look(void *self) {
    struct settle *w = self;
    struct step_run *s = w->s;
    if (!s->ended)
        step_ask_again(s, ASK_RUN, w->argv, on_answer, w);
}

static void begin(struct step_run *s) {
    const struct world *world = s->c->place->world;
    struct settle *w = xcalloc(1, sizeof(*w));
    *w = (struct settle){.s = s, .settled_since_ms = -1};
    s->state = w;
    w->argv = json_pack("[s,s,s,s?,s]", "juju", "status", "-m", json_str(s->args, "model", NULL),
                        "--format=json");
    w->waited = json_object();
    w->broken = json_object();
    int64_t pause = world->ops->span_ms(world->self, PAUSE_WORLD_MS);
    w->pause_ms = pause > PAUSE_MIN_MS ? pause : PAUSE_MIN_MS;
    w->quiet_ms = world->ops->span_ms(world->self, duration_of(s, "for", QUIET_DEFAULT_MS));
    w->broken_world_ms = duration_of(s, "broken_for", BROKEN_DEFAULT_MS);
    w->broken_ms = world->ops->span_ms(world->self, w->broken_world_ms);
    w->looks_min = json_int(s->args, LOOKS_DEFAULT, "looks", NULL);
    look(w);
}

static void expire(struct step_run *s) {
    struct settle *w = s->state;
    CLEANUP(str_freep) char *expected = wanted(w);
    if (!w->entities) {
        CLEANUP(str_freep)
        char *text = xasprintf("no status in %.1f s%s%s", (double)s->real_ms / 1000,
                               w->problem ? ": " : "", w->problem ? w->problem : "");
        step_end(s, OUTCOME_ERROR, "timeout", expected, text);
        return;
    }
    CLEANUP(str_freep) char *rest = unsettled(w->entities);
    CLEANUP(str_freep)
    char *text =
        xasprintf("after %.1f s %s%s%s%s", (double)s->real_ms / 1000, rest,
                  w->problem ? " (now " : "", w->problem ? w->problem : "", w->problem ? ")" : "");
    step_end(s, OUTCOME_UNMET, NULL, expected, text);
}

static void stop(struct step_run *s) {
    struct settle *w = s->state;
    if (!w)
        return;
    loop_stop(s->c->place->ask.loop, &w->again);
    json_decref(w->argv);
    json_decref(w->entities);
    json_decref(w->waited);
    json_decref(w->broken);
    free(w->problem);
    free(w->shown);
    free(w);
    s->state = NULL;
}

const struct step_ops step_settle_ops = {.begin = begin, .expire = expire, .stop = stop};
