/* Before the first minute is spent: whether a run against real Juju models can work. */
#include "harness/commands/case_files.h"
#include "harness/commands/doctor_checks.h"
#include "harness/commands/run_select.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/value.h"
#include "harness/net/http_client.h"
#include "harness/profile/profile.h"
#include "harness/world/juju_dialect.h"
#include "harness/world/tools.h"
#include "harness/world/uses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { ASK_WAIT_MS = 30000, DATE_WAIT_MS = 5000, SKEW_MAX_MS = 5000 };
/* A night's folder has some 20 MB, and evidence of a failure may be as much again for each model.
 */
enum { DISK_WISHED_MB = 2000, DISK_NEEDED_MB = 200 };

/* Folders of --tool in front of the PATH, as a run has links to those programs there. */
static void add_tools(json_t *tools, json_t *env) {
    const char *name;
    json_t *path;
    json_object_foreach(tools, name, path) {
        const char *file = json_string_value(path), *slash = strrchr(file, '/');
        const char *before = json_str(env, "PATH", NULL);
        if (!slash || !str_eq(slash + 1, name))
            continue;
        CLEANUP(str_freep)
        char *text = xasprintf("%.*s:%s", (int)(slash - file), file, before ? before : "");
        json_set_str(env, "PATH", text);
    }
}

/* In which the run would look for juju and its data; owned. */
static json_t *own_env(const struct doctor *d) {
    json_t *env = tools_own_env();
    tools_pass(d->run.once.world.options.env, env);
    add_tools(d->run.once.world.tools, env);
    return env;
}

/* The program that --tool names, else the name itself; borrowed. */
static const char *tool(const struct doctor *d, const char *name) {
    const char *said = json_str(d->run.once.world.tools, name, NULL);
    return said ? said : name;
}

/* What juju prints as JSON. NULL with err. Owned. */
static json_t *ask_juju(const struct doctor *d, const json_t *env, const char *verb,
                        struct err *err) {
    const char *argv[] = {tool(d, "juju"), verb, "--format=json", NULL};
    struct buf said = BUF_INIT;
    json_t *answer = NULL;
    if (tools_ask(argv, env, ASK_WAIT_MS, &said, err) == 0) {
        answer = value_json_in(buf_str(&said));
        if (!answer)
            err_set(err, ERR_INPUT, "%s %s prints no JSON: %.200s", argv[0], verb, buf_str(&said));
    }
    buf_release(&said);
    return answer;
}

/* --- programs --------------------------------------------------------------------------------- */

/* juju says nothing but its version. */
static void say_version(struct doctor *d, const char *name, const char *path, const char *said) {
    CLEANUP(str_freep) char *release = tools_release_in(said);
    CLEANUP(str_freep) char *line = xstrndup(said, strcspn(said, "\n"));
    doctor_add(d, name, DOCTOR_OK, NULL, "%s, %s", release ? release : line, path);
}

static void check_version(struct doctor *d, const json_t *env, const char *name,
                          const char *const args[], const char *todo) {
    const char *argv[] = {tool(d, name), args[0], args[1], NULL};
    CLEANUP(str_freep) char *found = tools_find(argv[0], json_str(env, "PATH", NULL));
    struct buf said = BUF_INIT;
    struct err err = {0};
    if (!found)
        doctor_add(d, name, DOCTOR_MISSING, todo, "%s is not there", argv[0]);
    else if (tools_ask(argv, env, ASK_WAIT_MS, &said, &err) < 0)
        doctor_add(d, name, DOCTOR_MISSING, "run it by hand", "%s: %s", found, err.text);
    else
        say_version(d, name, found, buf_str(&said));
    buf_release(&said);
}

