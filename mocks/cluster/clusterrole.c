/*
 * Cluster roles made of others (pkg/controller/clusterroleaggregation): the rules of one with an
 * aggregationRule are those of all that its selectors match. Which roles a label adds to is asked
 * anew for all of them after each change: there are few.
 */
#include "mocks/cluster/controllers.h"

static bool is_selected(const json_t *selectors, const json_t *role) {
    const json_t *labels = json_at(role, "metadata", "labels", NULL);
    for (size_t i = 0; i < json_array_size(selectors); i++)
        if (cluster_selector_matches(json_array_get(selectors, i), labels))
            return true;
    return false;
}

static void add_rules(json_t *rules, const json_t *more) {
    for (size_t i = 0; i < json_array_size(more); i++) {
        json_t *rule = json_array_get(more, i);
        bool known = false;
        for (size_t k = 0; k < json_array_size(rules) && !known; k++)
            known = json_equal(json_array_get(rules, k), rule);
        if (!known)
            json_array_append(rules, rule);
    }
}

/* In the order of the names, each rule once. */
static json_t *rules_of(const json_t *roles, const json_t *role) {
    const json_t *selectors = json_at(role, "aggregationRule", "clusterRoleSelectors", NULL);
    json_t *rules = json_array();
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *other = json_array_get(roles, i);
        if (other != role && is_selected(selectors, other))
            add_rules(rules, json_object_get(other, "rules"));
    }
    return rules;
}

static bool collect(void *self, const json_t *role) {
    json_array_append(self, json_mutable(role));
    return true;
}

void clusterrole_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                         const json_t *old) {
    (void)event, (void)object, (void)old;
    cluster_enqueue(c, WORK_CLUSTERROLE, "", "");
}

void clusterrole_reconcile(struct cluster *c, const char *ns, const char *name) {
    CLEANUP(json_freep) json_t *roles = json_array();
    (void)ns, (void)name;
    apiserver_each(c->api, cluster_group(WORK_CLUSTERROLE), cluster_resource(WORK_CLUSTERROLE),
                   NULL, collect, roles);
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *role = json_array_get(roles, i);
        if (!json_is_object(json_object_get(role, "aggregationRule")))
            continue;
        json_t *rules = rules_of(roles, role);
        if (json_equal(rules, json_object_get(role, "rules"))) {
            json_decref(rules);
            continue;
        }
        int status = cluster_call(c, "PATCH", WORK_CLUSTERROLE, NULL,
                                  json_str(role, "metadata", "name", NULL), NULL,
                                  json_pack("{s:o}", "rules", rules), NULL);
        if (status == 200)
            return; /* which is a change: two that select each other would swap their rules */
    }
}
