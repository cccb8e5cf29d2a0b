#include "mocks/apiserver/crd.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/apiserver/watch.h"

#include <regex.h>

#define VERSIONS_MAX (OBJECT_HOMES_MAX - 1)
#define SCHEMA_DEPTH_MAX 64

json_t *crd_all(const struct apiserver *s) {
    const struct kind *k = store_kind_any(s, "apiextensions.k8s.io", "customresourcedefinitions");
    json_t *all = json_array();
    for (const struct slot *slot = k ? k->objects.head[0] : NULL; slot; slot = slot->next[0])
        json_array_append(all, slot->object->json);
    return all;
}

static const char *text(const json_t *o, const char *key) {
    const char *value = json_string_value(json_object_get(o, key));
    return value ? value : "";
}

static char *joined(const json_t *list) {
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < json_array_size(list); i++)
        buf_addf(&b, "%s%s", i ? "," : "", json_string_value(json_array_get(list, i)));
    return buf_detach(&b);
}

/* All texts of the resource are in one json value, owned through the kind's definition copy. */
static struct resource *resource_of(const json_t *crd) {
    const json_t *spec = json_object_get(crd, "spec"), *names = json_object_get(spec, "names");
    const json_t *versions = json_object_get(spec, "versions");
    struct resource *r = xcalloc(1, sizeof(*r));
    r->name = xstrdup(text(names, "plural"));
    r->kind = xstrdup(text(names, "kind"));
    r->singular = xstrdup(text(names, "singular"));
    r->short_names = joined(json_object_get(names, "shortNames"));
    r->categories = joined(json_object_get(names, "categories"));
    r->internal_group = xstrdup(text(spec, "group"));
    r->flags = str_eq(text(spec, "scope"), "Cluster") ? 0 : RESOURCE_NAMESPACED;
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(versions) && n < VERSIONS_MAX; i++)
        if (!json_is_false(json_object_get(json_array_get(versions, i), "served")))
            r->homes[n++] = (struct resource_home){
                r->internal_group, xstrdup(text(json_array_get(versions, i), "name"))};
    if (n == 0)
        r->homes[n++] = (struct resource_home){r->internal_group, xstrdup(text(spec, "version"))};
    return r;
}

static void free_text(const char *s) {
    free((void *)(uintptr_t)s);
}

void crd_release(struct kind *k) {
    struct resource *r = k->custom;
    if (!r)
        return;
    for (const struct resource_home *h = r->homes; h->group; h++)
        free_text(h->version);
    free_text(r->name);
    free_text(r->kind);
    free_text(r->singular);
    free_text(r->short_names);
    free_text(r->categories);
    free_text(r->internal_group);
    free(r);
    json_decref(json_mutable(k->definition));
}

static struct kind *kind_of(const struct apiserver *s, const json_t *crd) {
    for (size_t i = 0; i < s->kind_count; i++)
        if (s->kinds[i]->custom && !s->kinds[i]->gone &&
            str_eq(json_str(s->kinds[i]->definition, "metadata", "uid", NULL),
                   json_str(crd, "metadata", "uid", NULL)))
            return s->kinds[i];
    return NULL;
}

static bool has_subresource(const json_t *crd, const char *name) {
    const json_t *versions = json_at(crd, "spec", "versions", NULL);
    if (json_at(crd, "spec", "subresources", name, NULL))
        return true;
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (json_at(json_array_get(versions, i), "subresources", name, NULL))
            return true;
    return false;
}

/* The objects go with their definition, each with its event. */
static void withdraw(struct apiserver *s, struct kind *k) {
    while (k->objects.head[0]) {
        const struct object *o = k->objects.head[0]->object;
        CLEANUP(str_freep) char *ns = xstrdup(object_ns(o));
        CLEANUP(str_freep) char *name = xstrdup(object_name(o));
        object_unref(store_remove(s, k, ns, name));
    }
    watch_end_all(s, k);
    k->gone = true;
}

void crd_changed(struct apiserver *s, const struct change *c) {
    if (!str_eq(c->kind->resource->kind, "CustomResourceDefinition") || c->kind->custom)
        return;
    const json_t *crd = c->object->json;
    struct kind *k = kind_of(s, crd);
    if (c->type == APISERVER_DELETED) {
        if (k)
            withdraw(s, k);
        return;
    }
    if (!k) {
        struct resource *r = resource_of(crd);
        k = store_add_kind(s, r);
        k->custom = r;
    }
    k->status_subresource = has_subresource(crd, "status");
    k->scale_subresource = has_subresource(crd, "scale");
    json_decref(json_mutable(k->definition));
    k->definition = json_incref(json_mutable(crd));
}

