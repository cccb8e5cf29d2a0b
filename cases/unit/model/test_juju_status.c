#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/juju_status.h"
#include "harness/model/value.h"

#include <stdlib.h>
#include <string.h>

static json_t *entities_of(const char *text) {
    struct err err = {0};
    json_t *status = yaml_parse(text, strlen(text), "test", &err);
    if (!status)
        fail_msg("%s: %s", text, err.text);
    json_t *entities = juju_status_entities(status, &err);
    if (!entities)
        fail_msg("%s: %s", text, err.text);
    json_decref(status);
    return entities;
}

#define MODEL "model: {name: f1, controller: lab, version: '2.1.3'}\n"
#define UNIT(workload, agent)                                                             \
    MODEL "applications: {etcd: {application-status: {current: active}, units: {etcd/0: " \
          "{workload-status: {" workload "}, juju-status: {" agent "}}}}}\n"

/* Each shape in which a release of Juju says it, and what it comes to. */
static void juju_status__is_read_in_the_shapes_of_every_release(void **state) {
    (void)state;
    static const struct {
        const char *status, *settled, *blocker; /* blocker: NULL: none */
    } rows[] = {
        {UNIT("current: active", "current: idle"), "yes", NULL},
        {UNIT("current: unknown", "current: idle"), "yes", NULL},
        {UNIT("current: active", "current: executing, message: running update-status hook"), "no",
         "etcd/0 is active, agent executing: running update-status hook"},
        {UNIT("current: waiting, message: Waiting for agent initialization to finish",
              "current: allocating"),
         "no", "etcd/0 is waiting, agent allocating: Waiting for agent initialization to finish"},
        {UNIT("current: maintenance, message: Installing etcd.", "current: executing"), "no",
         "etcd/0 is maintenance, agent executing: Installing etcd."},
        {UNIT("current: blocked, message: Missing relation to certificate authority.",
              "current: idle"),
         "no", "etcd/0 is blocked, agent idle: Missing relation to certificate authority."},
        {UNIT("current: error, message: 'hook failed: \"install\"'", "current: idle"), "broken",
         "etcd/0 is error, agent idle: hook failed: \"install\""},
        {UNIT("current: unknown, message: agent lost", "current: lost, message: gone"), "broken",
         "etcd/0 is unknown, agent lost: agent lost"},
        /* An empty model, one whose applications have no units, and one with none at all. */
        {MODEL "machines: {}\napplications: {}\n", "no", NULL},
        {MODEL, "no", NULL},
        {MODEL "applications: {etcd: {application-status: {current: waiting}}}\n", "yes", NULL},
        {MODEL "applications: {etcd: {application-status: {current: waiting}, units: {}}}\n", "yes",
         NULL},
        /* Subordinates have their units below their principals only. */
        {MODEL "applications:\n"
               "  flannel: {application-status: {current: active}, subordinate-to: [worker]}\n"
               "  worker: {application-status: {current: active}, units: {worker/0: "
               "{workload-status: {current: active}, juju-status: {current: idle}, subordinates: "
               "{flannel/0: {workload-status: {current: waiting, message: no subnet}, "
               "juju-status: {current: idle}}}}}}\n",
         "no", "flannel/0 is waiting, agent idle: no subnet"},
        {MODEL "applications:\n"
               "  flannel: {application-status: {current: waiting}, subordinate-to: [worker]}\n"
               "  worker: {application-status: {current: active}, units: {worker/0: "
               "{workload-status: {current: active}, juju-status: {current: idle}}}}\n",
         "yes", NULL},
        /* Machines: what the cloud says, until the agent is there; containers. */
        {"machines: {'0': {juju-status: {current: pending}, machine-status: {current: allocating, "
         "message: Deploying}}}\n" UNIT("current: active", "current: idle"),
         "no", "machine 0 is allocating, agent pending: Deploying"},
        {"machines: {'0': {juju-status: {current: pending}, machine-status: {current: provisioning "
         "error, message: no matching tools}}}\n" UNIT("current: active", "current: idle"),
         "broken", "machine 0 is provisioning error, agent pending: no matching tools"},
        {"machines: {'0': {juju-status: {current: down, message: agent is not communicating}, "
         "machine-status: {current: running}}}\n" UNIT("current: active", "current: idle"),
         "broken", "machine 0 is down, agent down: agent is not communicating"},
        {"machines: {'0': {juju-status: {current: started}, containers: {0/lxd/0: {juju-status: "
         "{current: pending}, machine-status: {current: pending, message: Creating}}}}}\n" UNIT(
             "current: active", "current: idle"),
         "no", "machine 0/lxd/0 is pending, agent pending: Creating"},
        /* 3.x: base, related-application; 2.5 on: a type; 2.4 on: a controller. */
        {"model: {name: f1, type: iaas, version: 3.1.6, model-status: {current: available}}\n"
         "controller: {timestamp: '12:00:00Z'}\nstorage: {}\n"
         "machines: {'0': {juju-status: {current: started}, machine-status: {current: running}, "
         "base: {name: ubuntu, channel: '22.04'}, modification-status: {current: idle}}}\n"
         "applications: {etcd: {base: {name: ubuntu, channel: '22.04'}, charm-channel: stable, "
         "application-status: {current: active}, relations: {db: [{related-application: k, "
         "interface: etcd, scope: global}]}, units: {etcd/0: {workload-status: {current: active}, "
         "juju-status: {current: idle}}}}}\n",
         "yes", NULL},
        /* The model itself. */
        {"model: {name: f1, model-status: {current: busy, message: upgrading}}\n"
         "applications: {etcd: {application-status: {current: active}, units: {etcd/0: "
         "{workload-status: {current: active}, juju-status: {current: idle}}}}}\n",
         "no", "model f1 is busy: upgrading"},
        /* What Juju could not read is replaced as a whole, at every level. */
        {MODEL "machines: {'0': {status-error: cannot get machine}}\napplications: {etcd: "
               "{application-status: {current: active}, units: {etcd/0: {workload-status: "
               "{current: active}, juju-status: {current: idle}}}}}\n",
         "broken", "machine 0 is not to be seen: cannot get machine"},
        {MODEL "applications: {etcd: {status-error: cannot get application}}\n", "broken",
         "etcd is not to be seen: cannot get application"},
        {MODEL "applications: {etcd: {application-status: {current: active}, units: {etcd/0: "
               "{status-error: cannot get unit}}}}\n",
         "broken", "etcd/0 is not to be seen: cannot get unit"},
        {UNIT("status-error: cannot get status", "current: idle"), "broken",
         "etcd/0 is not to be seen, agent idle: cannot get status"},
        {UNIT("", "current: idle"), "no", "etcd/0 is not to be seen, agent idle"},
        /* A unit that is at fault is named before the application that only repeats it. */
        {MODEL "applications: {a: {application-status: {current: waiting, message: b}, units: "
               "{a/0: {workload-status: {current: active}, juju-status: {current: idle}}, a/1: "
               "{workload-status: {current: waiting, message: b}, juju-status: {current: "
               "idle}}}}}\n",
         "no", "a/1 is waiting, agent idle: b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *entities = entities_of(rows[i].status);
        const char *settled = juju_status_is_settled(entities)            ? "yes"
                              : juju_status_count(entities, "broken") > 0 ? "broken"
                                                                          : "no";
        const json_t *blocker = juju_status_blocker(entities);
        char *line = blocker ? juju_status_line(blocker) : xstrdup("nobody");
        if (!str_eq(settled, rows[i].settled) ||
            !str_eq(line, rows[i].blocker ? rows[i].blocker : "nobody"))
            fail_msg("%s: settled: %s, blocker: %s", rows[i].status, settled, line);
        free(line);
        json_decref(entities);
    }
}

/* Statuses in the shapes that releases of Juju print, in the files beside this one. */
static json_t *file_of(const char *name) {
    struct err err = {0};
    char *path = xasprintf("%s/cases/unit/model/juju_status/%s.json", CONFED_SOURCE_DIR, name);
    json_t *status = json_load_path(path, &err);
    if (!status)
        fail_msg("%s: %s", path, err.text);
    free(path);
    return status;
}

/* One line for each entity: "S" settled, "W" waiting, "B" broken, and what people are told. */
static char *told(const json_t *entities) {
    struct buf all = BUF_INIT;
    size_t i;
    json_t *entity;
    json_array_foreach(entities, i, entity) {
        char *line = juju_status_line(entity);
        buf_addf(&all, "%c %s\n", *json_str(entity, "state", NULL) - 'a' + 'A', line);
        free(line);
    }
    return buf_detach(&all);
}

static const struct {
    const char *file, *told;
} published[] = {
    {"2.0", "S machine 0 is started, agent started\n"
            "S etcd is active: Healthy with 1 known peers. (leader)\n"
            "S etcd/0 is active, agent idle: Healthy with 1 known peers. (leader)\n"},
    {"2.1", "S machine 0 is started, agent started\n"
            "S machine 0/lxd/0 is started, agent started\n"
            "S machine 1 is started, agent started\n"
            "S easyrsa is active: Certificate Authority connected.\n"
            "S easyrsa/0 is active, agent idle: Certificate Authority connected.\n"
            "S flannel is active: Flannel subnet 10.1.37.1/24\n"
            "W kubernetes-worker is waiting: Waiting for kubelet to start.\n"
            "W kubernetes-worker/0 is waiting, agent executing: Waiting for kubelet to start.\n"
            "S flannel/1 is active, agent idle: Flannel subnet 10.1.37.1/24\n"},
    {"2.3", "S machine 0 is started, agent started\n"
            "S kubernetes-worker is active: Kubernetes worker running.\n"
            "W kubernetes-worker/0 is active, agent idle: upgrading from "
            "cs:~containers/kubernetes-worker-69\n"
            "B kubernetes-worker/1 is error, agent idle: hook failed: "
            "\"kube-control-relation-changed\" for kubernetes-master:kube-control\n"},
    {"2.5", "B machine 0 is down, agent down: agent is not communicating with the server\n"
            "S etcd is active: Healthy with 3 known peers\n"
            "B etcd/0 is unknown, agent lost: agent lost, see 'juju show-status-log etcd/0'\n"},
    {"2.9", "S machine 0 is started, agent started\n"
            "B machine 1 is provisioning error, agent pending: cannot run instances: No available "
            "machine matches constraints: mem=65536\n"
            "W old is active\n"
            "W old/0 is active, agent idle\n"
            "W kubernetes-worker is waiting: waiting for machine\n"
            "W kubernetes-worker/0 is waiting, agent allocating: waiting for machine\n"},
    {"2.9-caas", "W database is waiting: installing agent\n"
                 "W database/0 is maintenance, agent executing: installing charm software\n"},
    {"3.1", "S machine 1 is started, agent started\n"
            "S etcd is active: Healthy with 1 known peer\n"
            "S etcd/0 is active, agent idle: Healthy with 1 known peer\n"},
    {"3.6", "S machine 1 is started, agent started\n"
            "W nrpe is blocked: Nagios server not configured or related\n"
            "S etcd is active\n"
            "S etcd/0 is active, agent idle\n"
            "W nrpe/1 is blocked, agent idle: Nagios server not configured or related\n"},
    {"failed", "B model tt is not to be seen: model status error!\n"
               "B machine 0 is not to be seen: machine status error!\n"
               "B app-failed is not to be seen: app status error!\n"
               "W unit-failed is not to be seen\n"
               "B unit-failed/0 is not to be seen: unit status error!\n"},
    {"minimal", ""},
};

static void juju_status__is_read_as_published(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        struct err err = {0};
        json_t *status = file_of(published[i].file), *entities = juju_status_entities(status, &err);
        char *text = told(entities);
        if (!str_eq(text, published[i].told))
            fail_msg("%s:\n%s\nexpected:\n%s", published[i].file, text, published[i].told);
        free(text);
        json_decref(entities);
        json_decref(status);
    }
}

