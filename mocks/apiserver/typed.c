#include "mocks/apiserver/typed.h"

#include "harness/core/str.h"
#include "mocks/apiserver/convert.h"
#include "mocks/apiserver/quantity.h"
#include "mocks/apiserver/schema.h"

#include <ctype.h>

#define DEPTH_MAX 128

static const struct schema_type *type_of(const struct request *q, size_t home) {
    const struct resource *r = q->kind->resource;
    if (q->kind->custom)
        return NULL;
    CLEANUP(str_freep) char *version = object_api_version(&r->homes[home]);
    const struct schema_type *type = schema_find(version, r->kind);
    return type ? type : schema_find_kind(r->kind);
}

static bool fits(const struct schema_field *f, const json_t *v) {
    if (json_is_null(v))
        return true;
    switch ((enum schema_form)f->form) {
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_TIME:
    case SCHEMA_MICROTIME:
    case SCHEMA_DURATION:
        return json_is_string(v);
    case SCHEMA_BOOL:
        return json_is_boolean(v);
    case SCHEMA_INT32:
    case SCHEMA_INT64:
        return json_is_integer(v) ||
               (json_is_real(v) && json_real_value(v) >= -1e18 && json_real_value(v) <= 1e18 &&
                json_real_value(v) == (double)(int64_t)json_real_value(v));
    case SCHEMA_DOUBLE:
        return json_is_number(v);
    case SCHEMA_QUANTITY:
        return json_is_string(v) || json_is_number(v);
    case SCHEMA_INTORSTRING:
        return json_is_string(v) || json_is_integer(v);
    case SCHEMA_RAW:
    case SCHEMA_RAWJSON:
        return true;
    case SCHEMA_STRINGS:
        return json_is_array(v);
    case SCHEMA_MESSAGE:
        return json_is_object(v);
    }
    return true;
}

static const char *json_name(const json_t *v) {
    return json_is_string(v)    ? "string"
           : json_is_number(v)  ? "number"
           : json_is_boolean(v) ? "bool"
           : json_is_array(v)   ? "array"
                                : "object";
}

static const char *go_name(const struct schema_field *f) {
    switch ((enum schema_form)f->form) {
    case SCHEMA_STRING:
        return "string";
    case SCHEMA_BYTES:
        return "[]uint8";
    case SCHEMA_BOOL:
        return "bool";
    case SCHEMA_INT32:
        return "int32";
    case SCHEMA_INT64:
        return "int64";
    case SCHEMA_DOUBLE:
        return "float64";
    case SCHEMA_TIME:
    case SCHEMA_MICROTIME:
        return "time.Time";
    case SCHEMA_DURATION:
        return "time.Duration";
    case SCHEMA_QUANTITY:
        return "resource.Quantity";
    case SCHEMA_INTORSTRING:
        return "intstr.IntOrString";
    case SCHEMA_RAW:
    case SCHEMA_RAWJSON:
        return "runtime.RawExtension";
    case SCHEMA_STRINGS:
        return "[]string";
    case SCHEMA_MESSAGE:
        return f->type ? f->type->name : "struct";
    }
    return "";
}

/* Where Go's decoder of base64 stops, as it counts; false when it reads all. */
static bool base64_stops(const char *text, size_t *ret_at) {
    size_t in = 0, quantum = 0, pads = 0;
    for (; text[in]; in++) {
        unsigned char c = (unsigned char)text[in];
        if (c == '\r' || c == '\n')
            continue;
        bool pad = c == '=';
        *ret_at = in;
        if (pad ? quantum < 2 : (pads > 0 || !(isalnum(c) || c == '+' || c == '/')))
            return true;
        pads += pad;
        quantum = (quantum + 1) % 4;
    }
    *ret_at = pads ? in : in - quantum;
    return quantum != 0;
}

struct check {
    char path[256]; /* of the value that does not fit */
    char expected[96];
    const char *found, *owner;
    char problem[160]; /* with a value of the right type; then nothing else is said */
};

/* Of the right type, and yet not what it must be. */
static bool reads(const struct schema_field *f, const json_t *v, struct check *c) {
    const char *text = json_string_value(v), *problem;
    size_t at;
    if (text && f->form == SCHEMA_BYTES && base64_stops(text, &at))
        snprintf(c->problem, sizeof(c->problem), "illegal base64 data at input byte %zu", at);
    else if (text && f->form == SCHEMA_QUANTITY && (problem = quantity_problem(text)))
        snprintf(c->problem, sizeof(c->problem), "%s", problem);
    return !c->problem[0];
}

static bool check_message(const struct schema_type *type, const json_t *object, const char *path,
                          int depth, struct check *c);

static bool check_one(const struct schema_type *owner, const struct schema_field *f,
                      const json_t *v, const char *path, int depth, struct check *c) {
    if (!fits(f, v)) {
        snprintf(c->path, sizeof(c->path), "%s", path);
        snprintf(c->expected, sizeof(c->expected), "%s", go_name(f));
        c->found = json_name(v);
        c->owner = owner->name;
        return false;
    }
    if (!reads(f, v, c))
        return false;
    return f->form != SCHEMA_MESSAGE || !f->type || json_is_null(v) ||
           check_message(f->type, v, path, depth + 1, c);
}

