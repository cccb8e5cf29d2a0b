#include "cases/unit/apiserver/apiserver_fixture.h"
#include "cases/unit/support/texts.h"

#define OLD "/apis/extensions/v1beta1/namespaces/default/ingresses"
#define NEW "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
#define HPA1 "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
#define HPA2 "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
#define CRDB "/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions"
#define CRD1 "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

/* What is written in one version is read in the other, and back. Only what is named is compared. */
static const struct {
    const char *what, *write, *body, *name, *read, *wanted;
} rows[] = {
    {"ingress, older to newer", OLD,
     "{'metadata':{'name':'a'},'spec':{'backend':{'serviceName':'s','servicePort':80},'rules':["
     "{'host':'h','http':{'paths':[{'path':'/','backend':{'serviceName':'t','servicePort':'web'}}"
     "]}}]}}",
     "/a", NEW,
     "{'apiVersion':'networking.k8s.io/v1','spec':{'defaultBackend':{'service':{'name':'s','port':"
     "{'number':80}}},'rules':[{'host':'h','http':{'paths':[{'pathType':'ImplementationSpecific',"
     "'backend':{'service':{'name':'t','port':{'name':'web'}}}}]}}]}}"},
    {"ingress, newer to older", NEW,
     "{'metadata':{'name':'b'},'spec':{'defaultBackend':{'service':{'name':'s','port':{'number':"
     "80}}}}}",
     "/b", OLD,
     "{'apiVersion':'extensions/v1beta1','spec':{'backend':{'serviceName':'s','servicePort':80}}}"},
    {"ingress, newer to newer", NEW,
     "{'metadata':{'name':'c'},'spec':{'defaultBackend':{'service':{'name':'s','port':{'number':"
     "80}}}}}",
     "/c", NEW, "{'spec':{'defaultBackend':{'service':{'name':'s','port':{'number':80}}}}}"},
    {"autoscaler, older to newer", HPA1,
     "{'metadata':{'name':'a'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
     "'maxReplicas':2,'targetCPUUtilizationPercentage':70}}",
     "/a", HPA2,
     "{'spec':{'metrics':[{'type':'Resource','resource':{'name':'cpu','target':{'type':"
     "'Utilization','averageUtilization':70}}}]}}"},
    {"autoscaler, newer to older", HPA2,
     "{'metadata':{'name':'b'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
     "'maxReplicas':2,'behavior':{'scaleUp':{'selectPolicy':'Max'}},'metrics':[{'type':'Resource',"
     "'resource':{'name':'cpu','target':{'type':'Utilization','averageUtilization':60}}}]}}",
     "/b", HPA1, "{'spec':{'targetCPUUtilizationPercentage':60}}"},
    {"autoscaler, what only the newer has", HPA2,
     "{'metadata':{'name':'c'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
     "'maxReplicas':2,'behavior':{'scaleUp':{'selectPolicy':'Max'}}}}",
     "/c", HPA2, "{'spec':{'behavior':{'scaleUp':{'selectPolicy':'Max'}}}}"},
    {"definition, older to newer", CRDB,
     "{'metadata':{'name':'as.e.org'},'spec':{'group':'e.org','version':'v1','scope':'Cluster',"
     "'names':{'plural':'as','kind':'A'},'subresources':{'status':{}},'validation':{"
     "'openAPIV3Schema':{'type':'object'}}}}",
     "/as.e.org", CRD1,
     "{'spec':{'versions':[{'name':'v1','served':true,'storage':true,'subresources':{'status':{}},"
     "'schema':{'openAPIV3Schema':{'type':'object'}}}]}}"},
    {"definition, newer to older", CRD1,
     "{'metadata':{'name':'bs.e.org'},'spec':{'group':'e.org','scope':'Cluster','names':{'plural':"
     "'bs','kind':'B'},'versions':[{'name':'v1','served':true,'storage':true,'schema':{"
     "'openAPIV3Schema':{'type':'object'}},'additionalPrinterColumns':[{'name':'X','type':'string'"
     ",'jsonPath':'.x'}]}]}}",
     "/bs.e.org", CRDB,
     "{'spec':{'version':'v1','preserveUnknownFields':false,'versions':[{'name':'v1',"
     "'additionalPrinterColumns':[{'JSONPath':'.x'}]}]}}"},
};

static void convert__what_one_version_writes_the_others_read(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *body = quoted(rows[i].body), *wanted = quoted(rows[i].wanted), *got = NULL;
        char *path = xasprintf("%s%s", rows[i].read, rows[i].name);
        int made = apiserver_call(f->api, "POST", rows[i].write, body, NULL);
        int read = apiserver_call(f->api, "GET", path, NULL, &got);
        if (made != 201 || read != 200 || !json_contains(got, wanted))
            fail_msg("%s: %d, %d, %s", rows[i].what, made, read, json_dumps(got, 0));
        free(path);
        json_decref(body);
        json_decref(wanted);
        json_decref(got);
    }
}

/* What v1 cannot say waits in an annotation and comes first when it is read. */
static void convert__an_autoscaler_reads_its_cpu_last(void **state) {
    struct fixture *f = *state;
    json_t *body =
        quoted("{'metadata':{'name':'d'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':"
               "'d'},'maxReplicas':2,'metrics':[{'type':'Resource','resource':{'name':'cpu',"
               "'target':{'type':'Utilization','averageUtilization':60}}},{'type':'Resource',"
               "'resource':{'name':'memory','target':{'type':'Utilization','averageUtilization':"
               "50}}}]}}");
    assert_int_equal(apiserver_call(f->api, "POST", HPA2, body, NULL), 201);
    json_decref(body);
    assert_int_equal(call(f, "GET", HPA2 "/d", NULL), 200);
    const json_t *metrics = json_at(f->answer, "spec", "metrics", NULL);
    assert_string_equal(json_str(metrics, "[0]", "resource", "name", NULL), "memory");
    assert_string_equal(json_str(metrics, "[1]", "resource", "name", NULL), "cpu");
    assert_int_equal(json_array_size(metrics), 2);
}

static void convert__reading_does_not_change_what_is_stored(void **state) {
    struct fixture *f = *state;
    json_t *body = quoted(rows[0].body), *first = NULL, *after = NULL;
    assert_int_equal(apiserver_call(f->api, "POST", OLD, body, NULL), 201);
    assert_int_equal(apiserver_call(f->api, "GET", OLD "/a", NULL, &first), 200);
    json_t *before = json_deep_copy(first);
    assert_int_equal(apiserver_call(f->api, "GET", NEW "/a", NULL, NULL), 200);
    assert_int_equal(apiserver_call(f->api, "GET", OLD "/a", NULL, &after), 200);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(first);
    json_decref(after);
    json_decref(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(convert__what_one_version_writes_the_others_read,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(convert__an_autoscaler_reads_its_cpu_last, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(convert__reading_does_not_change_what_is_stored,
                                        fixture_cluster, fixture_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
