#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/login.h"

#include <stdlib.h>
#include <string.h>

#define API "takes our credentials no more"
#define JUJU "takes our login no more"

static void login__that_is_refused_is_told_with_what_to_do(void **state) {
    (void)state;
    static const struct {
        const char *args, *seen, *where, *what; /* where NULL: nobody was refused */
    } rows[] = {
        /* kubectl 1.6 to 1.9, and of today */
        {"[\"kubectl\",\"--context=c1\",\"get\",\"rs\"]",
         "{\"exit\":1,\"stderr\":\"error: You must be logged in to the server (the server has "
         "asked "
         "for the client to provide credentials)\\n\"}",
         "context c1 ", API},
        {"[\"kubectl\",\"--context\",\"c2\",\"get\",\"rs\"]",
         "{\"exit\":1,\"stderr\":\"error: You must be logged in to the server (Unauthorized)\\n\"}",
         "context c2 ", API},
        {"[\"kubectl\",\"get\",\"rs\"]",
         "{\"exit\":1,\"stderr\":\"E1 memcache.go:1 x\\nerror: You must be logged in to the server "
         "(Unauthorized)\\n\"}",
         "the current context ", API},
        {"[\"kubectl\",\"get\",\"rs\"]",
         "{\"exit\":1,\"stderr\":\"Unable to connect to the server: getting credentials: exec: "
         "exit "
         "status 1\\n\"}",
         "the current context ", API},
        {"{\"context\":\"c1\",\"path\":\"/api\"}", "{\"status\":401,\"json\":{}}", "context c1 ",
         API},
        {"[\"juju\",\"status\"]",
         "{\"exit\":1,\"stderr\":\"ERROR login expired\\n\\nYour login\\n\"}", "juju", JUJU},
        {"[\"juju\",\"status\"]",
         "{\"exit\":1,\"stderr\":\"ERROR invalid entity name or password (unauthorized "
         "access)\\n\"}",
         "juju", JUJU},
        {"[\"juju\",\"status\"]",
         "{\"exit\":1,\"stderr\":\"please enter password for admin on x: \"}", "juju", JUJU},
        /* What is none */
        {"[\"kubectl\",\"get\",\"rs\"]",
         "{\"exit\":1,\"stderr\":\"Error from server (Forbidden): rs is forbidden\\n\"}", NULL,
         NULL},
        {"[\"kubectl\",\"get\",\"rs\"]",
         "{\"exit\":0,\"stderr\":\"error: You must be logged in to the server (Unauthorized)\\n\"}",
         NULL, NULL},
        {"[\"cat\",\"log\"]",
         "{\"exit\":1,\"stdout\":\"error: You must be logged in to the server\\n\"}", NULL, NULL},
        {"{\"context\":\"c1\"}", "{\"status\":403}", NULL, NULL},
        {"[]", "{}", NULL, NULL},
        {"null", "null", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *args = json_loads(rows[i].args, JSON_DECODE_ANY, NULL);
        json_t *seen = json_loads(rows[i].seen, JSON_DECODE_ANY, NULL);
        char *line = login_refused(args, seen);
        bool as_wanted = !rows[i].where
                             ? !line
                             : line && strstr(line, rows[i].where) && strstr(line, rows[i].what) &&
                                   strstr(line, "or --resume what was kept") && !strchr(line, '\n');
        if (!as_wanted)
            fail_msg("%s: %s", rows[i].seen, line ? line : "nobody was refused");
        free(line);
        json_decref(args);
        json_decref(seen);
    }
}

static void login__has_no_secret_in_its_line(void **state) {
    (void)state;
    json_t *seen = json_pack("{s:i, s:s}", "exit", 1, "stderr",
                             "Unable to connect to the server: getting credentials: exec: plugin "
                             "--token s3cr3t failed\n");
    char *line = login_refused(NULL, seen);
    assert_non_null(line);
    assert_null(strstr(line, "s3cr3t"));
    free(line);
    json_decref(seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login__that_is_refused_is_told_with_what_to_do),
        cmocka_unit_test(login__has_no_secret_in_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
