#include "harness/world/uses.h"
#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

enum { HOOKS_MAX = 100 };

void uses_release(struct uses *u) {
    json_decref(u->list);
    u->list = NULL;
}

void uses_note(struct uses *u, const char *kind, const char *name, const char *from) {
    if (!u->list)
        u->list = json_array();
    size_t i;
    json_t *one, *found = NULL;
    json_array_foreach(u->list, i, one) {
        if (str_eq(json_str(one, "kind", NULL), kind) && str_eq(json_str(one, "name", NULL), name))
            found = one;
    }
    if (!found) {
        found = json_pack("{s:s,s:s,s:[]}", "kind", kind, "name", name, "from");
        json_array_append_new(u->list, found);
    }
    json_t *all = json_object_get(found, "from");
    if (!json_has_text(all, from))
        json_array_append_new(all, json_string(from));
}

/* --- texts ------------------------------------------------------------------------------------ */

/* Every ${name} in a text replaced; owned. */
static char *replaced(const char *text, const char *name, const char *value) {
    struct buf out = BUF_INIT;
    const char *found;
    for (; (found = strstr(text, name)) != NULL; text = found + strlen(name)) {
        buf_add(&out, text, (size_t)(found - text));
        buf_adds(&out, value);
    }
    buf_adds(&out, text);
    char *all = xstrdup(buf_str(&out));
    buf_release(&out);
    return all;
}

/* The steps of a case as one JSON text, with what is known before the run put in; owned. */
static char *steps_text(const struct uses *u, const struct scenario *s) {
    const struct {
        const char *name, *value;
    } known[] = {
        {"${fixtures}", u->fixtures},
        {"${world.kubernetes}", json_str(u->facts, "kubernetes", NULL)},
        {"${world.prefix}", json_str(u->facts, "prefix", NULL)},
        {"${world.juju.store}", json_str(u->facts, "juju", "store", NULL)},
    };
    CLEANUP(json_freep)
    json_t *both = json_pack("[O?,O?]", json_object_get(s->source, "steps"),
                             json_object_get(s->source, "again"));
    char *text = json_text(both);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (!known[i].value)
            continue; /* a name with ${...} in it is left out */
        char *next = replaced(text, known[i].name, known[i].value);
        free(text);
        text = next;
    }
    return text;
}

static bool is_quote(char c) {
    return c == '"' || c == '\'' || c == '\\';
}