/* The versions, and in facts what the cases will see of them. */
static void check_programs(struct doctor *d, const json_t *env, json_t *facts) {
    static const char *const juju[] = {"version", NULL};
    static const char *const client[] = {"version", "--client"};
    const char *prefix = d->run.once.world.options.prefix;
    check_version(d, env, "juju", juju, "snap install juju --classic, or --tool juju=FILE");
    check_version(d, env, "kubefed", client,
                  "from the release that is to be tested, or --tool kubefed=FILE");
    check_version(d, env, "kubectl", client,
                  "apt-get install kubernetes-client, or --tool kubectl=FILE");
    if (d->unable)
        return;
    struct err err = {0};
    if (juju_dialect_find(env, prefix, facts, &err) < 0)
        doctor_add(d, "juju", DOCTOR_MISSING, "choose another with --tool juju=FILE", "%s",
                   err.text);
    if (tools_find_release(env, facts, &err) < 0)
        doctor_add(d, "kubefed", DOCTOR_MISSING, "choose another with --tool kubefed=FILE", "%s",
                   err.text);
}

/* --- the controller --------------------------------------------------------------------------- */

static void check_clock_of(struct doctor *d, const char *endpoint) {
    CLEANUP(str_freep) char *server = xasprintf("https://%s", endpoint);
    struct http_target target = {.server = server, .insecure = true};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&target);
    struct http_call call = {.method = "GET", .path = "/", .timeout_ms = DATE_WAIT_MS};
    struct http_answer answer = {0};
    struct err err = {0};
    int rc = http_client_do(client, &call, &answer, &err);
    int64_t skew_ms = answer.date_ms - answer.clock_ms;
    if (rc < 0 || answer.status == 0)
        doctor_add(d, "clocks", DOCTOR_UNKNOWN, "see whether a firewall is between", "%s: %s",
                   server, rc < 0 ? err.text : answer.problem);
    else if (answer.date_ms == 0)
        doctor_add(d, "clocks", DOCTOR_UNKNOWN, NULL, "%s does not say its time", server);
    else if (skew_ms > SKEW_MAX_MS || skew_ms < -SKEW_MAX_MS)
        doctor_add(d, "clocks", DOCTOR_WISHED, "synchronise both (timedatectl set-ntp true)",
                   "the controller's clock differs from ours by %+lld s",
                   (long long)(skew_ms / 1000));
    else
        doctor_add(d, "clocks", DOCTOR_OK, NULL, "the controller's and ours agree");
    http_answer_release(&answer);
}

static void check_clock(struct doctor *d, const json_t *env, const char *controller) {
    const char *data = json_str(env, "JUJU_DATA", NULL),
               *xdg = json_str(env, "XDG_DATA_HOME", NULL);
    const char *home = json_str(env, "HOME", NULL);
    CLEANUP(str_freep)
    char *folder = data  ? xstrdup(data)
                   : xdg ? xasprintf("%s/juju", xdg)
                         : xasprintf("%s/.local/share/juju", home ? home : "");
    CLEANUP(str_freep) char *file = fs_join(folder, "controllers.yaml");
    struct err err = {0};
    CLEANUP(json_freep) json_t *all = yaml_load_path(file, &err);
    const char *endpoint = json_string_value(
        json_array_get(json_at(all, "controllers", controller, "api-endpoints", NULL), 0));
    if (endpoint)
        check_clock_of(d, endpoint);
    else
        doctor_add(d, "clocks", DOCTOR_UNKNOWN, NULL, "%s names no address of the controller",
                   file);
}

/* The name of a credential for the cloud; borrowed. NULL: there is none. */
static const char *credential_for(json_t *all, const char *cloud) {
    /* The client's own, by the name that they had before 2.7 and have since; the controller's. */
    static const char *const keys[] = {"controller-credentials", "client-credentials",
                                       "local-credentials"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *name;
        json_t *one;
        json_object_foreach(json_object_get(json_object_get(all, keys[i]), cloud), name,
                            one) if (json_is_object(one)) return name;
    }
    return NULL;
}

static void check_credentials(struct doctor *d, const json_t *env, const char *cloud) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *all = ask_juju(d, env, "credentials", &err);
    const char *name = all && cloud ? credential_for(all, cloud) : NULL;
    if (!all)
        doctor_add(d, "credentials", DOCTOR_UNKNOWN, "juju credentials shows those of this client",
                   "%s", err.text);
    else if (name)
        doctor_add(d, "credentials", DOCTOR_OK, NULL, "%s, for cloud %s", name, cloud);
    else
        doctor_add(d, "credentials", DOCTOR_UNKNOWN,
                   "juju add-credential, unless the controller has one that add-model takes",
                   "none here for cloud %s", cloud ? cloud : "(unknown)");
}

