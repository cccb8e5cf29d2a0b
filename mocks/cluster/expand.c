#include "mocks/cluster/expand.h"

#include "mocks/cluster/pod.h"
#include "mocks/cluster/process_frames.h"

#include "harness/core/base64.h"

#include <ctype.h>
#include <inttypes.h>

#define FIELDS_MAX 10000
#define TEXT_MAX ((size_t)1 << 20)

struct expansion {
    struct process *p;
    struct buf out;
    bool any; /* there is a field, be it empty */
    bool split;
    char ***argv;
    size_t *argc, *cap;
};

static void end_field(struct expansion *x) {
    if (x->any && *x->argc < FIELDS_MAX) {
        *x->argv = xgrow(*x->argv, *x->argc, x->cap, sizeof(char *));
        (*x->argv)[(*x->argc)++] = xstrdup(buf_str(&x->out));
    }
    buf_clear(&x->out);
    x->any = false;
}

static void add_value(struct expansion *x, const char *value, bool quoted) {
    x->any = x->any || quoted;
    for (const char *v = value ? value : ""; *v; v++) {
        if (x->split && !quoted && isspace((unsigned char)*v)) {
            end_field(x);
        } else {
            buf_addc(&x->out, *v);
            x->any = true;
        }
    }
}

/* sums of products of numbers and variables, as far as scripts count */
static int64_t sum(struct process *p, const char **at, int depth);

static int64_t operand(struct process *p, const char **at, int depth) {
    while (isspace((unsigned char)**at))
        (*at)++;
    if (**at == '(' && depth < 20) {
        (*at)++;
        int64_t v = sum(p, at, depth + 1);
        if (**at == ')')
            (*at)++;
        return v;
    }
    if (**at == '-') {
        (*at)++;
        return -operand(p, at, depth);
    }
    if (**at == '$')
        (*at)++;
    size_t n = 0;
    while (isalnum((unsigned char)(*at)[n]) || (*at)[n] == '_')
        n++;
    CLEANUP(str_freep) char *word = xstrndup(*at, n);
    *at += n;
    int64_t v = 0;
    if (!isdigit((unsigned char)word[0])) {
        const char *value = json_string_value(json_object_get(p->vars, word));
        (void)str_to_int(value ? value : "0", INT32_MIN, INT32_MAX, &v);
    } else {
        (void)str_to_int(word, 0, INT32_MAX, &v);
    }
    return v;
}

static int64_t product(struct process *p, const char **at, int depth) {
    int64_t v = operand(p, at, depth);
    for (;;) {
        while (isspace((unsigned char)**at))
            (*at)++;
        char op = **at;
        if (op != '*' && op != '/' && op != '%')
            return v;
        (*at)++;
        int64_t w = operand(p, at, depth);
        if (op == '*')
            v = (int32_t)(v * w);
        else if (w != 0)
            v = op == '/' ? v / w : v % w;
    }
}

static int64_t sum(struct process *p, const char **at, int depth) {
    int64_t v = product(p, at, depth);
    for (;;) {
        while (isspace((unsigned char)**at))
            (*at)++;
        char op = **at;
        if (op != '+' && op != '-')
            return v;
        (*at)++;
        int64_t w = product(p, at, depth);
        v = (int32_t)(op == '+' ? v + w : v - w);
    }
}

static void add_capture(struct expansion *x, const char *text, size_t len, bool quoted) {
    CLEANUP(str_freep) char *script = xstrndup(text, len);
    struct buf got = BUF_INIT_LIMIT(TEXT_MAX);
    process_capture(x->p, script, &got);
    while (got.len && got.data[got.len - 1] == '\n')
        buf_truncate(&got, got.len - 1);
    add_value(x, buf_str(&got), quoted);
    buf_release(&got);
}

static void add_special(struct expansion *x, char name, bool quoted) {
    char text[24];
    int value = name == '?' ? x->p->status : name == '$' ? 7 : 0;
    (void)snprintf(text, sizeof(text), "%d", value);
    if (name == '0')
        add_value(x, "sh", quoted);
    else if (name == '?' || name == '$' || name == '#')
        add_value(x, text, quoted);
}

