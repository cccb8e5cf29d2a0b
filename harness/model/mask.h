/*
 * Takes secrets out of what is written: private keys, tokens, passwords, the data of kubeconfigs
 * and of Secret objects, as text, as JSON or YAML, and in base64. Each becomes `<secret>`.
 */
#ifndef CONFED_MODEL_MASK_H
#define CONFED_MODEL_MASK_H

#include "harness/core/buf.h"

#include <jansson.h>

/* Appends the text without its secrets. */
void mask_text(const char *text, size_t len, struct buf *out);
/* A copy without secrets, owned; also members that are called token, password and so on. */
json_t *mask_json(const json_t *value);

#endif
