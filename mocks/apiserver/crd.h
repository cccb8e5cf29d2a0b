/*
 * Custom resources: a CustomResourceDefinition that is stored makes a resource that is served,
 * until it is deleted.
 */
#ifndef CONFED_APISERVER_CRD_H
#define CONFED_APISERVER_CRD_H

#include "mocks/apiserver/answer.h"

/* The definitions as an array; owned. */
json_t *crd_all(const struct apiserver *s);
void crd_changed(struct apiserver *s, const struct change *c);
/* What a definition lacks, in both of its versions; and its name must be PLURAL.GROUP. */
void crd_validate(const json_t *object, json_t *causes);
/* Fills in what the server decides: names, stored versions, conditions. */
void crd_default(json_t *object);
/* An object of a custom resource against the schema of its definition. */
void crd_validate_object(const struct kind *k, const char *version, const json_t *object,
                         json_t *causes);
/* The schema of that version; borrowed or NULL. */
const json_t *crd_schema(const struct kind *k, const char *version);
/* Where unknown fields are not preserved (always in v1): takes them out, and fills in defaults. */
void crd_shape_object(const struct kind *k, const char *version, json_t *object);
/* The additionalPrinterColumns of that version; borrowed or NULL. */
const json_t *crd_columns(const struct kind *k, const char *version);
/* Before the server goes: frees what the definitions made. */
void crd_release(struct kind *k);
/* ".spec.copies": where the definition says that "specReplicasPath", "statusReplicasPath" or
 * "labelSelectorPath" of the scale is; NULL: it does not say. */
const char *crd_scale_path(const struct kind *k, const char *version, const char *which);

#endif
