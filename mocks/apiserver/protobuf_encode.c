#include "mocks/apiserver/protobuf.h"

#include "harness/core/base64.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/schema.h"
#include "mocks/apiserver/wire.h"

#include <string.h>

static int encode_message(const struct schema_type *type, const json_t *object, int depth,
                          struct buf *out, struct err *err);

static int mistyped(const struct schema_field *field, const char *expected, struct err *err) {
    return err_set(err, ERR_INPUT, "field %s cannot be encoded: expected %s", field->name,
                   expected);
}

static int encode_time(const struct schema_field *field, const json_t *value, struct buf *message,
                       struct err *err) {
    const char *text = json_string_value(value);
    int64_t wall_ms = text ? clock_parse_utc(text) : -1;
    if (wall_ms < 0)
        return mistyped(field, "a time like 2017-06-02T09:00:07Z", err);
    wire_add_number(message, 1, (uint64_t)(wall_ms / 1000));
    wire_add_number(message, 2, (uint64_t)(wall_ms % 1000 * 1000000));
    return 0;
}

/* Whole seconds of "1h2m3s"; -1 when it is something else. */
static int64_t duration_seconds(const char *text) {
    int64_t total = 0, number = 0;
    if (!text || !*text)
        return -1;
    for (; *text; text++) {
        if (*text >= '0' && *text <= '9' && number < 1000000000) {
            number = number * 10 + (*text - '0');
            continue;
        }
        int64_t unit = *text == 'h' ? 3600 : *text == 'm' ? 60 : *text == 's' ? 1 : 0;
        if (!unit)
            return -1;
        total += number * unit;
        number = 0;
    }
    return total;
}

static void encode_raw(const json_t *value, struct buf *message) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    wire_add_text(message, 1, text ? text : "null");
    free(text);
}

/* A quantity that JSON wrote as a bare number. */
static void encode_number_text(json_int_t number, struct buf *message) {
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    wire_add_text(message, 1, text);
}

/* The inside of a field that is a message on the wire. */
static int encode_inside(const struct schema_field *field, const json_t *value, int depth,
                         struct buf *message, struct err *err) {
    const char *text = json_string_value(value);
    int64_t seconds;
    switch ((enum schema_form)field->form) {
    case SCHEMA_TIME:
    case SCHEMA_MICROTIME:
        return encode_time(field, value, message, err);
    case SCHEMA_DURATION:
        seconds = duration_seconds(text);
        if (seconds < 0)
            return mistyped(field, "a duration like 1m30s", err);
        wire_add_number(message, 1, (uint64_t)seconds * 1000000000u);
        return 0;
    case SCHEMA_QUANTITY:
        if (json_is_integer(value))
            encode_number_text(json_integer_value(value), message);
        else if (text)
            wire_add_text(message, 1, text);
        else
            return mistyped(field, "a quantity", err);
        return 0;
    case SCHEMA_INTORSTRING:
        if (!text && !json_is_integer(value))
            return mistyped(field, "a number or a string", err);
        wire_add_number(message, 1, text != NULL);
        wire_add_number(message, 2, (uint64_t)json_integer_value(value));
        wire_add_text(message, 3, text ? text : "");
        return 0;
    case SCHEMA_RAW:
    case SCHEMA_RAWJSON:
        encode_raw(value, message);
        return 0;
    case SCHEMA_STRINGS:
        for (size_t i = 0; i < json_array_size(value); i++) {
            text = json_string_value(json_array_get(value, i));
            wire_add_text(message, 1, text ? text : "");
        }
        return 0;
    case SCHEMA_MESSAGE:
        return json_is_object(value) ? encode_message(field->type, value, depth + 1, message, err)
                                     : mistyped(field, "an object", err);
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_BOOL:
    case SCHEMA_INT32:
    case SCHEMA_INT64:
    case SCHEMA_DOUBLE:
        break;
    }
    return mistyped(field, "a message", err);
}

static int encode_bytes(const struct schema_field *field, uint32_t tag, const json_t *value,
                        struct buf *out, struct err *err) {
    size_t len;
    const char *text = json_string_value(value);
    char *bytes = text ? base64_decode(text, &len) : NULL;
    if (!bytes)
        return mistyped(field, "base64", err);
    wire_add_bytes(out, tag, bytes, len);
    free(bytes);
    return 0;
}

