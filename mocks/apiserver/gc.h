/*
 * The garbage collector: dependents go when all their owners are gone, an owner that is deleted in
 * the foreground waits for its dependents, one that is orphaned lets them go. And namespaces that
 * are being deleted are emptied and finalized. It works on the world's clock, shortly after the
 * change, as the controllers do. A federation API server has none.
 */
#ifndef CONFED_APISERVER_GC_H
#define CONFED_APISERVER_GC_H

#include "mocks/apiserver/server.h"

struct gc *gc_new(struct apiserver *s);
void gc_free(struct gc *gc);                            /* accepts NULL */
void gc_changed(struct gc *gc, const struct change *c); /* accepts NULL */

#endif
