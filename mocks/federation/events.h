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

#endif