static int encode_value(const struct schema_field *field, uint32_t tag, const json_t *value,
                        int depth, struct buf *out, struct err *err) {
    switch ((enum schema_form)field->form) {
    case SCHEMA_STRING:
        if (!json_is_string(value))
            return mistyped(field, "a string", err);
        wire_add_bytes(out, tag, json_string_value(value), json_string_length(value));
        return 0;
    case SCHEMA_BYTES:
        return encode_bytes(field, tag, value, out, err);
    case SCHEMA_BOOL:
        if (!json_is_boolean(value))
            return mistyped(field, "true or false", err);
        wire_add_number(out, tag, json_is_true(value));
        return 0;
    case SCHEMA_INT32:
    case SCHEMA_INT64:
        if (!json_is_number(value))
            return mistyped(field, "a number", err);
        wire_add_number(out, tag, (uint64_t)json_integer_value(value));
        return 0;
    case SCHEMA_DOUBLE:
        if (!json_is_number(value))
            return mistyped(field, "a number", err);
        wire_add_double(out, tag, json_number_value(value));
        return 0;
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
    struct buf message = BUF_INIT;
    int rc = encode_inside(field, value, depth, &message, err);
    wire_add_message(out, tag, &message);
    return rc;
}

static int encode_map(const struct schema_field *field, const json_t *map, int depth,
                      struct buf *out, struct err *err) {
    const char *key;
    json_t *value;
    if (!json_is_object(map))
        return mistyped(field, "an object", err);
    json_object_foreach(json_mutable(map), key, value) {
        struct buf entry = BUF_INIT;
        wire_add_text(&entry, 1, key);
        int rc = json_is_null(value) ? 0 : encode_value(field, 2, value, depth, &entry, err);
        wire_add_message(out, field->tag, &entry);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int encode_list(const struct schema_field *field, const json_t *list, int depth,
                       struct buf *out, struct err *err) {
    if (!json_is_array(list))
        return mistyped(field, "an array", err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        int rc = encode_value(field, field->tag, json_array_get(list, i), depth, out, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int encode_field(const struct schema_field *field, const json_t *object, int depth,
                        struct buf *out, struct err *err) {
    const json_t *value =
        field->flags & SCHEMA_INLINE ? object : json_object_get(object, field->name);
    if (!value || json_is_null(value))
        return 0;
    switch ((enum schema_shape)field->shape) {
    case SCHEMA_MAP:
        return encode_map(field, value, depth, out, err);
    case SCHEMA_LIST:
        return encode_list(field, value, depth, out, err);
    case SCHEMA_ONE:
        break;
    }
    return encode_value(field, field->tag, value, depth, out, err);
}

static int encode_message(const struct schema_type *type, const json_t *object, int depth,
                          struct buf *out, struct err *err) {
    if (depth > PROTOBUF_DEPTH_MAX)
        return err_set(err, ERR_LIMIT, "object nests deeper than %d messages", PROTOBUF_DEPTH_MAX);
    for (size_t i = 0; i < type->count; i++) {
        int rc = encode_field(&type->fields[i], object, depth, out, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A list has no type of its own: metadata and items of one. */
static int encode_object_list(const struct schema_type *item, const json_t *list, struct buf *out,
                              struct err *err) {
    const json_t *items = json_object_get(list, "items");
    struct buf message = BUF_INIT;
    int rc = encode_message(schema_find_type("meta.v1", "ListMeta"),
                            json_object_get(list, "metadata"), 1, &message, err);
    wire_add_message(out, 1, &message);
    for (size_t i = 0; rc == 0 && i < json_array_size(items); i++) {
        rc = encode_message(item, json_array_get(items, i), 1, &message, err);
        wire_add_message(out, 2, &message);
    }
    return rc;
}

static int encode_raw_object(const json_t *object, const char *api_version, const char *kind,
                             struct buf *out, struct err *err) {
    const struct schema_type *type = schema_find(api_version, kind);
    if (type)
        return encode_message(type, object, 0, out, err);
    if (kind && str_has_suffix(kind, "List")) {
        CLEANUP(str_freep) char *item = xstrndup(kind, strlen(kind) - strlen("List"));
        type = schema_find(api_version, item);
        if (type)
            return encode_object_list(type, object, out, err);
    }
    return err_set(err, ERR_NOT_FOUND, "no protobuf form of %s %s is known",
                   api_version ? api_version : "?", kind ? kind : "?");
}

int protobuf_encode(const json_t *object, struct buf *out, struct err *err) {
    const char *api_version = json_str(object, "apiVersion", NULL);
    const char *kind = json_str(object, "kind", NULL);
    struct buf raw = BUF_INIT, type = BUF_INIT, envelope = BUF_INIT;
    int rc = encode_raw_object(object, api_version, kind, &raw, err);
    if (rc == 0) {
        wire_add_text(&type, 1, api_version);
        wire_add_text(&type, 2, kind);
        wire_add_message(&envelope, 1, &type);
        wire_add_message(&envelope, 2, &raw);
        wire_add_text(&envelope, 3, "");
        wire_add_text(&envelope, 4, "");
        buf_add(out, "k8s", 4);
        buf_add(out, buf_str(&envelope), envelope.len);
    }
    buf_release(&raw);
    buf_release(&envelope);
    return rc;
}
