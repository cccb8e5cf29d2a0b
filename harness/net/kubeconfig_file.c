/* Reading, checking and writing kubeconfig files. */
#include "harness/net/kubeconfig.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum field_kind { FIELD_TEXT, FIELD_FLAG, FIELD_PATH };
struct field {
    const char *list; /* "clusters", ... */
    const char *item; /* "cluster", ... */
    const char *name;
    enum field_kind kind;
};
static const struct field FIELDS[] = {
    {"clusters", "cluster", "server", FIELD_TEXT},
    {"clusters", "cluster", "certificate-authority", FIELD_PATH},
    {"clusters", "cluster", "certificate-authority-data", FIELD_TEXT},
    {"clusters", "cluster", "insecure-skip-tls-verify", FIELD_FLAG},
    {"users", "user", "client-certificate", FIELD_PATH},
    {"users", "user", "client-certificate-data", FIELD_TEXT},
    {"users", "user", "client-key", FIELD_PATH},
    {"users", "user", "client-key-data", FIELD_TEXT},
    {"users", "user", "token", FIELD_TEXT},
    {"users", "user", "tokenFile", FIELD_PATH},
    {"users", "user", "username", FIELD_TEXT},
    {"users", "user", "password", FIELD_TEXT},
    {"contexts", "context", "cluster", FIELD_TEXT},
    {"contexts", "context", "user", FIELD_TEXT},
    {"contexts", "context", "namespace", FIELD_TEXT},
};

static int check_field(const char *path, const struct field *f, const char *name,
                       const json_t *value, struct err *err) {
    bool is_flag = f->kind == FIELD_FLAG;
    if (!value || json_is_null(value) || (is_flag ? json_is_boolean(value) : json_is_string(value)))
        return 0;
    return err_set(err, ERR_INPUT, "%s: %s \"%s\": %s must be %s", path, f->item, name, f->name,
                   is_flag ? "true or false" : "text (put it in double quotes)");
}

