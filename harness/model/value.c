#include "harness/model/value.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

enum {
    PATH_LEN_MAX = 1024,
    PATTERN_LEN_MAX = 2000,
    TEXT_LEN_MAX = 16 << 20,
    WARNING_LINES_MAX = 50,
};

/* One part of a path. */
struct part {
    enum { PART_KEY, PART_INDEX, PART_SELECT } kind;
    char name[PATH_LEN_MAX]; /* the key, or the path to compare */
    char text[PATH_LEN_MAX]; /* of PART_SELECT: what must stand there */
    int64_t index;
};

static int bracket(const char **p, struct part *ret, struct err *err) {
    const char *start = *p + 1;
    if (*start == '"') {
        const char *end = strstr(start + 1, "\"]");
        if (!end)
            return err_set(err, ERR_INPUT, "[\" is not closed by \"]");
        ret->kind = PART_KEY;
        (void)snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(end - start - 1), start + 1);
        *p = end + 2;
        return 0;
    }
    const char *end = strchr(start, ']');
    if (!end || end == start)
        return err_set(err, ERR_INPUT, "[ needs an index, \"key\" or path=text, and a ]");
    *p = end + 1;
    const char *equals = memchr(start, '=', (size_t)(end - start));
    if (equals) {
        ret->kind = PART_SELECT;
        (void)snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(equals - start), start);
        (void)snprintf(ret->text, sizeof(ret->text), "%.*s", (int)(end - equals - 1), equals + 1);
        return 0;
    }
    ret->kind = PART_INDEX;
    (void)snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(end - start), start);
    if (!str_to_int(ret->name, 0, INT32_MAX, &ret->index))
        return err_set(err, ERR_INPUT, "[%s] is neither an index nor path=text", ret->name);
    return 0;
}

/* The next part of the path at *p: 1, 0 at its end, or negative. */
static int next_part(const char **p, bool first, struct part *ret, struct err *err) {
    if (!**p)
        return 0;
    if (**p == '[')
        return bracket(p, ret, err) < 0 ? ERR_INPUT : 1;
    if (!first && **p != '.')
        return err_set(err, ERR_INPUT, "expected '.' or '[' at \"%s\"", *p);
    *p += !first;
    size_t len = strcspn(*p, ".[");
    if (len == 0)
        return err_set(err, ERR_INPUT, "an empty name in a path");
    ret->kind = PART_KEY;
    (void)snprintf(ret->name, sizeof(ret->name), "%.*s", (int)len, *p);
    *p += len;
    return 1;
}

static json_t *select_element(const json_t *list, const struct part *part) {
    size_t i;
    json_t *element;
    json_array_foreach(list, i, element) {
        CLEANUP(str_freep) char *text = NULL;
        json_t *value = value_at(element, part->name);
        if (value)
            text = value_to_text(value);
        if (str_eq(text, part->text))
            return element;
    }
    return NULL;
}

json_t *value_at(const json_t *root, const char *path) {
    if (strlen(path) >= PATH_LEN_MAX)
        return NULL;
    struct part part;
    const char *p = path;
    int rc;
    while (root && (rc = next_part(&p, p == path, &part, NULL)) != 0) {
        if (rc < 0)
            return NULL;
        if (part.kind == PART_KEY)
            root = json_object_get(root, part.name);
        else if (part.kind == PART_INDEX)
            root = json_array_get(root, (size_t)part.index);
        else
            root = select_element(root, &part);
    }
    return json_mutable(root); /* borrowed out of what the caller owns, as jansson's getters do */
}

int value_path_check(const char *path, struct err *err) {
    if (strlen(path) >= PATH_LEN_MAX)
        return err_set(err, ERR_INPUT, "a path of more than %d characters", PATH_LEN_MAX);
    if (!*path)
        return err_set(err, ERR_INPUT, "an empty path");
    struct part part;
    const char *p = path;
    int rc;
    while ((rc = next_part(&p, p == path, &part, err)) != 0)
        if (rc < 0)
            return err_prefix(err, "path \"%s\"", path);
    return 0;
}

/* Finds the next ${...} at or after p: its inside goes to path. 1, 0 when there is none, negative.
 */
static int next_reference(const char *p, const char **ret_start, const char **ret_end,
                          char path[PATH_LEN_MAX], struct err *err) {
    const char *start = strstr(p, "${");
    while (start && start > p && start[-1] == '$')
        start = strstr(start + 2, "${");
    if (!start)
        return 0;
    const char *end = strchr(start, '}');
    if (!end)
        return err_set(err, ERR_INPUT, "\"%.40s\": ${ without }", start);
    if (end - start - 2 >= PATH_LEN_MAX)
        return err_set(err, ERR_INPUT, "\"%.40s...\" is too long", start);
    (void)snprintf(path, PATH_LEN_MAX, "%.*s", (int)(end - start - 2), start + 2);
    if (value_path_check(path, err) < 0)
        return ERR_INPUT;
    *ret_start = start;
    *ret_end = end + 1;
    return 1;
}

