#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/model/observation.h"

#include <string.h>

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
    assert_string_equal(text,
                        "{\"a.a\":{\"bound\":{\"p\":1},\"masked\":false,\"begun\":true,\"order\":1,"
                        "\"outcome\":\"met\"},"
                        "\"a.b\":{\"bound\":{},\"masked\":false,\"begun\":true,\"order\":7}}");
    free(text);
    json_decref(history);
    json_decref(events);
    assert_null(observation_parse_log("{}\nx\n", 5, "log", &err));
    assert_non_null(strstr(err.text, "log:2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observation__log_is_read_up_to_where_the_run_was_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