/* What to do about a controller that shows no models, by what juju says of it. */
static const char *todo_about(const char *said) {
    static const char *const logins[] = {"login expired", "not logged in", "unauthorized",
                                         "password",      "get discharge", "no credentials"};
    for (size_t i = 0; i < ARRAY_LEN(logins); i++)
        if (strstr(said, logins[i]))
            return "juju login";
    return "see that it runs, and that its addresses (juju show-controller) are reached from here";
}

/* A client asks controllers of its own major release; of others only some things work. */
static void check_major(struct doctor *d, const char *client, const char *controller) {
    if (!client || !controller || strcspn(client, ".") == 0)
        return;
    size_t len = strcspn(client, ".");
    if (strncmp(client, controller, len) != 0 || controller[len] != '.')
        doctor_add(d, "versions", DOCTOR_WISHED, "take a juju of the controller's major release",
                   "the client is %s, the controller %s", client, controller);
}

/* The models that are there; NULL: the controller does not answer. Owned. */
static json_t *check_controller(struct doctor *d, const json_t *env, const json_t *facts) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *controllers = ask_juju(d, env, "controllers", &err);
    const char *current = json_str(controllers, "current-controller", NULL);
    const json_t *one = json_at(controllers, "controllers", current ? current : "", NULL);
    if (!current) {
        doctor_add(d, "controller", DOCTOR_MISSING,
                   "juju bootstrap, juju register or juju switch CONTROLLER", "%s",
                   controllers ? "none is chosen" : err.text);
        return NULL;
    }
    CLEANUP(json_freep) json_t *models = ask_juju(d, env, "models", &err);
    const char *user = json_str(one, "user", NULL), *cloud = json_str(one, "cloud", NULL);
    if (!models) {
        doctor_add(d, "controller", DOCTOR_MISSING, todo_about(err.text),
                   "%s does not show its models: %s", current, err.text);
        return NULL;
    }
    const char *version = json_str(one, "agent-version", NULL),
               *access = json_str(one, "access", NULL);
    doctor_add(d, "controller", DOCTOR_OK, NULL, "%s %s, cloud %s", current, version ? version : "",
               cloud ? cloud : "unknown");
    doctor_add(d, "login", user ? DOCTOR_OK : DOCTOR_MISSING, user ? NULL : "juju login",
               "%s, %s; it lists %zu models", user ? user : "nobody is logged in",
               access ? access : "access unknown",
               json_array_size(json_object_get(models, "models")));
    check_major(d, json_str(facts, "juju", "version", NULL), version);
    check_credentials(d, env, cloud);
    check_clock(d, env, current);
    return json_take(&models);
}

/* --- what the run takes ----------------------------------------------------------------------- */

/* kubefed init takes an etcd that no case names. */
static void add_etcd(struct doctor *d, struct uses *u) {
    struct err err = {0};
    CLEANUP(str_freep) char *folder = fs_join(u->fixtures, "profiles");
    const char *release = json_str(u->facts, "kubernetes", NULL);
    CLEANUP(profile_freep) struct profile *p = release ? profile_load(folder, release, &err) : NULL;
    const char *image = p ? json_str(profile_json(p), "kubefed", "etcd_image", NULL) : NULL;
    if (image)
        uses_note(u, "image", image, "kubefed init");
    else
        doctor_add(d, "images", DOCTOR_UNKNOWN, "see kubefed init --help",
                   "which etcd the init of kubefed %s takes",
                   release ? release : "of that release");
}

