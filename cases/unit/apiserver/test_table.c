#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "mocks/apiserver/duration.h"
#include "mocks/apiserver/table.h"

#include <string.h>

#define NOW "2017-06-02T10:00:00Z"

static void duration__reads_as_kubectl_prints_it(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {-5, "<invalid>"},
        {-1, "0s"},
        {0, "0s"},
        {119, "119s"},
        {120, "2m"},
        {125, "2m5s"},
        {600, "10m"},
        {3 * 3600 - 1, "179m"},
        {3 * 3600, "3h"},
        {3 * 3600 + 60, "3h1m"},
        {8 * 3600 + 60, "8h"},
        {47 * 3600, "47h"},
        {48 * 3600, "2d"},
        {49 * 3600, "2d1h"},
        {9 * 86400 + 3600, "9d"},
        {730 * 86400, "2y"},
        {731 * 86400, "2y1d"},
        {3000 * 86400LL, "8y"},
    };
    char text[DURATION_TEXT_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(duration_human(rows[i].seconds * 1000, text), rows[i].text);
}

struct row {
    const char *name, *group, *resource, *object;
    const char *header; /* with -o wide, by commas; the wide ones behind a | */
    const char *cells;  /* as JSON */
};

static void check(const struct row *row) {
    const struct resource *r = resource_find_any(row->group, row->resource);
    json_t *object = quoted(row->object), *want = quoted(row->cells);
    json_object_set_new(json_ensure_object(object, "metadata"), "name", json_string("x"));
    json_set_str(json_ensure_object(object, "metadata"), "creationTimestamp",
                 "2017-06-02T09:57:00Z");
    json_t *table = table_of(r, object, "meta.k8s.io/v1", NULL, clock_parse_utc(NOW));
    struct buf header = BUF_INIT;
    const json_t *columns = json_object_get(table, "columnDefinitions");
    bool wide = false;
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        bool is_wide = json_int(column, 0, "priority", NULL) == 1;
        if (i)
            buf_addc(&header, is_wide && !wide ? '|' : ',');
        wide = is_wide;
        buf_adds(&header, json_str(column, "name", NULL));
    }
    json_t *cells = json_at(table, "rows", "[0]", "cells", NULL);
    char *got = json_text(cells);
    if (strcmp(buf_str(&header), row->header) != 0 || !json_equal(cells, want))
        fail_msg("%s: got %s %s", row->name, buf_str(&header), got);
    assert_int_equal(json_array_size(cells), json_array_size(columns));
    free(got);
    buf_release(&header);
    json_decref(table);
    json_decref(object);
    json_decref(want);
}

