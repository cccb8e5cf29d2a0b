#include "harness/commands/world_args.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/value.h"
#include "harness/world/world_existing.h"
#include "harness/world/world_juju.h"
#include "harness/world/world_sim.h"

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
    json_decref(a->options.clocks);
    json_decref(a->options.contexts);
    json_decref(a->options.env);
}

static void add_text(json_t **list, const char *text) {
    if (!*list)
        *list = json_array();
    json_array_append_new(*list, json_string(text));
}

static int take_tool(void *args, const char *value, struct err *err) {
    struct world_args *a = args;
    const char *equals = strchr(value, '=');
    if (!equals || equals == value || !equals[1] || memchr(value, '/', (size_t)(equals - value)))
        return err_set(err, ERR_USAGE, "--tool %s: expected NAME=PATH", value);
    CLEANUP(str_freep) char *name = xstrndup(value, (size_t)(equals - value));
    json_set_str(a->tools, name, equals + 1);
    return 0;
}

static int take_quirk(void *args, const char *value, struct err *err) {
    struct world_args *a = args;
    if (!str_has_suffix(value, "=on") && !str_has_suffix(value, "=off"))
        return err_set(err, ERR_USAGE, "--quirk %s: expected NAME=on or NAME=off", value);
    add_text(&a->options.quirks, value);
    return 0;
}

static int take_floor(void *args, const char *value, struct err *err) {
    struct world_args *a = args;
    if (!value_duration_ms(value, &a->options.floor_ms))
        return err_set(err, ERR_USAGE, "--floor %s: expected a duration like 30s", value);
    return 0;
}

const struct option_row world_args_simulated[WORLD_ARGS_SIMULATED] = {
    OPTION_ROW_TEXT("profile", "RELEASE", struct world_args, options.profile,
                    "the Kubernetes release to simulate, like 1.6.2"),
    OPTION_ROW_TEXT("juju-version", "VERSION", struct world_args, options.juju_version,
                    "the release of Juju to simulate, like 2.9.44 or 3.1.6 (default: that of the "
                    "time)"),
    OPTION_ROW_OTHER("quirk", "NAME=on|off", take_quirk,
                     "switch one behaviour of the release (again for more)"),
    OPTION_ROW_LIST("offer", "NAME", struct world_args, options.offers,
                    "something more that the world offers (again for more)"),
    OPTION_ROW_LIST("fault", "RULE", struct world_args, options.faults,
                    "something that goes wrong, like 'get /healthz status=500 at=c2'"),
    OPTION_ROW_LIST("clock", "MODEL=SECONDS", struct world_args, options.clocks,
                    "let the clocks of a model's machines be ahead (again for more)"),
    OPTION_ROW_REAL("speed", "N", struct world_args, options.speed, 0.001, 1e6,
                    "how fast the simulated clock runs (default 1000)"),
    OPTION_ROW_NUMBER("seed", "N", struct world_args, options.seed, 0, INT64_MAX,
                      "the seed of the simulated world"),
};

const struct option_row world_args_choice[WORLD_ARGS_CHOICE] = {
    OPTION_ROW_TEXT("world", "WORLD", struct world_args, world,
                    "sim (default): simulated clusters and Juju, real kubectl\n"
                    "juju: real Juju models; existing: contexts of a kubeconfig"),
    OPTION_ROW_OTHER("tool", "NAME=PATH", take_tool,
                     "use this program, e.g. kubefed=/opt/kubefed (again for more)"),
    OPTION_ROW_TEXT("kubeconfig", "FILE", struct world_args, options.kubeconfig,
                    "of the existing clusters (default $KUBECONFIG)"),
    OPTION_ROW_LIST("context", "[ROLE=]NAME[,NAME]", struct world_args, options.contexts,
                    "take only these contexts of it (again for more); ROLE is host, member or, of "
                    "one that is there already, federation"),
    OPTION_ROW_LIST("env", "NAME[=TEXT]", struct world_args, options.env,
                    "a variable that the commands get too (again for more)"),
    OPTION_ROW_TEXT("prefix", "TEXT", struct world_args, options.prefix,
                    "in front of the names of the models, so that runs share a controller"),
    OPTION_ROW_OTHER("floor", "DURATION", take_floor,
                     "the least real time a wait gets in a simulated world (30s)"),
};

int world_args_open(const struct world_args *a, struct world *ret, struct err *err) {
    if (str_eq(a->world, "sim"))
        return world_sim_new(&a->options, ret, err);
    if (str_eq(a->world, "juju"))
        return world_juju_new(&a->options, ret, err);
    if (str_eq(a->world, "existing"))
        return world_existing_new(&a->options, ret, err);
    return err_set(err, ERR_USAGE, "--world %s: expected sim, juju or existing", a->world);
}
