#include "mocks/cluster/files.h"

#include "mocks/cluster/pod.h"

#include "harness/core/base64.h"

#define TOKEN_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

static const char *const base_dirs[] = {
    "/",          "/bin",     "/dev",     "/etc",       "/home", "/proc",    "/root",
    "/run",       "/sys",     "/tmp",     "/usr",       "/var",  "/usr/bin", "/usr/sbin",
    "/usr/local", "/var/run", "/var/log", "/var/spool", "/sbin", "/opt",     "/var/www",
    "/mnt",       "/srv",     "/lib",     "/var/lib",
};

void files_free(struct files *f) {
    for (size_t i = 0; f && i < f->count; i++) {
        free(f->items[i]->path);
        buf_release(&f->items[i]->data);
        free(f->items[i]);
    }
    if (f)
        free(f->items);
    free(f);
}

char *files_path(const char *dir, const char *path) {
    CLEANUP(str_freep) char *whole = path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", dir, path);
    struct buf out = BUF_INIT;
    char *rest = whole;
    for (char *part; (part = str_next(&rest, '/'));) {
        if (part[0] == '\0' || str_eq(part, "."))
            continue;
        if (str_eq(part, "..")) {
            const char *slash = out.len ? strrchr(out.data, '/') : NULL;
            buf_truncate(&out, slash ? (size_t)(slash - out.data) : 0);
            continue;
        }
        buf_addf(&out, "/%s", part);
    }
    if (out.len == 0)
        buf_addc(&out, '/');
    return buf_detach(&out);
}

static struct file *written(const struct container *k, const char *path) {
    for (size_t i = 0; k->files && i < k->files->count; i++) {
        if (str_eq(k->files->items[i]->path, path))
            return k->files->items[i];
    }
    return NULL;
}

/* What a mounted secret or config map says; calls fn for each key. */
typedef void mounted_fn(void *self, const char *path, const json_t *value, bool is_base64);

static const json_t *volume_data(const struct container *k, const json_t *volume,
                                 bool *ret_base64) {
    struct pod *p = k->pod;
    const char *secret = json_str(volume, "secret", "secretName", NULL);
    const char *map = json_str(volume, "configMap", "name", NULL);
    *ret_base64 = secret != NULL;
    if (secret)
        return json_at(cluster_peek(p->c, WORK_SECRET, p->ns, secret), "data", NULL);
    return map ? json_at(apiserver_peek(p->c->api, "", "configmaps", p->ns, map), "data", NULL)
               : NULL;
}

static void each_key(const json_t *volume, const char *mount, const json_t *data, bool is_base64,
                     mounted_fn *fn, void *self) {
    const char *key;
    json_t *value, *item;
    size_t i;
    const json_t *items = json_at(volume, is_base64 ? "secret" : "configMap", "items", NULL);
    json_array_foreach(items, i, item) {
        const char *name = json_str(item, "key", NULL), *to = json_str(item, "path", NULL);
        if (!name || !to)
            continue;
        CLEANUP(str_freep) char *path = files_path(mount, to);
        fn(self, path, json_object_get(data, name), is_base64);
    }
    if (json_array_size(items))
        return;
    json_object_foreach(json_mutable(data), key, value) {
        CLEANUP(str_freep) char *path = files_path(mount, key);
        fn(self, path, value, is_base64);
    }
}

static void each_mounted(const struct container *k, mounted_fn *fn, void *self) {
    const json_t *pod = pod_object(k->pod);
    size_t i, j;
    json_t *mount, *volume;
    json_array_foreach(json_at(container_spec(k), "volumeMounts", NULL), i, mount) {
        const char *name = json_str(mount, "name", NULL), *at = json_str(mount, "mountPath", NULL);
        json_array_foreach(json_at(pod, "spec", "volumes", NULL), j, volume) {
            bool is_base64;
            const json_t *data = volume_data(k, volume, &is_base64);
            if (at && data && str_eq(json_str(volume, "name", NULL), name))
                each_key(volume, at, data, is_base64, fn, self);
        }
    }
    const char *account = json_str(pod, "spec", "serviceAccountName", NULL);
    const json_t *sa = cluster_peek(k->pod->c, WORK_SERVICEACCOUNT, k->pod->ns,
                                    account && account[0] ? account : "default");
    const char *secret = json_str(sa, "secrets", "[0]", "name", NULL);
    const json_t *token = secret ? cluster_peek(k->pod->c, WORK_SECRET, k->pod->ns, secret) : NULL;
    each_key(NULL, TOKEN_DIR, json_at(token, "data", NULL), true, fn, self);
}

struct mounted_search {
    const char *path;
    struct buf *ret; /* NULL: only whether it is there */
    bool found, is_parent;
};