/* ${NAME}, ${NAME:-word}, ${NAME-word}, ${#NAME} */
static void add_braced(struct expansion *x, const char *inside, size_t len, bool quoted) {
    CLEANUP(str_freep) char *text = xstrndup(inside, len);
    bool length = text[0] == '#' && text[1];
    char *name = text + length, *otherwise = strpbrk(name, ":-=+%#");
    if (otherwise) {
        char *word = otherwise + 1 + (otherwise[0] == ':' && otherwise[1] != '\0');
        *otherwise = '\0';
        otherwise = word;
    }
    const char *value = json_string_value(json_object_get(x->p->vars, name));
    if (str_eq(name, "?")) {
        add_special(x, '?', quoted);
    } else if (length) {
        char digits[24];
        (void)snprintf(digits, sizeof(digits), "%zu", value ? strlen(value) : (size_t)0);
        add_value(x, digits, quoted);
    } else if ((!value || !value[0]) && otherwise) {
        CLEANUP(str_freep) char *word = expand_word(x->p, otherwise);
        add_value(x, word, quoted);
    } else {
        add_value(x, value, quoted);
    }
}

static size_t nested_len(const char *p, char open, char close) {
    int depth = 0;
    for (size_t i = 0; p[i]; i++) {
        depth += (p[i] == open) - (p[i] == close);
        if (depth == 0)
            return i;
    }
    return strlen(p);
}

/* At "$"; returns what follows the expansion. */
static const char *add_dollar(struct expansion *x, const char *p, bool quoted) {
    if (p[1] == '(' && p[2] == '(') {
        size_t n = nested_len(p + 1, '(', ')');
        const char *at = p + 3;
        char text[24];
        (void)snprintf(text, sizeof(text), "%" PRId64, sum(x->p, &at, 0));
        add_value(x, text, quoted);
        return p[1 + n] ? p + 2 + n : p + 1 + n;
    }
    if (p[1] == '(' || p[1] == '{') {
        size_t n = nested_len(p + 1, p[1], p[1] == '(' ? ')' : '}');
        size_t inside = n ? n - 1 : 0;
        if (p[1] == '(')
            add_capture(x, p + 2, inside, quoted);
        else
            add_braced(x, p + 2, inside, quoted);
        return p[1 + n] ? p + 2 + n : p + 1 + n;
    }
    size_t n = 0;
    while (isalnum((unsigned char)p[1 + n]) || p[1 + n] == '_')
        n++;
    if (n && !isdigit((unsigned char)p[1])) {
        CLEANUP(str_freep) char *name = xstrndup(p + 1, n);
        add_value(x, json_string_value(json_object_get(x->p->vars, name)), quoted);
        return p + 1 + n;
    }
    if (p[1] && strchr("?$#@*0123456789", p[1])) {
        add_special(x, p[1], quoted);
        return p + 2;
    }
    buf_addc(&x->out, '$');
    x->any = true;
    return p + 1;
}

static const char *add_quoted(struct expansion *x, const char *p) {
    x->any = true;
    while (*p && *p != '"') {
        if (*p == '\\' && p[1] && strchr("\"\\$`\n", p[1])) {
            if (p[1] != '\n')
                buf_addc(&x->out, p[1]);
            p += 2;
        } else if (*p == '$') {
            p = add_dollar(x, p, true);
        } else if (*p == '`') {
            size_t n = strcspn(p + 1, "`");
            add_capture(x, p + 1, n, true);
            p += n + 1 + (p[n + 1] == '`');
        } else {
            buf_addc(&x->out, *p++);
        }
    }
    return *p ? p + 1 : p;
}