/* Adds what no release prints so far to each object, at every level. */
static void add_unknown(json_t *value) {
    const char *key;
    json_t *member;
    size_t i;
    json_array_foreach(value, i, member) add_unknown(member);
    json_object_foreach(value, key, member) add_unknown(member);
    if (json_object_get(value, "current") || json_object_get(value, "charm") ||
        json_object_get(value, "instance-id") || json_object_get(value, "model"))
        json_object_set_new(value, "brand-new", json_pack("{s:[i,n], s:s}", "a", 1, "b", "c"));
}

static void juju_status__lets_keys_be_that_it_does_not_know(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        struct err err = {0};
        json_t *status = file_of(published[i].file);
        add_unknown(status);
        json_t *entities = juju_status_entities(status, &err);
        char *text = told(entities);
        assert_string_equal(text, published[i].told);
        free(text);
        json_decref(entities);
        json_decref(status);
    }
}

/* Reads status with each value in it replaced in turn; nothing may come of it but an answer. */
static void spoil(json_t *all, json_t *in, size_t *count) {
    json_t *const others[] = {json_null(), json_integer(7), json_string("x"), json_array(),
                              json_object()};
    json_t *keys = json_array();
    const char *key;
    json_t *member, *name;
    size_t i;
    json_object_foreach(in, key, member) json_array_append_new(keys, json_string(key));
    json_array_foreach(keys, i, name) {
        json_t *own = json_incref(json_object_get(in, json_string_value(name)));
        for (size_t k = 0; k < ARRAY_LEN(others); k++) {
            struct err err = {0};
            json_object_set(in, json_string_value(name), others[k]);
            json_t *entities = juju_status_entities(all, &err);
            if (entities) {
                char *text = told(entities);
                (void)juju_status_is_settled(entities);
                free(text);
            }
            json_decref(entities);
            ++*count;
        }
        json_object_set(in, json_string_value(name), own);
        spoil(all, own, count);
        json_decref(own);
    }
    json_decref(keys);
    for (size_t k = 0; k < ARRAY_LEN(others); k++)
        json_decref(others[k]);
}

