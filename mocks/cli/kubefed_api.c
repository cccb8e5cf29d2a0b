#include "harness/core/fs.h"
#include "harness/core/str.h"
#include "mocks/cli/kubefed_state.h"

#define CONFIG_FILES_MAX 64
#define RBAC_GROUP "rbac.authorization.k8s.io"

/* kubeconfig */

/* Calls fn for each file of $KUBECONFIG, or for the one that stands for it. */
static int each_config(const struct kubefed *k, bool heed_flag,
                       int (*fn)(void *self, const char *path), void *self) {
    const char *flag = heed_flag ? kubefed_flag(k, "kubeconfig") : "";
    const char *list = *flag ? flag : k->env->kubeconfig;
    if (*flag || !list || !*list) {
        CLEANUP(str_freep) char *home = xasprintf("%s/.kube/config", k->env->home);
        return fn(self, *flag ? flag : home);
    }
    CLEANUP(str_freep) char *copy = xstrdup(list);
    char *rest = copy, *path;
    int rc = 0;
    for (int n = 0; rc == 0 && n < CONFIG_FILES_MAX && (path = str_next(&rest, ':')); n++)
        if (*path)
            rc = fn(self, path);
    return rc;
}

struct config_load {
    struct kubefed *k;
    json_t *all;
    bool must_exist;
    struct err err;
};

/* The first file that has a name wins, as kubectl merges. */
static void merge_list(json_t *all, const json_t *from, const char *list) {
    json_t *to = json_ensure_array(all, list), *entry, *have;
    size_t i, n;
    json_array_foreach(json_object_get(from, list), i, entry) {
        bool there = false;
        json_array_foreach(to, n, have) there =
            there || str_eq(json_str(have, "name", NULL), json_str(entry, "name", NULL));
        if (!there)
            json_array_append(to, entry);
    }
}

static int load_one(void *self, const char *path) {
    struct config_load *l = self;
    CLEANUP(json_freep) json_t *one = kubeconfig_load(path, !l->must_exist, &l->err);
    if (!one)
        return l->err.code;
    kubefed_log(l->k, "loader.go:357", "Config loaded from file %s", path);
    static const char *const lists[] = {"clusters", "contexts", "users"};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        merge_list(l->all, one, lists[i]);
    const char *current = json_str(one, "current-context", NULL);
    if (current && *current && !json_object_get(l->all, "current-context"))
        json_set_str(l->all, "current-context", current);
    return 0;
}

int kubefed_config_load(struct kubefed *k, bool heed_flag, json_t **ret) {
    struct config_load l = {
        .k = k, .all = json_object(), .must_exist = heed_flag && *kubefed_flag(k, "kubeconfig")};
    if (each_config(k, heed_flag, load_one, &l) < 0) {
        json_decref(l.all);
        return kubefed_fail(k, "%s", l.err.text);
    }
    *ret = l.all;
    return 0;
}

static int first_that_exists(void *self, const char *path) {
    char **found = self;
    free(*found);
    *found = xstrdup(path);
    return fs_exists(path) ? 1 : 0;
}

char *kubefed_config_path(const struct kubefed *k) {
    char *found = NULL;
    (void)each_config(k, true, first_that_exists, &found);
    return found ? found : xasprintf("%s/.kube/config", k->env->home);
}

/* Clusters */

/* Bodies of secrets stay out of the log, which is shown around. */
static void on_trace(void *self, const char *line) {
    struct kubefed *k = self;
    bool url = strstr(line, "round_trippers.go:405]") != NULL;
    if (k->verbosity < 6 || (k->verbosity < 8 && !url))
        return;
    const char *body = strstr(line, " Body: ");
    bool secret = body && (strstr(body, "\"Secret\"") || strstr(body, "\"SecretList\"") ||
                           strstr(body, "PRIVATE KEY"));
    CLEANUP(str_freep)
    char *shown = secret ? xasprintf("%.*s<masked: Secret>\n", (int)(body + 7 - line), line)
                         : xasprintf("%s%s", line, str_has_suffix(line, "\n") ? "" : "\n");
    k->env->ops->output(k->env->ops->self, 2, shown, strlen(shown));
}

int kubefed_open(struct kubefed *k, const json_t *config, const char *context,
                 struct kubefed_cluster *ret) {
    struct err err = {0};
    const char *flag = kubefed_flag(k, "context");
    *ret = (struct kubefed_cluster){.k = k};
    if (!context && *flag)
        context = flag;
    if (kubeconfig_target(config, context, &ret->target, &err) < 0)
        return kubefed_fail(k, "%s", err.text);
    ret->target.http.user_agent = k->user_agent;
    if (k->verbosity >= 6) {
        ret->target.http.trace = on_trace;
        ret->target.http.trace_self = k;
    }
    return 0;
}

void kubefed_close(struct kubefed_cluster *c) {
    kubeconfig_target_release(&c->target);
    free(c->rbac);
    *c = (struct kubefed_cluster){0};
}

