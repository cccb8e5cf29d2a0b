/*
 * Namespaces: nothing is created in one that is not there or is going away; a deleted one is
 * emptied and then finalized, unless this is a federation, where a controller does it.
 */
#ifndef CONFED_APISERVER_NAMESPACE_H
#define CONFED_APISERVER_NAMESPACE_H

#include "mocks/apiserver/answer.h"

/* Whether name may be created where q says; else a says why not. */
bool namespace_admits(struct request *q, const char *name, struct answer *a);
/* unorphan: orphanDependents was false; the federation's finalizer "orphan" goes, as upstream. */
void namespace_delete(struct request *q, struct object *old, bool unorphan, bool dry_run,
                      struct answer *a);
/* PUT namespaces/NAME/finalize */
void namespace_finalize(struct request *q, struct answer *a);
/* The namespaces that every cluster begins with. */
void namespace_bootstrap(struct apiserver *s);
/* One round of emptying; true when everything is gone. */
bool namespace_empty(struct apiserver *s, const char *name);

#endif
