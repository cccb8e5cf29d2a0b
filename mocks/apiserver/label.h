/*
 * What labels and annotations may be, and what is said of those that may not: as apimachinery's
 * util/validation says it. Labels are checked where they are written and where they are selected.
 */
#ifndef CONFED_APISERVER_LABEL_H
#define CONFED_APISERVER_LABEL_H

#include "harness/core/buf.h"

#include <jansson.h>

#define LABEL_DNS1123_SUBDOMAIN                                                                 \
    "a DNS-1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and " \
    "must start and end with an alphanumeric character (e.g. 'example.com', regex used for "    \
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

/* Appends what is wrong, with "; " between; nothing when all is well. */
void label_key_problems(const char *key, struct buf *out);
void label_value_problems(const char *value, struct buf *out);
/* Labels or a selector of labels, which stand at at. */
void label_check_map(const json_t *labels, const char *at, json_t *causes);
/* The labels and annotations of an object. */
void label_check(const json_t *object, json_t *causes);

#endif