static void table__shows_the_columns_people_know(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"replica set", "extensions", "replicasets",
         "{'spec':{'replicas':3,'selector':{'matchLabels':{'a':'b'}},'template':{'spec':{'"
         "containers':"
         "[{'name':'n','image':'i'},{'name':'m','image':'j'}]}}},"
         "'status':{'replicas':3,'readyReplicas':2}}",
         "Name,Desired,Current,Ready,Age|Containers,Images,Selector",
         "['x',3,3,2,'3m','n,m','i,j','a=b']"},
        {"deployment", "apps", "deployments",
         "{'spec':{'replicas':2,'selector':{'matchExpressions':[{'key':'a','operator':'In',"
         "'values':['b','c']}]}},'status':{'updatedReplicas':2}}",
         "Name,Ready,Up-to-date,Available,Age|Containers,Images,Selector",
         "['x','0/2',2,0,'3m','','','a in (b,c)']"},
        {"disruption budget", "policy", "poddisruptionbudgets", "{'spec':{'minAvailable':2}}",
         "Name,Min Available,Max Unavailable,Allowed Disruptions,Age", "['x','2','N/A',0,'3m']"},
        {"service", "", "services",
         "{'spec':{'type':'NodePort','clusterIP':'10.152.183.7','selector':{'b':'2','a':'1'},"
         "'ports':[{'port':80,'nodePort':30080,'protocol':'TCP'},{'port':53,'protocol':'UDP'}]}}",
         "Name,Type,Cluster-IP,External-IP,Port(s),Age|Selector",
         "['x','NodePort','10.152.183.7','<none>','80:30080/TCP,53/UDP','3m','a=1,b=2']"},
        {"balanced service, pending", "", "services", "{'spec':{'type':'LoadBalancer'}}",
         "Name,Type,Cluster-IP,External-IP,Port(s),Age|Selector",
         "['x','LoadBalancer','<none>','<pending>','<none>','3m','<none>']"},
        {"balanced service", "", "services",
         "{'spec':{'type':'LoadBalancer','clusterIP':'1.2.3.4'},'status':{'loadBalancer':"
         "{'ingress':[{'ip':'10.0.0.1'},{'hostname':'lb.example'}]}}}",
         "Name,Type,Cluster-IP,External-IP,Port(s),Age|Selector",
         "['x','LoadBalancer','1.2.3.4','10.0.0.1,lb.example','<none>','3m','<none>']"},
        {"node", "", "nodes",
         "{'metadata':{'labels':{'node-role.kubernetes.io/"
         "worker':''}},'spec':{'unschedulable':true},"
         "'status':{'conditions':[{'type':'Ready','status':'True'}],'nodeInfo':{'kubeletVersion':"
         "'v1.6.2','osImage':'Ubuntu','kernelVersion':'4.4','containerRuntimeVersion':'docker://"
         "1'},"
         "'addresses':[{'type':'InternalIP','address':'10.0.0.2'}]}}",
         "Name,Status,Roles,Age,Version|Internal-IP,External-IP,OS-Image,Kernel-Version,"
         "Container-Runtime",
         "['x','Ready,SchedulingDisabled','worker','3m','v1.6.2','10.0.0.2','<none>','Ubuntu','4.4'"
         ","
         "'docker://1']"},
        {"namespace", "", "namespaces", "{'status':{'phase':'Active'}}", "Name,Status,Age",
         "['x','Active','3m']"},
        {"secret", "", "secrets", "{'type':'Opaque','data':{'a':'','b':''}}", "Name,Type,Data,Age",
         "['x','Opaque',2,'3m']"},
        {"config map", "", "configmaps", "{'data':{'a':'1'}}", "Name,Data,Age", "['x',1,'3m']"},
        {"endpoints", "", "endpoints",
         "{'subsets':[{'addresses':[{'ip':'1.1.1.1'},{'ip':'1.1.1.2'},{'ip':'1.1.1.3'},"
         "{'ip':'1.1.1.4'}],'ports':[{'port':80}]}]}",
         "Name,Endpoints,Age", "['x','1.1.1.1:80,1.1.1.2:80,1.1.1.3:80 + 1 more...','3m']"},
        {"event", "", "events",
         "{'lastTimestamp':'2017-06-02T09:59:00Z','firstTimestamp':'2017-06-02T09:58:00Z','type':"
         "'Normal','reason':'Created','involvedObject':{'kind':'Pod','name':'p'},'source':"
         "{'component':'kubelet','host':'h'},'message':'made','count':2}",
         "Name,Last Seen,Type,Reason,Object|Subobject,Source,Message|First Seen,Count,Name",
         "['x','60s','Normal','Created','pod/p','<none>','kubelet, h','made','2m',2,'x']"},
        {"job", "batch", "jobs",
         "{'spec':{'completions':3},'status':{'succeeded':1,'startTime':'2017-06-02T09:59:00Z'}}",
         "Name,Completions,Duration,Age|Containers,Images,Selector",
         "['x','1/3','60s','3m','','','<none>']"},
        {"autoscaler", "autoscaling", "horizontalpodautoscalers",
         "{'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},'maxReplicas':5,"
         "'targetCPUUtilizationPercentage':80}}",
         "Name,Reference,Targets,MinPods,MaxPods,Replicas,Age",
         "['x','Deployment/d','<unknown>/80%','<unset>',5,0,'3m']"},
        {"role binding", "rbac.authorization.k8s.io", "rolebindings",
         "{'roleRef':{'kind':'Role','name':'r'},'subjects':[{'kind':'User','name':'u'},"
         "{'kind':'ServiceAccount','name':'s','namespace':'n'}]}",
         "Name,Role,Age|Users,Groups,ServiceAccounts", "['x','Role/r','3m','u','','n/s']"},
        {"cron job", "batch", "cronjobs", "{'spec':{'schedule':'* * * * *','suspend':true}}",
         "Name,Schedule,Suspend,Active,Last Schedule,Age|Containers,Images,Selector",
         "['x','* * * * *','True',0,'<none>','3m','','','<none>']"},
        {"priority class", "scheduling.k8s.io", "priorityclasses", "{'value':7}",
         "Name,Value,Global-Default,Age", "['x',7,false,'3m']"},
        {"role", "rbac.authorization.k8s.io", "roles", "{}", "Name,Created At",
         "['x','2017-06-02T09:57:00Z']"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(&rows[i]);
}

