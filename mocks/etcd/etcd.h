/*
 * The etcd v2 keys API as a function over a state: what the federation's CoreDNS provider writes
 * and CoreDNS reads. Sources: etcd's Documentation/v2/api.md.
 */
#ifndef CONFED_ETCD_ETCD_H
#define CONFED_ETCD_ETCD_H

#include "harness/core/mem.h"
#include "harness/core/sched.h"
#include "mocks/serve/http.h"

#include <jansson.h>

struct etcd;
struct etcd *etcd_new(struct sched *sched);
void etcd_free(struct etcd *e);
DEFINE_OWNED(struct etcd, etcd)

/* http_handler_fn: self is the struct etcd. /v2/keys, /version, /health. */
void etcd_handle(void *self, struct http_exchange *x);
/* The same without HTTP: status, and the JSON answer (owned; may be NULL). */
int etcd_call(struct etcd *e, const char *method, const char *target, const char *form,
              json_t **ret_body);
/* The value at key ("/skydns/com/..."), borrowed until the next change; NULL: none or a folder. */
const char *etcd_get(const struct etcd *e, const char *key);
/* Rises with every change, that of a key that expires included. */
uint64_t etcd_changes(const struct etcd *e);
/* Calls fn for every leaf at or below key, in order. fn must not change the store. */
void etcd_each(const struct etcd *e, const char *key,
               void (*fn)(void *self, const char *key, const char *value), void *self);

#endif