void crd_default(json_t *object) {
    json_t *spec = json_ensure_object(object, "spec"), *names = json_ensure_object(spec, "names");
    json_t *stored = json_array();
    char lower[256], now[CLOCK_TEXT_SIZE];
    snprintf(lower, sizeof(lower), "%s", text(names, "kind"));
    for (char *p = lower; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    if (!text(names, "singular")[0])
        json_set_str(names, "singular", lower);
    if (!text(names, "listKind")[0]) {
        CLEANUP(str_freep) char *list = xasprintf("%sList", text(names, "kind"));
        json_set_str(names, "listKind", list);
    }
    const json_t *versions = json_object_get(spec, "versions");
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (json_flag(json_array_get(versions, i), "storage", NULL))
            json_array_append(stored, json_object_get(json_array_get(versions, i), "name"));
    if (json_array_size(stored) == 0 && text(spec, "version")[0])
        json_array_append_new(stored, json_string(text(spec, "version")));
    clock_format_utc(clock_wall_ms(), now);
    json_t *conditions = json_array();
    static const char *const types[][3] = {
        {"NamesAccepted", "NoConflicts", "no conflicts found"},
        {"Established", "InitialNamesAccepted", "the initial names have been accepted"}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        json_array_append_new(conditions, json_pack("{s:s,s:s,s:s,s:s,s:s}", "type", types[i][0],
                                                    "status", "True", "lastTransitionTime", now,
                                                    "reason", types[i][1], "message", types[i][2]));
    json_object_del(object, "status");
    json_object_set_new(object, "status",
                        json_pack("{s:o,s:O,s:o}", "conditions", conditions, "acceptedNames", names,
                                  "storedVersions", stored));
}

void crd_validate(const json_t *object, json_t *causes) {
    const json_t *spec = json_object_get(object, "spec"), *names = json_object_get(spec, "names");
    const char *group = text(spec, "group"), *plural = text(names, "plural");
    const char *name = json_str(object, "metadata", "name", NULL);
    CLEANUP(str_freep) char *want = xasprintf("%s.%s", plural, group);
    if (!group[0])
        invalid_add(causes, "FieldValueRequired", "spec.group", "Required value");
    if (!plural[0])
        invalid_add(causes, "FieldValueRequired", "spec.names.plural", "Required value");
    if (!text(names, "kind")[0])
        invalid_add(causes, "FieldValueRequired", "spec.names.kind", "Required value");
    if (!text(spec, "version")[0] && json_array_size(json_object_get(spec, "versions")) == 0)
        invalid_add(causes, "FieldValueRequired", "spec.version", "Required value");
    if (!str_eq(text(spec, "scope"), "Cluster") && !str_eq(text(spec, "scope"), "Namespaced"))
        invalid_add(causes, "FieldValueRequired", "spec.scope", "Required value");
    if (name && group[0] && plural[0] && !str_eq(name, want))
        invalid_add(causes, "FieldValueInvalid", "metadata.name",
                    "Invalid value: \"%s\": must be spec.names.plural+\".\"+spec.group", name);
}

static const json_t *version_of(const struct kind *k, const char *version) {
    const json_t *versions = json_at(k->definition, "spec", "versions", NULL);
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (str_eq(text(json_array_get(versions, i), "name"), version))
            return json_array_get(versions, i);
    return NULL;
}

const json_t *crd_columns(const struct kind *k, const char *version) {
    const json_t *own = json_object_get(version_of(k, version), "additionalPrinterColumns");
    return own ? own : json_at(k->definition, "spec", "additionalPrinterColumns", NULL);
}

static const char *type_name(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        return "null";
    }
    return "null";
}

static void check_value(const json_t *schema, const json_t *value, const char *field, size_t depth,
                        json_t *causes);

static void check_members(const json_t *schema, const json_t *value, const char *field,
                          size_t depth, json_t *causes) {
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *key = json_string_value(json_array_get(required, i));
        CLEANUP(str_freep) char *at = xasprintf("%s.%s", field, key ? key : "");
        if (key && !json_object_get(value, key))
            invalid_add(causes, "FieldValueRequired", field[0] ? at : key, "Required value");
    }
    const char *key;
    json_t *member;
    json_object_foreach(json_mutable(properties), key, member) {
        const json_t *have = json_object_get(value, key);
        CLEANUP(str_freep) char *at = field[0] ? xasprintf("%s.%s", field, key) : xstrdup(key);
        if (have)
            check_value(member, have, at, depth + 1, causes);
    }
}

