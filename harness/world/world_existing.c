#include "harness/world/world_existing.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/str.h"
#include "harness/net/kubeconfig.h"
#include "harness/world/tools.h"

#include <stdlib.h>
#include <string.h>

struct existing {
    char *kubeconfig; /* owned; the person's, only read */
    char *run_dir;    /* owned */
    json_t *contexts; /* names to take; NULL: all; owned */
    double speed;
    json_t *offers, *facts; /* owned */
    json_t *passed;         /* owned; variables that go on to commands */
};

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

static void existing_env(const void *self, json_t *env) {
    const struct existing *w = self;
    const char *path = getenv("PATH");
    CLEANUP(str_freep)
    char *text = xasprintf("%s/bin:%s", w->run_dir, path ? path : "/usr/local/bin:/usr/bin:/bin");
    json_set_str(env, "PATH", text);
    tools_pass(w->passed, env);
}

static const char *const roles[] = {"host", "member", "federation"};

/* The names of "ROLE=NAME[,NAME]" or "NAME" go to w->contexts, and to the facts under their role.
 */
static void take_one(struct existing *w, const char *text) {
    const char *names = text, *role = NULL;
    for (size_t i = 0; i < ARRAY_LEN(roles) && !role; i++) {
        size_t len = strlen(roles[i]);
        if (strncmp(text, roles[i], len) == 0 && text[len] == '=') {
            role = roles[i];
            names = text + len + 1;
        }
    }
    CLEANUP(str_freep) char *copy = xstrdup(names);
    char *rest = copy, *name;
    while ((name = str_next(&rest, role ? ',' : '\n')) != NULL) {
        json_array_append_new(w->contexts, json_string(name));
        if (str_eq(role, "member"))
            json_array_append_new(json_ensure_array(w->facts, "members"), json_string(name));
        else if (role)
            json_set_str(w->facts, role, name);
    }
}

/* What the contexts' roles make possible: "host" (to make a federation), "federation", "members".
 */
static void take_contexts(struct existing *w, const json_t *contexts) {
    size_t i;
    json_t *one;
    w->contexts = contexts ? json_array() : NULL;
    json_array_foreach(contexts, i, one) take_one(w, json_string_value(one));
    if (json_array_size(json_object_get(w->facts, "members")) >= 2)
        json_array_append_new(w->offers, json_string("members"));
    bool adopts = json_object_get(w->facts, "federation") != NULL;
    if (adopts)
        json_array_append_new(w->offers, json_string("federation"));
    else if (json_object_get(w->facts, "host"))
        json_array_append_new(w->offers, json_string("host"));
}

/*
 * The name of everything that this run makes: no other run's, and the same when it is resumed. It
 * is also the name of the federation, unless there is one.
 */
static int take_name(struct existing *w, bool resumed, struct err *err) {
    CLEANUP(str_freep) char *file = fs_join(w->run_dir, "existing.json");
    CLEANUP(json_freep) json_t *kept = resumed ? json_load_path(file, err) : json_object();
    if (!kept)
        return err->code;
    if (!resumed) {
        struct rng rng;
        rng_init(&rng, rng_seed_from_os());
        CLEANUP(str_freep) char *name = xasprintf("confed-%08x", rng_u32(&rng));
        json_set_str(kept, "name", name);
        CLEANUP(str_freep) char *text = json_text(kept);
        if (fs_write_atomic(file, text, strlen(text), 0644, err) < 0)
            return err->code;
    }
    json_set_str(w->facts, "name", json_str(kept, "name", NULL));
    if (!json_object_get(w->facts, "federation"))
        json_set_str(w->facts, "federation", json_str(kept, "name", NULL));
    return 0;
}

/* kubefed is only needed by who makes a federation. */
static int find_release(struct existing *w, struct err *err) {
    CLEANUP(json_freep) json_t *env = json_object();
    existing_env(w, env);
    CLEANUP(str_freep) char *home = fs_join(w->run_dir, "home");
    json_set_str(env, "HOME", home);
    struct err missing = {0};
    int rc = tools_find_release(env, w->facts, &missing);
    if (rc == 0 || !json_has_text(w->offers, "host"))
        return 0;
    return err_set(err, missing.code, "%s", missing.text);
}

static int existing_start(void *self, const struct world_place *place, struct err *err) {
    struct existing *w = self;
    w->run_dir = xstrdup(place->run_dir);
    if (take_name(w, place->resumed, err) < 0 || find_release(w, err) < 0)
        return err->code;
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

static int64_t real_time(const void *self, int64_t world_ms) {
    (void)self;
    return world_ms;
}

/* Clusters that are simulated have a clock that runs faster than ours. */
static int64_t existing_span(const void *self, int64_t world_ms) {
    const struct existing *w = self;
    return (int64_t)((double)world_ms / w->speed);
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
        .span_ms = existing_span,
        .offers = existing_offers,
        .facts = existing_facts,
        .is_fresh = existing_is_fresh,
        .describe = existing_describe,
        .stop = existing_stop,
        .free = existing_free,
    };
    if (json_array_size(options->quirks) || json_array_size(options->faults) ||
        json_array_size(options->clocks) || options->juju_version)
        return err_set(err, ERR_USAGE,
                       "--quirk, --fault, --clock and --juju-version are for --world sim");
    struct existing *w = xcalloc(1, sizeof(*w));
    w->kubeconfig = options->kubeconfig ? xstrdup(options->kubeconfig) : kubeconfig_own_path();
    w->speed = options->speed > 0 ? options->speed : 1;
    w->offers = options->offers ? json_deep_copy(options->offers) : json_array();
    w->facts = json_object();
    w->passed = tools_passed(options->env);
    json_set_str(w->facts, "profile", options->profile ? options->profile : "");
    take_contexts(w, options->contexts);
    *ret = (struct world){.ops = &ops, .self = w};
    return 0;
}