static void juju_status__survives_any_value_of_another_kind(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        size_t count = 0;
        json_t *status = file_of(published[i].file), *before = json_deep_copy(status);
        spoil(status, status, &count);
        assert_true(count > 30);
        assert_true(json_equal(status, before));
        json_decref(before);
        json_decref(status);
    }
}

/* As it comes from a command: cut off anywhere it is none, and warnings around it are no part. */
static void juju_status__is_found_whole_or_not_at_all(void **state) {
    (void)state;
    json_t *status = file_of("2.1");
    char *line = json_dumps(status, JSON_COMPACT);
    size_t len = strlen(line);
    for (size_t cut = 1; cut < len; cut += 7) {
        char *part = xstrndup(line, cut);
        assert_null(value_json_in(part));
        free(part);
    }
    static const char *const around[][2] = {
        {"", "\n"},
        {"WARNING key {agent-stream} is deprecated\n", "\nWARNING {3.x} is out\n"},
        {"{agent-stream} is deprecated\n\n", ""},
        {"[1] 4711 done\n[proxy] timeout\n", "\n{and} so on"},
    };
    for (size_t i = 0; i < ARRAY_LEN(around); i++) {
        char *text = xasprintf("%s%s%s", around[i][0], line, around[i][1]);
        json_t *found = value_json_in(text);
        if (!found || !json_equal(found, status))
            fail_msg("%s", text);
        json_decref(found);
        free(text);
    }
    free(line);
    json_decref(status);
}

static void juju_status__refuses_what_is_no_status(void **state) {
    (void)state;
    static const char *const texts[] = {"[]", "{}", "{model: f1}", "{models: []}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err err = {0};
        json_t *status = yaml_parse(texts[i], strlen(texts[i]), "test", &err);
        assert_non_null(status);
        assert_null(juju_status_entities(status, &err));
        assert_int_equal(err.code, ERR_INPUT);
        json_decref(status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(juju_status__is_read_in_the_shapes_of_every_release),
        cmocka_unit_test(juju_status__is_read_as_published),
        cmocka_unit_test(juju_status__lets_keys_be_that_it_does_not_know),
        cmocka_unit_test(juju_status__survives_any_value_of_another_kind),
        cmocka_unit_test(juju_status__is_found_whole_or_not_at_all),
        cmocka_unit_test(juju_status__refuses_what_is_no_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
