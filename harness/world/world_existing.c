#include "harness/world/world_existing.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/net/kubeconfig.h"
#include "harness/world/tools.h"

#include <stdlib.h>
#include <string.h>

struct existing {
    char *kubeconfig;       /* owned; the person's, only read */
    char *run_dir;          /* owned */
    json_t *contexts;       /* names to take; NULL: all; owned */
    json_t *offers, *facts; /* owned */
    json_t *passed;         /* owned; variables that go on to commands */
};

static char *default_kubeconfig(void) {
    const char *said = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (said && *said && *said != ':')
        return xstrndup(said, strcspn(said, ":"));
    return xasprintf("%s/.kube/config", home ? home : "");
}

static const json_t *entry(const json_t *config, const char *list, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(config, list), i, one) {
        if (str_eq(json_str(one, "name", NULL), name))
            return one;
    }
    return NULL;
}

/* Puts the context and the entries it refers to into config. */
static int take_context(json_t *config, const json_t *from, const char *name, struct err *err) {
    const json_t *context = entry(from, "contexts", name);
    if (!context)
        return err_set(err, ERR_NOT_FOUND, "context \"%s\" does not exist", name);
    const char *cluster_name = json_str(context, "context", "cluster", NULL);
    const char *user_name = json_str(context, "context", "user", NULL);
    const json_t *cluster = cluster_name ? entry(from, "clusters", cluster_name) : NULL;
    const json_t *user = user_name ? entry(from, "users", user_name) : NULL;
    if (!cluster || !user)
        return err_set(err, ERR_INPUT, "context \"%s\" names a cluster or user that is not there",
                       name);
    kubeconfig_set(config, "clusters", "cluster", cluster_name,
                   json_object_get(cluster, "cluster"));
    kubeconfig_set(config, "users", "user", user_name, json_object_get(user, "user"));
    kubeconfig_set(config, "contexts", "context", name, json_object_get(context, "context"));
    return 0;
}

static int existing_start(void *self, const struct world_place *place, struct err *err) {
    struct existing *w = self;
    w->run_dir = xstrdup(place->run_dir);
    if (place->resumed)
        return 0; /* the run's kubeconfig is there, with what the cases have put into it */
    CLEANUP(json_freep) json_t *from = kubeconfig_load(w->kubeconfig, false, err);
    if (!from)
        return err->code;
    CLEANUP(json_freep) json_t *config = json_object();
    json_set_str(config, "apiVersion", "v1");
    json_set_str(config, "kind", "Config");
    CLEANUP(json_freep) json_t *taken = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(w->contexts ? w->contexts : json_object_get(from, "contexts"), i, one) {
        const char *name = w->contexts ? json_string_value(one) : json_str(one, "name", NULL);
        if (take_context(config, from, name ? name : "", err) < 0)
            return err_prefix(err, "%s", w->kubeconfig);
        json_array_append_new(taken, json_string(name));
    }
    if (json_array_size(taken) == 0)
        return err_set(err, ERR_INPUT, "%s has no contexts", w->kubeconfig);
    json_object_set(w->facts, "contexts", taken);
    return kubeconfig_save(place->kubeconfig, config, err);
}

static void existing_env(const void *self, json_t *env) {
    const struct existing *w = self;
    const char *path = getenv("PATH");
    CLEANUP(str_freep)
    char *text = xasprintf("%s/bin:%s", w->run_dir, path ? path : "/usr/local/bin:/usr/bin:/bin");
    json_set_str(env, "PATH", text);
    tools_pass(w->passed, env);
}

static int64_t real_time(const void *self, int64_t world_ms) {
    (void)self;
    return world_ms;
}

static const json_t *existing_offers(const void *self) {
    const struct existing *w = self;
    return w->offers;
}

static const json_t *existing_facts(const void *self) {
    const struct existing *w = self;
    return w->facts;
}

static bool existing_is_fresh(const void *self) {
    (void)self;
    return false;
}

static void existing_describe(const void *self, struct buf *out) {
    const struct existing *w = self;
    buf_addf(out, "existing clusters of %s", w->kubeconfig);
}

static void existing_stop(void *self, bool keep) {
    (void)self;
    (void)keep;
}

static void existing_free(void *self) {
    struct existing *w = self;
    free(w->kubeconfig);
    free(w->run_dir);
    json_decref(w->contexts);
    json_decref(w->offers);
    json_decref(w->facts);
    json_decref(w->passed);
    free(w);
}

int world_existing_new(const struct world_options *options, struct world *ret, struct err *err) {
    static const struct world_ops ops = {
        .name = "existing",
        .start = existing_start,
        .env = existing_env,
        .real_ms = real_time,
        .span_ms = real_time,
        .offers = existing_offers,
        .facts = existing_facts,
        .is_fresh = existing_is_fresh,
        .describe = existing_describe,
        .stop = existing_stop,
        .free = existing_free,
    };
    if (json_array_size(options->quirks) || json_array_size(options->faults) ||
        options->speed > 0 || options->juju_version)
        return err_set(err, ERR_USAGE,
                       "--quirk, --fault, --speed and --juju-version are for --world sim");
    struct existing *w = xcalloc(1, sizeof(*w));
    w->kubeconfig = options->kubeconfig ? xstrdup(options->kubeconfig) : default_kubeconfig();
    w->contexts = options->contexts ? json_deep_copy(options->contexts) : NULL;
    w->offers = options->offers ? json_deep_copy(options->offers) : json_array();
    w->facts = json_object();
    w->passed = tools_passed(options->env);
    json_set_str(w->facts, "profile", options->profile ? options->profile : "");
    *ret = (struct world){.ops = &ops, .self = w};
    return 0;
}
