/* Label and field selectors: what they select, and what is said of those that cannot be read. */
#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/apiserver/selector.h"

#include <string.h>

static bool selects(const char *selector, const char *labels) {
    struct selector s;
    struct err err = {0};
    json_t *object = json_pack("{s:{s:o}}", "metadata", "labels", json_loads(labels, 0, NULL));
    if (selector_parse_labels(selector, &s, &err) < 0)
        fail_msg("%s: %s", selector, err.text);
    bool ret = selector_matches_labels(&s, object);
    selector_release(&s);
    json_decref(object);
    return ret;
}

static void selector__of_labels_selects_what_it_says(void **state) {
    (void)state;
    static const struct {
        const char *selector;
        bool matches;
    } rows[] = {
        {"", true},
        {"app", true},
        {"!app", false},
        {"!old", true},
        {"app=web", true},
        {"app==web", true},
        {"app!=web", false},
        {"old!=x", true}, /* what is not there is not equal */
        {" app = web , n > 3 ", true},
        {"n>4", false},
        {"n<5", true},
        {"old<5", false},
        {"app in (db, web)", true},
        {"app in(web)", true},
        {"app notin (db,web)", false},
        {"old notin (a)", true},
        {"app in ()", false},
        {"example.com/role=", true},
        {"example.com/role", true},
        {"in=1", false},
        {"app=web,old", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (selects(rows[i].selector, "{\"app\":\"web\",\"n\":\"4\",\"example.com/role\":\"\"}") !=
            rows[i].matches)
            fail_msg("\"%s\"", rows[i].selector);
}

/* The texts of apimachinery's labels/selector.go; a text that ends in '*' goes on. */
static void selector__that_cannot_be_read_says_where(void **state) {
    (void)state;
    static const struct {
        const char *selector, *problem;
    } rows[] = {
        {"=a", "found '=', expected: !, identifier, or 'end of string'"},
        {"===", "found '==', expected: !, identifier, or 'end of string'"},
        {",", "found ',', expected: !, identifier, or 'end of string'"},
        {"a=b,", "found '', expected: identifier after ','"},
        {"a=b,=", "found '=', expected: identifier after ','"},
        {"a=b c", "found 'c', expected: ',' or 'end of string'"},
        {"!!", "unable to parse requirement: found '!', expected: identifier"},
        {"!", "unable to parse requirement: found '', expected: identifier"},
        {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=*"},
        {"a in b", "unable to parse requirement: found 'b', expected: '('"},
        {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
        {"/a=b", "unable to parse requirement: invalid label key \"/a\": prefix part must be "
                 "non-empty"},
        {"-a=b", "unable to parse requirement: invalid label key \"-a\": name part must consist*"},
        {"a/b/c", "unable to parse requirement: invalid label key \"a/b/c\": a qualified name*"},
        {"A_b/c", "unable to parse requirement: invalid label key \"A_b/c\": prefix part a DNS*"},
        {"a=@", "unable to parse requirement: invalid label value: \"@\": a valid label must be*"},
        {"a in (b,-c)", "unable to parse requirement: invalid label value: \"-c\": a valid*"},
        {"a>b", "unable to parse requirement: for 'Gt', 'Lt' operators, the value must be an "
                "integer"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector s;
        struct err err = {0};
        assert_int_equal(selector_parse_labels(rows[i].selector, &s, &err), ERR_INPUT);
        size_t len = strlen(rows[i].problem);
        bool open = rows[i].problem[len - 1] == '*';
        if (open ? strncmp(err.text, rows[i].problem, len - 1) != 0
                 : strcmp(err.text, rows[i].problem) != 0)
            fail_msg("\"%s\": %s", rows[i].selector, err.text);
    }
}

/* NULL: the resource has no such field, or the selector cannot be read. */
static void selector__of_fields_knows_those_of_its_resource(void **state) {
    (void)state;
    static const struct {
        const char *resource, *selector, *object, *problem;
    } rows[] = {
        {"pods", "spec.nodeName=n1,status.phase!=Failed",
         "{\"spec\":{\"nodeName\":\"n1\"},\"status\":{\"phase\":\"Running\"}}", NULL},
        {"pods", "spec.nodeName=", "{\"spec\":{}}", NULL},
        {"pods", "metadata.namespace=x", "{\"metadata\":{\"namespace\":\"x\"}}", NULL},
        {"secrets", "type==Opaque", "{\"type\":\"Opaque\"}", NULL},
        {"events", "involvedObject.name=p,involvedObject.kind=Pod,reason!=Killing",
         "{\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\"},\"reason\":\"Pulled\"}", NULL},
        {"events", "source=kubelet", "{\"source\":{\"component\":\"kubelet\"}}", NULL},
        {"namespaces", "status.phase=Active", "{\"status\":{\"phase\":\"Active\"}}", NULL},
        {"nodes", "spec.unschedulable=false", "{\"spec\":{}}", NULL},
        {"nodes", "spec.unschedulable=true", "{\"spec\":{\"unschedulable\":true}}", NULL},
        {"replicationcontrollers", "status.replicas=2", "{\"status\":{\"replicas\":2}}", NULL},
        {"pods", "spec.hostname=x", NULL, "field label not supported: spec.hostname"},
        {"secrets", "data=x", NULL, "field label not supported: data"},
        {"configmaps", "data.a=1", NULL,
         "\"data.a\" is not a known field selector: only \"metadata.name\", "
         "\"metadata.namespace\""},
        {"pods", "status.phase", NULL,
         "invalid selector: 'status.phase'; can't understand 'status.phase'"},
        {"pods", "a>1", NULL, "invalid selector: 'a>1'; can't understand 'a>1'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct selector s;
        struct err err = {0};
        int rc = selector_parse_fields(rows[i].selector, resource_find("", "v1", rows[i].resource),
                                       false, &s, &err);
        if (rows[i].problem) {
            assert_string_equal(err.text, rows[i].problem);
            assert_int_equal(rc, ERR_INPUT);
            continue;
        }
        json_t *object = json_loads(rows[i].object, 0, NULL);
        if (rc < 0 || !selector_matches_fields(&s, object))
            fail_msg("%s: %s", rows[i].selector, err.text);
        json_decref(object);
        selector_release(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selector__of_labels_selects_what_it_says),
        cmocka_unit_test(selector__that_cannot_be_read_says_where),
        cmocka_unit_test(selector__of_fields_knows_those_of_its_resource),
    };
    return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
