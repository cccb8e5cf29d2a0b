/* Watching the members: what each cluster holds of our objects, kept up to date by its events. */
#ifndef CONFED_FEDERATION_MEMBERS_H
#define CONFED_FEDERATION_MEMBERS_H

#include "mocks/federation/state.h"

/* Subscribes and lists; when the member breaks off, c->missed is set and it is done again. */
void members_watch(struct fed_cluster *c);
void members_unwatch(struct fed_cluster *c);
/* Looks whether the service's endpoints there have a ready address. */
void members_read_endpoints(struct fed_cluster *c, struct fed_object *o);

#endif
