#include "harness/net/kubeconfig.h"

#include "harness/core/base64.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

static json_t *find_entry(const json_t *config, const char *list, const char *name,
                          size_t *ret_at) {
    size_t at;
    json_t *entry;
    json_array_foreach(json_object_get(config, list), at, entry) {
        if (str_eq(json_str(entry, "name", NULL), name)) {
            if (ret_at)
                *ret_at = at;
            return entry;
        }
    }
    return NULL;
}

/* The map of the named entry; borrowed or NULL. */
static json_t *find(const json_t *config, const char *list, const char *item, const char *name) {
    json_t *entry = name ? find_entry(config, list, name, NULL) : NULL;
    return entry ? json_object_get(entry, item) : NULL;
}

/* Empty text means "not given" throughout a kubeconfig. */
static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text && *text ? text : NULL;
}

void kubeconfig_set(json_t *config, const char *list, const char *item_key, const char *name,
                    const json_t *value) {
    json_t *entries = json_ensure_array(config, list);
    json_t *entry = find_entry(config, list, name, NULL);
    if (!entry) {
        entry = json_object();
        json_set_str(entry, "name", name);
        json_array_append_new(entries, entry);
    }
    json_object_set_new(entry, item_key, json_deep_copy(value));
}

static void set_base64(json_t *object, const char *key, const char *text) {
    if (!text)
        return;
    CLEANUP(str_freep) char *coded = base64_encode(text, strlen(text));
    json_set_str(object, key, coded);
}

json_t *kubeconfig_new(const char *cluster, const char *user, const char *context,
                       const char *server, const char *ca_pem, const char *cert_pem,
                       const char *key_pem) {
    CLEANUP(json_freep) json_t *cluster_body = json_object();
    set_base64(cluster_body, "certificate-authority-data", ca_pem);
    json_set_str(cluster_body, "server", server);
    CLEANUP(json_freep) json_t *user_body = json_object();
    set_base64(user_body, "client-certificate-data", cert_pem);
    set_base64(user_body, "client-key-data", key_pem);
    CLEANUP(json_freep)
    json_t *context_body = json_pack("{s:s, s:s}", "cluster", cluster, "user", user);

    json_t *config =
        json_pack("{s:s, s:[], s:[], s:s, s:s, s:{}, s:[]}", "apiVersion", "v1", "clusters",
                  "contexts", "current-context", context, "kind", "Config", "preferences", "users");
    kubeconfig_set(config, "clusters", "cluster", cluster, cluster_body);
    kubeconfig_set(config, "contexts", "context", context, context_body);
    kubeconfig_set(config, "users", "user", user, user_body);
    return config;
}

static char *read_file(const char *path, const char *what, struct err *err) {
    struct buf text = BUF_INIT;
    if (fs_read(path, &text, err) < 0) {
        err_prefix(err, "%s", what);
        buf_release(&text);
        return NULL;
    }
    return buf_detach(&text);
}

/*
 * The text behind "<field>-data" (base64) or the file named by field: owned in *ret, NULL when
 * neither is there.
 */
static int read_material(const json_t *body, const char *field, const char *what, char **ret,
                         struct err *err) {
    CLEANUP(str_freep) char *data_field = xasprintf("%s-data", field);
    const char *data = text_of(body, data_field), *path = text_of(body, field);
    *ret = NULL;
    if (data) {
        size_t len;
        *ret = base64_decode(data, &len);
        if (!*ret || strlen(*ret) != len) {
            free(*ret);
            *ret = NULL;
            return err_set(err, ERR_INPUT, "%s: %s is not base64 of a PEM text", what, data_field);
        }
    } else if (path) {
        struct err local;
        *ret = read_file(path, what, err ? err : &local);
        if (!*ret)
            return err ? err->code : local.code;
    }
    return 0;
}

static int read_token(const json_t *user, const char *what, char **ret, struct err *err) {
    const char *token = text_of(user, "token"), *path = text_of(user, "tokenFile");
    struct err local;
    *ret = token ? xstrdup(token) : path ? read_file(path, what, err ? err : &local) : NULL;
    if (!*ret)
        return path ? (err ? err->code : local.code) : 0;
    if (path && !token) { /* editors put a newline there */
        size_t len = strlen(*ret);
        while (len > 0 && strchr(" \t\r\n", (*ret)[len - 1]))
            (*ret)[--len] = '\0';
    }
    for (const char *p = *ret; *p; p++)
        if ((unsigned char)*p < ' ')
            return err_set(err, ERR_INPUT, "%s: the token has a control character", what);
    return 0;
}

