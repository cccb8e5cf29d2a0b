#include "mocks/apiserver/protobuf.h"

#include "harness/core/base64.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/schema.h"
#include "mocks/apiserver/wire.h"

#include <string.h>

struct decoder {
    size_t values; /* made so far */
    struct err *err;
};

static int decode_message(struct decoder *d, const struct schema_type *type, const uint8_t *bytes,
                          size_t len, int depth, json_t *into);
static json_t *decode_envelope(struct decoder *d, const uint8_t *data, size_t len, int depth);

static json_t *malformed(struct decoder *d, const char *what) {
    err_set(d->err, ERR_INPUT, "malformed protobuf: %s", what);
    return NULL;
}

/* --- well-known messages -------------------------------------------------------------------- */

/* The numbers and the first text of a small message, by tag up to 3. */
struct small {
    uint64_t numbers[4];
    const uint8_t *texts[4];
    size_t lens[4];
};

static bool read_small(const struct wire_field *field, struct small *ret) {
    struct wire_reader r = wire_reader_of(field->bytes, field->len);
    struct wire_field inner;
    int more;
    *ret = (struct small){0};
    while ((more = wire_next(&r, &inner)) > 0) {
        if (inner.tag > 3)
            continue;
        if (inner.type == WIRE_BYTES) {
            ret->texts[inner.tag] = inner.bytes;
            ret->lens[inner.tag] = inner.len;
        } else {
            ret->numbers[inner.tag] = inner.number;
        }
    }
    return more == 0;
}

static json_t *decode_time(struct decoder *d, const struct wire_field *field, bool micro) {
    enum { SECONDS_MAX = 2000000000 };
    struct small s;
    char text[CLOCK_TEXT_SIZE];
    if (!read_small(field, &s))
        return malformed(d, "time");
    int64_t seconds = (int64_t)s.numbers[1];
    if (field->len == 0 || seconds < 0 || seconds / 100 > SECONDS_MAX)
        return json_null(); /* the zero time */
    clock_format_utc(seconds * 1000, text);
    if (!micro)
        return json_string(text);
    text[strlen(text) - 1] = '\0'; /* Z */
    return json_sprintf("%s.%06dZ", text, (int)(s.numbers[2] / 1000 % 1000000));
}

static json_t *text_of(struct decoder *d, const uint8_t *bytes, size_t len) {
    json_t *text = json_stringn(bytes ? (const char *)bytes : "", len);
    return text ? text : malformed(d, "a string is not UTF-8");
}

static json_t *decode_int_or_string(struct decoder *d, const struct wire_field *field) {
    struct small s;
    if (!read_small(field, &s))
        return malformed(d, "IntOrString");
    if (s.numbers[1] == 1)
        return text_of(d, s.texts[3], s.lens[3]);
    return json_integer((int32_t)(uint32_t)s.numbers[2]);
}

static json_t *decode_raw(struct decoder *d, const struct wire_field *field, int depth) {
    struct small s;
    if (!read_small(field, &s))
        return malformed(d, "RawExtension");
    if (s.lens[1] == 0)
        return json_null();
    if (s.lens[1] >= 4 && memcmp(s.texts[1], "k8s", 4) == 0)
        return decode_envelope(d, s.texts[1], s.lens[1], depth);
    json_t *value = json_loadb((const char *)s.texts[1], s.lens[1], JSON_DECODE_ANY, NULL);
    return value ? value : malformed(d, "embedded JSON");
}

static json_t *decode_strings(struct decoder *d, const struct wire_field *field) {
    struct wire_reader r = wire_reader_of(field->bytes, field->len);
    struct wire_field item;
    int more;
    json_t *list = json_array();
    while ((more = wire_next(&r, &item)) > 0) {
        if (item.tag != 1 || item.type != WIRE_BYTES)
            continue;
        json_t *text = ++d->values > PROTOBUF_VALUES_MAX ? NULL : text_of(d, item.bytes, item.len);
        if (!text)
            break;
        json_array_append_new(list, text);
    }
    if (more == 0)
        return list;
    json_decref(list);
    return malformed(d, "list of strings");
}