static void table__works_the_status_of_a_pod_out(void **state) {
    (void)state;
    static const struct {
        const char *name, *status, *cells;
    } rows[] = {
        {"pending", "{'phase':'Pending'}", "['x','0/2','Pending',0,'3m','<none>','n']"},
        {"half ready",
         "{'phase':'Running','podIP':'10.1.1.1','containerStatuses':[{'ready':true,'restartCount':"
         "2,"
         "'state':{'running':{}}},{'ready':false,'restartCount':1,'state':{'running':{}}}]}",
         "['x','1/2','Running',3,'3m','10.1.1.1','n']"},
        {"crashing",
         "{'phase':'Running','containerStatuses':[{'ready':false,'restartCount':4,'state':"
         "{'waiting':{'reason':'CrashLoopBackOff'}}}]}",
         "['x','0/2','CrashLoopBackOff',4,'3m','<none>','n']"},
        {"killed",
         "{'phase':'Failed','containerStatuses':[{'state':{'terminated':{'exitCode':137,'signal':9}"
         "}}"
         "]}",
         "['x','0/2','Signal:9',0,'3m','<none>','n']"},
        {"initialising", "{'phase':'Pending','initContainerStatuses':[{'state':{'running':{}}}]}",
         "['x','0/2','Init:0/1',0,'3m','<none>','n']"},
        {"evicted", "{'phase':'Failed','reason':'Evicted'}",
         "['x','0/2','Evicted',0,'3m','<none>','n']"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *object =
            xasprintf("{'spec':{'nodeName':'n','containers':[{},{}],'initContainers':[{}]},"
                      "'status':%s}",
                      rows[i].status);
        check(&(struct row){rows[i].name, "", "pods", object,
                            "Name,Ready,Status,Restarts,Age|IP,Node", rows[i].cells});
        free(object);
    }
}

static void table__names_the_conditions_of_a_cluster(void **state) {
    (void)state;
    static const struct {
        const char *status, *shown;
    } rows[] = {
        {"{}", "Unknown"},
        {"{'conditions':[{'type':'Ready','status':'True'}]}", "Ready"},
        {"{'conditions':[{'type':'Offline','status':'True'},{'type':'Ready','status':'False'}]}",
         "Offline,NotReady"},
        {"{'conditions':[{'type':'Ready','status':'Unknown'}]}", "NotReady"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *object = xasprintf("{'status':%s}", rows[i].status);
        char *cells = xasprintf("['x','%s','3m']", rows[i].shown);
        check(&(struct row){rows[i].shown, "federation", "clusters", object, "Name,Status,Age",
                            cells});
        free(object);
        free(cells);
    }
}

static void table__keeps_the_order_and_metadata_of_a_list(void **state) {
    (void)state;
    json_t *list = quoted("{'metadata':{'resourceVersion':'7','continue':'c'},'items':["
                          "{'metadata':{'name':'b','uid':'1'}},{'metadata':{'name':'a'}}]}");
    const struct resource *r = resource_find_any("", "configmaps");
    json_t *table = table_of(r, list, "meta.k8s.io/v1beta1", "Metadata", 0);
    assert_string_equal(json_str(table, "kind", NULL), "Table");
    assert_string_equal(json_str(table, "apiVersion", NULL), "meta.k8s.io/v1beta1");
    assert_string_equal(json_str(table, "metadata", "resourceVersion", NULL), "7");
    assert_string_equal(json_str(table, "metadata", "continue", NULL), "c");
    assert_string_equal(json_str(table, "rows", "[0]", "cells", "[0]", NULL), "b");
    assert_string_equal(json_str(table, "rows", "[1]", "cells", "[0]", NULL), "a");
    assert_string_equal(json_str(table, "rows", "[0]", "object", "kind", NULL),
                        "PartialObjectMetadata");
    assert_string_equal(json_str(table, "rows", "[0]", "object", "metadata", "uid", NULL), "1");
    table_drop_columns(table);
    assert_true(json_is_null(json_object_get(table, "columnDefinitions")));
    json_decref(table);

    table = table_of(r, list, "meta.k8s.io/v1", "None", 0);
    assert_true(json_is_null(json_at(table, "rows", "[0]", "object", NULL)));
    json_decref(table);

    json_set_str(list, "kind", "ConfigMapList");
    json_set_str(list, "apiVersion", "v1");
    table = table_of(r, list, "meta.k8s.io/v1", "Object", 0);
    assert_string_equal(json_str(table, "rows", "[1]", "object", "kind", NULL), "ConfigMap");
    assert_string_equal(json_str(table, "rows", "[1]", "object", "apiVersion", NULL), "v1");
    json_decref(table);

    json_t *partial = table_partial_metadata(list, "meta.k8s.io/v1");
    assert_string_equal(json_str(partial, "kind", NULL), "PartialObjectMetadataList");
    assert_int_equal(json_array_size(json_object_get(partial, "items")), 2);
    json_decref(partial);
    json_decref(list);
}

static void table__follows_the_printer_columns_of_custom_resources(void **state) {
    (void)state;
    static const struct {
        const char *type, *path, *cell;
    } rows[] = {
        {"string", ".spec.size", "'3'"},
        {"integer", ".spec.size", "3"},
        {"date", ".metadata.creationTimestamp", "'3m'"},
        {"date", ".spec.missing", "'<unknown>'"},
        {"string", ".spec.missing", "null"},
        {"string", ".status.conditions[?(@.type==\\\"Ready\\\")].status", "'True'"},
        {"string", ".spec.list[1]", "'b'"},
        {"string", ".metadata.labels['a.b/c']", "'d'"},
        {"string", ".metadata.labels.a\\\\.b/c", "'d'"},
        {"string", "malformed[", "null"},
    };
    json_t *object =
        quoted("{'metadata':{'name':'w','creationTimestamp':'2017-06-02T09:57:00Z',"
               "'labels':{'a.b/c':'d'}},'spec':{'size':3,'list':['a','b']},'status':"
               "{'conditions':[{'type':'X','status':'0'},{'type':'Ready','status':'True'}]}}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *columns = xasprintf("[{\"name\":\"C\",\"type\":\"%s\",\"JSONPath\":\"%s\"}]",
                                  rows[i].type, rows[i].path);
        json_t *custom = json_loads(columns, 0, NULL), *want = quoted(rows[i].cell);
        assert_non_null(custom);
        json_t *table =
            table_of_custom(custom, object, "meta.k8s.io/v1", NULL, clock_parse_utc(NOW));
        json_t *cell = json_at(table, "rows", "[0]", "cells", "[1]", NULL);
        if (!json_equal(cell, want))
            fail_msg("%s %s: got %s", rows[i].type, rows[i].path, json_text(cell));
        json_decref(table);
        json_decref(want);
        json_decref(custom);
        free(columns);
    }
    json_t *table = table_of_custom(NULL, object, "meta.k8s.io/v1", NULL, clock_parse_utc(NOW));
    assert_string_equal(json_str(table, "rows", "[0]", "cells", "[1]", NULL), "3m");
    json_decref(table);
    json_decref(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duration__reads_as_kubectl_prints_it),
        cmocka_unit_test(table__shows_the_columns_people_know),
        cmocka_unit_test(table__works_the_status_of_a_pod_out),
        cmocka_unit_test(table__names_the_conditions_of_a_cluster),
        cmocka_unit_test(table__keeps_the_order_and_metadata_of_a_list),
        cmocka_unit_test(table__follows_the_printer_columns_of_custom_resources),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