/* image: NAME, "image":"NAME", --image=NAME, "--image","NAME", also with the quotes escaped. */
static void find_images(struct uses *u, const char *text, const char *from) {
    static const char of_name[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:@-${}";
    for (const char *at = text; (at = strstr(at, "image")) != NULL;) {
        bool begins = at == text || !isalnum((unsigned char)at[-1]);
        at += strlen("image");
        const char *value = at;
        while (is_quote(*value))
            value++;
        if (!begins || (*value != ':' && *value != '=' && (*value != ',' || value == at)))
            continue;
        value++;
        while (*value == ' ' || is_quote(*value))
            value++;
        size_t len = strspn(value, of_name);
        CLEANUP(str_freep) char *name = xstrndup(value, len);
        while (len > 0 && strchr("}:.", name[len - 1]))
            name[--len] = '\0'; /* the end of a flow mapping or of a sentence */
        if (len > 0 && isalnum((unsigned char)*name) && !strchr(name, '$'))
            uses_note(u, "image", name, from);
    }
}

/* URLs with a host that has a name outside of the clusters. */
static void find_urls(struct uses *u, const char *text, const char *from) {
    for (const char *at = text; (at = strstr(at, "://")) != NULL; at += 3) {
        const char *begin = at;
        while (begin > text && islower((unsigned char)begin[-1]))
            begin--;
        CLEANUP(str_freep) char *scheme = xstrndup(begin, (size_t)(at - begin));
        CLEANUP(str_freep)
        char *host = xstrndup(at + 3, strcspn(at + 3, "/:\"'\\ ,)}]\n"));
        const char *dot = strrchr(host, '.');
        if ((!str_eq(scheme, "http") && !str_eq(scheme, "https")) || !dot || strchr(host, '$') ||
            !islower((unsigned char)dot[1]) || strpbrk(host, "()[]*") || str_eq(dot, ".local") ||
            str_eq(dot, ".svc"))
            continue;
        CLEANUP(str_freep)
        char *url = xstrndup(begin, (size_t)(at - begin) + strcspn(at, "\"'\\ ,)}]\n"));
        uses_note(u, "url", url, from);
    }
}

/* What a hook of a local charm installs from the distribution. */
static void find_packages(struct uses *u, const char *text, const char *from) {
    static const char word[] = "apt-get install ";
    for (const char *at = text; (at = strstr(at, word)) != NULL;) {
        at += strlen(word);
        CLEANUP(str_freep) char *line = xstrndup(at, strcspn(at, "\n;&|"));
        char *rest = line, *name;
        while ((name = str_next(&rest, ' ')) != NULL)
            if (*name && *name != '-')
                uses_note(u, "package", name, from);
    }
}

/* A file without the lines that are comments. */
static int read_lines(const char *path, struct buf *ret, struct err *err) {
    struct buf raw = BUF_INIT;
    int rc = fs_read(path, &raw, err);
    if (rc == 0) {
        CLEANUP(str_freep) char *text = xstrdup(buf_str(&raw));
        char *rest = text, *line;
        while ((line = str_next(&rest, '\n')) != NULL)
            if (line[strspn(line, " \t")] != '#')
                buf_addf(ret, "%s\n", line);
    }
    buf_release(&raw);
    return rc;
}

static int look_into(struct uses *u, const char *path, const char *from, struct err *err) {
    struct buf text = BUF_INIT;
    int rc = read_lines(path, &text, err);
    if (rc == 0) {
        find_images(u, buf_str(&text), from);
        find_urls(u, buf_str(&text), from);
        find_packages(u, buf_str(&text), from);
    }
    buf_release(&text);
    return rc;
}

/* --- charms ----------------------------------------------------------------------------------- */

static int add_local_charm(struct uses *u, const char *charm, const char *from, struct err *err) {
    CLEANUP(str_freep) char *hooks = fs_join(charm, "hooks");
    DIR *dir = opendir(hooks);
    if (!dir)
        return err_errno(err, "%s: the charm has no hooks: cannot open %s", from, hooks);
    int rc = 0;
    struct dirent *entry;
    for (int left = HOOKS_MAX; rc == 0 && left > 0 && (entry = readdir(dir)) != NULL; left--) {
        CLEANUP(str_freep) char *hook = fs_join(hooks, entry->d_name);
        if (*entry->d_name != '.' && !fs_is_dir(hook))
            rc = look_into(u, hook, from, err);
    }
    (void)closedir(dir);
    return rc;
}

static int add_bundle(struct uses *u, const char *path, const char *from, struct err *err) {
    CLEANUP(json_freep) json_t *bundle = yaml_load_path(path, err);
    if (!bundle)
        return err->code;
    CLEANUP(str_freep) char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    json_t *apps = json_object_get(bundle, "applications"), *app;
    if (!apps)
        apps = json_object_get(bundle, "services"); /* its name until 2018 */
    u->machines += (int64_t)json_object_size(json_object_get(bundle, "machines"));
    const char *name;
    int rc = 0;
    json_object_foreach(apps, name, app) {
        const char *charm = json_str(app, "charm", NULL);
        const char *channel = json_str(app, "channel", NULL);
        if (rc < 0 || !charm)
            continue;
        CLEANUP(str_freep) char *local = *charm == '.' ? fs_join(folder, charm) : NULL;
        CLEANUP(str_freep)
        char *said = channel ? xasprintf("%s (%s)", charm, channel) : xstrdup(charm);
        if (local)
            rc = add_local_charm(u, local, from, err);
        else
            uses_note(u, "charm", said, from);
    }
    return rc;
}

/* --- cases ------------------------------------------------------------------------------------ */

/* Files of fixtures/ that the text names. */
static int add_files(struct uses *u, const char *text, const char *from, struct err *err) {
    size_t len = strlen(u->fixtures);
    int rc = 0;
    for (const char *at = text; rc == 0 && (at = strstr(at, u->fixtures)) != NULL; at += len) {
        CLEANUP(str_freep)
        char *path = xstrndup(at, strcspn(at, "\"'\\ ,;"));
        if (!fs_exists(path) || fs_is_dir(path))
            continue; /* a wish for a file is for confed lint and the run to see */
        if (str_has_suffix(path, "/bundle.yaml"))
            rc = add_bundle(u, path, from, err);
        else
            rc = look_into(u, path, from, err);
        if (str_has_suffix(path, "/bundle.yaml"))
            uses_note(u, "bundle", path + len + 1, from);
    }
    return rc;
}

static void add_command(struct uses *u, const json_t *run, const char *from) {
    const char *program = json_string_value(json_array_get(run, 0));
    const char *verb = json_string_value(json_array_get(run, 1));
    size_t count = json_array_size(run);
    if (str_eq(program, "kubefed") && str_eq(verb, "init"))
        u->runs_init = true;
    if (!str_eq(program, "juju") || !str_eq(verb, "add-model"))
        return;
    const char *prefix = json_str(u->facts, "prefix", NULL);
    CLEANUP(str_freep)
    char *model = replaced(json_string_value(json_array_get(run, count - 1)), "${world.prefix}",
                           prefix ? prefix : "");
    uses_note(u, "model", model, from);
}

int uses_add(struct uses *u, const struct scenario *s, struct err *err) {
    CLEANUP(str_freep) char *text = steps_text(u, s);
    for (size_t i = 0; i < s->step_count; i++)
        if (s->steps[i].verb == STEP_RUN)
            add_command(u, s->steps[i].args, s->id);
    find_images(u, text, s->id);
    find_urls(u, text, s->id);
    return add_files(u, text, s->id, err);
}