static void expand(struct expansion *x, const char *p) {
    x->out.limit = TEXT_MAX;
    while (*p) {
        if (*p == '\'') {
            size_t n = strcspn(p + 1, "'");
            buf_add(&x->out, p + 1, n);
            x->any = true;
            p += n + 1 + (p[n + 1] == '\'');
        } else if (*p == '"') {
            p = add_quoted(x, p + 1);
        } else if (*p == '\\') {
            if (p[1] && p[1] != '\n')
                buf_addc(&x->out, p[1]);
            x->any = true;
            p += p[1] ? 2 : 1;
        } else if (*p == '$') {
            p = add_dollar(x, p, false);
        } else if (*p == '`') {
            size_t n = strcspn(p + 1, "`");
            add_capture(x, p + 1, n, false);
            p += n + 1 + (p[n + 1] == '`');
        } else {
            buf_addc(&x->out, *p++);
            x->any = true;
        }
    }
}

char *expand_word(struct process *p, const char *word) {
    struct expansion x = {.p = p, .out = BUF_INIT};
    expand(&x, word);
    return buf_detach(&x.out);
}

void expand_fields(struct process *p, const char *word, char ***argv, size_t *argc, size_t *cap) {
    struct expansion x = {
        .p = p, .out = BUF_INIT, .split = true, .argv = argv, .argc = argc, .cap = cap};
    expand(&x, word);
    end_field(&x);
    buf_release(&x.out);
}

static char *field_value(const struct pod *p, const char *path) {
    const json_t *o = pod_object(p);
    CLEANUP(str_freep) char *copy = xstrdup(path);
    char *rest = copy;
    for (char *key; o && (key = str_next(&rest, '.'));)
        o = json_object_get(o, key);
    return json_is_string(o) ? xstrdup(json_string_value(o)) : NULL;
}

static char *referred_value(const struct container *k, const json_t *from) {
    struct pod *p = k->pod;
    const char *field = json_str(from, "fieldRef", "fieldPath", NULL);
    if (field)
        return field_value(p, field);
    const char *map = json_str(from, "configMapKeyRef", "name", NULL);
    const char *secret = json_str(from, "secretKeyRef", "name", NULL);
    if (map) {
        const char *key = json_str(from, "configMapKeyRef", "key", NULL);
        const char *v = json_str(apiserver_peek(p->c->api, "", "configmaps", p->ns, map), "data",
                                 key ? key : "", NULL);
        return v ? xstrdup(v) : NULL;
    }
    const char *key = json_str(from, "secretKeyRef", "key", NULL);
    const char *v = secret ? json_str(cluster_peek(p->c, WORK_SECRET, p->ns, secret), "data",
                                      key ? key : "", NULL)
                           : NULL;
    size_t len;
    return v ? base64_decode(v, &len) : NULL;
}

json_t *expand_environment(const struct container *k) {
    const json_t *service = cluster_peek(k->pod->c, WORK_SERVICE, "default", "kubernetes");
    const char *ip = json_str(service, "spec", "clusterIP", NULL);
    json_t *env = json_pack("{s:s,s:s,s:s,s:s}", "PATH",
                            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                            "HOSTNAME", k->pod->name, "HOME", "/root", "PWD", "/");
    if (ip) {
        json_set_str(env, "KUBERNETES_SERVICE_HOST", ip);
        json_set_str(env, "KUBERNETES_SERVICE_PORT", "443");
        json_set_str(env, "KUBERNETES_SERVICE_PORT_HTTPS", "443");
    }
    size_t i;
    json_t *entry;
    json_array_foreach(json_at(container_spec(k), "env", NULL), i, entry) {
        const char *name = json_str(entry, "name", NULL), *value = json_str(entry, "value", NULL);
        CLEANUP(str_freep)
        char *referred = value ? NULL : referred_value(k, json_object_get(entry, "valueFrom"));
        if (name)
            json_set_str(env, name, value ? value : referred ? referred : "");
    }
    return env;
}

void expand_keep(struct process *p, char *text) {
    p->kept = xgrow(p->kept, p->kept_count, &p->kept_cap, sizeof(char *));
    p->kept[p->kept_count++] = text;
}

void expand_release(struct process *p) {
    for (size_t i = 0; i < p->kept_count; i++)
        free(p->kept[i]);
    free(p->kept);
}
