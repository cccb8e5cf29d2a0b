/* The resources of one group version, as APIResource objects: the built-in ones from the resource
 * table and the custom ones from their definitions. */
#ifndef CONFED_APISERVER_DISCOVERY_RESOURCES_H
#define CONFED_APISERVER_DISCOVERY_RESOURCES_H

#include "mocks/apiserver/discovery.h"

/* Owned array, sorted by name; subresources ("pods/log") stand behind their resource. */
json_t *discovery_resources_of(const struct discovery_source *src, const char *group,
                               const char *version);

#endif