int kubefed_request(struct kubefed_cluster *c, const char *method, const char *path,
                    const json_t *body, json_t **ret_body) {
    struct buf text = BUF_INIT;
    if (body)
        json_dump_to(body, false, &text);
    const struct http_call call = {.method = method,
                                   .path = path,
                                   .content_type = body ? "application/json" : NULL,
                                   .accept = "application/json, */*",
                                   .body = body ? buf_str(&text) : NULL,
                                   .body_len = text.len,
                                   .timeout_ms = c->k->timeout_ms};
    struct http_answer answer = {0};
    c->k->env->ops->call(c->k->env->ops->self, &c->target.http, &call, &answer);
    int status = answer.status;
    if (ret_body) {
        *ret_body =
            answer.body.len ? json_parse(answer.body.data, answer.body.len, path, NULL) : NULL;
        if (!*ret_body && answer.body.len)
            *ret_body = json_stringn(answer.body.data, answer.body.len); /* "ok" */
        if (!*ret_body && answer.problem)
            *ret_body = json_pack("{s:s}", "problem", answer.problem);
    }
    http_answer_release(&answer);
    buf_release(&text);
    return status;
}

char *kubefed_status_text(int status, const json_t *body) {
    const char *message = json_str(body, "message", NULL);
    const char *problem = json_str(body, "problem", NULL);
    if (status == 0)
        return xstrdup(problem ? problem : "no answer");
    return message ? xstrdup(message) : xasprintf("the server answered with status %d", status);
}

int kubefed_fail_status(struct kubefed_cluster *c, int status, const json_t *body) {
    const char *reason = json_str(body, "reason", NULL);
    const char *problem = json_str(body, "problem", NULL);
    CLEANUP(str_freep) char *what = kubefed_status_text(status, body);
    CLEANUP(str_freep) char *text = NULL;
    if (status == 0 && problem && strstr(problem, "refused"))
        text =
            xasprintf("The connection to the server %s was refused - did you specify the right "
                      "host or port?\n",
                      strstr(c->target.http.server, "//") ? strstr(c->target.http.server, "//") + 2
                                                          : c->target.http.server);
    else if (status == 0)
        text = xasprintf("Unable to connect to the server: %s\n", what);
    else
        text = xasprintf("Error from server%s%s%s: %s\n", reason ? " (" : "", reason ? reason : "",
                         reason ? ")" : "", what);
    c->k->env->ops->output(c->k->env->ops->self, 2, text, strlen(text));
    return c->k->verbosity >= 2 ? 255 : 1;
}

int kubefed_must(struct kubefed_cluster *c, const char *method, const char *path,
                 const json_t *body, json_t **ret_body) {
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = kubefed_request(c, method, path, body, &answer);
    if (status / 100 != 2)
        return kubefed_fail_status(c, status, answer);
    if (ret_body)
        *ret_body = json_take(&answer);
    return 0;
}

static bool has_rbac(const json_t *groups, const char *version) {
    size_t i, n;
    const json_t *group, *served;
    json_array_foreach(json_object_get(groups, "groups"), i, group) {
        if (!str_eq(json_str(group, "name", NULL), RBAC_GROUP))
            continue;
        json_array_foreach(
            json_object_get(group, "versions"), n,
            served) if (str_eq(json_str(served, "version", NULL), version)) return true;
    }
    return false;
}

int kubefed_probe_rbac(struct kubefed_cluster *c) {
    CLEANUP(json_freep) json_t *groups = NULL;
    int code = kubefed_must(c, "GET", "/api", NULL, NULL);
    if (code == 0)
        code = kubefed_must(c, "GET", "/apis", NULL, &groups);
    size_t i;
    const json_t *version;
    json_array_foreach(json_object_get(c->k->facts, "rbac_versions"), i,
                       version) if (!c->rbac && has_rbac(groups, json_string_value(version)))
        c->rbac = xstrdup(json_string_value(version));
    return code;
}

/* The first whose name says so; borrowed, NULL: none. */
static json_t *manager_of(const json_t *list) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(list, "items"), i, item) {
        const char *name = json_str(item, "metadata", "name", NULL);
        if (name && str_has_suffix(name, "controller-manager"))
            return item;
    }
    return NULL;
}

int kubefed_look_for_manager(struct kubefed_cluster *host, json_t **ret) {
    CLEANUP(str_freep)
    char *path = xasprintf("/apis/extensions/v1beta1/namespaces/%s/deployments",
                           kubefed_flag(host->k, "federation-system-namespace"));
    CLEANUP(json_freep) json_t *list = NULL;
    int status = kubefed_request(host, "GET", path, NULL, &list);
    *ret = status / 100 == 2 ? json_incref(manager_of(list)) : json_take(&list);
    return status;
}

int kubefed_find_manager(struct kubefed_cluster *host, json_t **ret) {
    CLEANUP(json_freep) json_t *found = NULL;
    int status = kubefed_look_for_manager(host, &found);
    if (status / 100 != 2)
        return kubefed_fail_status(host, status, found);
    if (!found)
        return kubefed_fail(host->k, "%s", KUBEFED_NO_MANAGER);
    *ret = json_take(&found);
    return 0;
}
