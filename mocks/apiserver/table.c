#include "mocks/apiserver/table.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/jsonpath.h"
#include "mocks/apiserver/table_cells.h"
#include "mocks/apiserver/table_columns.h"

#include <string.h>

/* How the rows of one table are made. */
struct maker {
    const struct table_columns *columns; /* of a built-in resource, else NULL */
    const json_t *custom;                /* additionalPrinterColumns, may be NULL */
    const char *api_version, *include_object;
    int64_t now_ms;
};

static const char default_path[] = ".metadata.creationTimestamp";

static json_t *column(const char *name, const char *type, const char *format,
                      const char *description, int64_t priority) {
    return json_pack("{s:s,s:s,s:s,s:s,s:I}", "name", name, "type", type, "format", format,
                     "description", description, "priority", (json_int_t)priority);
}

static const char *or_else(const char *text, const char *otherwise) {
    return text ? text : otherwise;
}

/* apiextensions v1beta1 writes JSONPath, v1 jsonPath. */
static const char *custom_path(const json_t *custom) {
    const char *path = json_str(custom, "JSONPath", NULL);
    return path ? path : or_else(json_str(custom, "jsonPath", NULL), "");
}

static json_t *column_definitions(const struct maker *m) {
    json_t *definitions = json_array();
    json_array_append_new(definitions, column("Name", "string", "name", "", 0));
    for (size_t i = 0; i < json_array_size(m->custom); i++) {
        const json_t *c = json_array_get(m->custom, i);
        json_array_append_new(definitions,
                              column(or_else(json_str(c, "name", NULL), ""),
                                     or_else(json_str(c, "type", NULL), "string"),
                                     or_else(json_str(c, "format", NULL), ""),
                                     or_else(json_str(c, "description", NULL), custom_path(c)),
                                     json_int(c, 0, "priority", NULL)));
    }
    if (!m->columns && !json_array_size(m->custom))
        json_array_append_new(definitions, column("Age", "date", "", default_path, 0));
    for (int i = 0; m->columns && i < TABLE_COLUMNS_MAX && m->columns->columns[i].name; i++) {
        const struct table_column *c = &m->columns->columns[i];
        json_array_append_new(definitions, column(c->name, c->type, "", "", c->priority));
    }
    return definitions;
}

static json_t *custom_cell(const struct maker *m, const json_t *object, const char *path,
                           const char *type) {
    CLEANUP(json_freep) json_t *value = jsonpath_first(object, path);
    if (!value || json_is_null(value))
        return str_eq(type, "date") ? json_string("<unknown>") : json_null();
    if (str_eq(type, "date")) {
        CLEANUP(json_freep) json_t *holder = json_pack("{s:O}", "t", value);
        return table_cells_age(holder, "t", m->now_ms);
    }
    if (str_eq(type, "string") && !json_is_string(value)) {
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        json_t *cell = json_string(text);
        free(text);
        return cell;
    }
    return json_incref(value);
}

static json_t *built_in_cell(const struct maker *m, const json_t *object,
                             const struct table_column *c) {
    if (c->cell)
        return c->cell(object, c->path, m->now_ms);
    json_t *value = table_value_at(object, c->path);
    if (!value)
        return json_string(c->priority ? "<none>" : "");
    return json_is_integer(value) ? json_sprintf("%lld", (long long)json_integer_value(value))
                                  : json_incref(value);
}

static json_t *cells(const struct maker *m, const json_t *object) {
    json_t *row = json_array();
    json_array_append_new(row,
                          json_string(or_else(json_str(object, "metadata", "name", NULL), "")));
    for (size_t i = 0; i < json_array_size(m->custom); i++) {
        const json_t *c = json_array_get(m->custom, i);
        json_array_append_new(row, custom_cell(m, object, custom_path(c),
                                               or_else(json_str(c, "type", NULL), "string")));
    }
    if (!m->columns && !json_array_size(m->custom))
        json_array_append_new(row, custom_cell(m, object, default_path, "date"));
    for (int i = 0; m->columns && i < TABLE_COLUMNS_MAX && m->columns->columns[i].name; i++)
        json_array_append_new(row, built_in_cell(m, object, &m->columns->columns[i]));
    return row;
}

static json_t *partial(const json_t *object, const char *api_version) {
    const json_t *metadata = json_object_get(object, "metadata");
    return json_pack("{s:s,s:s,s:o}", "kind", "PartialObjectMetadata", "apiVersion", api_version,
                     "metadata", metadata ? json_deep_copy(metadata) : json_object());
}