/* As Go prints a duration: the largest unit that is not zero and all below it. */
static json_t *duration_text(int64_t nanoseconds) {
    int64_t seconds = nanoseconds / 1000000000;
    if (seconds <= 0)
        return json_string("0s");
    if (seconds < 60)
        return json_sprintf("%llds", (long long)seconds);
    if (seconds < 3600)
        return json_sprintf("%lldm%llds", (long long)(seconds / 60), (long long)(seconds % 60));
    return json_sprintf("%lldh%lldm%llds", (long long)(seconds / 3600),
                        (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

/* --- values --------------------------------------------------------------------------------- */

static json_t *decode_number(const struct schema_field *field, const struct wire_field *wire) {
    double number;
    switch ((enum schema_form)field->form) {
    case SCHEMA_BOOL:
        return json_boolean(wire->number != 0);
    case SCHEMA_INT32:
        return json_integer((int32_t)(uint32_t)wire->number);
    case SCHEMA_INT64:
        return json_integer((int64_t)wire->number);
    case SCHEMA_DOUBLE:
        memcpy(&number, &wire->number, sizeof(number));
        return json_real(number); /* NULL when it is not finite */
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_TIME:
    case SCHEMA_MICROTIME:
    case SCHEMA_DURATION:
    case SCHEMA_QUANTITY:
    case SCHEMA_INTORSTRING:
    case SCHEMA_RAW:
    case SCHEMA_RAWJSON:
    case SCHEMA_STRINGS:
    case SCHEMA_MESSAGE:
        break;
    }
    return NULL;
}

static json_t *decode_bytes(struct decoder *d, const struct schema_field *field,
                            const struct wire_field *wire, int depth) {
    struct small s;
    json_t *value;
    char *text;
    switch ((enum schema_form)field->form) {
    case SCHEMA_STRING:
        return text_of(d, wire->bytes, wire->len);
    case SCHEMA_BYTES:
        text = base64_encode(wire->bytes, wire->len);
        value = json_string(text);
        free(text);
        return value;
    case SCHEMA_TIME:
    case SCHEMA_MICROTIME:
        return decode_time(d, wire, field->form == SCHEMA_MICROTIME);
    case SCHEMA_DURATION:
        return read_small(wire, &s) ? duration_text((int64_t)s.numbers[1])
                                    : malformed(d, "duration");
    case SCHEMA_QUANTITY:
        if (!read_small(wire, &s))
            return malformed(d, "quantity");
        return s.lens[1] ? text_of(d, s.texts[1], s.lens[1]) : json_string("0");
    case SCHEMA_INTORSTRING:
        return decode_int_or_string(d, wire);
    case SCHEMA_RAW:
    case SCHEMA_RAWJSON:
        return decode_raw(d, wire, depth + 1);
    case SCHEMA_STRINGS:
        return decode_strings(d, wire);
    case SCHEMA_MESSAGE:
        value = json_object();
        if (decode_message(d, field->type, wire->bytes, wire->len, depth + 1, value) == 0)
            return value;
        json_decref(value);
        return NULL;
    case SCHEMA_BOOL:
    case SCHEMA_INT32:
    case SCHEMA_INT64:
    case SCHEMA_DOUBLE:
        break;
    }
    return malformed(d, field->name);
}

/* One value of the field, owned; NULL: d->err says why. */
static json_t *decode_value(struct decoder *d, const struct schema_field *field,
                            const struct wire_field *wire, int depth) {
    if (++d->values > PROTOBUF_VALUES_MAX) {
        err_set(d->err, ERR_LIMIT, "protobuf object with more than %d values", PROTOBUF_VALUES_MAX);
        return NULL;
    }
    if (wire->type == WIRE_BYTES)
        return decode_bytes(d, field, wire, depth);
    json_t *value = decode_number(field, wire);
    return value ? value : malformed(d, field->name);
}

/* A zero that Go would leave out: it writes them all, and only a pointer tells zero from nothing.
 */
static bool is_left_out(const struct schema_field *field, const json_t *value) {
    if (json_is_null(value))
        return true;
    if (field->flags & (SCHEMA_OPTIONAL | SCHEMA_REQUIRED))
        return false;
    return json_is_false(value) || (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static int add_map_entry(struct decoder *d, const struct schema_field *field,
                         const struct wire_field *wire, int depth, json_t *into) {
    struct wire_reader r = wire_reader_of(wire->bytes, wire->len);
    struct wire_field part, value_part = {.tag = 2, .type = WIRE_BYTES};
    CLEANUP(json_freep) json_t *key = json_string("");
    int more;
    while ((more = wire_next(&r, &part)) > 0) {
        if (part.tag == 2)
            value_part = part;
        if (part.tag != 1 || part.type != WIRE_BYTES)
            continue;
        json_decref(key);
        key = text_of(d, part.bytes, part.len);
        if (!key)
            return ERR_INPUT;
    }
    if (more < 0)
        return err_set(d->err, ERR_INPUT, "malformed protobuf: map %s", field->name);
    /* A number of value 0 may stand for itself by not being there. */
    if (!value_part.bytes && field->form != SCHEMA_STRING && field->form != SCHEMA_BYTES &&
        value_part.type == WIRE_BYTES &&
        (field->form == SCHEMA_BOOL || field->form == SCHEMA_INT32 || field->form == SCHEMA_INT64))
        value_part.type = WIRE_VARINT;
    json_t *value = decode_value(d, field, &value_part, depth);
    if (!value)
        return d->err->code;
    if (json_object_set_new(json_ensure_object(into, field->name), json_string_value(key), value))
        return err_set(d->err, ERR_INPUT, "malformed protobuf: key of map %s", field->name);
    return 0;
}

/* A list of numbers may come packed into one field. */
static int add_packed(struct decoder *d, const struct schema_field *field,
                      const struct wire_field *wire, json_t *list) {
    struct wire_reader r = wire_reader_of(wire->bytes, wire->len);
    while (r.at < r.end) {
        struct wire_field one = {.tag = wire->tag, .type = WIRE_VARINT};
        if (!wire_varint(&r, &one.number))
            return err_set(d->err, ERR_INPUT, "malformed protobuf: list %s", field->name);
        json_t *value = decode_value(d, field, &one, 0);
        if (!value)
            return d->err->code;
        json_array_append_new(list, value);
    }
    return 0;
}

static bool is_integer_form(const struct schema_field *field) {
    return field->form == SCHEMA_BOOL || field->form == SCHEMA_INT32 || field->form == SCHEMA_INT64;
}

static int add_field(struct decoder *d, const struct schema_field *field,
                     const struct wire_field *wire, int depth, json_t *into) {
    if (field->flags & SCHEMA_INLINE)
        return wire->type == WIRE_BYTES
                   ? decode_message(d, field->type, wire->bytes, wire->len, depth + 1, into)
                   : err_set(d->err, ERR_INPUT, "malformed protobuf: %s", field->name);
    if (field->shape == SCHEMA_MAP)
        return wire->type == WIRE_BYTES
                   ? add_map_entry(d, field, wire, depth, into)
                   : err_set(d->err, ERR_INPUT, "malformed protobuf: %s", field->name);
    if (field->shape == SCHEMA_LIST && wire->type == WIRE_BYTES && is_integer_form(field))
        return add_packed(d, field, wire, json_ensure_array(into, field->name));

    json_t *value = decode_value(d, field, wire, depth);
    if (!value)
        return d->err->code;
    if (field->shape == SCHEMA_LIST) {
        json_array_append_new(json_ensure_array(into, field->name), value);
        return 0;
    }
    if (is_left_out(field, value)) {
        json_decref(value);
        json_object_del(into, field->name);
        return 0;
    }
    json_object_set_new(into, field->name, value);
    return 0;
}

static const struct schema_field *field_by_tag(const struct schema_type *type, uint32_t tag) {
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].tag == tag)
            return &type->fields[i];
    return NULL;
}

static int decode_message(struct decoder *d, const struct schema_type *type, const uint8_t *bytes,
                          size_t len, int depth, json_t *into) {
    struct wire_reader r = wire_reader_of(bytes, len);
    struct wire_field wire;
    int more;
    if (depth > PROTOBUF_DEPTH_MAX)
        return err_set(d->err, ERR_LIMIT, "protobuf object nests deeper than %d messages",
                       PROTOBUF_DEPTH_MAX);
    while ((more = wire_next(&r, &wire)) > 0) {
        const struct schema_field *field = field_by_tag(type, wire.tag);
        if (!field)
            continue; /* of a newer version */
        int rc = add_field(d, field, &wire, depth, into);
        if (rc < 0)
            return rc;
    }
    return more == 0
               ? 0
               : err_set(d->err, ERR_INPUT, "malformed protobuf: %s.%s", type->package, type->name);
}

/* --- lists and the envelope ----------------------------------------------------------------- */

static int decode_list(struct decoder *d, const struct schema_type *item, const uint8_t *bytes,
                       size_t len, int depth, json_t *into) {
    const struct schema_field fields[] = {
        {.name = "metadata",
         .tag = 1,
         .form = SCHEMA_MESSAGE,
         .type = schema_find_type("meta.v1", "ListMeta")},
        {.name = "items", .tag = 2, .form = SCHEMA_MESSAGE, .shape = SCHEMA_LIST, .type = item},
    };
    const struct schema_type list = {
        .package = item->package, .name = "List", .fields = fields, .count = ARRAY_LEN(fields)};
    json_ensure_array(into, "items");
    return decode_message(d, &list, bytes, len, depth, into);
}

static int decode_object(struct decoder *d, const char *api_version, const char *kind,
                         const struct wire_field *raw, int depth, json_t *into) {
    const struct schema_type *type = schema_find(api_version, kind);
    if (type)
        return decode_message(d, type, raw->bytes, raw->len, depth, into);
    if (str_has_suffix(kind, "List")) {
        CLEANUP(str_freep) char *item = xstrndup(kind, strlen(kind) - strlen("List"));
        type = schema_find(api_version, item);
        if (type)
            return decode_list(d, type, raw->bytes, raw->len, depth, into);
    }
    return err_set(d->err, ERR_NOT_FOUND, "no kind \"%.100s\" is registered for version \"%.100s\"",
                   kind, api_version);
}

/* The fields of a runtime.Unknown. */
static bool read_unknown(const uint8_t *data, size_t len, struct wire_field ret_fields[5]) {
    struct wire_reader r = wire_reader_of(data, len);
    struct wire_field field;
    int more;
    memset(ret_fields, 0, 5 * sizeof(*ret_fields));
    while ((more = wire_next(&r, &field)) > 0)
        if (field.tag < 5 && field.type == WIRE_BYTES)
            ret_fields[field.tag] = field;
    return more == 0;
}

static json_t *decode_envelope(struct decoder *d, const uint8_t *data, size_t len, int depth) {
    struct wire_field unknown[5];
    struct small type;
    if (depth > PROTOBUF_DEPTH_MAX)
        return malformed(d, "too many objects in objects");
    if (len < 4 || memcmp(data, "k8s", 4) != 0)
        return malformed(d, "it does not begin with \"k8s\\0\"");
    if (!read_unknown(data + 4, len - 4, unknown) || !read_small(&unknown[1], &type))
        return malformed(d, "the envelope");
    if (unknown[3].len)
        return malformed(d, "the envelope has a content encoding");

    CLEANUP(json_freep) json_t *object = json_object();
    CLEANUP(json_freep) json_t *api_version = text_of(d, type.texts[1], type.lens[1]);
    CLEANUP(json_freep) json_t *kind = text_of(d, type.texts[2], type.lens[2]);
    if (!api_version || !kind)
        return NULL;
    json_object_set(object, "apiVersion", api_version);
    json_object_set(object, "kind", kind);
    if (decode_object(d, json_string_value(api_version), json_string_value(kind), &unknown[2],
                      depth, object) < 0)
        return NULL;
    return json_take(&object);
}

json_t *protobuf_decode(const void *data, size_t len, struct err *err) {
    struct err own = {0};
    struct decoder d = {.err = err ? err : &own};
    return decode_envelope(&d, data, len, 0);
}