static void check_bounds(const json_t *schema, const json_t *value, const char *field,
                         json_t *causes) {
    const json_t *minimum = json_object_get(schema, "minimum");
    const json_t *maximum = json_object_get(schema, "maximum");
    double number = json_number_value(value);
    if (json_is_number(minimum) && number < json_number_value(minimum))
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: %g: %s in body should be greater than or equal to %g", number,
                    field, json_number_value(minimum));
    if (json_is_number(maximum) && number > json_number_value(maximum))
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: %g: %s in body should be less than or equal to %g", number,
                    field, json_number_value(maximum));
}

/* A pattern that this machine's regular expressions do not know lets everything pass. */
static void check_pattern(const json_t *schema, const json_t *value, const char *field,
                          json_t *causes) {
    const char *pattern = json_str(schema, "pattern", NULL), *have = json_string_value(value);
    regex_t expression;
    if (!pattern || regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB))
        return;
    if (regexec(&expression, have, 0, NULL, 0) == REG_NOMATCH)
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: \"%s\": %s in body should match '%s'", have, field, pattern);
    regfree(&expression);
}

/* How many there are against how many there may be: of a string or a list. */
static void check_size(const json_t *schema, const char *most, const char *least, size_t size,
                       const char *of, const char *field, json_t *causes) {
    const char *verb = str_eq(of, "items") ? "have" : "be";
    int64_t max = json_int(schema, INT64_MAX, most, NULL), min = json_int(schema, 0, least, NULL);
    if ((int64_t)size > max)
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: \"\": %s in body should %s at most %lld %s", field, verb,
                    (long long)max, of);
    if ((int64_t)size < min)
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: \"\": %s in body should %s at least %lld %s", field, verb,
                    (long long)min, of);
}

static size_t characters(const json_t *text) {
    size_t count = 0;
    for (const char *p = json_string_value(text); *p; p++)
        count += (*p & 0xc0) != 0x80;
    return count;
}

static void tell_choices(const json_t *choices, const json_t *value, const char *field,
                         json_t *causes) {
    struct buf list = BUF_INIT;
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const json_t *choice = json_array_get(choices, i);
        char *text = json_dumps(choice, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_addf(&list, json_is_string(choice) ? "%s%s" : "%s\"%s\"", i ? ", " : "", text);
        free(text);
    }
    invalid_add(
        causes, "FieldValueNotSupported", field, "Unsupported value: \"%s\": supported values: %s",
        json_is_string(value) ? json_string_value(value) : type_name(value), buf_str(&list));
    buf_release(&list);
}

static void check_value(const json_t *schema, const json_t *value, const char *field, size_t depth,
                        json_t *causes) {
    const char *type = text(schema, "type"), *have = type_name(value);
    const json_t *choices = json_object_get(schema, "enum");
    bool fits = !type[0] || str_eq(type, have) ||
                (str_eq(type, "number") && str_eq(have, "integer")) ||
                (json_flag(schema, "x-kubernetes-int-or-string", NULL) && !json_is_object(value)) ||
                (json_is_null(value) && json_flag(schema, "nullable", NULL));
    if (depth > SCHEMA_DEPTH_MAX)
        return;
    if (!fits) {
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"", have, field,
                    type, have);
        return;
    }
    bool chosen = json_array_size(choices) == 0;
    for (size_t i = 0; i < json_array_size(choices); i++)
        chosen |= json_equal(json_array_get(choices, i), value);
    if (!chosen)
        tell_choices(choices, value, field, causes);
    if (json_is_string(value)) {
        check_size(schema, "maxLength", "minLength", characters(value), "chars long", field,
                   causes);
        check_pattern(schema, value, field, causes);
    }
    if (json_is_array(value))
        check_size(schema, "maxItems", "minItems", json_array_size(value), "items", field, causes);
    if (json_is_number(value))
        check_bounds(schema, value, field, causes);
    if (json_is_object(value))
        check_members(schema, value, field, depth, causes);
    for (size_t i = 0; i < json_array_size(value) && json_object_get(schema, "items"); i++) {
        CLEANUP(str_freep) char *at = xasprintf("%s[%zu]", field, i);
        check_value(json_object_get(schema, "items"), json_array_get(value, i), at, depth + 1,
                    causes);
    }
}

const char *crd_scale_path(const struct kind *k, const char *version, const char *which) {
    const char *path = json_str(version_of(k, version), "subresources", "scale", which, NULL);
    return path ? path : json_str(k->definition, "spec", "subresources", "scale", which, NULL);
}

const json_t *crd_schema(const struct kind *k, const char *version) {
    const json_t *own = json_at(version_of(k, version), "schema", "openAPIV3Schema", NULL);
    return own ? own : json_at(k->definition, "spec", "validation", "openAPIV3Schema", NULL);
}

void crd_validate_object(const struct kind *k, const char *version, const json_t *object,
                         json_t *causes) {
    const json_t *schema = crd_schema(k, version);
    if (schema)
        check_value(schema, object, "", 0, causes);
}
