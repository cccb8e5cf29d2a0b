#include "cases/unit/cli/rig.h"

#include "harness/core/fs.h"
#include "harness/core/str.h"
#include "harness/net/kubeconfig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define NODE_PORT 30229

static const struct {
    const char *name, *server;
} servers[] = {{"f1", "https://127.9.1.1:6443"},
               {"c1", "https://127.9.2.1:6443"},
               {"c2", "https://127.9.3.1:6443"},
               {"federation", "https://127.9.1.2:30229"}};

static const char *server_name(const char *server) {
    for (size_t i = 0; i < ARRAY_LEN(servers); i++)
        if (str_eq(servers[i].server, server))
            return servers[i].name;
    return server;
}

static json_t *groups_of(const struct rig *r, const char *name) {
    if (str_eq(name, "federation"))
        return json_pack("{s:[{s:s, s:[{s:s, s:s}]}, {s:s, s:[{s:s, s:s}]}]}", "groups", "name",
                         "federation", "versions", "groupVersion", "federation/v1beta1", "version",
                         "v1beta1", "name", "extensions", "versions", "groupVersion",
                         "extensions/v1beta1", "version", "v1beta1");
    if (r->no_rbac)
        return json_pack("{s:[]}", "groups");
    const char *version = r->rbac ? r->rbac : "v1beta1";
    char *both = xasprintf("rbac.authorization.k8s.io/%s", version);
    json_t *groups =
        json_pack("{s:[{s:s, s:[{s:s, s:s}]}]}", "groups", "name", "rbac.authorization.k8s.io",
                  "versions", "groupVersion", both, "version", version);
    free(both);
    return groups;
}

static json_t *running_pods(struct rig *r) {
    json_t *pods = json_array(), *o;
    const char *key;
    json_object_foreach(r->objects, key, o) {
        if (!strstr(key, "/deployments/"))
            continue;
        char *name = xasprintf("%s-1-x", json_str(o, "metadata", "name", NULL));
        json_array_append_new(pods,
                              json_pack("{s:{s:s}, s:{s:s}}", "metadata", "name", name, "status",
                                        "phase", r->pods_after > 0 ? "Pending" : "Running"));
        free(name);
    }
    r->pods_after--;
    return json_pack("{s:o}", "items", pods);
}

static json_t *list_below(const struct rig *r, const char *key) {
    json_t *items = json_array(), *o;
    char *prefix = xasprintf("%s/", key);
    const char *name;
    json_object_foreach(r->objects, name,
                        o) if (str_has_prefix(name, prefix) && !strchr(name + strlen(prefix), '/'))
        json_array_append(items, o);
    free(prefix);
    return json_pack("{s:o}", "items", items);
}

/* A token controller: the account's secret appears at the second look. */
static void serve_account(struct rig *r, const char *key, json_t *account) {
    if (!strstr(key, "/serviceaccounts/c"))
        return;
    if (json_object_get(account, "looked")) {
        char *path = xstrdup(key);
        *strstr(path, "/serviceaccounts/") = '\0';
        char *secret = xasprintf("%s/secrets/token-1", path);
        rig_put(r, secret,
                json_pack("{s:s, s:{s:s}}", "type", "kubernetes.io/service-account-token", "data",
                          "token", "dG9r"));
        json_object_set_new(account, "secrets", json_pack("[{s:s}]", "name", "token-1"));
        free(secret);
        free(path);
    }
    json_set_bool(account, "looked", true);
}

static int answer_get(struct rig *r, const char *server, const char *path, const char *key,
                      json_t **ret) {
    if (str_eq(path, "/healthz")) {
        bool well = r->health_after-- <= 0;
        *ret = well ? json_string("ok") : NULL;
        return well ? 200 : 0;
    }
    if (str_eq(path, "/api"))
        *ret = json_pack("{s:[s]}", "versions", "v1");
    else if (str_eq(path, "/apis"))
        *ret = groups_of(r, server);
    else if (str_has_suffix(path, "/pods"))
        *ret = running_pods(r);
    else if (str_has_suffix(path, "/deployments") || str_has_suffix(path, "/nodes"))
        *ret = list_below(r, key);
    else if (strstr(path, "v1beta1") && strlen(path) < 30)
        *ret = json_object();
    else if (str_eq(path, "/api/v1"))
        *ret = json_object();
    else if (str_eq(path, "/version"))
        *ret = json_pack("{s:s, s:s}", "major", "1", "gitVersion", "v1.2.3");
    else
        *ret = json_incref(json_object_get(r->objects, key));
    if (*ret && strstr(path, "/serviceaccounts/"))
        serve_account(r, key, *ret);
    return *ret ? 200 : 404;
}