static bool check_field(const struct schema_type *owner, const struct schema_field *f,
                        const json_t *v, const char *path, int depth, struct check *c) {
    bool shaped = f->shape == SCHEMA_ONE || json_is_null(v) ||
                  (f->shape == SCHEMA_LIST ? json_is_array(v) : json_is_object(v));
    if (!shaped) {
        snprintf(c->path, sizeof(c->path), "%s", path);
        snprintf(c->expected, sizeof(c->expected), "%s%s",
                 f->shape == SCHEMA_LIST ? "[]" : "map[string]", go_name(f));
        c->found = json_name(v);
        c->owner = owner->name;
        return false;
    }
    if (f->shape == SCHEMA_ONE)
        return check_one(owner, f, v, path, depth, c);
    for (size_t i = 0; f->shape == SCHEMA_LIST && i < json_array_size(v); i++)
        if (!check_one(owner, f, json_array_get(v, i), path, depth, c))
            return false;
    const char *key;
    json_t *member;
    if (f->shape == SCHEMA_MAP)
        json_object_foreach(json_mutable(v), key,
                            member) if (!check_one(owner, f, member, path, depth, c)) return false;
    return true;
}

static bool check_message(const struct schema_type *type, const json_t *object, const char *path,
                          int depth, struct check *c) {
    const char *key;
    json_t *value;
    if (depth > DEPTH_MAX)
        return true;
    json_object_foreach(json_mutable(object), key, value) {
        const struct schema_field *f = schema_field_of(type, key);
        char below[256];
        snprintf(below, sizeof(below), "%s%s%.64s", path, path[0] ? "." : "", key);
        if (f && !check_field(type, f, value, below, depth, c))
            return false;
    }
    return true;
}

bool typed_check(const struct request *q, const json_t *object, struct answer *a) {
    const struct schema_type *type = type_of(q, q->home);
    struct check c = {.found = NULL};
    if (!type || check_message(type, object, "", 0, &c))
        return true;
    const char *kind = q->kind->resource->kind;
    if (c.problem[0]) {
        answer_bad_request(a, "%s in version \"%s\" cannot be handled as a %s: %s", kind,
                           q->version, kind, c.problem);
        return false;
    }
    answer_bad_request(a,
                       "%s in version \"%s\" cannot be handled as a %s: json: cannot unmarshal %s "
                       "into Go struct field %s.%s of type %s",
                       kind, q->version, kind, c.found, c.owner, c.path, c.expected);
    return false;
}

static json_t *order_message(const struct schema_type *type, const json_t *object, int depth);

/* Numbers where a quantity stands become its text: cpu: 0.5 is "500m". */
static json_t *quantity(const json_t *v) {
    if (json_is_integer(v))
        return json_sprintf("%lld", (long long)json_integer_value(v));
    double milli = json_real_value(v) * 1000;
    if (milli >= -1e15 && milli <= 1e15 && (double)(int64_t)milli == milli)
        return (int64_t)milli % 1000 == 0 ? json_sprintf("%lld", (long long)milli / 1000)
                                          : json_sprintf("%lldm", (long long)milli);
    return json_sprintf("%g", json_real_value(v));
}

static json_t *order_one(const struct schema_field *f, json_t *v, int depth) {
    if (f->form == SCHEMA_MESSAGE && f->type && json_is_object(v))
        return order_message(f->type, v, depth + 1);
    if (f->form == SCHEMA_QUANTITY && json_is_number(v))
        return quantity(v);
    if ((f->form == SCHEMA_INT32 || f->form == SCHEMA_INT64) && json_is_real(v))
        return json_integer((json_int_t)json_real_value(v));
    return json_deep_copy(v);
}

static json_t *order_field(const struct schema_field *f, json_t *v, int depth) {
    if (f->shape == SCHEMA_LIST && json_is_array(v)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(v); i++)
            json_array_append_new(list, order_one(f, json_array_get(v, i), depth));
        return list;
    }
    if (f->shape == SCHEMA_MAP && json_is_object(v)) {
        json_t *map = json_object(), *member;
        const char *key;
        json_object_foreach(v, key, member) {
            if (!json_is_null(member))
                json_object_set_new(map, key, order_one(f, member, depth));
            else if (f->form == SCHEMA_STRING || f->form == SCHEMA_QUANTITY) /* no null in Go */
                json_object_set_new(map, key, json_string(f->form == SCHEMA_STRING ? "" : "0"));
        }
        return map;
    }
    return order_one(f, v, depth);
}

/* Times that Go writes even when they are not set: of a template, a condition, an event. */
static bool is_written_as_null(const char *field) {
    static const char *const times[] = {"creationTimestamp", "lastProbeTime", "lastTransitionTime",
                                        "eventTime"};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if (str_eq(times[i], field))
            return true;
    return false;
}

static void order_into(const struct schema_type *type, const json_t *object, int depth,
                       json_t *into) {
    for (size_t i = 0; i < type->count && depth < DEPTH_MAX; i++) {
        const struct schema_field *f = &type->fields[i];
        if ((f->flags & SCHEMA_INLINE) && f->type) {
            order_into(f->type, object, depth + 1, into);
            continue;
        }
        json_t *v = json_object_get(object, f->name);
        if (v && (!json_is_null(v) || is_written_as_null(f->name)))
            json_object_set_new(into, f->name, order_field(f, v, depth));
    }
}

static json_t *order_message(const struct schema_type *type, const json_t *object, int depth) {
    json_t *ordered = json_object();
    order_into(type, object, depth, ordered);
    return ordered;
}

void typed_order(const struct request *q, json_t *object) {
    const struct schema_type *type =
        type_of(q, convert_differs(q->kind->resource, q->home) ? 0 : q->home);
    if (!type)
        return;
    static const char *const first[] = {"kind", "apiVersion", "metadata"};
    json_t *ordered = json_object(), *value;
    const char *key;
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        json_object_set(ordered, first[i], json_object_get(object, first[i]));
    json_t *rest = json_copy(object);
    json_object_del(rest, "metadata");
    order_into(type, rest, 0, ordered);
    json_decref(rest);
    json_object_clear(object);
    json_object_foreach(ordered, key, value) json_object_set(object, key, value);
    json_decref(ordered);
}
