/* deploy, add-unit, add-relation, remove-application. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_bundle.h"
#include "mocks/juju/juju_command.h"
#include "mocks/juju/verbs_config.h"

#define DEFAULT_SERIES "xenial"

static void say_line(void *self, const char *line) {
    juju_command_info(self, "%s\n", line);
}

/* The first charm of the bundle that is to come from the charm store; borrowed; NULL: none. */
static const char *charm_of_store(const json_t *bundle) {
    const char *name;
    json_t *app;
    json_object_foreach(json_object_get(bundle, "applications"), name, app) {
        const char *url = json_str(app, "charm", NULL);
        if (url && str_has_prefix(url, "cs:"))
            return url;
    }
    return NULL;
}

static int deploy_bundle(struct juju_command *c, struct juju_model *m, const char *url,
                         const char *text, bool located) {
    struct err err = {0};
    json_t *bundle = juju_bundle_parse(text, url, &err);
    if (!bundle)
        return juju_command_fail(c, 1, "cannot deploy bundle: %s", err.text);
    const char *closed = c->j->dialect.has_charm_store ? NULL : charm_of_store(bundle);
    if (closed) {
        int code = juju_command_fail(c, 1,
                                     "cannot deploy bundle: invalid charm URL \"%s\": schema "
                                     "\"cs\" not valid: the charm store is closed",
                                     closed);
        json_decref(bundle);
        return code;
    }
    if (located)
        juju_command_info(c, "Located bundle \"%s\"\n", url);
    const char *name;
    json_t *app;
    json_object_foreach(json_object_get(bundle, "applications"), name, app)
        juju_command_info(c, "Resolving charm: %s\n", json_str(app, "charm", NULL));
    juju_command_info(c, "Executing changes:\n");
    int rc = juju_bundle_deploy(m, bundle, say_line, c, &err);
    json_decref(bundle);
    if (rc < 0)
        return juju_command_fail(c, 1, "cannot deploy bundle: %s", err.text);
    juju_command_info(c, "Deploy of bundle completed.\n");
    return 0;
}

static int set_options(struct juju_command *c, struct juju_application *a) {
    const char *pair = juju_command_flag(c, "config");
    if (!pair)
        return 0;
    const char *equals = strchr(pair, '=');
    if (!equals)
        return juju_command_fail(c, 1, "--config takes \"key=value\" here, got \"%s\"", pair);
    char *key = xstrndup(pair, (size_t)(equals - pair));
    struct err err = {0};
    int rc = verbs_config_set(a, key, equals + 1, &err);
    free(key);
    return rc < 0 ? juju_command_fail(c, 1, "%s", err.text) : 0;
}

/* --to: a machine, "lxd:MACHINE"; ret NULL: a new machine. */
static int placement(struct juju_command *c, struct juju_model *m, struct juju_machine **ret) {
    const char *to = juju_command_flag(c, "to");
    *ret = NULL;
    if (!to)
        return 0;
    bool container = str_has_prefix(to, "lxd:");
    struct juju_machine *machine = juju_model_machine(m, container ? to + 4 : to);
    if (!machine)
        return juju_command_fail(c, 1, "machine %s not found", container ? to + 4 : to);
    *ret = container ? juju_model_add_machine(m, machine, machine->series) : machine;
    return *ret ? 0 : juju_command_fail(c, 1, "cannot add a container: the model is full");
}

static int64_t unit_count(struct juju_command *c) {
    const char *text = juju_command_flag(c, "num-units");
    int64_t count = 1;
    if (text && !str_to_int(text, 1, JUJU_UNITS_MAX, &count)) {
        (void)juju_command_fail(c, 2, "--num-units must be a positive integer, got \"%s\"", text);
        return -1;
    }
    return count;
}

static int deploy_charm(struct juju_command *c, struct juju_model *m, const char *url) {
    int64_t revision, count = unit_count(c);
    if (count < 0)
        return 2;
    char *charm_name = juju_charm_url_name(url, &revision);
    const struct juju_charm *charm = juju_charm_find(charm_name);
    free(charm_name);
    if (!charm)
        return juju_command_fail(c, 1, "cannot resolve URL \"%s\": charm or bundle not found", url);
    const char *name = juju_command_arg(c, 1) ? juju_command_arg(c, 1) : charm->name;
    if (juju_model_app(m, name))
        return juju_command_fail(c, 1, "cannot add application \"%s\": application already exists",
                                 name);
    struct juju_machine *machine;
    int code = placement(c, m, &machine);
    if (code != 0)
        return code;
    const char *series = juju_command_flag(c, "series");
    char *full = strchr(url, ':') ? xstrdup(url) : xasprintf("cs:%s", url);
    struct juju_application *a =
        juju_model_add_app(m, name, charm, full, series ? series : DEFAULT_SERIES);
    juju_command_info(c, "Located charm \"%s\".\nDeploying charm \"%s\".\n", full, full);
    free(full);
    for (int64_t i = 0; i < count && !charm->subordinate; i++)
        (void)juju_unit_add(a, i == 0 ? machine : NULL, NULL);
    return set_options(c, a);
}

