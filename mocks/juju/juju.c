#include "mocks/juju/juju.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_command.h"
#include "mocks/juju/juju_state.h"
#include "mocks/juju/juju_trouble.h"

#include <assert.h>

#define FALLBACK_VERSION "2.1.3"
#define FALLBACK_KUBERNETES "1.6.2"

/* What a release of Juju can do follows from its number, here and nowhere else. */
static struct juju_dialect dialect_of(const struct profile *profile, const char *version) {
    if (!version && profile)
        version = json_str(profile_json(profile), "juju", "version", NULL);
    if (!version)
        version = FALLBACK_VERSION;
    int64_t major = 2, minor = 1;
    char *copy = xstrdup(version), *rest = copy;
    const char *part = str_next(&rest, '.');
    if (part)
        (void)str_to_int(part, 0, 99, &major);
    part = rest ? str_next(&rest, '.') : NULL;
    if (part)
        (void)str_to_int(part, 0, 99, &minor);
    free(copy);
    int64_t number = major * 100 + minor;
    return (struct juju_dialect){
        .version = version,
        .run_is_actions = number >= 300,
        .has_exec = number >= 209,
        .has_show_unit = number >= 208,
        .has_wait_for = number >= 209,
        .has_model_type = number >= 205,
        .has_base = number >= 300,
        .has_charm_store = number < 300,
        .no_prompt_flag = number >= 300,
        .has_qualified_models = number >= 202,
    };
}

static char *or_default(const char *text, const char *otherwise) {
    return xstrdup(text ? text : otherwise);
}

struct juju *juju_new(const struct juju_options *o) {
    assert(o && o->sched);
    struct juju *j = xcalloc(1, sizeof(*j));
    j->dialect = dialect_of(o->profile, o->version);
    j->controller = or_default(o->controller, "sim");
    j->cloud = or_default(o->cloud, "maas");
    j->region = o->region ? xstrdup(o->region) : NULL;
    j->charms_dir = o->charms_dir ? xstrdup(o->charms_dir) : NULL;
    const char *kubernetes =
        o->profile ? json_str(profile_json(o->profile), "version", "gitVersion", NULL) : NULL;
    j->kubernetes = or_default(kubernetes && *kubernetes == 'v' ? kubernetes + 1 : kubernetes,
                               FALLBACK_KUBERNETES);
    j->sched = o->sched;
    j->epoch_ms = o->epoch_ms ? o->epoch_ms : clock_wall_ms() - sched_now_ms(o->sched);
    rng_init(&j->rng, o->seed);
    rng_uuid(&j->rng, j->uuid);
    if (o->ops)
        j->ops = *o->ops;
    j->faults = o->faults;
    juju_trouble_watch(j);
    return j;
}

void juju_faults_changed(struct juju *j) {
    juju_trouble_watch(j);
}

void juju_free(struct juju *j) {
    if (!j)
        return;
    while (j->commands)
        juju_command_abandon(j->commands);
    sched_stop(j->sched, &j->presence);
    for (size_t i = 0; i < j->model_count; i++)
        juju_model_free(j->models[i]);
    free(j->models);
    free(j->controller);
    free(j->cloud);
    free(j->region);
    free(j->charms_dir);
    free(j->kubernetes);
    free(j);
}

struct juju_model *juju_model_named(const struct juju *j, const char *name) {
    for (size_t i = 0; i < j->model_count; i++)
        if (str_eq(j->models[i]->name, name))
            return j->models[i];
    return NULL;
}

struct juju_model *juju_model_with(const struct juju *j, const char *uuid) {
    for (size_t i = 0; i < j->model_count; i++)
        if (str_eq(j->models[i]->uuid, uuid))
            return j->models[i];
    return NULL;
}

int64_t juju_jitter(struct juju *j, int64_t seconds) {
    return seconds * 850 + (int64_t)(rng_unit(&j->rng) * (double)(seconds * 300));
}

char *juju_when(const struct juju *j, int64_t at_ms) {
    char text[CLOCK_TEXT_SIZE];
    return xstrdup(clock_format_juju(j->epoch_ms + at_ms, text));
}

void juju_text_set(struct juju_text *t, const struct juju *j, const char *current,
                   const char *message) {
    if (t->current == current && str_eq(t->message, message))
        return;
    t->current = current;
    free(t->message);
    t->message = message && *message ? xstrdup(message) : NULL;
    t->since_ms = sched_now_ms(j->sched);
}
