#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"

#include "harness/core/json.h"
#include "mocks/apiserver/protobuf.h"
#include "mocks/apiserver/schema.h"
#include "mocks/apiserver/wire.h"

#include <string.h>

/* As kubectl 1.32 sends them: it writes every zero that is no pointer. */
#define NAMESPACE                                                                                  \
    "k8s\0\n\017\n\002v1\022\tNamespace\022\034\n\024\n\004t132\022\0\032\0\"\0*\0002\0008\000B\0" \
    "\022\0\032\002\n\0\032\0\"\0"
#define ACCESS_REVIEW                                                                \
    "k8s\0\n2\n\027authorization.k8s.io/"                                            \
    "v1\022\027SelfSubjectAccessReview\022P\n\020\n\0\022\0\032\0"                   \
    "\"\0*\0002\0008\000B\0\0222\n0\n\007default\022\006create\032\nextensions\"\0*" \
    "\013replicasets"                                                                \
    "2\0:\0\032\b\b\0\022\0\032\0 \0\032\0\"\0"

static void assert_same(const json_t *got, const char *want_text, const char *what) {
    json_t *want = quoted(want_text);
    if (!json_equal(got, want)) {
        char *text = json_text(got);
        fail_msg("%s: got %s", what, text);
    }
    json_decref(want);
}

static void protobuf__reads_what_kubectl_sends(void **state) {
    (void)state;
    struct err err = {0};
    json_t *ns = protobuf_decode(NAMESPACE, sizeof(NAMESPACE) - 1, &err);
    assert_same(ns,
                "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'t132'},'spec':{},"
                "'status':{}}",
                err.text);
    json_decref(ns);
    json_t *review = protobuf_decode(ACCESS_REVIEW, sizeof(ACCESS_REVIEW) - 1, &err);
    assert_same(
        review,
        "{'apiVersion':'authorization.k8s.io/v1','kind':'SelfSubjectAccessReview','metadata':"
        "{},'spec':{'resourceAttributes':{'namespace':'default','verb':'create','group':"
        "'extensions','resource':'replicasets'}},'status':{}}",
        err.text);
    json_decref(review);
}

static void protobuf__keeps_objects_through_both_ways(void **state) {
    (void)state;
    static const char *const objects[] = {
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','creationTimestamp':"
        "'2017-06-02T09:00:07Z','labels':{'a':'b','c':''},'generation':3},'spec':{'volumes':["
        "{'name':'v','emptyDir':{}},{'name':'w','secret':{'secretName':'s','defaultMode':0}}],"
        "'containers':[{'name':'c','args':['x',''],'ports':[{'containerPort':80}],'resources':"
        "{'limits':{'cpu':'100m'}},'livenessProbe':{'httpGet':{'path':'/','port':'http'},"
        "'periodSeconds':3},'env':[{'name':'E','valueFrom':{'secretKeyRef':{'name':'s','key':'k',"
        "'optional':false}}}],'securityContext':{'runAsUser':0,'privileged':false}}],"
        "'terminationGracePeriodSeconds':0,'automountServiceAccountToken':false}}",
        "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'s'},'data':{'k':'AAEC','e':''},"
        "'type':'Opaque'}",
        "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'d'},'spec':{'replicas':0,"
        "'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{},'spec':{'hostNetwork':true}"
        "},"
        "'strategy':{'rollingUpdate':{'maxSurge':'25%','maxUnavailable':0}}}}",
        "{'apiVersion':'extensions/"
        "v1beta1','kind':'Ingress','metadata':{'name':'i'},'spec':{'rules':"
        "[{'host':'h','http':{'paths':[{'path':'/','backend':{'serviceName':'s','servicePort':80}}]"
        "}}]}}",
        "{'apiVersion':'v1','kind':'PersistentVolume','metadata':{'name':'v'},'spec':{'capacity':"
        "{'storage':'1Gi'},'nfs':{'server':'s','path':'/'},'accessModes':['ReadWriteOnce']}}",
        "{'apiVersion':'policy/"
        "v1beta1','kind':'PodDisruptionBudget','metadata':{'name':'b'},'spec':"
        "{'minAvailable':'50%'}}",
        "{'apiVersion':'v1','kind':'ConfigMapList','metadata':{'resourceVersion':'9'},'items':["
        "{'metadata':{'name':'a'},'data':{'x':'y'}},{'metadata':{'name':'b'}}]}",
        "{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'l'},'spec':"
        "{'renewTime':'2017-06-02T09:00:07.250000Z','holderIdentity':'h'}}",
        "{'apiVersion':'v1','kind':'Status','status':'Failure','code':404,'details':{'name':'x',"
        "'causes':[{'reason':'FieldValueInvalid','field':'spec'}]}}",
        "{'apiVersion':'apps/"
        "v1','kind':'ControllerRevision','metadata':{'name':'r'},'data':{'a':[1]},"
        "'revision':2}",
        "{'apiVersion':'federation/v1beta1','kind':'Cluster','metadata':{'name':'c1'},'spec':"
        "{'serverAddressByClientCIDRs':[{'clientCIDR':'0.0.0.0/0','serverAddress':'https://a'}],"
        "'secretRef':{'name':'c1'}},'status':{'zones':['z1','z2'],'region':'r'}}",
        "{'apiVersion':'authentication.k8s.io/v1','kind':'TokenReview','metadata':{},'spec':{},"
        "'status':{'user':{'username':'u','extra':{'scopes':['a','b']}},'authenticated':true}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
        struct buf out = BUF_INIT;
        struct err err = {0};
        json_t *object = quoted(objects[i]);
        if (protobuf_encode(object, &out, &err) < 0)
            fail_msg("%s: %s", objects[i], err.text);
        json_t *back = protobuf_decode(out.data, out.len, &err);
        if (!back)
            fail_msg("%s: %s", objects[i], err.text);
        assert_same(back, objects[i], "round trip");
        json_decref(back);
        json_decref(object);
        buf_release(&out);
    }
}

