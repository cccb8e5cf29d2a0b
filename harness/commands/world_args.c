#include "harness/commands/world_args.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/value.h"
#include "harness/world/world_existing.h"
#include "harness/world/world_juju.h"
#include "harness/world/world_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void world_args_init(struct world_args *a) {
    *a = (struct world_args){.world = "sim", .options = {.seed = -1, .floor_ms = -1}};
    a->tools = json_object();
    a->options.tools = a->tools;
}

void world_args_release(struct world_args *a) {
    json_decref(a->tools);
    json_decref(a->options.quirks);
    json_decref(a->options.offers);
    json_decref(a->options.faults);
    json_decref(a->options.contexts);
}

static void add_text(json_t **list, const char *text) {
    if (!*list)
        *list = json_array();
    json_array_append_new(*list, json_string(text));
}

static int take_tool(struct world_args *a, const char *value, struct err *err) {
    const char *equals = strchr(value, '=');
    if (!equals || equals == value || !equals[1] || memchr(value, '/', (size_t)(equals - value)))
        return err_set(err, ERR_USAGE, "--tool %s: expected NAME=PATH", value);
    CLEANUP(str_freep) char *name = xstrndup(value, (size_t)(equals - value));
    json_set_str(a->tools, name, equals + 1);
    return 0;
}

static int take_speed(struct world_args *a, const char *value, struct err *err) {
    char *end;
    double speed = strtod(value, &end);
    if (end == value || *end || !(speed >= 0.001 && speed <= 1e6))
        return err_set(err, ERR_USAGE, "--speed %s: expected a number from 0.001 to 1000000",
                       value);
    a->options.speed = speed;
    return 0;
}

int world_args_take(struct world_args *a, int option, const char *value, struct err *err) {
    struct world_options *o = &a->options;
    switch (option) {
    case WORLD_ARG_WORLD:
        a->world = value;
        return 0;
    case WORLD_ARG_PROFILE:
        o->profile = value;
        return 0;
    case WORLD_ARG_KUBECONFIG:
        o->kubeconfig = value;
        return 0;
    case WORLD_ARG_CONTEXT:
        add_text(&o->contexts, value);
        return 0;
    case WORLD_ARG_OFFER:
        add_text(&o->offers, value);
        return 0;
    case WORLD_ARG_FAULT:
        add_text(&o->faults, value);
        return 0;
    case WORLD_ARG_QUIRK:
        if (!str_has_suffix(value, "=on") && !str_has_suffix(value, "=off"))
            return err_set(err, ERR_USAGE, "--quirk %s: expected NAME=on or NAME=off", value);
        add_text(&o->quirks, value);
        return 0;
    case WORLD_ARG_SPEED:
        return take_speed(a, value, err);
    case WORLD_ARG_SEED:
        if (!str_to_int(value, 0, INT64_MAX, &o->seed))
            return err_set(err, ERR_USAGE, "--seed %s: expected a whole number", value);
        return 0;
    case WORLD_ARG_FLOOR:
        if (!value_duration_ms(value, &o->floor_ms))
            return err_set(err, ERR_USAGE, "--floor %s: expected a duration like 30s", value);
        return 0;
    case WORLD_ARG_TOOL:
        return take_tool(a, value, err);
    default:
        return err_set(err, ERR_USAGE, "unknown option");
    }
}

int world_args_open(const struct world_args *a, struct world *ret, struct err *err) {
    if (str_eq(a->world, "sim"))
        return world_sim_new(&a->options, ret, err);
    if (str_eq(a->world, "juju"))
        return world_juju_new(&a->options, ret, err);
    if (str_eq(a->world, "existing"))
        return world_existing_new(&a->options, ret, err);
    return err_set(err, ERR_USAGE, "--world %s: expected sim, juju or existing", a->world);
}

void world_args_help(bool every) {
    if (every)
        printf(
            "The world:\n"
            "  --world WORLD         sim (default): simulated clusters and Juju, real kubectl\n"
            "                        juju: real Juju models; existing: contexts of a kubeconfig\n");
    printf(
        "  --profile RELEASE     the Kubernetes release to simulate, like 1.6.2\n"
        "  --quirk NAME=on|off   switch one behaviour of the release (again for more)\n"
        "  --offer NAME          something more that the world offers (again for more)\n"
        "  --fault RULE          something that goes wrong, like 'get /healthz status=500 at=c2'\n"
        "  --speed N             how fast the simulated clock runs (default 1000)\n"
        "  --seed N              the seed of the simulated world\n");
    if (every)
        printf(
            "  --tool NAME=PATH      use this program, e.g. kubefed=/opt/kubefed (again for more)\n"
            "  --kubeconfig FILE     of the existing clusters (default $KUBECONFIG)\n"
            "  --context NAME        take only this context of it (again for more)\n"
            "  --floor DURATION      the least real time a wait gets in a simulated world (30s)\n");
}
