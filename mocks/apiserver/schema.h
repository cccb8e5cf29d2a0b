/*
 * What the API server knows of the built-in types: for each type its fields, with name, protobuf
 * tag, form and how a strategic merge patch treats it. The tables are made from the *.types files
 * of schema/ by the build. The protobuf codec, the OpenAPI documents and the strategic merge patch
 * are derived from them; nothing here knows a single kind. A type that is not here is simply not
 * known: its objects are JSON only, any field is fine.
 *
 *     const struct schema_type *type = schema_find("apps/v1", "Deployment");
 *     const struct schema_field *spec = schema_field_of(type, "spec");
 */
#ifndef CONFED_APISERVER_SCHEMA_H
#define CONFED_APISERVER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_form {
    SCHEMA_STRING,
    SCHEMA_BYTES, /* base64 in JSON */
    SCHEMA_BOOL,
    SCHEMA_INT32,
    SCHEMA_INT64,
    SCHEMA_DOUBLE,
    SCHEMA_TIME,      /* meta.v1.Time: RFC 3339 in JSON */
    SCHEMA_MICROTIME, /* meta.v1.MicroTime: with six digits */
    SCHEMA_DURATION,  /* meta.v1.Duration: "1m0s" */
    SCHEMA_QUANTITY,
    SCHEMA_INTORSTRING,
    SCHEMA_RAW,     /* runtime.RawExtension: any JSON object */
    SCHEMA_RAWJSON, /* meta.v1.FieldsV1: any JSON object */
    SCHEMA_STRINGS, /* a message of repeated strings, an array in JSON */
    SCHEMA_MESSAGE,
};

enum schema_shape { SCHEMA_ONE, SCHEMA_LIST, SCHEMA_MAP };

enum schema_flag {
    SCHEMA_MERGE = 1 << 0, /* strategic merge: patchStrategy merge, by merge_key if there is one */
    SCHEMA_RETAIN_KEYS = 1 << 1, /* patchStrategy retainKeys */
    SCHEMA_INLINE = 1 << 2,      /* in JSON the fields of the message stand in the parent */
    SCHEMA_REQUIRED = 1 << 3,
    SCHEMA_OPTIONAL = 1 << 4, /* a pointer in Go: false, 0 and "" are values, not absence */
};

struct schema_field {
    const char *name;
    const char *merge_key;          /* "" when there is none */
    const struct schema_type *type; /* MESSAGE only */
    uint16_t tag;
    uint8_t form;   /* enum schema_form; of the values when it is a map (keys are strings) */
    uint8_t shape;  /* enum schema_shape */
    uint8_t flags;  /* enum schema_flag */
    unsigned since; /* enum feature: the release that had it first; 0: 1.6 or before */
};

struct schema_type {
    const char *package; /* "core.v1" */
    const char *name;    /* "PodSpec" */
    const struct schema_field *fields;
    size_t count;
    bool kind;      /* has apiVersion and kind */
    unsigned since; /* as of a field; of a kind that is no resource */
};

struct schema_alias { /* a package with the very types of another */
    const char *package, *same_as;
};

/* The generated tables. */
extern const struct schema_type *const schema_all_types[]; /* ends with NULL */
extern const size_t schema_all_count;
extern const struct schema_alias schema_all_aliases[]; /* ends with a NULL package */

/* The type of an object, or NULL. Status and DeleteOptions are known in every group version. */
const struct schema_type *schema_find(const char *api_version, const char *kind);
/* The type of that name in a package, "meta.v1" and "ListMeta", or NULL. */
const struct schema_type *schema_find_type(const char *package, const char *name);
/* The type of that kind in the first package that has it, or NULL: merge keys do not differ between
 * versions. */
const struct schema_type *schema_find_kind(const char *kind);
/* The field of that JSON name, also of inlined messages; NULL when type is NULL or has none. */
const struct schema_field *schema_field_of(const struct schema_type *type, const char *name);

/* "apps" of "apps.v1beta1" as it stands in apiVersion: "rbac.authorization.k8s.io" of "rbac.v1", ""
 * of "core.v1". Borrowed; group_size bytes of space at least 64. */
const char *schema_group(const char *package, char *group, size_t group_size);

#endif
