/*
 * settle: a Juju model is asked for its status until every machine, application and unit is
 * settled, and was so at every look for a while: a model is "active" for a moment before its first
 * hook has run, so one look says nothing. What is broken may mend itself, because Juju retries
 * failed hooks; when it stays so, the step ends at once instead of at its deadline, and so it does
 * when the controller has said nothing for a while: it is gone, or the login has expired.
 * settle_account.h has the rules.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/doze.h"
#include "harness/driver/juju_changes.h"
#include "harness/driver/settle_account.h"
#include "harness/driver/step.h"
#include "harness/model/juju_status.h"
#include "harness/model/value.h"

#include <stdlib.h>

enum {
    ANSWER_DEFAULT_MS = 60 * 1000, /* juju itself tries to connect for ten minutes */
    QUIET_DEFAULT_MS = 15000,
    BROKEN_DEFAULT_MS = 5 * 60 * 1000,
    SILENT_DEFAULT_MS = 5 * 60 * 1000,
    LOOKS_DEFAULT = 3,
    RETRIES_DEFAULT = 5,
};

struct settle {
    struct step_run *s;
    struct settle_account *account; /* owned */
    struct doze *doze;              /* owned; until the next look */
    struct sched_timer late;
    json_t *argv;                       /* owned; of juju status */
    char *problem;                      /* owned; why the last look gave nothing */
    char *shown;                        /* owned; what was last said to be waited for */
    int64_t look_ms;                    /* real; for a look */
    int64_t silent_ms, silent_world_ms; /* real; as the case says */
    int64_t silent_since_ms;            /* monotonic; -1: the last look gave a status */
    bool looked;                        /* there was a status */
};

static void look(void *self);

static int64_t duration_of(const struct step_run *s, const char *key, int64_t otherwise) {
    int64_t ms;
    const char *text = json_str(s->args, key, NULL);
    return text && value_duration_ms(text, &ms) ? ms : otherwise;
}

/* Tells whoever watches the run what is waited for, when that is something else than before. */
static void show(struct settle *w) {
    int64_t now = clock_monotonic_ms(), for_ms = 0;
    CLEANUP(str_freep)
    char *line =
        w->problem ? xstrdup(w->problem) : settle_account_blocker(w->account, now, &for_ms);
    if (str_eq(line, w->shown))
        return;
    free(w->shown);
    w->shown = str_take(&line);
    step_show(w->s, w->shown, for_ms);
}

static char *wanted(const struct settle *w) {
    return xasprintf("every machine, application and unit of %s is settled",
                     json_str(w->s->args, "model", NULL));
}

/* The status that the answer holds goes to the account; w->problem says why there is none. */
static void read_answer(struct settle *w, const json_t *seen) {
    struct err err = {0};
    const json_t *status = json_object_get(seen, "json");
    CLEANUP(json_freep) json_t *entities = status ? juju_status_entities(status, &err) : NULL;
    free(w->problem);
    w->problem = NULL;
    if (entities) {
        w->looked = true;
        settle_account_look(w->account, entities, clock_monotonic_ms());
        return;
    }
    CLEANUP(str_freep) char *words = step_last_words(seen);
    w->problem = xasprintf("juju status gives none: %s", status  ? err.text
                                                         : words ? words
                                                                 : "it printed nothing");
    settle_account_miss(w->account);
}

/* Whether nothing could be read for so long that nobody is there. */
static bool is_silent(struct settle *w) {
    int64_t now = clock_monotonic_ms();
    if (!w->problem)
        w->silent_since_ms = -1;
    else if (w->silent_since_ms < 0)
        w->silent_since_ms = now;
    return w->problem && now - w->silent_since_ms >= w->silent_ms;
}

static void end_silent(struct settle *w) {
    CLEANUP(str_freep) char *expected = wanted(w);
    CLEANUP(str_freep)
    char *seen = xasprintf("%s, for %lld s", w->problem, (long long)(w->silent_world_ms / 1000));
    step_end(w->s, OUTCOME_ERROR, "environment", expected, seen);
}

static void keep_seen(struct settle *w, json_t *seen) {
    json_object_set_new(seen, "waited", settle_account_waited(w->account));
    json_object_set_new(seen, "waiting", settle_account_waiting(w->account, clock_monotonic_ms()));
    step_keep_seen(w->s, seen);
}

