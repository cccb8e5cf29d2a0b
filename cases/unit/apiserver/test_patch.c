#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "mocks/apiserver/patch.h"

#include <string.h>

struct row {
    const char *name, *kind, *original, *patch;
    const char *want; /* NULL: refused with code */
    int code;
};

static void check(enum patch_kind kind, const struct row *row) {
    json_t *original = quoted(row->original), *patch = quoted(row->patch), *result = NULL;
    json_t *before = json_deep_copy(original);
    struct err err = {0};
    int rc = patch_apply(kind, row->kind ? row->kind : "Pod", original, patch, &result, &err);
    char *got = result ? json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_t *want = row->want ? quoted(row->want) : NULL;
    char *want_text = want ? json_dumps(want, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (rc != row->code || (want && !json_equal(want, result)))
        fail_msg("%s: code %d (%s), got %s, want %s", row->name, rc, err.text, got ? got : "none",
                 want_text ? want_text : "none");
    if (!json_equal(original, before))
        fail_msg("%s: the original was changed", row->name);
    if (rc < 0 && !err.text[0])
        fail_msg("%s: no message", row->name);
    free(got);
    free(want_text);
    json_decref(want);
    json_decref(original);
    json_decref(before);
    json_decref(patch);
    json_decref(result);
}

static void patch__json_does_what_rfc_6902_shows(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"A.1 add member", 0, "{'foo':'bar'}", "[{'op':'add','path':'/baz','value':'qux'}]",
         "{'baz':'qux','foo':'bar'}", 0},
        {"A.2 add element", 0, "{'foo':['bar','baz']}",
         "[{'op':'add','path':'/foo/1','value':'qux'}]", "{'foo':['bar','qux','baz']}", 0},
        {"A.3 remove member", 0, "{'baz':'qux','foo':'bar'}", "[{'op':'remove','path':'/baz'}]",
         "{'foo':'bar'}", 0},
        {"A.4 remove element", 0, "{'foo':['bar','qux','baz']}",
         "[{'op':'remove','path':'/foo/1'}]", "{'foo':['bar','baz']}", 0},
        {"A.5 replace", 0, "{'baz':'qux','foo':'bar'}",
         "[{'op':'replace','path':'/baz','value':'boo'}]", "{'baz':'boo','foo':'bar'}", 0},
        {"A.6 move", 0, "{'foo':{'bar':'baz','waldo':'fred'},'qux':{'corge':'grault'}}",
         "[{'op':'move','from':'/foo/waldo','path':'/qux/thud'}]",
         "{'foo':{'bar':'baz'},'qux':{'corge':'grault','thud':'fred'}}", 0},
        {"A.7 move element", 0, "{'foo':['all','grass','cows','eat']}",
         "[{'op':'move','from':'/foo/1','path':'/foo/3'}]", "{'foo':['all','cows','eat','grass']}",
         0},
        {"A.8 test", 0, "{'baz':'qux','foo':['a',2,'c']}",
         "[{'op':'test','path':'/baz','value':'qux'},{'op':'test','path':'/foo/1','value':2}]",
         "{'baz':'qux','foo':['a',2,'c']}", 0},
        {"A.9 test fails", 0, "{'baz':'qux'}", "[{'op':'test','path':'/baz','value':'bar'}]", NULL,
         ERR_STATE},
        {"A.10 nested member", 0, "{'foo':'bar'}",
         "[{'op':'add','path':'/child','value':{'grandchild':{}}}]",
         "{'foo':'bar','child':{'grandchild':{}}}", 0},
        {"A.12 nonexistent target", 0, "{'foo':'bar'}",
         "[{'op':'add','path':'/baz/bat','value':'qux'}]", NULL, ERR_STATE},
        {"A.14 escapes", 0, "{'/':9,'~1':10}", "[{'op':'test','path':'/~01','value':10}]",
         "{'/':9,'~1':10}", 0},
        {"A.16 append", 0, "{'foo':['bar']}",
         "[{'op':'add','path':'/foo/-','value':['abc','def']}]", "{'foo':['bar',['abc','def']]}",
         0},
        {"copy", 0, "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]",
         "{'a':{'b':1},'c':{'b':1}}", 0},
        {"label with slash", 0, "{'labels':{}}",
         "[{'op':'add','path':'/labels/failure-domain.beta.kubernetes.io~1zone','value':'z'}]",
         "{'labels':{'failure-domain.beta.kubernetes.io/zone':'z'}}", 0},
        {"replace whole", 0, "{'a':1}", "[{'op':'replace','path':'','value':{'b':2}}]", "{'b':2}",
         0},
        {"remove missing", 0, "{}", "[{'op':'remove','path':'/a'}]", NULL, ERR_STATE},
        {"replace missing", 0, "{}", "[{'op':'replace','path':'/a','value':1}]", NULL, ERR_STATE},
        {"index too large", 0, "{'a':[1]}", "[{'op':'add','path':'/a/3','value':1}]", NULL,
         ERR_STATE},
        {"index with leading zero", 0, "{'a':[1,2]}", "[{'op':'remove','path':'/a/01'}]", NULL,
         ERR_STATE},
        {"move into itself", 0, "{'a':{}}", "[{'op':'move','from':'/a','path':'/a/b'}]", NULL,
         ERR_STATE},
        {"unknown operation", 0, "{}", "[{'op':'frob','path':'/a'}]", NULL, ERR_STATE},
        {"an object", 0, "{}", "{'op':'add'}", NULL, ERR_INPUT},
        {"no objects inside", 0, "{}", "[1]", NULL, ERR_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(PATCH_JSON, &rows[i]);
}

static void patch__json_bounds_copies_of_copies(void **state) {
    (void)state;
    json_t *original = quoted("{'a':[1,2,3,4]}"), *patch = json_array(), *result = NULL;
    struct err err = {0};
    for (int i = 0; i < 64; i++)
        json_array_append_new(patch, quoted("{'op':'copy','from':'/a','path':'/a/-'}"));
    assert_int_equal(patch_apply(PATCH_JSON, "Pod", original, patch, &result, &err), ERR_STATE);
    assert_null(result);
    json_decref(original);
    json_decref(patch);
}

static void patch__merge_does_what_rfc_7386_shows(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"replace", 0, "{'a':'b'}", "{'a':'c'}", "{'a':'c'}", 0},
        {"add", 0, "{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}", 0},
        {"remove", 0, "{'a':'b'}", "{'a':null}", "{}", 0},
        {"remove one", 0, "{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}", 0},
        {"array to string", 0, "{'a':['b']}", "{'a':'c'}", "{'a':'c'}", 0},
        {"nested", 0, "{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}", 0},
        {"arrays replace", 0, "{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}", 0},
        {"nulls in new maps go", 0, "{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}", 0},
        {"no object", 0, "{'a':'b'}", "['c']", NULL, ERR_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(PATCH_MERGE, &rows[i]);
}

#define SPEC(x) "{'spec':{" x "}}"
#define POD_A "'containers':[{'name':'a','image':'1'}]"

static void patch__strategic_merges_lists_by_their_key(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"container by name", "Pod", SPEC(POD_A), SPEC("'containers':[{'name':'a','image':'2'}]"),
         SPEC("'containers':[{'name':'a','image':'2'}]"), 0},
        {"a new container goes in front", "Pod", SPEC(POD_A), SPEC("'containers':[{'name':'b'}]"),
         SPEC("'containers':[{'name':'b'},{'name':'a','image':'1'}]"), 0},
        {"inside a template", "Deployment", "{'spec':{'template':" SPEC(POD_A) "}}",
         "{'spec':{'template':" SPEC("'containers':[{'name':'a','tty':true}]") "}}",
         "{'spec':{'template':" SPEC("'containers':[{'name':'a','image':'1','tty':true}]") "}}", 0},
        {"env", "Pod", SPEC("'containers':[{'name':'a','env':[{'name':'X','value':'1'}]}]"),
         SPEC("'containers':[{'name':'a','env':[{'name':'X','value':'2'}]}]"),
         SPEC("'containers':[{'name':'a','env':[{'name':'X','value':'2'}]}]"), 0},
        {"tolerations are atomic", "Pod", SPEC("'tolerations':[{'key':'a'},{'key':'b'}]"),
         SPEC("'tolerations':[{'key':'c'}]"), SPEC("'tolerations':[{'key':'c'}]"), 0},
        {"command is atomic", "Pod", SPEC("'containers':[{'name':'a','command':['x','y']}]"),
         SPEC("'containers':[{'name':'a','command':['z']}]"),
         SPEC("'containers':[{'name':'a','command':['z']}]"), 0},
        {"finalizers are a set", "Pod", "{'metadata':{'finalizers':['a','b']}}",
         "{'metadata':{'finalizers':['b','c']}}", "{'metadata':{'finalizers':['a','b','c']}}", 0},
        {"conditions by type", "Node",
         "{'status':{'conditions':[{'type':'Ready','status':'False'},{'type':'X','status':'1'}]}}",
         "{'status':{'conditions':[{'type':'Ready','status':'True'}]}}",
         "{'status':{'conditions':[{'type':'Ready','status':'True'},{'type':'X','status':'1'}]}}",
         0},
        {"a service keeps its other ports", "Service",
         SPEC("'ports':[{'port':80,'name':'a'},{'port':81,'name':'b'}]"),
         SPEC("'ports':[{'port':81,'nodePort':30001}]"),
         SPEC("'ports':[{'port':80,'name':'a'},{'port':81,'name':'b','nodePort':30001}]"), 0},
        {"the trap: two ports with an equal number collapse", "Service",
         SPEC("'ports':[{'port':53,'protocol':'UDP','name':'dns'}]"),
         SPEC("'ports':[{'port':53,'protocol':'UDP','name':'dns'},"
              "{'port':53,'protocol':'TCP','name':'dns-tcp'}]"),
         SPEC("'ports':[{'port':53,'protocol':'TCP','name':'dns-tcp'}]"), 0},
        {"a new list is taken as it is", "Service", SPEC("'type':'ClusterIP'"),
         SPEC("'ports':[{'port':53,'protocol':'UDP'},{'port':53,'protocol':'TCP'}]"),
         SPEC("'type':'ClusterIP','ports':[{'port':53,'protocol':'UDP'},"
              "{'port':53,'protocol':'TCP'}]"),
         0},
        {"null removes", "Pod", "{'metadata':{'labels':{'a':'1','b':'2'}}}",
         "{'metadata':{'labels':{'a':null}}}", "{'metadata':{'labels':{'b':'2'}}}", 0},
        {"nulls of new maps go", "Pod", "{}", "{'metadata':{'labels':{'a':null,'b':'1'}}}",
         "{'metadata':{'labels':{'b':'1'}}}", 0},
        {"an unknown kind has no keys", "Widget", SPEC(POD_A), SPEC("'containers':[{'name':'b'}]"),
         SPEC("'containers':[{'name':'b'}]"), 0},
        {"no merge key", "Pod", SPEC(POD_A), SPEC("'containers':[{'image':'2'}]"), NULL, ERR_USAGE},
        {"no object", "Pod", "{}", "[]", NULL, ERR_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(PATCH_STRATEGIC, &rows[i]);
}

static void patch__strategic_obeys_directives(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"delete an element", "Pod", SPEC("'containers':[{'name':'a'},{'name':'b'}]"),
         SPEC("'containers':[{'name':'a','$patch':'delete'}]"), SPEC("'containers':[{'name':'b'}]"),
         0},
        {"delete without key", "Pod", SPEC(POD_A), SPEC("'containers':[{'$patch':'delete'}]"), NULL,
         ERR_INPUT},
        {"replace a list", "Pod", SPEC("'containers':[{'name':'a'},{'name':'b'}]"),
         SPEC("'containers':[{'name':'c'},{'$patch':'replace'}]"),
         SPEC("'containers':[{'name':'c'}]"), 0},
        {"replace a map", "Pod", "{'metadata':{'labels':{'a':'1'}}}",
         "{'metadata':{'labels':{'b':'2','$patch':'replace'}}}",
         "{'metadata':{'labels':{'b':'2'}}}", 0},
        {"delete a map", "Pod", "{'metadata':{'labels':{'a':'1'}}}",
         "{'metadata':{'labels':{'$patch':'delete'}}}", "{'metadata':{'labels':{}}}", 0},
        {"unknown", "Pod", "{'metadata':{}}", "{'metadata':{'$patch':'frob'}}", NULL, ERR_USAGE},
        {"delete primitives", "Pod", "{'metadata':{'finalizers':['a','b']}}",
         "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a']}}",
         "{'metadata':{'finalizers':['b']}}", 0},
        {"retain keys", "Deployment",
         SPEC("'strategy':{'type':'RollingUpdate','rollingUpdate':{}}"),
         SPEC("'strategy':{'type':'Recreate','$retainKeys':['type']}"),
         SPEC("'strategy':{'type':'Recreate'}"), 0},
        {"retain keys must name what the patch sets", "Deployment", SPEC("'strategy':{}"),
         SPEC("'strategy':{'type':'Recreate','$retainKeys':['x']}"), NULL, ERR_STATE},
        {"element order", "Pod", SPEC("'containers':[{'name':'a'},{'name':'b'}]"),
         SPEC("'$setElementOrder/containers':[{'name':'b'},{'name':'a'}]"),
         SPEC("'containers':[{'name':'b'},{'name':'a'}]"), 0},
        {"element order with a new one", "Pod", SPEC("'containers':[{'name':'a'}]"),
         SPEC("'$setElementOrder/containers':[{'name':'a'},{'name':'b'}],"
              "'containers':[{'name':'b','image':'x'}]"),
         SPEC("'containers':[{'name':'a'},{'name':'b','image':'x'}]"), 0},
        {"element order keeps what only the server has", "Pod",
         SPEC("'containers':[{'name':'a'},{'name':'injected'},{'name':'b'}]"),
         SPEC("'$setElementOrder/containers':[{'name':'a'},{'name':'b'}],"
              "'containers':[{'name':'b','image':'x'}]"),
         SPEC("'containers':[{'name':'a'},{'name':'injected'},{'name':'b','image':'x'}]"), 0},
        {"element order must be complete", "Pod", SPEC(POD_A),
         SPEC("'$setElementOrder/containers':[{'name':'a'}],'containers':[{'name':'z'}]"), NULL,
         ERR_USAGE},
        {"directives never enter an object", "Pod", "{}",
         SPEC("'$setElementOrder/volumes':[{'name':'v'}],"
              "'volumes':[{'name':'v','$retainKeys':['name']}]"),
         SPEC("'volumes':[{'name':'v'}]"), 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(PATCH_STRATEGIC, &rows[i]);
}

/* A list of any length: it was hours when its order is turned around. */
static void patch__strategic_turns_a_long_list_around_at_once(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    json_t *original = quoted("{'spec':{'containers':[{'name':'a','env':[]}]}}");
    json_t *patch = quoted("{'spec':{'containers':[{'name':'a','$setElementOrder/env':[]}]}}");
    json_t *have = json_at(original, "spec", "containers", "[0]", "env", NULL), *result = NULL;
    json_t *order = json_at(patch, "spec", "containers", "[0]", "$setElementOrder/env", NULL);
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof(name), "v%d", i);
        json_array_append_new(have, json_pack("{s:s, s:s}", "name", name, "value", "x"));
        json_array_insert_new(order, 0, json_pack("{s:s}", "name", name));
    }
    int64_t begin_ms = clock_monotonic_ms();
    assert_int_equal(patch_apply(PATCH_STRATEGIC, "Pod", original, patch, &result, NULL), 0);
    assert_true(clock_monotonic_ms() - begin_ms < 5000);
    const json_t *env = json_at(result, "spec", "containers", "[0]", "env", NULL);
    assert_int_equal(json_array_size(env), COUNT);
    assert_string_equal(json_str(env, "[0]", "name", NULL), "v4999");
    assert_string_equal(json_str(env, "[4999]", "name", NULL), "v0");
    json_decref(original);
    json_decref(patch);
    json_decref(result);
}

static void patch__refuses_what_nests_too_deep(void **state) {
    (void)state;
    json_t *deep = json_integer(1), *original = json_object(), *result = NULL;
    for (int i = 0; i < PATCH_DEPTH_MAX + 2; i++) {
        json_t *outer = json_object();
        json_object_set_new(outer, "a", deep);
        deep = outer;
    }
    struct err err = {0};
    for (int kind = PATCH_JSON; kind <= PATCH_STRATEGIC; kind++)
        assert_int_equal(patch_apply((enum patch_kind)kind, "Pod", original, deep, &result, &err),
                         ERR_INPUT);
    json_decref(deep);
    json_decref(original);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patch__json_does_what_rfc_6902_shows),
        cmocka_unit_test(patch__json_bounds_copies_of_copies),
        cmocka_unit_test(patch__merge_does_what_rfc_7386_shows),
        cmocka_unit_test(patch__strategic_merges_lists_by_their_key),
        cmocka_unit_test(patch__strategic_obeys_directives),
        cmocka_unit_test(patch__strategic_turns_a_long_list_around_at_once),
        cmocka_unit_test(patch__refuses_what_nests_too_deep),
    };
    return cmocka_run_group_tests_name("patch", tests, NULL, NULL);
}
