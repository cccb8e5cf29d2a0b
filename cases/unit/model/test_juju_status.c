#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/juju_status.h"

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
         "broken", "machine 0 is running, agent down: agent is not communicating"},
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
        cmocka_unit_test(juju_status__refuses_what_is_no_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