/* Appends literal text, in which "$${" stands for "${". */
static void add_literal(struct buf *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '$' && i + 2 < len && text[i + 1] == '$' && text[i + 2] == '{')
            continue;
        buf_addc(out, text[i]);
    }
}

json_t *value_expand_text(const char *text, const json_t *bound, struct err *err) {
    struct buf out = BUF_INIT_LIMIT(TEXT_LEN_MAX);
    const char *p = text, *start, *end;
    char path[PATH_LEN_MAX];
    int rc;
    while ((rc = next_reference(p, &start, &end, path, err)) > 0) {
        json_t *value = value_at(bound, path);
        if (!value) {
            err_set(err, ERR_NOT_FOUND, "${%s} is not bound", path);
            buf_release(&out);
            return NULL;
        }
        if (start == text && !*end) {
            buf_release(&out);
            return json_incref(value);
        }
        add_literal(&out, p, (size_t)(start - p));
        CLEANUP(str_freep) char *part = value_to_text(value);
        buf_adds(&out, part);
        p = end;
    }
    if (rc == 0)
        add_literal(&out, p, strlen(p));
    json_t *result = NULL;
    if (rc == 0 && buf_failed(&out))
        err_set(err, ERR_LIMIT, "a text of more than %d bytes", TEXT_LEN_MAX);
    else if (rc == 0)
        result = json_stringn(buf_str(&out), out.len);
    buf_release(&out);
    return result;
}

static json_t *expand_object(const json_t *value, const json_t *bound, struct err *err) {
    CLEANUP(json_freep) json_t *object = json_object();
    const char *key;
    json_t *member;
    json_object_foreach(json_mutable(value), key, member) {
        json_t *expanded = value_expand(member, bound, err);
        if (!expanded)
            return NULL;
        json_object_set_new(object, key, expanded);
    }
    return json_take(&object);
}

json_t *value_expand(const json_t *value, const json_t *bound, struct err *err) {
    if (json_is_string(value))
        return value_expand_text(json_string_value(value), bound, err);
    if (json_is_object(value))
        return expand_object(value, bound, err);
    if (!json_is_array(value))
        return json_deep_copy(value);
    CLEANUP(json_freep) json_t *array = json_array();
    size_t i;
    json_t *element;
    json_array_foreach(value, i, element) {
        json_t *expanded = value_expand(element, bound, err);
        if (!expanded)
            return NULL;
        json_array_append_new(array, expanded);
    }
    return json_take(&array);
}

static int text_references(const char *text, json_t *names, struct err *err) {
    const char *p = text, *start, *end;
    char path[PATH_LEN_MAX];
    int rc;
    while ((rc = next_reference(p, &start, &end, path, err)) > 0) {
        path[strcspn(path, ".[")] = '\0';
        json_object_set_new(names, path, json_true());
        p = end;
    }
    return rc;
}

int value_references(const json_t *value, json_t *names, struct err *err) {
    if (json_is_string(value))
        return text_references(json_string_value(value), names, err);
    size_t i;
    json_t *element;
    json_array_foreach(value, i,
                       element) if (value_references(element, names, err) < 0) return ERR_INPUT;
    if (!json_is_object(value))
        return 0;
    const char *key;
    json_object_foreach(json_mutable(value), key, element) {
        if (text_references(key, names, err) < 0 || value_references(element, names, err) < 0)
            return ERR_INPUT;
    }
    return 0;
}

static int compile(const char *pattern, regex_t *ret, struct err *err) {
    if (strlen(pattern) > PATTERN_LEN_MAX)
        return err_set(err, ERR_INPUT, "a regular expression of more than %d characters",
                       PATTERN_LEN_MAX);
    int rc = regcomp(ret, pattern, REG_EXTENDED | REG_NEWLINE);
    if (rc == 0)
        return 0;
    char why[100];
    (void)regerror(rc, ret, why, sizeof(why));
    return err_set(err, ERR_INPUT, "regular expression \"%s\": %s", pattern, why);
}

static json_t *first_group(const char *text, const char *pattern, struct err *err) {
    regex_t regex;
    if (compile(pattern, &regex, err) < 0)
        return NULL;
    regmatch_t match[2] = {{.rm_so = -1}, {.rm_so = -1}};
    json_t *value = NULL;
    if (regexec(&regex, text, 2, match, 0) == 0) {
        const regmatch_t *m = match[1].rm_so >= 0 ? &match[1] : &match[0];
        value = value_from_bytes(text + m->rm_so, (size_t)(m->rm_eo - m->rm_so));
    } else {
        err_set(err, ERR_NOT_FOUND, "nothing matches \"%s\"", pattern);
    }
    regfree(&regex);
    return value;
}

