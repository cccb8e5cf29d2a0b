#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_status.h"

#define COLUMNS_MAX 12

static const char *dash(const char *text) {
    return text && *text ? text : "";
}

static void row(json_t *rows, size_t count, const char *const *cells) {
    json_t *r = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(r, json_string(dash(cells[i])));
    json_array_append_new(rows, r);
}
#define ROW(rows, ...) \
    row((rows), ARRAY_LEN(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

void juju_status_columns(const json_t *rows, struct buf *out) {
    size_t widths[COLUMNS_MAX] = {0}, i, k;
    const json_t *r, *cell;
    json_array_foreach(rows, i, r)
        json_array_foreach(r, k, cell) if (k < COLUMNS_MAX && json_string_length(cell) > widths[k])
            widths[k] = json_string_length(cell);
    json_array_foreach(rows, i, r) {
        size_t last = json_array_size(r);
        while (last > 0 && json_string_length(json_array_get(r, last - 1)) == 0)
            last--;
        for (k = 0; k < last && k < COLUMNS_MAX; k++)
            buf_addf(out, "%-*s%s", k + 1 < last ? (int)widths[k] : 0,
                     json_string_value(json_array_get(r, k)), k + 1 < last ? "  " : "");
        buf_addc(out, '\n');
    }
}

static void flush(json_t *rows, struct buf *out) {
    if (json_array_size(rows) > 1) {
        if (out->len > 0)
            buf_addc(out, '\n');
        juju_status_columns(rows, out);
    }
    json_array_clear(rows);
}

static void unit_rows(json_t *rows, const json_t *units, const char *indent) {
    const char *name;
    json_t *u;
    json_object_foreach(json_mutable(units), name, u) {
        struct buf ports = BUF_INIT;
        size_t i;
        json_t *port;
        json_array_foreach(json_object_get(u, "open-ports"), i, port)
            buf_addf(&ports, "%s%s", i ? "," : "", json_string_value(port));
        char *shown = xasprintf("%s%s%s", indent, name, json_flag(u, "leader", NULL) ? "*" : "");
        ROW(rows, shown, json_str(u, "workload-status", "current", NULL),
            json_str(u, "juju-status", "current", NULL), json_str(u, "machine", NULL),
            json_str(u, "public-address", NULL), buf_str(&ports),
            json_str(u, "workload-status", "message", NULL));
        free(shown);
        buf_release(&ports);
        unit_rows(rows, json_object_get(u, "subordinates"), "  ");
    }
}

/* How many units an application has, those of a subordinate counted below their principals. */
static size_t scale_of(const json_t *apps, const char *name) {
    size_t n = json_object_size(json_at(apps, name, "units", NULL));
    char *prefix = xasprintf("%s/", name);
    const char *app, *unit, *sub;
    json_t *a, *u, *s;
    json_object_foreach(json_mutable(apps), app, a)
        json_object_foreach(json_object_get(a, "units"), unit, u)
            json_object_foreach(json_object_get(u, "subordinates"), sub, s) n +=
        str_has_prefix(sub, prefix) ? 1 : 0;
    free(prefix);
    return n;
}

static void app_rows(const struct juju *j, json_t *rows, const json_t *apps) {
    const char *name;
    json_t *a;
    bool modern = j->dialect.has_show_unit;
    if (modern)
        ROW(rows, "App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed",
            "Message");
    else
        ROW(rows, "App", "Version", "Status", "Scale", "Charm", "Store", "Rev", "OS", "Notes");
    json_object_foreach(json_mutable(apps), name, a) {
        char scale[24], rev[24];
        snprintf(scale, sizeof(scale), "%zu", scale_of(apps, name));
        snprintf(rev, sizeof(rev), "%lld", (long long)json_int(a, 0, "charm-rev", NULL));
        const char *status = json_str(a, "application-status", "current", NULL);
        const char *charm = json_str(a, "charm-name", NULL);
        bool exposed = json_flag(a, "exposed", NULL);
        if (modern)
            ROW(rows, name, json_str(a, "version", NULL), status, scale, charm, "stable", rev,
                exposed ? "yes" : "no", json_str(a, "application-status", "message", NULL));
        else
            ROW(rows, name, json_str(a, "version", NULL), status, scale, charm,
                json_str(a, "charm-origin", NULL), rev, "ubuntu", exposed ? "exposed" : "");
    }
}

static void machine_rows(json_t *rows, const json_t *machines) {
    const char *id;
    json_t *m;
    json_object_foreach(json_mutable(machines), id, m) {
        const char *series = json_str(m, "series", NULL);
        ROW(rows, id, json_str(m, "juju-status", "current", NULL), json_str(m, "dns-name", NULL),
            json_str(m, "instance-id", NULL), series ? series : "ubuntu@16.04", "default");
        machine_rows(rows, json_object_get(m, "containers"));
    }
}

static void relation_rows(json_t *rows, const json_t *apps) {
    const char *name, *endpoint;
    json_t *a, *list, *other;
    size_t i;
    json_object_foreach(json_mutable(apps), name, a)
        json_object_foreach(json_object_get(a, "relations"), endpoint, list)
            json_array_foreach(list, i, other) {
        const char *related = json_is_string(other) ? json_string_value(other)
                                                    : json_str(other, "related-application", NULL);
        ROW(rows, endpoint, name, related, "regular");
    }
}

void juju_status_table(const struct juju *j, const json_t *status, bool relations,
                       struct buf *out) {
    json_t *rows = json_array();
    const json_t *apps = json_object_get(status, "applications");
    char *place = j->region ? xasprintf("%s/%s", j->cloud, j->region) : xstrdup(j->cloud);
    ROW(rows, "Model", "Controller", "Cloud/Region", "Version");
    ROW(rows, json_str(status, "model", "name", NULL), j->controller, place, j->dialect.version);
    flush(rows, out);
    app_rows(j, rows, apps);
    flush(rows, out);
    ROW(rows, "Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message");
    const char *name;
    json_t *a;
    json_object_foreach(json_mutable(apps), name, a)
        unit_rows(rows, json_object_get(a, "units"), "");
    flush(rows, out);
    ROW(rows, "Machine", "State", "DNS", "Inst id", j->dialect.has_base ? "Base" : "Series", "AZ");
    machine_rows(rows, json_object_get(status, "machines"));
    flush(rows, out);
    ROW(rows, "Relation", "Provides", "Consumes", "Type");
    if (relations)
        relation_rows(rows, apps);
    flush(rows, out);
    json_decref(rows);
    free(place);
}

/* YAML */

/* A text that YAML 1.1 would read back as something else is quoted, as is anything unusual. */
static bool is_plain(const char *s) {
    static const char *const words[] = {"y",     "n",    "yes", "no",  "true",
                                        "false", "null", "on",  "off", "~"};
    if (!*s || !((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '/'))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(words[i], s) == 0)
            return false;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\'' ||
            (*p == ':' && (p[1] == ' ' || !p[1])) || (*p == '#' && p > s && p[-1] == ' '))
            return false;
    return s[strlen(s) - 1] != ' ';
}

static void yaml_scalar(const json_t *v, const char *indent, struct buf *out) {
    const char *s = json_string_value(v);
    if (!s) {
        char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_adds(out, text ? text : "null");
        free(text);
    } else if (strchr(s, '\n') && s[0] != ' ' && s[0] != '\n') {
        size_t len = strlen(s);
        buf_adds(out, s[len - 1] == '\n' ? "|" : "|-");
        for (const char *p = s; *p;) {
            size_t n = strcspn(p, "\n");
            buf_addf(out, "\n%s%.*s", n ? indent : "", (int)n, p);
            p += n;
            if (*p)
                p++;
        }
    } else if (is_plain(s)) {
        buf_adds(out, s);
    } else {
        char *text = json_dumps(v, JSON_ENCODE_ANY);
        buf_adds(out, text ? text : "\"\"");
        free(text);
    }
}

static void yaml_value(const json_t *v, unsigned depth, bool in_item, struct buf *out) {
    char indent[130];
    unsigned width = depth * 2 < 128 ? depth * 2 : 128;
    memset(indent, ' ', width);
    indent[width] = '\0';
    char deeper[132];
    snprintf(deeper, sizeof(deeper), "%s  ", indent);
    size_t n = 0;
    const char *key;
    json_t *item;
    if (json_is_array(v)) {
        json_array_foreach(v, n, item) {
            buf_addf(out, "%s- ", indent);
            if (json_is_object(item) && json_object_size(item) > 0) {
                yaml_value(item, depth + 1, true, out);
                continue;
            }
            yaml_scalar(item, deeper, out);
            buf_addc(out, '\n');
        }
        return;
    }
    json_object_foreach(json_mutable(v), key, item) {
        json_t *name = json_string(key);
        buf_adds(out, in_item && n++ == 0 ? "" : indent);
        yaml_scalar(name, deeper, out);
        json_decref(name);
        bool nested = (json_is_object(item) && json_object_size(item) > 0) ||
                      (json_is_array(item) && json_array_size(item) > 0);
        buf_adds(out, nested ? ":\n" : ": ");
        if (nested) {
            yaml_value(item, json_is_array(item) ? depth : depth + 1, false, out);
        } else {
            yaml_scalar(item, deeper, out);
            buf_addc(out, '\n');
        }
    }
}

void juju_status_yaml(const json_t *value, struct buf *out) {
    yaml_value(value, 0, false, out);
}
