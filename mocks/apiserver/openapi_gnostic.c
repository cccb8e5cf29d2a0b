#include "mocks/apiserver/openapi_gnostic.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/wire.h"

/* Field numbers of OpenAPIv2.proto. */
enum {
    DOCUMENT_SWAGGER = 1,
    DOCUMENT_INFO = 2,
    DOCUMENT_PATHS = 8,
    DOCUMENT_DEFINITIONS = 9,
    INFO_TITLE = 1,
    INFO_VERSION = 2,
    PATHS_PATH = 2,
    PATH_ITEM_POST = 4,
    PATH_ITEM_PATCH = 8,
    OPERATION_ID = 5,
    OPERATION_PARAMETERS = 8,
    OPERATION_RESPONSES = 9,
    OPERATION_EXTENSION = 13,
    QUERY_IN = 2,
    QUERY_NAME = 4,
    QUERY_TYPE = 6,
    SCHEMA_REF = 1,
    SCHEMA_FORMAT = 2,
    SCHEMA_DESCRIPTION = 4,
    SCHEMA_REQUIRED = 19,
    SCHEMA_ENUM = 20,
    SCHEMA_ADDITIONAL = 21,
    SCHEMA_TYPE = 22,
    SCHEMA_ITEMS = 23,
    SCHEMA_PROPERTIES = 25,
    SCHEMA_EXTENSION = 31,
};

typedef void encode_fn(const json_t *value, struct buf *out);

static void text_field(struct buf *out, uint32_t tag, const json_t *object, const char *key) {
    const char *text = json_str(object, key, NULL);
    if (text)
        wire_add_text(out, tag, text);
}

static void message_field(struct buf *out, uint32_t tag, const json_t *value, encode_fn *encode) {
    struct buf message = BUF_INIT;
    if (!value)
        return;
    encode(value, &message);
    wire_add_message(out, tag, &message);
}

/* {name=1, value=2} for each member, each as field tag. */
static void named_fields(struct buf *out, uint32_t tag, const json_t *object, encode_fn *encode) {
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(object), key, value) {
        struct buf named = BUF_INIT;
        wire_add_text(&named, 1, key);
        message_field(&named, 2, value, encode);
        wire_add_message(out, tag, &named);
    }
}

/* Any: its YAML is field 2, and JSON is YAML. */
static void encode_any(const json_t *value, struct buf *out) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    wire_add_text(out, 2, text ? text : "null");
    free(text);
}

static void extension_fields(struct buf *out, uint32_t tag, const json_t *object) {
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(object), key, value) {
        if (!str_has_prefix(key, "x-"))
            continue;
        struct buf named = BUF_INIT;
        wire_add_text(&named, 1, key);
        message_field(&named, 2, value, encode_any);
        wire_add_message(out, tag, &named);
    }
}

static void text_list(struct buf *out, uint32_t tag, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        wire_add_text(out, tag, text ? text : "");
    }
}

static void encode_schema(const json_t *schema, struct buf *out);

/* ItemsItem and AdditionalPropertiesItem: a schema as field 1. */
static void encode_wrapped_schema(const json_t *schema, struct buf *out) {
    message_field(out, 1, schema, encode_schema);
}

static void encode_properties(const json_t *properties, struct buf *out) {
    named_fields(out, 1, properties, encode_schema);
}

static void encode_type(const json_t *type, struct buf *out) {
    const char *text = json_string_value(type);
    if (text)
        wire_add_text(out, 1, text);
    text_list(out, 1, type);
}

static void encode_schema(const json_t *schema, struct buf *out) {
    const json_t *values = json_object_get(schema, "enum");
    text_field(out, SCHEMA_REF, schema, "$ref");
    text_field(out, SCHEMA_FORMAT, schema, "format");
    text_field(out, SCHEMA_DESCRIPTION, schema, "description");
    text_list(out, SCHEMA_REQUIRED, json_object_get(schema, "required"));
    for (size_t i = 0; i < json_array_size(values); i++)
        message_field(out, SCHEMA_ENUM, json_array_get(values, i), encode_any);
    message_field(out, SCHEMA_ADDITIONAL, json_object_get(schema, "additionalProperties"),
                  encode_wrapped_schema);
    message_field(out, SCHEMA_TYPE, json_object_get(schema, "type"), encode_type);
    message_field(out, SCHEMA_ITEMS, json_object_get(schema, "items"), encode_wrapped_schema);
    message_field(out, SCHEMA_PROPERTIES, json_object_get(schema, "properties"), encode_properties);
    extension_fields(out, SCHEMA_EXTENSION, schema);
}

static void encode_query(const json_t *parameter, struct buf *out) {
    text_field(out, QUERY_IN, parameter, "in");
    text_field(out, QUERY_NAME, parameter, "name");
    text_field(out, QUERY_TYPE, parameter, "type");
}

/* ParametersItem 1 > Parameter 2 > NonBodyParameter 3 > QueryParameterSubSchema. */
static void encode_parameter(const json_t *parameter, struct buf *out) {
    struct buf non_body = BUF_INIT, wrapped = BUF_INIT;
    message_field(&non_body, 3, parameter, encode_query);
    wire_add_message(&wrapped, 2, &non_body);
    wire_add_message(out, 1, &wrapped);
}

static void encode_response(const json_t *response, struct buf *out) {
    text_field(out, 1, response, "description");
}

static void encode_response_value(const json_t *response, struct buf *out) {
    message_field(out, 1, response, encode_response);
}

static void encode_responses(const json_t *responses, struct buf *out) {
    named_fields(out, 1, responses, encode_response_value);
}

static void encode_operation(const json_t *operation, struct buf *out) {
    const json_t *list = json_object_get(operation, "parameters");
    text_field(out, OPERATION_ID, operation, "operationId");
    for (size_t i = 0; i < json_array_size(list); i++)
        message_field(out, OPERATION_PARAMETERS, json_array_get(list, i), encode_parameter);
    message_field(out, OPERATION_RESPONSES, json_object_get(operation, "responses"),
                  encode_responses);
    extension_fields(out, OPERATION_EXTENSION, operation);
}

static void encode_path_item(const json_t *item, struct buf *out) {
    message_field(out, PATH_ITEM_POST, json_object_get(item, "post"), encode_operation);
    message_field(out, PATH_ITEM_PATCH, json_object_get(item, "patch"), encode_operation);
}

static void encode_paths(const json_t *paths, struct buf *out) {
    named_fields(out, PATHS_PATH, paths, encode_path_item);
}

static void encode_info(const json_t *info, struct buf *out) {
    text_field(out, INFO_TITLE, info, "title");
    text_field(out, INFO_VERSION, info, "version");
}

void openapi_gnostic_encode(const json_t *document, struct buf *out) {
    text_field(out, DOCUMENT_SWAGGER, document, "swagger");
    message_field(out, DOCUMENT_INFO, json_object_get(document, "info"), encode_info);
    message_field(out, DOCUMENT_PATHS, json_object_get(document, "paths"), encode_paths);
    message_field(out, DOCUMENT_DEFINITIONS, json_object_get(document, "definitions"),
                  encode_properties);
}
