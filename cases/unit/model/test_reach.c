#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/reach.h"

#include <stdlib.h>
#include <string.h>

#define MACHINES                                                               \
    "machines:\n"                                                              \
    "  '0': {containers: {0/lxd/0: {ip-addresses: [172.20.1.61]}}}\n"          \
    "  '1': {ip-addresses: [10.1.0.21, 172.20.1.21, 'fd42::21', 'fe80::1']}\n" \
    "  '2': {}\n"
#define MODEL(exposed, ports)                                                                    \
    "model: {name: f1}\n" MACHINES "applications:\n"                                             \
    "  worker: {exposed: " exposed ", units: {worker/0: {machine: '1', public-address: "         \
    "10.1.0.21, open-ports: [" ports "]}}}\n"                                                    \
    "  empty: {units: {empty/0: {machine: '2'}}}\n"                                              \
    "  boxed: {exposed: true, units: {boxed/0: {machine: 0/lxd/0, public-address: 172.20.1.61, " \
    "open-ports: ['30229']}}}\n"

static json_t *status_of(const char *text) {
    struct err err = {0};
    json_t *status = yaml_parse(text, strlen(text), "test", &err);
    if (!status)
        fail_msg("%s", err.text);
    return status;
}

/* Sets the states of the ways, one word each. */
static void found(json_t *ways, const char *states) {
    char *copy = xstrdup(states), *rest = copy, *state;
    size_t i = 0;
    while ((state = str_next(&rest, ' ')))
        json_set_str(json_array_get(ways, i++), "state", state);
    assert_int_equal(i, json_array_size(ways));
    free(copy);
}

