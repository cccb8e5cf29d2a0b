/* Events about federated objects, in the federation's own API, where `kubectl describe` finds them.
 */
#ifndef CONFED_FEDERATION_EVENTS_H
#define CONFED_FEDERATION_EVENTS_H

#include "mocks/federation/state.h"

/* object: the federated object. type: "Normal" or "Warning". */
void events_post(struct federation *f, const struct kind *k, const json_t *object, const char *type,
                 const char *reason, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* "CreateInCluster", "UpdateInCluster" or "DeleteInCluster", in the words of the release. */
void events_operation(struct federation *f, const struct kind *k, const json_t *object,
                      const char *reason, const char *cluster);

/*
 * A member refused to "create", "update" or "delete" a copy; why as in refusal.h. In the words of
 * the kind's controller in that release: federation.events.rejected of the profile, or
 * rejected_deletion when the object itself is being deleted.
 */
void events_rejected(struct federation *f, const struct kind *k, const json_t *object,
                     const char *operation, const char *cluster, const char *why);

#endif