static void match_mounted(void *self, const char *path, const json_t *value, bool is_base64) {
    struct mounted_search *s = self;
    size_t len = strlen(s->path);
    const char *text = json_string_value(value);
    if (strncmp(path, s->path, len) == 0 && path[len] == '/')
        s->is_parent = true;
    if (!str_eq(path, s->path) || !text || s->found)
        return;
    s->found = true;
    size_t n = strlen(text);
    CLEANUP(str_freep) char *decoded = is_base64 ? base64_decode(text, &n) : NULL;
    if (s->ret)
        buf_add(s->ret, is_base64 ? (decoded ? decoded : "") : text, is_base64 && !decoded ? 0 : n);
}

static bool add_hosts(const struct container *k, struct buf *out) {
    const struct pod *p = k->pod;
    buf_adds(out, "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"
                  "::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
                  "fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
    if (p->ip)
        buf_addf(out, "%s\t%s\n", p->ip, p->name);
    return true;
}

static bool add_resolv_conf(const struct container *k, struct buf *out) {
    const char *server = NULL;
    const json_t *dns = cluster_peek(k->pod->c, WORK_SERVICE, "kube-system", "kube-dns");
    server = json_str(dns, "spec", "clusterIP", NULL);
    buf_addf(out,
             "nameserver %s\nsearch %s.svc.cluster.local svc.cluster.local cluster.local\n"
             "options ndots:5\n",
             server ? server : "10.152.183.10", k->pod->ns);
    return true;
}

/* What the image and the kubelet put there. */
static bool read_given(const struct container *k, const char *path, struct buf *out) {
    struct buf scratch = BUF_INIT;
    bool found = true;
    struct buf *to = out ? out : &scratch;
    if (str_eq(path, "/etc/hosts"))
        add_hosts(k, to);
    else if (str_eq(path, "/etc/resolv.conf"))
        add_resolv_conf(k, to);
    else if (str_eq(path, "/etc/hostname"))
        buf_addf(to, "%s\n", k->pod->name);
    else if (str_eq(path, "/etc/passwd"))
        buf_adds(to, "root:x:0:0:root:/root:/bin/sh\n");
    else if (str_eq(path, "/etc/group"))
        buf_adds(to, "root:x:0:\n");
    else if (str_eq(path, "/dev/null"))
        found = true;
    else if (str_eq(path, "/usr/share/nginx/html/index.html") && k->kind->http_body &&
             str_eq(k->kind->name, "nginx"))
        buf_adds(to, k->kind->http_body);
    else
        found = false;
    buf_release(&scratch);
    return found;
}

bool files_read(const struct container *k, const char *path, struct buf *ret) {
    const struct file *f = written(k, path);
    if (f) {
        if (!f->is_dir && !f->is_removed)
            buf_add(ret, f->data.data, f->data.len);
        return !f->is_dir && !f->is_removed;
    }
    struct mounted_search s = {.path = path, .ret = ret};
    each_mounted(k, match_mounted, &s);
    return s.found || read_given(k, path, ret);
}

static bool is_parent_of_written(const struct container *k, const char *path) {
    size_t len = strlen(path);
    for (size_t i = 0; k->files && i < k->files->count; i++) {
        const struct file *f = k->files->items[i];
        if (!f->is_removed && strncmp(f->path, path, len) == 0 && f->path[len] == '/')
            return true;
    }
    return false;
}

bool files_is_dir(const struct container *k, const char *path) {
    const struct file *f = written(k, path);
    if (f)
        return f->is_dir && !f->is_removed;
    for (size_t i = 0; i < ARRAY_LEN(base_dirs); i++) {
        if (str_eq(path, base_dirs[i]))
            return true;
    }
    if (k->kind->http_body && (str_eq(path, "/usr/share/nginx/html") ||
                               str_eq(path, "/usr/share/nginx") || str_eq(path, "/usr/share")))
        return true;
    size_t i;
    json_t *mount;
    json_array_foreach(json_at(container_spec(k), "volumeMounts", NULL), i, mount) {
        if (str_eq(json_str(mount, "mountPath", NULL), path))
            return true;
    }
    struct mounted_search s = {.path = path};
    each_mounted(k, match_mounted, &s);
    return s.is_parent || is_parent_of_written(k, path);
}

static int by_path(const void *a, const void *b) {
    return strcmp((*(struct file *const *)a)->path, (*(struct file *const *)b)->path);
}

static struct file *make(struct container *k, const char *path) {
    struct file *f = written(k, path);
    if (!f) {
        if (!k->files)
            k->files = xcalloc(1, sizeof(*k->files));
        struct files *all = k->files;
        f = xcalloc(1, sizeof(*f));
        f->path = xstrdup(path);
        f->data = (struct buf)BUF_INIT_LIMIT(FILES_BYTES_MAX);
        all->items = xgrow(all->items, all->count, &all->cap, sizeof(*all->items));
        all->items[all->count++] = f;
        qsort(all->items, all->count, sizeof(*all->items), by_path);
    }
    f->is_removed = false;
    f->mode = 0644;
    f->changed_ms = cluster_wall_ms(k->pod->c);
    return f;
}

static char *parent_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash != path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

const char *files_write(struct container *k, const char *path, const void *data, size_t len,
                        bool append) {
    if (str_eq(path, "/dev/null"))
        return NULL;
    CLEANUP(str_freep) char *parent = parent_of(path);
    if (files_is_dir(k, path))
        return "Is a directory";
    if (!files_is_dir(k, parent))
        return "nonexistent directory";
    struct buf before = BUF_INIT_LIMIT(FILES_BYTES_MAX);
    if (append && !written(k, path))
        (void)files_read(k, path, &before);
    struct file *f = make(k, path);
    f->is_dir = false;
    if (!append) {
        k->files->bytes -= f->data.len;
        buf_clear(&f->data);
    }
    size_t had = f->data.len;
    bool fits = k->files->bytes + before.len + len <= FILES_BYTES_MAX;
    if (fits) {
        buf_add(&f->data, before.data, before.len);
        buf_add(&f->data, data, len);
    }
    k->files->bytes += f->data.len - had;
    buf_release(&before);
    return fits ? NULL : "No space left on device";
}

const char *files_make_dir(struct container *k, const char *path, bool parents) {
    if (files_is_dir(k, path))
        return parents ? NULL : "File exists";
    CLEANUP(str_freep) char *parent = parent_of(path);
    if (!files_is_dir(k, parent)) {
        const char *why = parents ? files_make_dir(k, parent, true) : "No such file or directory";
        if (why)
            return why;
    }
    struct file *f = make(k, path);
    f->is_dir = true;
    f->mode = 0755;
    return NULL;
}

const char *files_remove(struct container *k, const char *path, bool recursive) {
    struct buf scratch = BUF_INIT;
    bool is_dir = files_is_dir(k, path);
    bool there = is_dir || files_read(k, path, &scratch);
    buf_release(&scratch);
    if (!there)
        return "No such file or directory";
    if (is_dir && !recursive)
        return "Is a directory";
    size_t len = strlen(path);
    struct file *self = make(k, path);
    self->is_dir = false;
    for (size_t i = 0; i < k->files->count; i++) {
        struct file *f = k->files->items[i];
        if (f != self && !(strncmp(f->path, path, len) == 0 && f->path[len] == '/'))
            continue;
        k->files->bytes -= f->data.len;
        buf_release(&f->data);
        f->data.limit = FILES_BYTES_MAX;
        f->is_removed = true;
    }
    return NULL;
}

struct listing {
    const char *dir;
    char **names;
    bool *dirs;
    size_t count, cap, cap_dirs;
};

/* Adds the first part of path below the listed folder, once. */
static void list_path(struct listing *l, const char *path, bool is_dir) {
    size_t len = str_eq(l->dir, "/") ? 0 : strlen(l->dir);
    if (strncmp(path, l->dir, len) != 0 || path[len] != '/' || !path[len + 1])
        return;
    const char *name = path + len + 1;
    size_t n = strcspn(name, "/");
    is_dir = is_dir || name[n] == '/';
    for (size_t i = 0; i < l->count; i++) {
        if (strlen(l->names[i]) == n && strncmp(l->names[i], name, n) == 0)
            return;
    }
    l->names = xgrow(l->names, l->count, &l->cap, sizeof(*l->names));
    l->dirs = xgrow(l->dirs, l->count, &l->cap_dirs, sizeof(*l->dirs));
    l->dirs[l->count] = is_dir;
    l->names[l->count++] = xstrndup(name, n);
}

static void list_mounted(void *self, const char *path, const json_t *value, bool is_base64) {
    (void)is_base64;
    if (value)
        list_path(self, path, false);
}

void files_list(const struct container *k, const char *path,
                void (*fn)(void *self, const char *name, bool is_dir), void *self) {
    static const char *const given[] = {"/etc/hosts",
                                        "/etc/resolv.conf",
                                        "/etc/hostname",
                                        "/etc/passwd",
                                        "/etc/group",
                                        "/dev/null",
                                        "/usr/share/nginx/html/index.html"};
    struct listing l = {.dir = path};
    for (size_t i = 0; i < ARRAY_LEN(base_dirs); i++)
        list_path(&l, base_dirs[i], true);
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        if (!written(k, given[i]) && read_given(k, given[i], NULL))
            list_path(&l, given[i], false);
    }
    each_mounted(k, list_mounted, &l);
    for (size_t i = 0; k->files && i < k->files->count; i++) {
        if (!k->files->items[i]->is_removed)
            list_path(&l, k->files->items[i]->path, k->files->items[i]->is_dir);
    }
    for (size_t done = 0; done < l.count; done++) {
        size_t least = l.count;
        for (size_t i = 0; i < l.count; i++) {
            if (l.names[i] && (least == l.count || strcmp(l.names[i], l.names[least]) < 0))
                least = i;
        }
        fn(self, l.names[least], l.dirs[least]);
        free(l.names[least]);
        l.names[least] = NULL;
    }
    free(l.names);
    free(l.dirs);
}