static void reach__says_which_rule_side_or_family_is_missing(void **state) {
    (void)state;
    static const struct {
        const char *model, *states; /* of public, private, IPv6 */
        const char *sides;          /* state rule public private IPv4 IPv6 */
        const char *problem;        /* NULL: none */
    } rows[] = {
        {MODEL("true", "80/tcp, 30229/tcp"), "open open open", "open/open/open/open/open/open",
         NULL},
        {MODEL("true", "80/tcp, 443/tcp"), "timeout timeout timeout",
         "closed/not opened/closed/closed/closed/closed",
         "30229/tcp is not opened on worker/0 (open there: 80/tcp, 443/tcp)"},
        {MODEL("true", ""), "timeout timeout timeout",
         "closed/not opened/closed/closed/closed/closed",
         "30229/tcp is not opened on worker/0 (open there: nothing)"},
        {MODEL("true", "30229/udp"), "timeout timeout timeout",
         "closed/not opened/closed/closed/closed/closed",
         "30229/tcp is not opened on worker/0 (open there: 30229/udp)"},
        {MODEL("false", "30229/tcp"), "timeout timeout timeout",
         "closed/not exposed/closed/closed/closed/closed", "worker is not exposed"},
        {MODEL("false", "80/tcp"), "timeout open timeout",
         "partly/not exposed/closed/partly/partly/closed",
         "worker is not exposed; 30229/tcp is not opened on worker/0 (open there: 80/tcp); no rule "
         "lets IPv6 in: fd42::21 of worker/0 (private, timeout)"},
        {MODEL("true", "30000-30300/tcp"), "timeout refused refused",
         "closed/open/closed/closed/closed/closed",
         "30229/tcp is opened and exposed, but nothing answers at 10.1.0.21 of worker/0 (public, "
         "timeout), 172.20.1.21 of worker/0 (private, refused), fd42::21 of worker/0 (private, "
         "refused)"},
        {MODEL("true", "30229/tcp"), "open open refused", "partly/open/open/partly/open/closed",
         "no rule lets IPv6 in: fd42::21 of worker/0 (private, refused)"},
        {MODEL("true", "30229/tcp"), "timeout timeout open",
         "partly/open/closed/partly/closed/open",
         "no rule lets IPv4 in: 10.1.0.21 of worker/0 (public, timeout), 172.20.1.21 of worker/0 "
         "(private, timeout)"},
        {MODEL("true", "30229/tcp"), "timeout open open", "partly/open/closed/open/partly/open",
         "closed at the public address: 10.1.0.21 of worker/0 (public, timeout)"},
        {MODEL("true", "30229/tcp"), "open timeout open", "partly/open/open/partly/partly/open",
         "closed at 172.20.1.21 of worker/0 (private, timeout)"},
        /* A cloud without a firewall of Juju's. */
        {MODEL("false", ""), "open open open", "open/not exposed/open/open/open/open", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *status = status_of(rows[i].model), *ways = reach_ways(status, "worker", &err);
        assert_int_equal(json_array_size(ways), 3); /* each once, and no link-local one */
        found(ways, rows[i].states);
        json_t *seen = reach_seen(status, "worker", 30229, ways);
        char *sides = xasprintf("%s/%s/%s/%s/%s/%s", json_str(seen, "state", NULL),
                                json_str(seen, "rule", NULL), json_str(seen, "public", NULL),
                                json_str(seen, "private", NULL), json_str(seen, "IPv4", NULL),
                                json_str(seen, "IPv6", NULL));
        const char *problem = json_str(seen, "problem", NULL);
        if (!str_eq(sides, rows[i].sides) || !str_eq(problem, rows[i].problem))
            fail_msg("row %zu: %s: %s", i, sides, problem ? problem : "no problem");
        free(sides);
        json_decref(seen);
        json_decref(ways);
        json_decref(status);
    }
}

static void reach__looks_at_containers_and_without_a_second_address(void **state) {
    (void)state;
    struct err err = {0};
    json_t *status = status_of(MODEL("true", "")), *ways = reach_ways(status, "boxed", &err);
    assert_int_equal(json_array_size(ways), 1);
    found(ways, "open");
    json_t *seen = reach_seen(status, "boxed", 30229, ways); /* "30229" is tcp, as of old */
    assert_string_equal(json_str(seen, "rule", NULL), "open");
    assert_string_equal(json_str(seen, "private", NULL), "none");
    assert_string_equal(json_str(seen, "IPv6", NULL), "none");
    json_decref(seen);
    json_decref(ways);
    json_decref(status);
}

static void reach__says_when_there_is_nowhere_to_look(void **state) {
    (void)state;
    static const char *const rows[][2] = {{"empty", "no unit of empty has an address yet"},
                                          {"other", "there is no application other"}};
    json_t *status = status_of(MODEL("true", ""));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        assert_null(reach_ways(status, rows[i][0], &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_string_equal(err.text, rows[i][1]);
    }
    json_decref(status);
}

/* A status of any other shape gives no way, or one that is closed. */
static void reach__survives_a_status_of_another_shape(void **state) {
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{}",
        "applications: {worker: []}",
        "applications: {worker: {units: [1]}}",
        "applications: {worker: {units: {worker/0: {public-address: 7, machine: 3}}}}",
        "applications: {worker: {exposed: 1, units: {worker/0: {public-address: a, machine: [], "
        "open-ports: {a: b}}}}}",
        "machines: {'1': {ip-addresses: [1, null, {}]}}\n"
        "applications: {worker: {units: {worker/0: {public-address: b, machine: '1', open-ports: "
        "[null, {}, '-', '/', '9-8/tcp', '99999999999999999999/tcp']}}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err err = {0};
        json_t *status = status_of(texts[i]), *ways = reach_ways(status, "worker", &err);
        json_t *seen = reach_seen(status, "worker", 30229, ways);
        if (ways)
            assert_string_equal(json_str(seen, "state", NULL), "closed");
        json_decref(seen);
        json_decref(ways);
        json_decref(status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reach__says_which_rule_side_or_family_is_missing),
        cmocka_unit_test(reach__looks_at_containers_and_without_a_second_address),
        cmocka_unit_test(reach__says_when_there_is_nowhere_to_look),
        cmocka_unit_test(reach__survives_a_status_of_another_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