/* 'secrets "c1" already exists', as an API server says it of "f1 /api/v1/.../secrets/c1". */
static json_t *problem_of(const char *key, const char *reason, const char *what) {
    char *copy = xstrdup(key), *name = strrchr(copy, '/') + 1, *group = strstr(copy, " /apis/");
    name[-1] = '\0';
    char *resource = strrchr(copy, '/') + 1;
    if (group)
        group[7 + strcspn(group + 7, "/")] = '\0';
    char *message = xasprintf("%s%s%s \"%s\" %s", resource, group ? "." : "",
                              group ? group + 7 : "", name, what);
    json_t *problem = json_pack("{s:s, s:s}", "reason", reason, "message", message);
    free(message);
    free(copy);
    return problem;
}

static int answer_post(struct rig *r, const char *key, const struct http_call *c, json_t **ret) {
    json_t *o = json_parse(c->body, c->body_len, "body", NULL);
    char *place = xasprintf("%s/%s", key, json_str(o, "metadata", "name", NULL));
    int status = json_object_get(r->objects, place) ? 409 : 201;
    json_t *port = json_at(o, "spec", "ports", "[0]", NULL);
    if (port && !json_object_get(port, "nodePort"))
        json_set_int(port, "nodePort", NODE_PORT);
    if (r->load_balancer && strcmp(json_str(o, "kind", NULL), "Service") == 0)
        json_object_set_new(
            o, "status",
            json_pack("{s:{s:[{s:s}]}}", "loadBalancer", "ingress", "ip", r->load_balancer));
    if (status == 201) {
        rig_put(r, place, json_incref(o));
    } else {
        json_decref(o);
        o = problem_of(place, "AlreadyExists", "already exists");
    }
    *ret = o;
    free(place);
    return status;
}

static int answer(struct rig *r, const char *server, const struct http_call *c, json_t **ret) {
    char *key = xasprintf("%s %s", server, c->path);
    char *rule = xasprintf("%s %s %s", server, c->method, c->path);
    int status = (int)json_int(r->failures, -1, rule, NULL);
    if (status >= 0)
        *ret = json_pack("{s:s, s:s}", "reason", "Forbidden", "message", "it is not allowed");
    else if (str_eq(c->method, "GET"))
        status = answer_get(r, server, c->path, key, ret);
    else if (str_eq(c->method, "POST"))
        status = answer_post(r, key, c, ret);
    else {
        status = json_object_get(r->objects, key) ? 200 : 404;
        if (str_eq(c->method, "PUT"))
            json_object_set_new(r->objects, key, json_parse(c->body, c->body_len, "body", NULL));
        else
            json_object_del(r->objects, key);
        *ret = json_object();
    }
    if (status == 404 && !json_is_string(*ret)) {
        json_decref(*ret);
        *ret = problem_of(key, "NotFound", "not found");
    }
    free(rule);
    free(key);
    return status;
}

/* What the parent needs to go on with, and then no more. */
static void die(const struct rig *r) {
    json_t *state =
        json_pack("{s:O, s:s}", "objects", r->objects, "requests", buf_str(&r->requests));
    (void)json_dumpfd(state, r->killed_to, 0);
    raise(SIGKILL);
}

static void call(void *self, const struct http_target *target, const struct http_call *c,
                 struct http_answer *ret) {
    struct rig *r = self;
    const char *server = server_name(target->server);
    json_t *body = c->body ? json_parse(c->body, c->body_len, "body", NULL) : NULL, *out = NULL;
    const char *name = json_str(body, "metadata", "name", NULL);
    buf_addf(&r->requests, "%s %s %s%s%s\n", server, c->method, c->path, name ? " " : "",
             name ? name : "");
    *ret = (struct http_answer){.body = BUF_INIT};
    r->timeout_ms = c->timeout_ms;
    json_array_append_new(r->exchange,
                          json_pack("{s:s, s:s, s:s, s:O?}", "server", server, "method", c->method,
                                    "path", c->path, "body", body));
    ret->status = answer(r, server, c, &out);
    if (json_is_string(out))
        buf_adds(&ret->body, json_string_value(out));
    else if (out)
        json_dump_to(out, false, &ret->body);
    if (ret->status == 0)
        ret->problem = xstrdup("connection refused");
    json_decref(out);
    json_decref(body);
    if (r->kill_after > 0 && --r->kill_after == 0)
        die(r);
}

static void wait_ms(void *self, int64_t ms) {
    struct rig *r = self;
    r->waited_ms += ms;
}

static void output(void *self, int fd, const char *data, size_t len) {
    struct rig *r = self;
    buf_add(fd == 1 ? &r->out : &r->errors, data, len);
}

json_t *rig_object(const struct rig *r, const char *key) {
    return json_object_get(r->objects, key);
}

void rig_put(struct rig *r, const char *key, json_t *object) {
    json_object_set_new(r->objects, key, object);
}

void rig_profile(struct rig *r, const char *name) {
    struct err err = {0};
    profile_free(r->profile);
    r->profile = profile_load(CONFED_SOURCE_DIR "/fixtures/profiles", name, &err);
    if (!r->profile)
        print_error("%s\n", err.text);
    assert_non_null(r->profile);
}