static int target_user(const json_t *user, const char *what, struct kubeconfig_target *t,
                       struct err *err) {
    if (json_object_get(user, "exec") || json_object_get(user, "auth-provider"))
        return err_set(
            err, ERR_USAGE,
            "%s: credentials from a program are not supported; use a certificate or token", what);
    int r = read_material(user, "client-certificate", what, &t->owned[2], err);
    if (r == 0)
        r = read_material(user, "client-key", what, &t->owned[3], err);
    if (r == 0)
        r = read_token(user, what, &t->owned[4], err);
    if (r < 0)
        return r;
    if (!t->owned[2] != !t->owned[3])
        return err_set(err, ERR_INPUT, "%s: client-%s is given without client-%s", what,
                       t->owned[2] ? "certificate" : "key", t->owned[2] ? "key" : "certificate");
    const char *username = text_of(user, "username"), *password = text_of(user, "password");
    t->owned[5] = username ? xstrdup(username) : NULL;
    t->owned[6] = password ? xstrdup(password) : NULL;
    return 0;
}

static int target_fill(const json_t *config, const char *context, struct kubeconfig_target *t,
                       struct err *err) {
    const json_t *body = find(config, "contexts", "context", context);
    if (!body)
        return err_set(err, ERR_NOT_FOUND, "context \"%s\" does not exist", context);
    const char *cluster_name = text_of(body, "cluster"), *user_name = text_of(body, "user");
    const json_t *cluster = find(config, "clusters", "cluster", cluster_name);
    if (!cluster)
        return err_set(err, ERR_NOT_FOUND, "context \"%s\": cluster \"%s\" does not exist", context,
                       cluster_name ? cluster_name : "");
    const char *server = text_of(cluster, "server");
    if (!server)
        return err_set(err, ERR_INPUT, "no server found for cluster \"%s\"", cluster_name);

    t->owned[0] = xstrdup(server);
    CLEANUP(str_freep) char *cluster_what = xasprintf("cluster \"%s\"", cluster_name);
    int r = read_material(cluster, "certificate-authority", cluster_what, &t->owned[1], err);
    if (r < 0)
        return r;
    t->http.insecure = json_flag(cluster, "insecure-skip-tls-verify", NULL);

    const json_t *user = find(config, "users", "user", user_name);
    if (user_name && !user)
        return err_set(err, ERR_NOT_FOUND, "context \"%s\": user \"%s\" does not exist", context,
                       user_name);
    CLEANUP(str_freep) char *user_what = xasprintf("user \"%s\"", user_name ? user_name : "");
    return user ? target_user(user, user_what, t, err) : 0;
}

int kubeconfig_target(const json_t *config, const char *context, struct kubeconfig_target *ret,
                      struct err *err) {
    if (!context)
        context = text_of(config, "current-context");
    if (!context)
        return err_set(err, ERR_NOT_FOUND, "current-context is not set");

    struct kubeconfig_target t = {0};
    int r = target_fill(config, context, &t, err);
    if (r < 0) {
        kubeconfig_target_release(&t);
        return r;
    }
    t.http.server = t.owned[0];
    t.http.ca_pem = t.owned[1];
    t.http.cert_pem = t.owned[2];
    t.http.key_pem = t.owned[3];
    t.http.token = t.owned[4];
    t.http.username = t.owned[5];
    t.http.password = t.owned[6];
    *ret = t;
    return 0;
}

void kubeconfig_target_release(struct kubeconfig_target *t) {
    for (size_t i = 0; i < ARRAY_LEN(t->owned); i++) {
        if (t->owned[i])
            explicit_bzero(t->owned[i], strlen(t->owned[i]));
        free(t->owned[i]);
    }
    *t = (struct kubeconfig_target){0};
}

static int inline_file(json_t *body, const char *field, const char *what, struct err *err) {
    if (!text_of(body, field))
        return 0;
    char *text;
    int r = read_material(body, field, what, &text, err);
    if (r < 0)
        return r;
    CLEANUP(str_freep) char *data_field = xasprintf("%s-data", field);
    set_base64(body, data_field, text);
    json_object_del(body, field);
    free(text);
    return 0;
}

static int inline_token(json_t *user, const char *what, struct err *err) {
    if (!text_of(user, "tokenFile"))
        return 0;
    char *token;
    int r = read_token(user, what, &token, err);
    if (r == 0) {
        json_set_str(user, "token", token);
        json_object_del(user, "tokenFile");
    }
    free(token);
    return r;
}

/* The context to take: the only one, or the current one. Borrowed. */
static const char *context_to_take(const json_t *from, struct err *err) {
    const json_t *contexts = json_object_get(from, "contexts");
    size_t count = json_array_size(contexts);
    const char *name = count == 1 ? json_str(json_array_get(contexts, 0), "name", NULL)
                                  : text_of(from, "current-context");
    if (!name && !count)
        err_set(err, ERR_INPUT, "the kubeconfig to merge has no context");
    else if (!name)
        err_set(err, ERR_INPUT,
                "the kubeconfig to merge has %zu contexts and no current-context; set one", count);
    return name;
}

