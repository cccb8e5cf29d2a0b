/* The printer columns of the built-in resources. */
#ifndef CONFED_APISERVER_TABLE_COLUMNS_H
#define CONFED_APISERVER_TABLE_COLUMNS_H

#include "mocks/apiserver/resource.h"

#include <jansson.h>
#include <stdint.h>

enum { TABLE_COLUMNS_MAX = 12 };

struct table_column {
    const char *name; /* "Up-to-date"; kubectl prints it in capitals */
    const char *type; /* "string", "integer", "date" */
    int priority;     /* 1: only with -o wide */
    const char *path; /* "status.replicas"; for cell, or the cell itself when cell is NULL */
    json_t *(*cell)(const json_t *object, const char *path, int64_t now_ms); /* owned result */
};

struct table_columns {
    const char *resource;                           /* NULL ends the table */
    struct table_column columns[TABLE_COLUMNS_MAX]; /* after Name; a NULL name ends them */
};

/* Never NULL: a resource that has no columns of its own gets CREATED AT. */
const struct table_columns *table_columns_of(const struct resource *r);

/* The value at a dotted path, borrowed or NULL. */
json_t *table_value_at(const json_t *object, const char *path);

#endif