/* Fills u with what the cases take that would run. */
static int collect(struct doctor *d, struct uses *u, struct err *err) {
    struct world world = {0};
    CLEANUP(json_freep) json_t *shard = NULL;
    struct problems problems = PROBLEMS_INIT;
    CLEANUP(case_graph_freep)
    struct case_graph *g = case_files_load(d->run.once.cases_dir, false, &problems, err);
    if (!g && problems.count)
        err_set(err, ERR_INPUT, "%zu mistakes in the cases (confed lint shows them)",
                problems.count);
    problems_release(&problems);
    if (!g || run_select(g, &d->run.once, &shard, err) < 0)
        return -1;
    if (world_args_open(&d->run.once.world, &world, err) < 0)
        return err->code;
    int rc = 0;
    const json_t *offers = world.ops->offers(world.self);
    for (size_t i = 0; i < g->count && rc == 0; i++) {
        const struct scenario *s = g->nodes[i].scenario;
        if (g->nodes[i].selected && (!s->needs || json_contains(offers, s->needs)))
            rc = uses_add(u, s, err);
    }
    world.ops->free(world.self);
    if (rc == 0 && u->runs_init)
        add_etcd(d, u);
    return rc;
}

/* A model of the name of one of ours is somebody else's: the run would stop there. */
static void check_names(struct doctor *d, const json_t *uses, const json_t *models) {
    size_t i, k, taken = 0, count = 0;
    json_t *use, *model;
    json_array_foreach(uses, i, use) {
        if (!str_eq(json_str(use, "kind", NULL), "model"))
            continue;
        count++;
        const char *ours = json_str(use, "name", NULL);
        json_array_foreach(json_object_get(models, "models"), k, model) {
            const char *name = json_str(model, "name", NULL);
            const char *slash = name ? strrchr(name, '/') : NULL; /* "admin/f1" since 2.3 */
            if (!str_eq(slash ? slash + 1 : name, ours))
                continue;
            taken++;
            doctor_add(d, "models", DOCTOR_MISSING,
                       "destroy it, or choose names with --prefix TEXT",
                       "a model %s is there already", ours);
        }
    }
    if (models && taken == 0)
        doctor_add(d, "models", DOCTOR_OK, NULL, "the names of all %zu are free", count);
}

static void check_disk(struct doctor *d) {
    const char *out = d->run.once.out && fs_is_dir(d->run.once.out) ? d->run.once.out : ".";
    struct statvfs fs;
    if (statvfs(out, &fs) < 0) {
        doctor_add(d, "disk", DOCTOR_UNKNOWN, NULL, "cannot look at %s", out);
        return;
    }
    long long free_mb = (long long)((double)fs.f_bavail * (double)fs.f_frsize / 1e6);
    doctor_add(d, "disk",
               free_mb < DISK_NEEDED_MB   ? DOCTOR_MISSING
               : free_mb < DISK_WISHED_MB ? DOCTOR_WISHED
                                          : DOCTOR_OK,
               free_mb < DISK_WISHED_MB ? "make room, or say --out elsewhere" : NULL,
               "%lld MB free for the run's folder", free_mb);
}

void doctor_juju(struct doctor *d) {
    CLEANUP(json_freep) json_t *env = own_env(d);
    CLEANUP(json_freep) json_t *facts = json_object();
    CLEANUP(str_freep) char *data = fs_data_dir();
    CLEANUP(str_freep) char *fixtures = data ? fs_join(data, "fixtures") : xstrdup("");
    struct uses uses = {.fixtures = fixtures, .facts = facts};
    struct err err = {0};
    check_programs(d, env, facts);
    CLEANUP(str_freep) char *juju = tools_find(tool(d, "juju"), json_str(env, "PATH", NULL));
    CLEANUP(json_freep) json_t *models = juju ? check_controller(d, env, facts) : NULL;
    if (collect(d, &uses, &err) < 0)
        doctor_add(d, "cases", DOCTOR_MISSING, "confed lint shows what is wrong with cases", "%s",
                   err.text);
    check_names(d, uses.list, models);
    doctor_add(d, "quota", DOCTOR_UNKNOWN, "juju shows no cloud's limits: look there",
               "the run wants %lld machines, if all its models are up at once",
               (long long)uses.machines);
    check_disk(d);
    d->uses = json_incref(uses.list);
    uses_release(&uses);
}
