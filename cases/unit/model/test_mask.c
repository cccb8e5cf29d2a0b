#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/model/mask.h"
#include "harness/model/observation.h"

#include <string.h>

static void mask__takes_out_secrets_and_leaves_the_rest(void **state) {
    (void)state;
    static const struct {
        const char *text, *masked;
    } rows[] = {
        {"nothing to hide", "nothing to hide"},
        {"token: abc\nnext", "token: <secret>\nnext"},
        {"{\"token\":\"abc\",\"a\":1}", "{\"token\":\"<secret>\",\"a\":1}"},
        {"{\\\"token\\\":\\\"abc\\\"}", "{\\\"token\\\":\\\"<secret>\\\"}"},
        {"    client-key-data: LS0tLS1C\n", "    client-key-data: <secret>\n"},
        {"kubectl --token=abc get", "kubectl --token=<secret> get"},
        {"kubectl --token abc get", "kubectl --token <secret> get"},
        {"Tokens: default-token-x1", "Tokens: default-token-x1"},
        {"a token is needed", "a token is needed"},
        {"Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer <secret>"},
        {"x -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- y", "x <secret> y"},
        {"-----BEGIN EC PRIVATE KEY-----\ncut off", "<secret>"},
        {"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
         "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"},
        {"kubeconfig: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQphYmMK end",
         "kubeconfig: <secret> end"},
        {"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl", "<secret>"},
        {"sha: 2jmj7l5rSw0yVb/vlWAYkK/YBwk2jmj7l5rSw0yVb/vlWAYkK", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = BUF_INIT;
        mask_text(rows[i].text, strlen(rows[i].text), &out);
        assert_string_equal(buf_str(&out), rows[i].masked ? rows[i].masked : rows[i].text);
        buf_release(&out);
    }
}

static void mask__json_members_and_secret_objects_are_hidden(void **state) {
    (void)state;
    json_t *value = json_pack("{s:s, s:{s:s, s:{s:s}}, s:[s]}", "password", "x", "inner", "kind",
                              "Secret", "data", "ca.key", "eHh4", "list", "token=abc");
    json_t *copy = mask_json(value);
    char *text = json_text(copy);
    assert_string_equal(text, "{\"password\":\"<secret>\",\"inner\":{\"kind\":\"Secret\",\"data\":"
                              "{\"ca.key\":\"<secret>\"}},\"list\":[\"token=<secret>\"]}");
    free(text);
    json_decref(copy);
    json_decref(value);
}

static void observation__log_is_read_up_to_where_the_run_was_killed(void **state) {
    (void)state;
    static const char log[] =
        "{\"event\":\"run-begin\"}\n"
        "{\"event\":\"case-begin\",\"case\":\"a.a\"}\n"
        "{\"event\":\"step-end\",\"case\":\"a.a\",\"step\":0,\"bound\":{\"p\":1}}\n"
        "{\"event\":\"case-end\",\"case\":\"a.a\",\"outcome\":\"met\"}\n"
        "{\"event\":\"case-begin\",\"case\":\"a.b\"}\n"
        "{\"event\":\"step-end\",\"case\":\"a.b\",\"step\":0,\"bound\":{\"t\":\"<secret>\"}}\n"
        "{\"event\":\"case-end\",\"case\":\"a.b\",\"outcome\":\"unmet\"}\n"
        "{\"event\":\"case-begin\",\"case\":\"a.b\"}\n"
        "{\"event\":\"step-e";
    struct err err = {0};
    json_t *events = observation_parse_log(log, strlen(log), "log", &err);
    assert_int_equal(json_array_size(events), 8);
    json_t *history = observation_history(events);
    char *text = json_text(history);
    assert_string_equal(text, "{\"a.a\":{\"bound\":{\"p\":1},\"masked\":false,\"begun\":true,"
                              "\"outcome\":\"met\"},"
                              "\"a.b\":{\"bound\":{},\"masked\":false,\"begun\":true}}");
    free(text);
    json_decref(history);
    json_decref(events);
    assert_null(observation_parse_log("{}\nx\n", 5, "log", &err));
    assert_non_null(strstr(err.text, "log:2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask__takes_out_secrets_and_leaves_the_rest),
        cmocka_unit_test(mask__json_members_and_secret_objects_are_hidden),
        cmocka_unit_test(observation__log_is_read_up_to_where_the_run_was_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