static void protobuf__says_when_it_knows_no_schema(void **state) {
    (void)state;
    struct buf out = BUF_INIT;
    struct err err = {0};
    json_t *object = quoted("{'apiVersion':'example.com/v1','kind':'Widget'}");
    buf_adds(&out, "before");
    assert_int_equal(protobuf_encode(object, &out, &err), ERR_NOT_FOUND);
    assert_string_equal(buf_str(&out), "before");
    buf_release(&out);
    json_decref(object);

    static const char unknown[] = "k8s\0\n\r\n\002v1\022\007Unicorn\022\0";
    assert_null(protobuf_decode(unknown, sizeof(unknown) - 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.text, "no kind \"Unicorn\" is registered for version \"v1\"");
}

static void protobuf__refuses_what_is_malformed(void **state) {
    (void)state;
    static const struct {
        const char *name, *data;
        size_t len;
    } rows[] = {
        {"empty", "", 0},
        {"json", "{}", 2},
        {"no envelope", "k8s\0\377", 5},
        {"field past the end", "k8s\0\n\017\n\002v1\022\tNamespace\022\005\n\024", 24},
        {"group", "k8s\0\n\017\n\002v1\022\tNamespace\022\001\013", 24},
        {"not UTF-8", "k8s\0\n\017\n\002v1\022\tNamespace\022\005\n\003\n\001\377", 28},
        {"number for a message", "k8s\0\n\017\n\002v1\022\tNamespace\022\002\010\001", 25},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *value = protobuf_decode(rows[i].data, rows[i].len, &err);
        if (value || err.code != ERR_INPUT || !err.text[0])
            fail_msg("%s: code %d %s", rows[i].name, err.code, err.text);
    }
    for (size_t len = 0; len < sizeof(NAMESPACE) - 1; len++) {
        struct err err = {0};
        char *exact = xmemdup(NAMESPACE, len ? len : 1);
        json_decref(protobuf_decode(exact, len, &err));
        free(exact);
    }
}

static void protobuf__bounds_depth(void **state) {
    (void)state;
    /* JSONSchemaProps aside no type nests into itself; raw objects in objects do. */
    struct buf inner = BUF_INIT, type = BUF_INIT;
    struct err err = {0};
    for (int i = 0; i < 3 * PROTOBUF_DEPTH_MAX; i++) {
        struct buf raw = BUF_INIT, data = BUF_INIT, outer = BUF_INIT;
        wire_add_message(&raw, 1, &inner);
        wire_add_message(&data, 2, &raw); /* ControllerRevision.data */
        buf_clear(&type);
        wire_add_text(&type, 1, "apps/v1");
        wire_add_text(&type, 2, "ControllerRevision");
        buf_add(&outer, "k8s", 4);
        wire_add_message(&outer, 1, &type);
        wire_add_message(&outer, 2, &data);
        inner = outer;
    }
    assert_null(protobuf_decode(inner.data, inner.len, &err));
    assert_true(err.code == ERR_INPUT || err.code == ERR_LIMIT);
    buf_release(&inner);
}

static void schema__knows_types_by_their_group_version(void **state) {
    (void)state;
    static const struct {
        const char *api_version, *kind, *package;
    } rows[] = {
        {"v1", "Pod", "core.v1"},
        {"apps/v1", "Deployment", "apps.v1"},
        {"extensions/v1beta1", "ReplicaSet", "extensions.v1beta1"},
        {"rbac.authorization.k8s.io/v1beta1", "Role", "rbac.v1beta1"},
        {"coordination.k8s.io/v1beta1", "Lease", "coordination.v1"},
        {"example.com/v1", "DeleteOptions", "meta.v1"},
        {"v1", "PodSpec", NULL},
        {"example.com/v1", "Pod", NULL},
        {"v2", "Pod", NULL},
        {NULL, "Pod", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct schema_type *type = schema_find(rows[i].api_version, rows[i].kind);
        if (!rows[i].package)
            assert_null(type);
        else
            assert_string_equal(type ? type->package : "none", rows[i].package);
    }
    char group[64];
    assert_string_equal(schema_group("rbac.v1", group, sizeof(group)), "rbac.authorization.k8s.io");
    assert_string_equal(schema_group("apps.v1", group, sizeof(group)), "apps");
    assert_string_equal(schema_group("core.v1", group, sizeof(group)), "");
    const struct schema_type *volume = schema_find_type("core.v1", "Volume");
    assert_string_equal(schema_field_of(volume, "emptyDir")->name, "emptyDir");
    assert_null(schema_field_of(volume, "volumeSource"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protobuf__reads_what_kubectl_sends),
        cmocka_unit_test(protobuf__keeps_objects_through_both_ways),
        cmocka_unit_test(protobuf__says_when_it_knows_no_schema),
        cmocka_unit_test(protobuf__refuses_what_is_malformed),
        cmocka_unit_test(protobuf__bounds_depth),
        cmocka_unit_test(schema__knows_types_by_their_group_version),
    };
    return cmocka_run_group_tests_name("protobuf", tests, NULL, NULL);
}