/* kubectl dims what has ended by these. */
static json_t *row_conditions(const json_t *object) {
    const char *phase = json_str(object, "status", "phase", NULL);
    const char *message = "The pod has completed successfully.";
    if (str_eq(phase, "Failed"))
        message = "The pod failed.";
    else if (!str_eq(phase, "Succeeded"))
        return NULL;
    return json_pack("[{s:s,s:s,s:s,s:s}]", "type", "Completed", "status", "True", "reason", phase,
                     "message", message);
}

/* An item of a list does not say what it is, but an object in a row does; owned. */
static json_t *with_kind(const json_t *object, const json_t *list) {
    json_t *copy = json_deep_copy(object);
    const char *kind = json_str(list, "kind", NULL);
    size_t len = kind ? strlen(kind) : 0;
    if (json_str(object, "kind", NULL) || len <= 4 || !str_eq(kind + len - 4, "List"))
        return copy;
    json_object_set_new(copy, "kind", json_stringn(kind, len - 4));
    json_set_str(copy, "apiVersion", json_str(list, "apiVersion", NULL));
    return copy;
}

static void add_row(const struct maker *m, json_t *rows, const json_t *object, const json_t *list) {
    json_t *row = json_object();
    json_object_set_new(row, "cells", cells(m, object));
    if (m->columns && str_eq(m->columns->resource, "pods")) {
        json_t *conditions = row_conditions(object);
        if (conditions)
            json_object_set_new(row, "conditions", conditions);
    }
    if (str_eq(m->include_object, "Object"))
        json_object_set_new(row, "object", with_kind(object, list));
    else if (str_eq(m->include_object, "None"))
        json_object_set_new(row, "object", json_null());
    else
        json_object_set_new(row, "object", partial(object, m->api_version));
    json_array_append_new(rows, row);
}

/* Of a list what a list has; of an object its resourceVersion and link. */
static json_t *list_metadata(const json_t *from) {
    static const char *const keys[] = {"selfLink", "resourceVersion", "continue",
                                       "remainingItemCount"};
    json_t *metadata = json_object();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        json_t *value = json_at(from, "metadata", keys[i], NULL);
        if (value)
            json_object_set(metadata, keys[i], value);
    }
    return metadata;
}

static json_t *make(const struct maker *m, const json_t *object_or_list) {
    const json_t *items = json_object_get(object_or_list, "items");
    json_t *rows = json_array();
    if (!json_is_array(items))
        add_row(m, rows, object_or_list, NULL);
    for (size_t i = 0; i < json_array_size(items); i++)
        add_row(m, rows, json_array_get(items, i), object_or_list);
    return json_pack("{s:s,s:s,s:o,s:o,s:o}", "kind", "Table", "apiVersion", m->api_version,
                     "metadata", list_metadata(object_or_list), "columnDefinitions",
                     column_definitions(m), "rows", rows);
}

json_t *table_of(const struct resource *r, const json_t *object_or_list, const char *api_version,
                 const char *include_object, int64_t now_ms) {
    struct maker m = {.columns = table_columns_of(r),
                      .api_version = api_version,
                      .include_object = include_object,
                      .now_ms = now_ms};
    return make(&m, object_or_list);
}

json_t *table_of_custom(const json_t *printer_columns, const json_t *object_or_list,
                        const char *api_version, const char *include_object, int64_t now_ms) {
    struct maker m = {.custom = printer_columns,
                      .api_version = api_version,
                      .include_object = include_object,
                      .now_ms = now_ms};
    return make(&m, object_or_list);
}

void table_drop_columns(json_t *table) {
    json_object_set_new(table, "columnDefinitions", json_null());
}

json_t *table_partial_metadata(const json_t *object_or_list, const char *api_version) {
    const json_t *items = json_object_get(object_or_list, "items");
    if (!json_is_array(items))
        return partial(object_or_list, api_version);
    json_t *metadata = json_array();
    for (size_t i = 0; i < json_array_size(items); i++)
        json_array_append_new(metadata, partial(json_array_get(items, i), api_version));
    return json_pack("{s:s,s:s,s:o,s:o}", "kind", "PartialObjectMetadataList", "apiVersion",
                     api_version, "metadata", list_metadata(object_or_list), "items", metadata);
}
