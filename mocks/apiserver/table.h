/*
 * What kubectl get prints: a meta.k8s.io Table made by the server, with the printer columns of each
 * resource (table_columns.c), or the metadata of objects alone. Everything returned is owned.
 */
#ifndef CONFED_APISERVER_TABLE_H
#define CONFED_APISERVER_TABLE_H

#include "mocks/apiserver/resource.h"

#include <jansson.h>
#include <stdint.h>

/* A Table of one object or of a list (it has items), rows in the order of the list. api_version is
 * "meta.k8s.io/v1", "/v1beta1" or "/v1alpha1"; include_object "None", "Metadata" (also NULL) or
 * "Object". r may be NULL: then the columns are NAME and CREATED AT. */
json_t *table_of(const struct resource *r, const json_t *object_or_list, const char *api_version,
                 const char *include_object, int64_t now_ms);

/* The same for a custom resource; printer_columns are the additionalPrinterColumns of its version
 * (JSONPath or jsonPath), NULL: NAME and AGE. */
json_t *table_of_custom(const json_t *printer_columns, const json_t *object_or_list,
                        const char *api_version, const char *include_object, int64_t now_ms);

/* A watch names the columns in its first event only. */
void table_drop_columns(json_t *table);

/* PartialObjectMetadata or, for a list, PartialObjectMetadataList. */
json_t *table_partial_metadata(const json_t *object_or_list, const char *api_version);

#endif