json_t *value_extract(const json_t *seen, const json_t *what, struct err *err) {
    const char *pattern = json_str(what, "matches", NULL);
    const char *path = json_is_string(what) ? json_string_value(what) : json_str(what, "in", NULL);
    if (!path) {
        err_set(err, ERR_INPUT, "expected a path or {in: path, matches: regex}");
        return NULL;
    }
    json_t *value = value_at(seen, path);
    if (!value) {
        err_set(err, ERR_NOT_FOUND, "there is no %s", path);
        return NULL;
    }
    if (!pattern)
        return json_incref(value);
    CLEANUP(str_freep) char *text = value_to_text(value);
    json_t *found = first_group(text, pattern, err);
    if (!found)
        err_prefix(err, "%s", path);
    return found;
}

int value_extract_check(const json_t *what, struct err *err) {
    if (json_is_string(what))
        return value_path_check(json_string_value(what), err);
    const char *path = json_str(what, "in", NULL), *pattern = json_str(what, "matches", NULL);
    if (!path || !pattern || json_object_size(what) != 2)
        return err_set(err, ERR_INPUT, "expected a path or {in: path, matches: regex}");
    if (value_path_check(path, err) < 0)
        return ERR_INPUT;
    regex_t regex;
    if (strstr(pattern, "${"))
        return 0;
    if (compile(pattern, &regex, err) < 0)
        return ERR_INPUT;
    regfree(&regex);
    return 0;
}

/* How many bytes at p are one well-formed character; 0 when none is. */
static size_t utf8_len(const char *p, size_t len) {
    for (size_t n = 1; n <= 4 && n <= len; n++)
        if (str_is_utf8(p, n))
            return n;
    return 0;
}

json_t *value_from_bytes(const char *data, size_t len) {
    if (str_is_utf8(data, len))
        return json_stringn(data, len);
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_len(data + i, len - i);
        if (n)
            buf_add(&out, data + i, n);
        else
            buf_adds(&out, "\xef\xbf\xbd");
        i += n ? n : 1;
    }
    json_t *value = json_stringn(buf_str(&out), out.len);
    buf_release(&out);
    return value;
}

json_t *value_json_in(const char *text) {
    for (int line = 0; text && line < WARNING_LINES_MAX; line++) {
        text += strspn(text, " \t\r\n");
        json_error_t end;
        json_t *json =
            *text == '{' || *text == '[' ? json_loads(text, JSON_DISABLE_EOF_CHECK, &end) : NULL;
        /* "[1] disk full" only looks like a list. */
        const char *behind = json ? text + end.position : text;
        behind += strspn(behind, " \t\r");
        if (json && (json_is_object(json) || !*behind || *behind == '\n'))
            return json;
        json_decref(json);
        text = strchr(text, '\n');
    }
    return NULL;
}

char *value_line(const json_t *value, size_t len_max) {
    if (!value)
        return xstrdup("nothing");
    struct buf out = BUF_INIT;
    json_dump_to(value, false, &out);
    if (out.len > len_max) {
        size_t cut = len_max;
        while (cut > 0 && (out.data[cut] & 0xc0) == 0x80)
            cut--;
        buf_truncate(&out, cut);
        buf_adds(&out, "...");
    }
    return buf_detach(&out);
}

bool value_to_int(const json_t *value, int64_t min, int64_t max, int64_t *ret_value) {
    if (json_is_string(value))
        return str_to_int(json_string_value(value), min, max, ret_value);
    if (!json_is_integer(value))
        return false;
    int64_t number = json_integer_value(value);
    if (number < min || number > max)
        return false;
    *ret_value = number;
    return true;
}

char *value_to_text(const json_t *value) {
    if (json_is_string(value))
        return xstrdup(json_string_value(value));
    return json_text(value);
}

bool value_duration_ms(const char *text, int64_t *ret_ms) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    const int64_t max_ms = (int64_t)366 * 24 * 3600000;
    int64_t total = 0;
    size_t allowed = ARRAY_LEN(units); /* units go from large to small, each once */
    const char *p = text;
    while (*p) {
        int64_t number = 0;
        if (!isdigit((unsigned char)*p))
            return false;
        for (; isdigit((unsigned char)*p); p++) {
            number = number * 10 + (*p - '0');
            if (number > max_ms)
                return false;
        }
        size_t len = strcspn(p, "0123456789"), u = 0;
        while (u < allowed && (strlen(units[u].unit) != len || strncmp(p, units[u].unit, len) != 0))
            u++;
        if (u >= allowed)
            return false;
        allowed = u;
        p += len;
        total += number * units[u].ms;
        if (total > max_ms)
            return false;
    }
    if (p == text)
        return false;
    *ret_ms = total;
    return true;
}