void rig_profile_over(struct rig *r, const char *base, const char *kubefed_json) {
    struct err err = {0};
    char *dir = fs_join(r->dir, "profiles");
    assert_int_equal(fs_mkdir_p(dir, 0700, NULL), 0);
    json_t *releases = profile_names(CONFED_SOURCE_DIR "/fixtures/profiles", NULL), *release;
    size_t i;
    json_array_foreach(releases, i, release) {
        const char *name = json_string_value(release);
        char *from = xasprintf(CONFED_SOURCE_DIR "/fixtures/profiles/%s.json", name);
        char *to = xasprintf("%s/%s.json", dir, name);
        assert_int_equal(symlink(from, to), 0);
        free(from);
        free(to);
    }
    json_decref(releases);
    char *text =
        xasprintf("{\"base\": \"%s\", \"name\": \"over\", \"kubefed\": %s}", base, kubefed_json);
    char *path = fs_join(dir, "over.json");
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    profile_free(r->profile);
    r->profile = profile_load(dir, "over", &err);
    if (!r->profile)
        print_error("%s\n", err.text);
    assert_non_null(r->profile);
    free(path);
    free(text);
    free(dir);
}

static void write_kubeconfig(struct rig *r) {
    json_t *all = NULL;
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        const char *name = servers[i].name;
        json_t *one = kubeconfig_new(name, name, name, servers[i].server, "ca", "cert", "key");
        if (!all) {
            all = one;
            continue;
        }
        static const char *const lists[] = {"clusters", "contexts", "users"};
        for (size_t n = 0; n < ARRAY_LEN(lists); n++)
            json_array_extend(json_object_get(all, lists[n]), json_object_get(one, lists[n]));
        json_decref(one);
    }
    json_set_str(all, "current-context", "federation");
    assert_int_equal(kubeconfig_save(r->kubeconfig, all, NULL), 0);
    json_decref(all);
}

int rig_setup(void **state) {
    struct rig *r = xcalloc(1, sizeof(*r));
    char dir[] = "/tmp/confed-test-XXXXXX";
    if (!mkdtemp(dir))
        return -1;
    r->dir = xstrdup(dir);
    r->kubeconfig = fs_join(dir, "config");
    r->objects = json_object();
    r->failures = json_object();
    r->exchange = json_array();
    r->requests = r->out = r->errors = (struct buf)BUF_INIT;
    r->seed = 7;
    rig_profile(r, "1.7.0");
    write_kubeconfig(r);
    *state = r;
    return 0;
}

int rig_teardown(void **state) {
    struct rig *r = *state;
    profile_free(r->profile);
    fs_remove_tree(r->dir, NULL);
    free(r->dir);
    free(r->kubeconfig);
    json_decref(r->objects);
    json_decref(r->failures);
    json_decref(r->exchange);
    buf_release(&r->requests);
    buf_release(&r->out);
    buf_release(&r->errors);
    free(r);
    return 0;
}

int rig_kubefed(struct rig *r, const char *line) {
    const struct kubefed_ops ops = {.call = call, .wait = wait_ms, .output = output, .self = r};
    const struct kubefed_env env = {.ops = &ops,
                                    .profile = r->profile,
                                    .kubeconfig = r->kubeconfig,
                                    .home = r->dir,
                                    .seed = r->seed};
    char *copy = xasprintf("kubefed %s", line), *rest = copy, *argv[64], *word;
    int argc = 0;
    while (argc < 63 && (word = str_next(&rest, ' ')))
        if (*word)
            argv[argc++] = word;
    argv[argc] = NULL;
    buf_clear(&r->requests);
    json_array_clear(r->exchange);
    buf_clear(&r->out);
    buf_clear(&r->errors);
    r->waited_ms = 0;
    int code = kubefed_run(&env, argc, argv);
    free(copy);
    return code;
}

bool rig_kubefed_killed(struct rig *r, const char *line, int n) {
    int ends[2], status = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        r->kill_after = n;
        r->killed_to = ends[1];
        (void)rig_kubefed(r, line);
        _exit(0);
    }
    close(ends[1]);
    json_t *state = json_loadfd(ends[0], 0, NULL);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (killed) {
        assert_non_null(state);
        json_object_clear(r->objects);
        json_object_update(r->objects, json_object_get(state, "objects"));
        buf_clear(&r->requests);
        buf_adds(&r->requests, json_str(state, "requests", NULL));
    }
    json_decref(state);
    return killed;
}

void rig_assert_requests(struct rig *r, const char *want) {
    if (!str_eq(buf_str(&r->requests), want))
        print_error("requests were:\n%sand should be:\n%s", buf_str(&r->requests), want);
    assert_string_equal(buf_str(&r->requests), want);
}
