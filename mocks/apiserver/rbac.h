/*
 * May this user do this? Role-based access control as Kubernetes evaluates it: the rules of all
 * roles that are bound to the user or to one of his groups, and nothing that forbids.
 */
#ifndef CONFED_APISERVER_RBAC_H
#define CONFED_APISERVER_RBAC_H

#include "mocks/apiserver/answer.h"

struct rbac_attributes {
    const char *verb;
    bool is_resource;
    const char *group, *resource, *subresource, *ns, *name; /* "" when there is none */
    const char *path;
};

bool rbac_allows(const struct apiserver *s, const struct user *user,
                 const struct rbac_attributes *what);
/* a says that the user of q may not do this. */
void rbac_refuse(struct request *q, const struct rbac_attributes *what, struct answer *a);
/* Whether q may go on; else a says 403. */
bool rbac_authorize(struct request *q, struct answer *a);
/* All rules of the user in a namespace, as SelfSubjectRulesReview shows them; owned arrays. */
void rbac_rules(const struct apiserver *s, const struct user *user, const char *ns,
                json_t *resource_rules, json_t *non_resource_rules);
/* The cluster roles and bindings that every cluster begins with. */
void rbac_bootstrap(struct apiserver *s);

#endif
