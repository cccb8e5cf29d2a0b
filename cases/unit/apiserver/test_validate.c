/* Fields that people get wrong, and what is said of them: a text that ends in '*' goes on. */
#include "cases/unit/apiserver/apiserver_fixture.h"
#include "cases/unit/support/texts.h"

#include "harness/core/clock.h"

#define NS "/api/v1/namespaces/default/"
#define APPS "/apis/apps/v1beta1/namespaces/default/"
#define HPA "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"

struct row {
    const char *method, *path, *body;
    int status;
    const char *message;
};

static void expect(struct fixture *f, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        json_t *body = quoted(rows[i].body);
        json_decref(f->answer);
        f->answer = NULL;
        int status = apiserver_call(f->api, rows[i].method, rows[i].path, body, &f->answer);
        json_decref(body);
        size_t len = strlen(rows[i].message);
        bool open = len && rows[i].message[len - 1] == '*';
        bool same = open ? strncmp(message(f), rows[i].message, len - 1) == 0
                         : strcmp(message(f), rows[i].message) == 0;
        if (status != rows[i].status || !same)
            fail_msg("%s %s: %d, %s", rows[i].method, rows[i].body, status, message(f));
    }
}

static void validate__labels_and_annotations_are_names(void **state) {
    static const struct row rows[] = {
        {"POST", NS "configmaps", "{'metadata':{'name':'a','labels':{'a b':'c'}}}", 422,
         "ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"a b\": name part must "
         "consist of alphanumeric characters, '-', '_' or '.'*"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a','labels':{'a':'c d'}}}", 422,
         "ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"c d\": a valid label "
         "must*"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a','annotations':{'x/y/z':'c d'}}}", 422,
         "ConfigMap \"a\" is invalid: metadata.annotations: Invalid value: \"x/y/z\": a "
         "qualified*"},
        {"POST", NS "configmaps",
         "{'metadata':{'name':'a','labels':{'example.com/A_b.c':''},'annotations':{'a':'c d'}}}",
         201, ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__annotations_have_256_kib(void **state) {
    struct fixture *f = *state;
    char *text = xmalloc((256 << 10) + 1);
    memset(text, 'a', 256 << 10);
    text[256 << 10] = '\0';
    json_t *body =
        json_pack("{s:{s:s,s:{s:s}}}", "metadata", "name", "a", "annotations", "k", text);
    free(text);
    assert_int_equal(apiserver_call(f->api, "POST", NS "configmaps", body, &f->answer), 422);
    json_decref(body);
    assert_string_equal(message(f), "ConfigMap \"a\" is invalid: metadata.annotations: Too long: "
                                    "must have at most 262144 characters");
}

static void validate__what_config_maps_and_secrets_hold_has_keys_and_a_size(void **state) {
    struct fixture *f = *state;
    static const struct row rows[] = {
        {"POST", NS "configmaps", "{'metadata':{'name':'a'},'data':{'a b':'c'}}", 422,
         "ConfigMap \"a\" is invalid: data[a b]: Invalid value: \"a b\": a valid config key must*"},
        {"POST", NS "secrets", "{'metadata':{'name':'a'},'data':{'..a':'Yg=='}}", 422,
         "Secret \"a\" is invalid: data[..a]: Invalid value: \"..a\": must not start with '..'"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a'},'data':{'.a-B_1':'c'}}", 201, ""},
    };
    expect(f, rows, ARRAY_LEN(rows));
    char *text = xmalloc((1 << 20) + 2);
    memset(text, 'a', (1 << 20) + 1);
    text[(1 << 20) + 1] = '\0';
    json_t *body = json_pack("{s:{s:s},s:{s:s}}", "metadata", "name", "big", "data", "k", text);
    free(text);
    json_decref(f->answer);
    f->answer = NULL;
    assert_int_equal(apiserver_call(f->api, "POST", NS "configmaps", body, &f->answer), 422);
    json_decref(body);
    assert_string_equal(message(f), "ConfigMap \"big\" is invalid: []: Too long: must have at most "
                                    "1048576 characters");
}

#define SET(name, fields)                                                                        \
    "{'metadata':{'name':'" name "'},'spec':{'serviceName':'s','selector':{'matchLabels':{'a':"  \
    "'b'}}," fields "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':" \
    "'c','image':'i'}]}}}}"

static void validate__some_fields_do_not_change(void **state) {
    static const struct row rows[] = {
        {"POST", NS "secrets", "{'metadata':{'name':'s'},'type':'a/b'}", 201, ""},
        {"PATCH", NS "secrets/s", "{'type':'c/d'}", 422,
         "Secret \"s\" is invalid: type: Invalid value: \"c/d\": field is immutable"},
        {"PATCH", NS "secrets/s", "{'data':{'a':'Yg=='}}", 200, ""},
        {"POST", APPS "statefulsets", SET("w", ""), 201, ""},
        {"PATCH", APPS "statefulsets/w", "{'spec':{'replicas':3}}", 200, ""},
        {"PATCH", APPS "statefulsets/w", "{'spec':{'serviceName':'other'}}", 422,
         "StatefulSet.apps \"w\" is invalid: spec: Forbidden: updates to statefulset spec for "
         "fields other than 'replicas', 'template', and 'updateStrategy' are forbidden."},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__an_autoscaler_has_room(void **state) {
    static const struct row rows[] = {
        {"POST", HPA,
         "{'metadata':{'name':'h'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
         "'minReplicas':3,'maxReplicas':2}}",
         422,
         "HorizontalPodAutoscaler.autoscaling \"h\" is invalid: spec.maxReplicas: Invalid value: "
         "2: must be greater than or equal to `minReplicas`"},
        {"POST", HPA,
         "{'metadata':{'name':'h'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
         "'minReplicas':0,'maxReplicas':2}}",
         422,
         "HorizontalPodAutoscaler.autoscaling \"h\" is invalid: spec.minReplicas: Invalid value: "
         "0: must be greater than 0"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

#define POD(fields) \
    "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'" fields "}]}}"
#define POD_SPEC(fields) \
    "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]" fields "}}"
#define POD_IS "Pod \"p\" is invalid: spec."
#define C0 "containers[0]."

static void validate__a_container_is_checked_field_by_field(void **state) {
    static const struct row rows[] = {
        {"POST", NS "pods", POD(",'volumeMounts':[{'name':'data','mountPath':'/d'}]"), 422,
         POD_IS C0 "volumeMounts[0].name: Not found: \"data\""},
        {"POST", NS "pods", POD(",'env':[{'name':'a b'},{'value':'x'}]"), 422,
         "Pod \"p\" is invalid: [spec.containers[0].env[0].name: Invalid value: \"a b\": a valid "
         "environment variable name must consist of*"},
        {"POST", NS "pods",
         POD(",'env':[{'name':'A','value':'x','valueFrom':{'fieldRef':{'fieldPath':'a'}}}]"), 422,
         POD_IS C0 "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is "
                   "not empty"},
        {"POST", NS "pods", POD(",'ports':[{'name':'averylongportname','containerPort':80}]"), 422,
         POD_IS C0 "ports[0].name: Invalid value: \"averylongportname\": must be no more than 15 "
                   "characters"},
        {"POST", NS "pods",
         POD(",'ports':[{'name':'a','containerPort':80},{'name':'a','containerPort':81}]"), 422,
         POD_IS C0 "ports[1].name: Duplicate value: \"a\""},
        {"POST", NS "pods", POD(",'ports':[{'containerPort':80,'protocol':'HTTP'}]"), 422,
         POD_IS C0 "ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"TCP\", "
                   "\"UDP\""},
        {"POST", NS "pods", POD(",'imagePullPolicy':'Sometimes'"), 422,
         POD_IS C0 "imagePullPolicy: Unsupported value: \"Sometimes\": supported values: "
                   "\"Always\", \"IfNotPresent\", \"Never\""},
        {"POST", NS "pods", POD(",'livenessProbe':{'periodSeconds':3}"), 422,
         POD_IS C0 "livenessProbe: Required value: must specify a handler type"},
        {"POST", NS "pods",
         POD(",'resources':{'requests':{'memory':'1.5Gi'},'limits':{'memory':'1024Mi'}}"), 422,
         POD_IS C0 "resources.requests: Invalid value: \"1.5Gi\": must be less than or equal to "
                   "memory limit"},
        {"POST", NS "pods",
         POD(",'resources':{'requests':{'cpu':'500m'},'limits':{'cpu':'0.5','a.b/c':'1'}}"), 201,
         ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__a_pod_names_its_parts_once(void **state) {
    static const struct row rows[] = {
        {"POST", NS "pods", POD_SPEC(",'volumes':[{'name':'v'},{'name':'v'}]"), 422,
         POD_IS "volumes[1].name: Duplicate value: \"v\""},
        {"POST", NS "pods", POD_SPEC(",'volumes':[{'name':'v','secret':{}}]"), 422,
         POD_IS "volumes[0].secret.secretName: Required value"},
        {"POST", NS "pods", POD_SPEC(",'initContainers':[{'name':'c','image':'i'}]"), 422,
         POD_IS "initContainers[0].name: Duplicate value: \"c\""},
        {"POST", NS "pods", POD_SPEC(",'initContainers':[{'name':'d'}]"), 422,
         POD_IS "initContainers[0].image: Required value"},
        {"POST", NS "pods", POD_SPEC(",'dnsPolicy':'X'"), 422,
         POD_IS "dnsPolicy: Unsupported value: \"X\"*"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

/* Which a server that answers one after the other must not stand still for: it was minutes. */
static void validate__a_pod_of_40000_parts_is_checked_in_seconds(void **state) {
    struct buf volumes = BUF_INIT, mounts = BUF_INIT, pod = BUF_INIT;
    for (unsigned i = 0; i < 40000; i++) {
        buf_addf(&volumes, "%s{\"name\":\"v%u\"}", i ? "," : "", i);
        buf_addf(&mounts, "%s{\"name\":\"v%u\",\"mountPath\":\"/%u\"}", i ? "," : "", i, i);
    }
    buf_addf(&pod,
             "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"volumes\":[%s],\"containers\":[{"
             "\"name\":\"a\",\"image\":\"a\",\"volumeMounts\":[%s]}]}}",
             buf_str(&volumes), buf_str(&mounts));
    int64_t begin_ms = clock_monotonic_ms();
    assert_int_equal(call(*state, "POST", NS "pods", buf_str(&pod)), 201);
    assert_true(clock_monotonic_ms() - begin_ms < 15000);
    buf_release(&volumes);
    buf_release(&mounts);
    buf_release(&pod);
}

static void validate__amounts_and_bytes_that_do_not_read_are_no_objects(void **state) {
    static const struct row rows[] = {
        {"POST", NS "pods", POD(",'resources':{'limits':{'memory':'512MB'}}"), 400,
         "Pod in version \"v1\" cannot be handled as a Pod: quantities must match the regular "
         "expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
        {"POST", NS "pods", POD(",'resources':{'limits':{'memory':'5kk'}}"), 400,
         "Pod in version \"v1\" cannot be handled as a Pod: unable to parse quantity's suffix"},
        {"POST", NS "secrets", "{'metadata':{'name':'s'},'data':{'a':'not base64!'}}", 400,
         "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input "
         "byte 3"},
        {"POST", NS "secrets", "{'metadata':{'name':'s'},'data':{'a':'YWI'}}", 400,
         "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input "
         "byte 0"},
        {"POST", NS "secrets", "{'metadata':{'name':'s'},'data':{'a':'YWI=','b':''}}", 201, ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

#define JOBS "/apis/batch/v1/namespaces/default/jobs"
#define CRON_JOBS "/apis/batch/v1beta1/namespaces/default/cronjobs"
#define TEMPLATE(restart) "'template':{'spec':{" restart "'containers':[{'name':'c','image':'i'}]}}"

static void validate__jobs_end(void **state) {
    static const struct row rows[] = {
        {"POST", JOBS, "{'metadata':{'name':'j'},'spec':{" TEMPLATE("") "}}", 422,
         "Job.batch \"j\" is invalid: spec.template.spec.restartPolicy: Unsupported value: "
         "\"Always\": supported values: \"OnFailure\", \"Never\""},
        {"POST", JOBS,
         "{'metadata':{'name':'j'},'spec':{'parallelism':-1," TEMPLATE(
             "'restartPolicy':'Never',") "}}",
         422,
         "Job.batch \"j\" is invalid: spec.parallelism: Invalid value: -1: must be greater than or "
         "equal to 0"},
        {"POST", CRON_JOBS,
         "{'metadata':{'name':'j'},'spec':{'schedule':'* *','jobTemplate':{'spec':{" TEMPLATE(
             "'restartPolicy':'Never',") "}}}}",
         422,
         "CronJob.batch \"j\" is invalid: spec.schedule: Invalid value: \"* *\": Expected exactly "
         "5 fields, found 2: * *"},
        {"POST", CRON_JOBS,
         "{'metadata':{'name':'j'},'spec':{'schedule':'@hourly','jobTemplate':{'spec':{" TEMPLATE(
             "") "}}}}",
         422,
         "CronJob.batch \"j\" is invalid: spec.jobTemplate.spec.template.spec.restartPolicy: "
         "Unsupported value: \"Always\"*"},
        {"POST", CRON_JOBS,
         "{'metadata':{'name':'j'},'spec':{'schedule':'*/5 * * * "
         "*','jobTemplate':{'spec':{" TEMPLATE("'restartPolicy':'Never',") "}}}}",
         201, ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__a_service_fits_its_type(void **state) {
    static const struct row rows[] = {
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80,'nodePort':30080}]}}", 422,
         "Service \"s\" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` "
         "is 'ClusterIP'"},
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'type':'LoadBalancer','clusterIP':'None','ports':[{"
         "'port':80}]}}",
         422,
         "Service \"s\" is invalid: spec.clusterIP: Invalid value: \"None\": may not be set to "
         "'None' for LoadBalancer services"},
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'clusterIP':'x','ports':[{'port':1}]}}", 422,
         "Service \"s\" is invalid: spec.clusterIP: Invalid value: \"x\": must be empty, 'None', "
         "or "
         "a valid IP address"},
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'sessionAffinity':'X','ports':[{'port':1}]}}", 422,
         "Service \"s\" is invalid: spec.sessionAffinity: Unsupported value: \"X\": supported "
         "values: \"ClientIP\", \"None\""},
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'ports':[{'port':1,'targetPort':'a--'}]}}", 422,
         "Service \"s\" is invalid: [spec.ports[0].targetPort: Invalid value: \"a--\": must not "
         "contain consecutive hyphens, *"},
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'name':'a','port':1,"
         "'nodePort':30001},{'name':'b','port':2,'nodePort':30001}]}}",
         422, "Service \"s\" is invalid: spec.ports[1].nodePort: Duplicate value: 30001"},
        {"POST", NS "services",
         "{'metadata':{'name':'s'},'spec':{'selector':{'a b':'c'},'ports':[{'port':1}]}}", 422,
         "Service \"s\" is invalid: spec.selector: Invalid value: \"a b\": name part*"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__a_strategy_can_make_progress(void **state) {
    static const struct row rows[] = {
        {"POST", APPS "deployments", SET("d", ""), 201, ""},
        {"PATCH", APPS "deployments/d", "{'spec':{'strategy':{'type':'Recreate'}}}", 422,
         "Deployment.apps \"d\" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be "
         "specified when strategy `type` is 'Recreate'"},
        {"PATCH", APPS "deployments/d",
         "{'spec':{'strategy':{'type':'Recreate','rollingUpdate':null}}}", 200, ""},
        {"PATCH", APPS "deployments/d",
         "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':0,"
         "'maxUnavailable':'0%'}}}}",
         422, "Deployment.apps \"d\" is invalid: spec.strategy.rollingUpdate.maxUnavailable*"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__finalizers_are_qualified_and_come_before_the_deletion(void **state) {
    static const struct row rows[] = {
        {"POST", NS "configmaps", "{'metadata':{'name':'a','finalizers':['mine']}}", 422,
         "ConfigMap \"a\" is invalid: metadata.finalizers[0]: Invalid value: \"mine\": name is "
         "neither a standard finalizer name nor is it fully qualified"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a','finalizers':['a.b/c']}}", 201, ""},
        {"DELETE", NS "configmaps/a", "{}", 200, ""},
        {"PATCH", NS "configmaps/a", "{'metadata':{'finalizers':['a.b/c','d.e/f']}}", 422,
         "ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be "
         "added if the object is being deleted, found new finalizers []string{\"d.e/f\"}"},
        {"PATCH", NS "configmaps/a", "{'metadata':{'finalizers':[]}}", 200, ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__owners_are_named_in_full(void **state) {
    static const struct row rows[] = {
        {"POST", NS "configmaps",
         "{'metadata':{'name':'a','ownerReferences':[{'apiVersion':'v1','kind':'Pod','name':'x'}]}"
         "}",
         422,
         "ConfigMap \"a\" is invalid: metadata.ownerReferences.uid: Invalid value: \"\": uid must "
         "not be empty"},
        {"POST", NS "configmaps",
         "{'metadata':{'name':'a','ownerReferences':[{'apiVersion':'v1','kind':'Pod','name':'x',"
         "'uid':'1','controller':true},{'apiVersion':'v1','kind':'Pod','name':'y','uid':'2',"
         "'controller':true}]}}",
         422,
         "ConfigMap \"a\" is invalid: metadata.ownerReferences: Invalid value: "
         "[]v1.OwnerReference{...}: Only one reference can have Controller set to true. Found "
         "\"true\" in references for x and y"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__an_event_is_where_its_object_is(void **state) {
    static const struct row rows[] = {
        {"POST", NS "events", "{'metadata':{'name':'e'},'involvedObject':{'namespace':'other'}}",
         422,
         "Event \"e\" is invalid: involvedObject.namespace: Invalid value: \"other\": does not "
         "match "
         "event.namespace"},
        {"POST", NS "events", "{'metadata':{'name':'e'},'involvedObject':{'kind':'Node'}}", 201,
         ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__what_says_so_is_frozen(void **state) {
    static const struct row rows[] = {
        {"POST", NS "configmaps", "{'metadata':{'name':'a'},'immutable':true,'data':{'k':'v'}}",
         201, ""},
        {"PATCH", NS "configmaps/a", "{'data':{'k':'w'}}", 422,
         "ConfigMap \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set"},
        {"PATCH", NS "configmaps/a", "{'immutable':null}", 422,
         "ConfigMap \"a\" is invalid: immutable: Forbidden: field is immutable when `immutable` is "
         "set"},
        {"PATCH", NS "configmaps/a", "{'metadata':{'labels':{'a':'b'}}}", 200, ""},
        {"POST", NS "persistentvolumeclaims", "{'metadata':{'name':'c'},'spec':{}}", 422,
         "PersistentVolumeClaim \"c\" is invalid: [spec.accessModes: Required value: at least 1 "
         "access mode is required, spec.resources[storage]: Required value]"},
        {"POST", NS "persistentvolumeclaims",
         "{'metadata':{'name':'c'},'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests'"
         ":{'storage':'1Gi'}}}}",
         201, ""},
        {"PATCH", NS "persistentvolumeclaims/c", "{'spec':{'accessModes':['ReadWriteMany']}}", 422,
         "PersistentVolumeClaim \"c\" is invalid: spec: Forbidden: is immutable after creation*"},
        {"PATCH", NS "persistentvolumeclaims/c", "{'spec':{'volumeName':'v'}}", 200, ""},
        {"PATCH", NS "persistentvolumeclaims/c", "{'spec':{'volumeName':'w'}}", 422,
         "PersistentVolumeClaim \"c\" is invalid: spec: Forbidden: is immutable after creation*"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

#define ROLES "/apis/rbac.authorization.k8s.io/v1beta1/namespaces/default/roles"

static void validate__rules_and_routes_are_whole(void **state) {
    static const struct row rows[] = {
        {"POST", ROLES, "{'metadata':{'name':'r'},'rules':[{'verbs':['get']}]}", 422,
         "Role.rbac.authorization.k8s.io \"r\" is invalid: [rules[0].apiGroups: Required value: "
         "resource rules must supply at least one api group, rules[0].resources: Required value: "
         "resource rules must supply at least one resource]"},
        {"POST", ROLES,
         "{'metadata':{'name':'r'},'rules':[{'apiGroups':[''],'resources':['pods']}]}", 422,
         "Role.rbac.authorization.k8s.io \"r\" is invalid: rules[0].verbs: Required value: verbs "
         "must contain at least one value"},
        {"POST", ROLES,
         "{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'nonResourceURLs':['/']}]}", 422,
         "Role.rbac.authorization.k8s.io \"r\" is invalid: rules[0].nonResourceURLs: Invalid "
         "value: []string{...}: namespaced rules cannot apply to non-resource URLs"},
        {"POST", "/apis/extensions/v1beta1/namespaces/default/ingresses",
         "{'metadata':{'name':'i'},'spec':{}}", 422,
         "Ingress.extensions \"i\" is invalid: spec: Invalid value: "
         "[]extensions.IngressRule(nil): either `backend` or `rules` must be specified"},
        {"POST", NS "secrets", "{'metadata':{'name':'t'},'type':'kubernetes.io/tls'}", 422,
         "Secret \"t\" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, fixture_cluster, fixture_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(validate__labels_and_annotations_are_names),
        RULE(validate__annotations_have_256_kib),
        RULE(validate__what_config_maps_and_secrets_hold_has_keys_and_a_size),
        RULE(validate__some_fields_do_not_change),
        RULE(validate__an_autoscaler_has_room),
        RULE(validate__a_container_is_checked_field_by_field),
        RULE(validate__a_pod_names_its_parts_once),
        RULE(validate__a_pod_of_40000_parts_is_checked_in_seconds),
        RULE(validate__amounts_and_bytes_that_do_not_read_are_no_objects),
        RULE(validate__jobs_end),
        RULE(validate__a_service_fits_its_type),
        RULE(validate__a_strategy_can_make_progress),
        RULE(validate__finalizers_are_qualified_and_come_before_the_deletion),
        RULE(validate__owners_are_named_in_full),
        RULE(validate__an_event_is_where_its_object_is),
        RULE(validate__what_says_so_is_frozen),
        RULE(validate__rules_and_routes_are_whole),
    };
    return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