static void on_late(void *self) {
    struct settle *w = self;
    free(w->problem);
    w->problem = xstrdup("juju status gives no answer");
    settle_account_miss(w->account);
    if (is_silent(w)) {
        end_silent(w);
        return;
    }
    show(w);
    look(w);
}

static void on_answer(void *self, const struct answer *answer) {
    struct settle *w = self;
    struct step_run *s = w->s;
    loop_stop(s->c->place->ask.loop, &w->late);
    if (answer->reason) {
        step_keep_seen(s, answer->seen);
        step_end(s, OUTCOME_ERROR, answer->reason, "juju status can be asked", answer->text);
        return;
    }
    settle_account_changed(
        w->account, juju_changes_last(s->c->place->juju_changes, json_str(s->args, "model", NULL)));
    read_answer(w, answer->seen);
    keep_seen(w, answer->seen);
    CLEANUP(str_freep)
    char *hopeless = w->problem ? NULL : settle_account_hopeless(w->account);
    if (hopeless) {
        CLEANUP(str_freep) char *expected = wanted(w);
        step_end(s, OUTCOME_UNMET, NULL, expected, hopeless);
        return;
    }
    if (is_silent(w)) {
        end_silent(w);
        return;
    }
    if (!w->problem && settle_account_is_met(w->account, clock_monotonic_ms())) {
        step_end(s, OUTCOME_MET, NULL, NULL, NULL);
        return;
    }
    show(w);
    doze_begin(w->doze, !w->problem && settle_account_only_waits(w->account), look, w);
}

static void look(void *self) {
    struct settle *w = self;
    struct step_run *s = w->s;
    if (s->ended)
        return;
    step_ask_again(s, ASK_RUN, w->argv, on_answer, w);
    loop_start(s->c->place->ask.loop, &w->late, w->look_ms, on_late, w);
}

static void begin(struct step_run *s) {
    const struct world *world = s->c->place->world;
    struct settle *w = xcalloc(1, sizeof(*w));
    w->s = s;
    w->silent_since_ms = -1;
    s->state = w;
    w->argv = json_pack("[s,s,s,s?,s]", "juju", "status", "-m", json_str(s->args, "model", NULL),
                        "--format=json");
    int64_t broken_ms = duration_of(s, "broken_for", BROKEN_DEFAULT_MS);
    w->look_ms = world->ops->real_ms(world->self, duration_of(s, "answer", ANSWER_DEFAULT_MS));
    w->doze = doze_new(&s->c->place->ask, world, json_str(s->args, "model", NULL));
    w->silent_world_ms = duration_of(s, "silent_for", SILENT_DEFAULT_MS);
    w->silent_ms = world->ops->span_ms(world->self, w->silent_world_ms);
    w->account = settle_account_new(
        &(struct settle_rules){
            .looks = json_int(s->args, LOOKS_DEFAULT, "looks", NULL),
            .retries = json_int(s->args, RETRIES_DEFAULT, "retries", NULL),
            .quiet_ms = world->ops->span_ms(world->self, duration_of(s, "for", QUIET_DEFAULT_MS)),
            .broken_ms = world->ops->span_ms(world->self, broken_ms),
            .broken_said_s = broken_ms / 1000},
        s->begin_ms);
    look(w);
}

static void expire(struct step_run *s) {
    struct settle *w = s->state;
    CLEANUP(str_freep) char *expected = wanted(w);
    if (!w->looked) {
        CLEANUP(str_freep)
        char *text = xasprintf("no status in %.1f s%s%s", (double)s->real_ms / 1000,
                               w->problem ? ": " : "", w->problem ? w->problem : "");
        step_end(s, OUTCOME_ERROR, "timeout", expected, text);
        return;
    }
    CLEANUP(str_freep) char *rest = settle_account_unsettled(w->account, clock_monotonic_ms());
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
    doze_free(w->doze);
    loop_stop(s->c->place->ask.loop, &w->late);
    settle_account_free(w->account);
    json_decref(w->argv);
    free(w->problem);
    free(w->shown);
    free(w);
    s->state = NULL;
}

const struct step_ops step_settle_ops = {.begin = begin, .expire = expire, .stop = stop};
