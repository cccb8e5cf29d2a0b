/* Cluster roles that are made of others. */
#include "cases/unit/cluster/world.h"

#define ROLES "/apis/rbac.authorization.k8s.io/v1/clusterroles"
#define ROLE(name, labels, verb)                                                       \
    "{'metadata':{'name':'" name "','labels':{" labels "}},'rules':[{'apiGroups':['']" \
    ",'resources':['pods'],'verbs':['" verb "']}]}"

/* The verbs of its rules, one after another: "get list ". */
static const char *verbs_of(struct world *w, const char *name, char text[128]) {
    const json_t *role =
        apiserver_peek(w->api, "rbac.authorization.k8s.io", "clusterroles", NULL, name);
    const json_t *rules = json_object_get(role, "rules");
    assert_non_null(role);
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(rules); i++) {
        size_t len = strlen(text);
        snprintf(text + len, 128 - len, "%s ",
                 json_str(json_array_get(rules, i), "verbs", "[0]", NULL));
    }
    return text;
}

static void clusterrole__has_the_rules_of_all_that_it_selects(void **state) {
    struct world *w = *state;
    char text[128];
    world_call(w, "POST", ROLES, ROLE("b", "'to':'all'", "list"));
    world_call(w, "POST", ROLES,
               "{'metadata':{'name':'all'},'aggregationRule':{'clusterRoleSelectors':[{"
               "'matchLabels':{'to':'all'}},{'matchLabels':{'too':'all'}}]},'rules':[]}");
    sched_advance(w->sched, 1000);
    assert_string_equal(verbs_of(w, "all", text), "list ");

    world_call(w, "POST", ROLES, ROLE("a", "'too':'all'", "get"));
    world_call(w, "POST", ROLES, ROLE("c", "'to':'all'", "list"));
    world_call(w, "POST", ROLES, ROLE("other", "'to':'none'", "watch"));
    sched_advance(w->sched, 1000);
    assert_string_equal(verbs_of(w, "all", text), "get list "); /* each rule once */

    world_call(w, "DELETE", ROLES "/a", NULL);
    sched_advance(w->sched, 1000);
    assert_string_equal(verbs_of(w, "all", text), "list ");
}

#define BOTH(name, verb)                                                                  \
    "{'metadata':{'name':'" name "','labels':{'to':'both'}},'aggregationRule':{"          \
    "'clusterRoleSelectors':[{'matchLabels':{'to':'both'}}]},'rules':[{'apiGroups':['']," \
    "'resources':['pods'],'verbs':['" verb "']}]}"

static void clusterrole__two_that_select_each_other_come_to_rest(void **state) {
    struct world *w = *state;
    char text[128], other[128];
    world_call(w, "POST", ROLES, BOTH("a", "get"));
    world_call(w, "POST", ROLES, BOTH("b", "list"));
    sched_advance(w->sched, 1000);
    assert_string_equal(verbs_of(w, "a", text), verbs_of(w, "b", other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clusterrole__has_the_rules_of_all_that_it_selects,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(clusterrole__two_that_select_each_other_come_to_rest,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("clusterrole", tests, NULL, NULL);
}
