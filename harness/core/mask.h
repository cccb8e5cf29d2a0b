/*
 * Takes secrets out of what is written: observations, outputs of commands, evidence, run.json. One
 * function for all of them, so that what is hidden in one place is hidden in every other.
 *
 * Hidden, each as MASK_SECRET: private keys in PEM; the values of members, flags and variables
 * that are called password, token, client-key-data, secret-key and so on, whatever their prefix
 * ("AWS_SECRET_ACCESS_KEY=...", "adminPassword: ..."); the data of Secret objects, in JSON, in
 * YAML, and in the annotation that kubectl apply leaves; Bearer and Basic credentials; passwords in
 * URLs; JSON web tokens; and base64 in which one of these is. Certificates and public keys are
 * shown: who asks why a TLS connection failed needs them.
 */
#ifndef CONFED_CORE_MASK_H
#define CONFED_CORE_MASK_H

#include "harness/core/buf.h"

#include <jansson.h>
#include <stdbool.h>

#define MASK_SECRET "<secret>" /* what stands in for each */

/* Appends the text without its secrets. */
void mask_text(const char *text, size_t len, struct buf *out);
/* A copy without secrets, owned; also members that are called token, password and so on. */
json_t *mask_json(const json_t *value);
/* Whether a member, flag or variable of this name holds a secret. */
bool mask_is_secret_name(const char *name, size_t len);

#endif
