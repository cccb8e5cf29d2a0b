/*
 * Nobody grants what he does not have: a role is written, and a role is bound, only by a user whose
 * own rules cover it. Source: pkg/registry/rbac/{clusterrole,role,clusterrolebinding,rolebinding}/
 * policybased and pkg/registry/rbac/validation of Kubernetes 1.6 to 1.9. Private to this folder.
 */
#ifndef CONFED_APISERVER_RBAC_GRANT_H
#define CONFED_APISERVER_RBAC_GRANT_H

#include "mocks/apiserver/answer.h"

/*
 * Whether q may store the object, a role or a binding (anything else always); else a says 403. old
 * is what it replaces, or NULL: an object that grants the same as before is fine.
 */
bool rbac_grant_admits(const struct request *q, const struct kind *k, const json_t *object,
                       const json_t *old, struct answer *a);

#endif
