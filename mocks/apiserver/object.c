#include "mocks/apiserver/object.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/apiserver/convert.h"

#include <ctype.h>

/* Deeper than anything that is parsed is not looked at. */
static size_t weight_of(const json_t *value, int depth) {
    enum { NODE = 64 };
    size_t weight = NODE;
    if (json_is_string(value))
        return weight + json_string_length(value);
    if (depth == 0)
        return weight;
    for (size_t i = 0; i < json_array_size(value); i++)
        weight += weight_of(json_array_get(value, i), depth - 1);
    const char *key;
    json_t *member;
    json_object_foreach(json_mutable(value), key, member) weight +=
        strlen(key) + weight_of(member, depth - 1);
    return weight;
}

struct object *object_new_take(const struct resource *r, json_t *json, int64_t rv) {
    struct object *o = xcalloc(1, sizeof(*o));
    o->refs = 1;
    o->rv = rv;
    o->resource = r;
    o->json = json;
    o->weight = weight_of(json, 64);
    return o;
}

struct object *object_at_version(const struct object *o, int64_t rv) {
    char text[24];
    json_t *json = json_copy(o->json);
    json_object_set_new(json, "metadata", json_copy(json_object_get(json, "metadata")));
    snprintf(text, sizeof(text), "%lld", (long long)rv);
    json_set_str(json_object_get(json, "metadata"), "resourceVersion", text);
    return object_new_take(o->resource, json, rv);
}

struct object *object_ref(struct object *o) {
    o->refs++;
    return o;
}

void object_unref(struct object *o) {
    if (!o || --o->refs > 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(o->texts); i++)
        free(o->texts[i].data);
    json_decref(o->json);
    free(o);
}

const char *object_name(const struct object *o) {
    const char *name = json_str(o->json, "metadata", "name", NULL);
    return name ? name : "";
}

const char *object_ns(const struct object *o) {
    const char *ns = json_str(o->json, "metadata", "namespace", NULL);
    return ns ? ns : "";
}

char *object_api_version(const struct resource_home *h) {
    return h->group[0] ? xasprintf("%s/%s", h->group, h->version) : xstrdup(h->version);
}

static void add_escaped(struct buf *b, const char *segment) {
    for (const char *p = segment; *p; p++)
        if (isalnum((unsigned char)*p) || strchr("-._~$&+=@", *p))
            buf_addc(b, *p);
        else
            buf_addf(b, "%%%02X", (unsigned)(unsigned char)*p);
}

char *object_self_link(const struct resource *r, size_t home, const char *ns, const char *name) {
    const struct resource_home *h = &r->homes[home];
    struct buf b = BUF_INIT;
    if (h->group[0])
        buf_addf(&b, "/apis/%s/%s/", h->group, h->version);
    else
        buf_addf(&b, "/api/%s/", h->version);
    if (ns && ns[0] && (r->flags & RESOURCE_NAMESPACED))
        buf_addf(&b, "namespaces/%s/", ns);
    buf_adds(&b, r->name);
    if (name) {
        buf_addc(&b, '/');
        add_escaped(&b, name);
    }
    return buf_detach(&b);
}

/* Objects of the storage version are served as they are; another version differs in apiVersion and
 * selfLink, so two shallow copies are enough (but for the few that are converted). */
json_t *object_json(const struct object *o, size_t home) {
    json_t *copy = json_copy(o->json);
    if (home == 0)
        return copy;
    CLEANUP(str_freep) char *version = object_api_version(&o->resource->homes[home]);
    json_set_str(copy, "apiVersion", version);
    json_t *meta = json_copy(json_object_get(o->json, "metadata"));
    if (json_object_get(meta, "selfLink")) {
        CLEANUP(str_freep)
        char *link = object_self_link(o->resource, home, object_ns(o), object_name(o));
        json_set_str(meta, "selfLink", link);
    }
    json_object_set_new(copy, "metadata", meta);
    convert_to_home(o->resource, home, copy);
    return copy;
}

const struct object_text *object_text(struct object *o, size_t home) {
    struct object_text *t = &o->texts[home];
    if (t->data)
        return t;
    json_t *json = home ? object_json(o, home) : json_incref(o->json);
    struct buf b = BUF_INIT;
    buf_addf(&b, "{\"kind\":\"%s\",\"apiVersion\":\"%s\"", o->resource->kind,
             json_str(json, "apiVersion", NULL));
    t->body = b.len + 1; /* behind the comma that every object has here: there is metadata */
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value) {
        if (str_eq(key, "kind") || str_eq(key, "apiVersion"))
            continue;
        buf_addc(&b, ',');
        CLEANUP(json_freep) json_t *name = json_string(key);
        CLEANUP(str_freep) char *quoted = json_dumps(name, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_adds(&b, quoted ? quoted : "\"\"");
        buf_addc(&b, ':');
        json_dump_to(value, false, &b);
    }
    buf_adds(&b, "}\n");
    json_decref(json);
    t->len = b.len;
    t->data = buf_detach(&b);
    return t;
}
