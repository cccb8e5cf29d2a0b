#include "harness/world/world_juju.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/world/juju_dialect.h"
#include "harness/world/tools.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 4, FILES_MAX = 1000 };

struct juju {
    char *run_dir, *data; /* owned; data: the person's Juju data, only read */
    char *prefix;         /* owned or NULL */
    double speed;
    json_t *offers, *facts; /* owned */
    json_t *passed;         /* owned; variables that go on to commands */
};

static char *persons_data(void) {
    const char *said = getenv("JUJU_DATA"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (said && *said)
        return xstrdup(said);
    if (xdg && *xdg)
        return fs_join(xdg, "juju");
    return xasprintf("%s/.local/share/juju", home ? home : "");
}

static int copy_tree(const char *from, const char *to, int depth, int *left, struct err *err);

static int copy_entry(const char *from, const char *to, int depth, int *left, struct err *err) {
    struct stat status;
    if (lstat(from, &status) < 0 || (*left)-- <= 0)
        return 0;
    if (S_ISDIR(status.st_mode))
        return copy_tree(from, to, depth + 1, left, err);
    if (!S_ISREG(status.st_mode))
        return 0; /* locks and sockets belong to the person's own juju */
    struct buf text = BUF_INIT;
    int rc = fs_read(from, &text, err);
    if (rc == 0)
        rc = fs_write_atomic(to, buf_str(&text), text.len, 0600, err);
    buf_release(&text);
    return rc;
}

static int copy_tree(const char *from, const char *to, int depth, int *left, struct err *err) {
    DIR *dir = depth < DEPTH_MAX ? opendir(from) : NULL;
    if (!dir)
        return 0;
    int rc = fs_mkdir_p(to, 0700, err);
    struct dirent *entry;
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
            continue;
        CLEANUP(str_freep) char *source = fs_join(from, entry->d_name);
        CLEANUP(str_freep) char *target = fs_join(to, entry->d_name);
        rc = copy_entry(source, target, depth, left, err);
    }
    (void)closedir(dir);
    return rc;
}

static void juju_env(const void *self, json_t *env) {
    const struct juju *w = self;
    const char *path = getenv("PATH");
    CLEANUP(str_freep)
    char *text =
        xasprintf("%s/bin:%s", w->run_dir, path ? path : "/usr/local/bin:/usr/bin:/bin:/snap/bin");
    json_set_str(env, "PATH", text);
    tools_pass(w->passed, env);
}

static int juju_start(void *self, const struct world_place *place, struct err *err) {
    struct juju *w = self;
    w->run_dir = xstrdup(place->run_dir);
    static const char *const programs[] = {"juju", "kubefed", "kubectl"};
    CLEANUP(str_freep) char *bin = fs_join(place->run_dir, "bin");
    const char *path = getenv("PATH");
    CLEANUP(str_freep) char *where = xasprintf("%s:%s", bin, path ? path : "");
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        CLEANUP(str_freep) char *found = tools_find(programs[i], where);
        if (!found)
            return err_set(err, ERR_NOT_FOUND,
                           "%s is not in PATH; install it (confed doctor says how) or say --tool "
                           "%s=FILE",
                           programs[i], programs[i]);
    }
    CLEANUP(str_freep) char *controllers = fs_join(w->data, "controllers.yaml");
    if (!fs_exists(controllers))
        return err_set(err, ERR_NOT_FOUND,
                       "%s is not there: bootstrap a Juju controller first (juju bootstrap)",
                       controllers);
    CLEANUP(str_freep) char *own = fs_join(place->run_dir, "home/.local/share/juju");
    int left = FILES_MAX;
    if (!place->resumed && copy_tree(w->data, own, 0, &left, err) < 0)
        return err->code;
    CLEANUP(json_freep) json_t *env = json_object();
    juju_env(w, env);
    CLEANUP(str_freep) char *home = fs_join(place->run_dir, "home");
    json_set_str(env, "HOME", home);
    json_set_str(env, "JUJU_DATA", own);
    if (tools_find_release(env, w->facts, err) < 0)
        return err->code;
    return juju_dialect_find(env, w->prefix, w->facts, err);
}

static int64_t real_time(const void *self, int64_t world_ms) {
    (void)self;
    return world_ms;
}

/* A Juju that is simulated behind the commands has a clock that runs faster than ours. */
static int64_t juju_span(const void *self, int64_t world_ms) {
    const struct juju *w = self;
    return (int64_t)((double)world_ms / w->speed);
}

static const json_t *juju_offers(const void *self) {
    const struct juju *w = self;
    return w->offers;
}

static const json_t *juju_facts(const void *self) {
    const struct juju *w = self;
    return w->facts;
}

static bool juju_is_fresh(const void *self) {
    (void)self;
    return false;
}

static void juju_describe(const void *self, struct buf *out) {
    const struct juju *w = self;
    buf_addf(out, "real Juju models, controllers of %s", w->data);
}

/* The models are the cases' to destroy (teardown); there is nothing else of this world's own. */
static void juju_stop(void *self, bool keep) {
    (void)self;
    (void)keep;
}

static void juju_free(void *self) {
    struct juju *w = self;
    free(w->run_dir);
    free(w->data);
    free(w->prefix);
    json_decref(w->offers);
    json_decref(w->facts);
    json_decref(w->passed);
    free(w);
}

int world_juju_new(const struct world_options *options, struct world *ret, struct err *err) {
    static const struct world_ops ops = {
        .name = "juju",
        .start = juju_start,
        .env = juju_env,
        .real_ms = real_time,
        .span_ms = juju_span,
        .offers = juju_offers,
        .facts = juju_facts,
        .is_fresh = juju_is_fresh,
        .describe = juju_describe,
        .stop = juju_stop,
        .free = juju_free,
    };
    if (json_array_size(options->quirks) || json_array_size(options->faults) ||
        json_array_size(options->clocks) || options->juju_version)
        return err_set(err, ERR_USAGE,
                       "--quirk, --fault, --clock and --juju-version are for --world sim");
    if (options->kubeconfig || options->contexts)
        return err_set(err, ERR_USAGE, "--kubeconfig and --context are for --world existing");
    struct juju *w = xcalloc(1, sizeof(*w));
    w->data = persons_data();
    w->speed = options->speed > 0 ? options->speed : 1;
    w->prefix = options->prefix ? xstrdup(options->prefix) : NULL;
    w->offers = json_pack("[s,s,s]", "juju", "nodeport", "exec");
    json_array_extend(w->offers, options->offers);
    w->facts = json_object();
    w->passed = tools_passed(options->env);
    json_set_str(w->facts, "profile", options->profile ? options->profile : "");
    *ret = (struct world){.ops = &ops, .self = w};
    return 0;
}
