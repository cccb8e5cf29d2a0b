#include "cases/unit/support/unit.h"

#include "mocks/sim/member_fault.h"

#define RS "/apis/extensions/v1beta1/namespaces/default/replicasets"

enum { AS_USUAL = -1 };

static int status_with(const char *rule, const char *method, const char *target) {
    struct fault_table *t = fault_table_new(7);
    assert_int_equal(fault_table_add(t, rule, NULL), 0);
    struct member_fault fault = member_fault_of(t, "c1", method, target);
    fault_table_free(t);
    return fault.strikes ? fault.status : AS_USUAL;
}

static int64_t delay_with(const char *rule) {
    struct fault_table *t = fault_table_new(7);
    assert_int_equal(fault_table_add(t, rule, NULL), 0);
    struct member_fault fault = member_fault_of(t, "c1", "GET", "/healthz");
    fault_table_free(t);
    assert_false(fault.strikes);
    return fault.delay_ms;
}

static void member_fault__every_word_means_something(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        int status;
    } rows[] = {
        {"* /healthz refuse at=c1", 0},
        {"* /healthz reset at=c1", 0},
        {"* /healthz drop at=c1", 0},
        {"* /healthz truncate=1 at=c1", 0},
        {"* /healthz status=503 at=c1", 503},
        {"* /healthz refuse at=c2", AS_USUAL},
        {"* /healthz delay=30000 at=c1", AS_USUAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(status_with(rows[i].rule, "GET", "/healthz"), rows[i].status);
    assert_int_equal(status_with("put replicasets conflict", "PUT", RS "/nginx"), 409);
    assert_int_equal(status_with("list replicasets stale", "GET", RS), AS_USUAL);
    assert_int_equal(status_with("watch replicasets close", "GET", RS), AS_USUAL);
    assert_int_equal(status_with("watch replicasets compact", "GET", RS), AS_USUAL);
}

static void member_fault__any_delay_is_one(void **state) {
    (void)state;
    assert_int_equal(delay_with("* /healthz delay=1 at=c1"), 1);
    assert_int_equal(delay_with("* /healthz delay=45000 at=c1"), 45000);
    assert_int_equal(delay_with("* /healthz delay=45000 at=c2"), 0);
}

static void member_fault__a_member_can_lie(void **state) {
    (void)state;
    struct fault_table *t = fault_table_new(7);
    assert_int_equal(fault_table_add(t, "get /healthz garble at=c1", NULL), 0);
    assert_true(member_fault_of(t, "c1", "GET", "/healthz").garbles);
    assert_false(member_fault_of(t, "c2", "GET", "/healthz").garbles);
    fault_table_free(t);
}

static void member_fault__rules_speak_of_verbs_and_resources(void **state) {
    (void)state;
    static const struct {
        const char *rule, *method, *target;
        bool strikes;
    } rows[] = {
        {"create replicasets status=422", "POST", RS, true},
        {"create replicasets status=422", "PUT", RS "/nginx", false},
        {"list replicasets status=500", "GET", "/apis/extensions/v1beta1/replicasets?limit=5",
         true},
        {"list replicasets status=500", "GET", RS "/nginx", false},
        {"get nodes status=500", "GET", "/api/v1/nodes", true},
        {"get services status=500", "GET", "/api/v1/namespaces/default/services/s", true},
        {"delete namespaces status=500", "DELETE", "/api/v1/namespaces/default", true},
        {"delete namespaces status=500", "DELETE", "/api/v1/namespaces/default/services/s", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status = status_with(rows[i].rule, rows[i].method, rows[i].target);
        if ((status != AS_USUAL) != rows[i].strikes)
            fail_msg("%s: %s %s", rows[i].rule, rows[i].method, rows[i].target);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(member_fault__every_word_means_something),
        cmocka_unit_test(member_fault__any_delay_is_one),
        cmocka_unit_test(member_fault__a_member_can_lie),
        cmocka_unit_test(member_fault__rules_speak_of_verbs_and_resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