static int check_list(const char *path, const json_t *config, const char *list, const char *item,
                      struct err *err) {
    const json_t *entries = json_object_get(config, list);
    if (!entries || json_is_null(entries))
        return 0;
    if (!json_is_array(entries))
        return err_set(err, ERR_INPUT, "%s: %s must be a list", path, list);

    size_t at;
    json_t *entry;
    json_array_foreach(entries, at, entry) {
        const char *name = json_str(entry, "name", NULL);
        if (!name)
            return err_set(err, ERR_INPUT, "%s: %s[%zu] has no name that is text", path, list, at);
        const json_t *body = json_object_get(entry, item);
        if (body && !json_is_null(body) && !json_is_object(body))
            return err_set(err, ERR_INPUT, "%s: %s \"%s\": %s must be a map", path, item, name,
                           item);
        for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++) {
            if (!str_eq(FIELDS[i].list, list))
                continue;
            int r = check_field(path, &FIELDS[i], name, json_object_get(body, FIELDS[i].name), err);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int check(const char *path, const json_t *config, struct err *err) {
    if (!json_is_object(config))
        return err_set(err, ERR_INPUT, "%s: not a kubeconfig: a map was expected", path);
    const json_t *kind = json_object_get(config, "kind");
    if (kind && !str_eq(json_string_value(kind), "Config"))
        return err_set(err, ERR_INPUT, "%s: not a kubeconfig: kind must be \"Config\"", path);
    const json_t *version = json_object_get(config, "apiVersion");
    if (version && !str_eq(json_string_value(version), "v1"))
        return err_set(err, ERR_INPUT, "%s: not a kubeconfig: apiVersion must be \"v1\"", path);
    const json_t *current = json_object_get(config, "current-context");
    if (current && !json_is_null(current) && !json_is_string(current))
        return err_set(err, ERR_INPUT, "%s: current-context must be text (put it in double quotes)",
                       path);

    int r = check_list(path, config, "clusters", "cluster", err);
    if (r == 0)
        r = check_list(path, config, "contexts", "context", err);
    if (r == 0)
        r = check_list(path, config, "users", "user", err);
    return r;
}

static char *folder_of(const char *path) {
    char *slash = strrchr(path, '/');
    CLEANUP(str_freep)
    char *dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
    char resolved[PATH_MAX];
    return realpath(dir, resolved) ? xstrdup(resolved) : str_take(&dir);
}

/* In memory paths are absolute, in the file relative to it where it can be: as kubectl does. */
static void absolute(json_t *body, const char *field, const char *dir) {
    const char *path = json_string_value(json_object_get(body, field));
    if (!path || !*path || *path == '/')
        return;
    CLEANUP(str_freep) char *full = fs_join(dir, path);
    json_set_str(body, field, full);
}

static void relative(json_t *body, const char *field, const char *dir) {
    const char *path = json_string_value(json_object_get(body, field));
    size_t len = strlen(dir);
    if (!path || !str_has_prefix(path, dir) || path[len] != '/' || !path[len + 1])
        return;
    CLEANUP(str_freep) char *rest = xstrdup(path + len + 1);
    json_set_str(body, field, rest);
}

static void each_path(json_t *config, const char *dir,
                      void (*fn)(json_t *body, const char *field, const char *dir)) {
    for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++) {
        if (FIELDS[i].kind != FIELD_PATH)
            continue;
        size_t at;
        json_t *entry;
        json_array_foreach(json_object_get(config, FIELDS[i].list), at, entry)
            fn(json_object_get(entry, FIELDS[i].item), FIELDS[i].name, dir);
    }
}

static json_t *empty_config(void) {
    return json_pack("{s:s, s:s, s:[], s:[], s:[], s:s, s:{}}", "apiVersion", "v1", "kind",
                     "Config", "clusters", "contexts", "users", "current-context", "",
                     "preferences");
}

static bool is_blank(const struct buf *text) {
    return strspn(buf_str(text), " \t\r\n") == text->len;
}

char *kubeconfig_own_path(void) {
    const char *said = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (said && *said && *said != ':')
        return xstrndup(said, strcspn(said, ":"));
    return xasprintf("%s/.kube/config", home ? home : "");
}

json_t *kubeconfig_load(const char *path, bool missing_ok, struct err *err) {
    if (missing_ok && !fs_exists(path))
        return empty_config();
    struct err local;
    if (!err)
        err = &local;

    struct buf text = BUF_INIT;
    json_t *config = NULL;
    if (fs_read(path, &text, err) < 0) {
        err_prefix(err, "cannot read the kubeconfig");
    } else if (is_blank(&text)) {
        config = empty_config();
    } else {
        config = yaml_parse(buf_str(&text), text.len, path, err);
        if (config && check(path, config, err) < 0) {
            json_decref(config);
            config = NULL;
        }
    }
    buf_release(&text);
    if (!config)
        return NULL;

    CLEANUP(str_freep) char *dir = folder_of(path);
    each_path(config, dir, absolute);
    return config;
}

static int take_lock(const char *lock, struct err *err) {
    int fd = open(lock, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (errno == EEXIST)
        return err_set(err, ERR_STATE,
                       "%s exists: another program writes the kubeconfig; remove it if none does",
                       lock);
    return err_errno(err, "cannot create %s", lock);
}

int kubeconfig_save(const char *path, const json_t *config, struct err *err) {
    /* A link stays a link: what it points to is written. */
    char resolved[PATH_MAX];
    const char *target = realpath(path, resolved) ? resolved : path;

    char *slash = strrchr(target, '/');
    if (slash && slash != target) {
        CLEANUP(str_freep) char *dir = xstrndup(target, (size_t)(slash - target));
        int r = fs_is_dir(dir) ? 0 : fs_mkdir_p(dir, 0755, err);
        if (r < 0)
            return r;
    }
    CLEANUP(str_freep) char *lock = xasprintf("%s.lock", target);
    int r = take_lock(lock, err);
    if (r < 0)
        return r;

    CLEANUP(json_freep) json_t *copy = json_deep_copy(config);
    CLEANUP(str_freep) char *dir = folder_of(target);
    each_path(copy, dir, relative);
    struct buf text = BUF_INIT;
    yaml_dump_to(copy, &text);
    r = fs_write_atomic(target, buf_str(&text), text.len, 0600, err);
    buf_release(&text);
    unlink(lock);
    return r;
}
