#include "harness/driver/juju_retry.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/juju_argv.h"

#include <regex.h>
#include <stdbool.h>
#include <string.h>

/* Of one line; the first that matches counts. */
static const struct message {
    enum juju_loss loss;
    const char *regex;
} messages[] = {
    {JUJU_REFUSED, "^ERROR .*(unable to connect to API|opening API connection): .*"
                   "(dial tcp|refused|timeout|timed out|no route to host|EOF|connection reset|"
                   "Service Unavailable|404 page not found|try was stopped)"},
    {JUJU_REFUSED, "^ERROR dial tcp [][0-9a-fA-F.:]+: "},
    {JUJU_LOST, "^ERROR .*(connection is shut down|websocket: close 1[0-9]+|"
                "connection reset by peer|broken pipe|use of closed network connection|"
                "api connection broken unexpectedly|read tcp .*(EOF|timeout))"},
};

static enum juju_loss loss_of_line(const char *line) {
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        regex_t regex;
        if (regcomp(&regex, messages[i].regex, REG_EXTENDED | REG_NOSUB) != 0)
            continue;
        bool matches = regexec(&regex, line, 0, NULL, 0) == 0;
        regfree(&regex);
        if (matches)
            return messages[i].loss;
    }
    return JUJU_ANSWERED;
}

/* The line of stderr that says it, owned; NULL: none. */
static char *find_line(const json_t *seen, enum juju_loss *ret) {
    const char *text = json_str(seen, "stderr", NULL);
    CLEANUP(str_freep) char *lines = xstrdup(text ? text : "");
    char *rest = lines, *line;
    while ((line = str_next(&rest, '\n')) != NULL)
        if (str_has_prefix(line, "ERROR ") && (*ret = loss_of_line(line)) != JUJU_ANSWERED)
            return xstrdup(line + strlen("ERROR "));
    return NULL;
}

enum juju_loss juju_retry_loss(const json_t *argv, const json_t *seen) {
    enum juju_loss loss = JUJU_ANSWERED;
    if (!juju_argv_is_juju(argv) || json_int(seen, 0, "exit", NULL) == 0)
        return JUJU_ANSWERED;
    CLEANUP(str_freep) char *line = find_line(seen, &loss);
    return line ? loss : JUJU_ANSWERED;
}

char *juju_retry_words(const json_t *seen) {
    enum juju_loss loss;
    char *line = find_line(seen, &loss);
    return line ? line : xstrdup("");
}

static bool is_bundle(const json_t *argv) {
    const char *what = juju_argv_operand(argv, 0);
    return what && str_has_suffix(what, ".yaml");
}

/* A hook tool that says how it is to be, not what is to be changed. */
static bool sets_port(const json_t *argv) {
    const char *command = juju_argv_operand(argv, 0);
    return command && !strpbrk(command, ";&|`$\n") &&
           (str_has_prefix(command, "open-port ") || str_has_prefix(command, "close-port "));
}

static enum juju_way way_when_lost(const json_t *argv) {
    static const char *const settings[] = {"config", "expose", "model-config", "unexpose"};
    const char *verb = juju_argv_verb(argv);
    if (juju_argv_only_looks(argv))
        return JUJU_AGAIN;
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (str_eq(verb, settings[i]))
            return JUJU_AGAIN;
    if (str_eq(verb, "run") || str_eq(verb, "exec"))
        return sets_port(argv) ? JUJU_AGAIN : JUJU_NEVER;
    if (str_eq(verb, "deploy"))
        return is_bundle(argv) ? JUJU_AGAIN : juju_argv_operand(argv, 0) ? JUJU_LOOK : JUJU_NEVER;
    bool of_a_model = str_eq(verb, "add-model") || str_eq(verb, "destroy-model");
    return of_a_model && juju_argv_operand(argv, 0) ? JUJU_LOOK : JUJU_NEVER;
}

enum juju_way juju_retry_way(const json_t *argv, enum juju_loss worst) {
    if (worst == JUJU_ANSWERED)
        return JUJU_NEVER;
    return worst == JUJU_REFUSED ? JUJU_AGAIN : way_when_lost(argv);
}

json_t *juju_retry_look(const json_t *argv) {
    const char *program = json_string_value(json_array_get(argv, 0));
    if (!str_eq(juju_argv_verb(argv), "deploy"))
        return json_pack("[s,s,s,s,s]", program, "model-config", "-m", juju_argv_operand(argv, 0),
                         "resource-tags");
    const char *model = juju_argv_flag(argv, "-m", 0);
    model = model ? model : juju_argv_flag(argv, "--model", 0);
    return model ? json_pack("[s,s,s,s,s]", program, "status", "-m", model, "--format=json")
                 : json_pack("[s,s,s]", program, "status", "--format=json");
}

/* The application of `deploy cs:~who/etcd-42` or `deploy etcd name`. */
static enum juju_found application_found(const json_t *argv, const json_t *seen) {
    const json_t *applications = json_object_get(json_object_get(seen, "json"), "applications");
    if (!json_is_object(applications))
        return JUJU_UNCLEAR;
    const char *name = juju_argv_operand(argv, 1);
    if (name)
        return json_object_get(applications, name) ? JUJU_ARRIVED : JUJU_NOT_ARRIVED;
    CLEANUP(str_freep) char *charm = xstrdup(juju_argv_short_name(juju_argv_operand(argv, 0)));
    char *dash = strrchr(charm, '-');
    if (dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1))
        *dash = '\0';
    return json_object_get(applications, charm) ? JUJU_ARRIVED : JUJU_NOT_ARRIVED;
}

/* What add-model was told to mark the model with; "" when nothing was said. */
static const char *mark_of(const json_t *argv) {
    static const char key[] = "resource-tags=";
    const char *config;
    for (size_t i = 0; (config = juju_argv_flag(argv, "--config", i)) != NULL; i++)
        if (str_has_prefix(config, key))
            return config + strlen(key);
    return "";
}

enum juju_found juju_retry_found(const json_t *argv, const json_t *seen, const char *run_id) {
    const char *verb = juju_argv_verb(argv);
    if (str_eq(verb, "deploy"))
        return application_found(argv, seen);
    const char *said = json_str(seen, "stdout", NULL), *trouble = json_str(seen, "stderr", NULL);
    bool adds = str_eq(verb, "add-model");
    if (json_int(seen, -1, "exit", NULL) != 0) {
        bool gone =
            trouble && str_has_prefix(trouble, "ERROR model ") && strstr(trouble, " not found");
        return !gone ? JUJU_UNCLEAR : adds ? JUJU_NOT_ARRIVED : JUJU_ARRIVED;
    }
    const char *mark = adds ? mark_of(argv) : run_id;
    bool ours = said && mark && *mark && strstr(said, mark);
    return !ours ? JUJU_UNCLEAR : adds ? JUJU_ARRIVED : JUJU_NOT_ARRIVED;
}