static bool is_path(const char *url) {
    return url[0] == '.' || url[0] == '/' || url[0] == '~' || str_has_suffix(url, ".yaml");
}

static int verb_deploy(struct juju_command *c) {
    const char *url = juju_command_arg(c, 0);
    if (!url)
        return juju_command_fail(c, 2, "no charm or bundle specified");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    if (m->dying)
        return juju_command_fail(c, 1, "cannot deploy: model \"%s\" is no longer alive", m->name);
    const char *text = json_str(c->request, "files", url, NULL);
    if (text)
        return deploy_bundle(c, m, url, text, false);
    if (is_path(url))
        return juju_command_fail(c, 1, "no charm or bundle was found at \"%s\"", url);
    if (str_has_prefix(url, "cs:") && !c->j->dialect.has_charm_store)
        return juju_command_fail(c, 1,
                                 "\"%s\": schema \"cs\" not valid: the charm store is closed, "
                                 "deploy a local bundle",
                                 url);
    char *stored = juju_bundle_from_store(c->j, url);
    if (stored) {
        int code = deploy_bundle(c, m, url, stored, true);
        free(stored);
        return code;
    }
    return deploy_charm(c, m, url);
}

static int verb_add_unit(struct juju_command *c) {
    const char *name = juju_command_arg(c, 0);
    if (!name)
        return juju_command_fail(c, 2, "no application specified");
    int64_t count = unit_count(c);
    if (count < 0)
        return 2;
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    struct juju_application *a = juju_model_app(m, name);
    if (!a)
        return juju_command_fail(c, 1, "application \"%s\" not found", name);
    if (a->charm->subordinate)
        return juju_command_fail(c, 1,
                                 "cannot add unit to application \"%s\": application is a "
                                 "subordinate",
                                 name);
    struct juju_machine *machine;
    int code = placement(c, m, &machine);
    if (code != 0)
        return code;
    for (int64_t i = 0; i < count; i++)
        if (!juju_unit_add(a, i == 0 ? machine : NULL, NULL))
            return juju_command_fail(c, 1, "cannot add unit to \"%s\": the model is full", name);
    return 0;
}

static int verb_add_relation(struct juju_command *c) {
    if (juju_command_arg_count(c) != 2)
        return juju_command_fail(c, 2, "a relation must involve two applications");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    struct err err = {0};
    if (juju_model_relate(m, juju_command_arg(c, 0), juju_command_arg(c, 1), &err) < 0)
        return juju_command_fail(c, 1, "%s", err.text);
    return 0;
}

static int verb_remove_application(struct juju_command *c) {
    if (!juju_command_arg(c, 0))
        return juju_command_fail(c, 2, "no application specified");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    for (size_t i = 0; i < juju_command_arg_count(c); i++) {
        struct juju_application *a = juju_model_app(m, juju_command_arg(c, i));
        if (!a)
            return juju_command_fail(c, 1,
                                     "removing application %s failed: application \"%s\" not found",
                                     juju_command_arg(c, i), juju_command_arg(c, i));
        juju_command_info(c, "removing application %s\n", a->name);
        juju_model_remove_app(a);
    }
    return 0;
}

const struct juju_verb juju_deploy_verbs[] = {
    {"deploy",
     "m,model= n,num-units= to= series= base= channel= config= constraints= dry-run force "
     "overlay= trust",
     verb_deploy, "<charm or bundle> [<application name>]", "Deploys a new application or bundle."},
    {"add-unit", "m,model= n,num-units= to=", verb_add_unit, "<application name>",
     "Adds one or more units to a deployed application."},
    {"add-relation", "m,model=", verb_add_relation,
     "<application>[:<endpoint>] <application>[:<endpoint>]",
     "Add a relation between two application endpoints."},
    {"remove-application", "m,model= destroy-storage force no-wait no-prompt",
     verb_remove_application, "<application> [<application>...]",
     "Remove applications from the model."},
    {NULL, NULL, NULL, NULL, NULL},
};
