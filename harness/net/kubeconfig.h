/*
 * kubeconfig files: read, merge, write, as kubectl does. The content is kept as JSON, unknown
 * fields included.
 */
#ifndef CONFED_NET_KUBECONFIG_H
#define CONFED_NET_KUBECONFIG_H

#include "harness/core/err.h"
#include "harness/net/http_client.h"

#include <jansson.h>

/* Where a person's own is: the first file of $KUBECONFIG, else ~/.kube/config; owned. */
char *kubeconfig_own_path(void);
/* Reads one file; a missing file is an empty kubeconfig when missing_ok. Owned. */
json_t *kubeconfig_load(const char *path, bool missing_ok, struct err *err);
/* Writes it atomically, mode 0600, holding "<path>.lock" as kubectl does (ERR_STATE: it is taken).
 */
int kubeconfig_save(const char *path, const json_t *config, struct err *err);

/* The credentials of a context (NULL: the current one) with files read; release with
 * kubeconfig_target_release. ERR_NOT_FOUND: `context "x" does not exist`. */
struct kubeconfig_target {
    struct http_target http;
    char *owned[8];
};
int kubeconfig_target(const json_t *config, const char *context, struct kubeconfig_target *ret,
                      struct err *err);
void kubeconfig_target_release(struct kubeconfig_target *t);

/*
 * The merge of the walk-through: takes the only (or current) entry of from, renames its cluster to
 * "<name>-cluster", user to "<name>-user" and context to "<name>" (with rename_in_place: cluster
 * and context "<name>", the user's name kept), inlines files, and puts it into config, replacing
 * entries of the same name. Another server under the same name is refused unless force.
 */
int kubeconfig_merge(json_t *config, const json_t *from, const char *name, bool rename_in_place,
                     bool force, struct err *err);
/* Sets the named entry ("clusters", "cluster", ...) of one of the three lists; value is borrowed.
 */
void kubeconfig_set(json_t *config, const char *list, const char *item_key, const char *name,
                    const json_t *value);
/* A charm's kubeconfig: names juju-cluster, juju-context, ubuntu. Owned. */
json_t *kubeconfig_new(const char *cluster, const char *user, const char *context,
                       const char *server, const char *ca_pem, const char *cert_pem,
                       const char *key_pem);

#endif