static void remove_entry(json_t *config, const char *list, const char *name) {
    size_t at;
    if (find_entry(config, list, name, &at))
        json_array_remove(json_object_get(config, list), at);
}

struct merge { /* what is taken, and under which names it goes in; owned copies */
    json_t *context, *cluster, *user;
    char *old_context, *old_cluster, *old_user;
    char *new_cluster, *new_user;
};

static void merge_release(struct merge *m) {
    json_decref(m->context);
    json_decref(m->cluster);
    json_decref(m->user);
    free(m->old_context);
    free(m->old_cluster);
    free(m->old_user);
    free(m->new_cluster);
    free(m->new_user);
}

static int merge_collect(const json_t *from, const char *name, bool in_place, struct merge *m,
                         struct err *err) {
    const char *context = context_to_take(from, err);
    if (!context)
        return ERR_INPUT;
    const json_t *context_body = find(from, "contexts", "context", context);
    const char *cluster = text_of(context_body, "cluster"), *user = text_of(context_body, "user");
    const json_t *cluster_body = find(from, "clusters", "cluster", cluster);
    const json_t *user_body = find(from, "users", "user", user);
    if (!context_body)
        return err_set(err, ERR_NOT_FOUND, "context \"%s\" does not exist", context);
    if (!cluster_body)
        return err_set(err, ERR_INPUT, "context \"%s\": cluster \"%s\" does not exist", context,
                       cluster ? cluster : "");
    if (!user_body)
        return err_set(err, ERR_INPUT, "context \"%s\": user \"%s\" does not exist", context,
                       user ? user : "");

    m->context = json_deep_copy(context_body);
    m->cluster = json_deep_copy(cluster_body);
    m->user = json_deep_copy(user_body);
    m->old_context = xstrdup(context);
    m->old_cluster = xstrdup(cluster);
    m->old_user = xstrdup(user);
    m->new_cluster = in_place ? xstrdup(name) : xasprintf("%s-cluster", name);
    m->new_user = in_place ? xstrdup(user) : xasprintf("%s-user", name);

    CLEANUP(str_freep) char *cluster_what = xasprintf("cluster \"%s\"", cluster);
    CLEANUP(str_freep) char *user_what = xasprintf("user \"%s\"", user);
    int r = inline_file(m->cluster, "certificate-authority", cluster_what, err);
    if (r == 0)
        r = inline_file(m->user, "client-certificate", user_what, err);
    if (r == 0)
        r = inline_file(m->user, "client-key", user_what, err);
    return r == 0 ? inline_token(m->user, user_what, err) : r;
}

/* The file that is merged into is its own source: what was renamed must not stay under both names.
 */
static void remove_renamed(json_t *config, const char *name, const struct merge *m) {
    if (!str_eq(m->old_context, name))
        remove_entry(config, "contexts", m->old_context);
    if (!str_eq(m->old_cluster, m->new_cluster))
        remove_entry(config, "clusters", m->old_cluster);
    if (!str_eq(m->old_user, m->new_user))
        remove_entry(config, "users", m->old_user);
    if (str_eq(text_of(config, "current-context"), m->old_context))
        json_set_str(config, "current-context", name);
}

int kubeconfig_merge(json_t *config, const json_t *from, const char *name, bool rename_in_place,
                     bool force, struct err *err) {
    if (!name || !*name)
        return err_set(err, ERR_USAGE, "the merged context needs a name");
    struct merge m = {0};
    struct err local;
    int r = merge_collect(from, name, rename_in_place, &m, err ? err : &local);
    if (r < 0) {
        merge_release(&m);
        return r;
    }

    const char *server = text_of(m.cluster, "server");
    const json_t *there = find(config, "clusters", "cluster", m.new_cluster);
    const char *there_server = text_of(there, "server");
    if (!server) {
        r = err_set(err, ERR_INPUT, "no server found for cluster \"%s\"", m.old_cluster);
    } else if (there_server && !str_eq(there_server, server) && !force) {
        r = err_set(
            err, ERR_STATE,
            "cluster \"%s\" is already there with server %s, not %s; use --force to replace it",
            m.new_cluster, there_server, server);
    } else {
        json_set_str(m.context, "cluster", m.new_cluster);
        json_set_str(m.context, "user", m.new_user);
        if (config == from)
            remove_renamed(config, name, &m);
        kubeconfig_set(config, "clusters", "cluster", m.new_cluster, m.cluster);
        kubeconfig_set(config, "contexts", "context", name, m.context);
        kubeconfig_set(config, "users", "user", m.new_user, m.user);
    }
    merge_release(&m);
    return r;
}
