/* pflag's syntax over the flags that the profile lists for the release. */
#include "harness/core/str.h"
#include "mocks/cli/kubefed_state.h"

/* Flags of every command. Those that would change whom kubefed talks to are refused by name. */
static const struct global {
    const char *name, *type, *what;
    bool refused;
} globals[] = {
    {"alsologtostderr", "bool", "log to standard error as well as files", false},
    {"as", "string", "Username to impersonate for the operation", true},
    {"certificate-authority", "string", "Path to a cert. file for the certificate authority", true},
    {"client-certificate", "string", "Path to a client certificate file for TLS", true},
    {"client-key", "string", "Path to a client key file for TLS", true},
    {"cluster", "string", "The name of the kubeconfig cluster to use", true},
    {"context", "string", "The name of the kubeconfig context to use", false},
    {"help", "bool", "help for the command", false},
    {"insecure-skip-tls-verify", "bool", "If true, certificates are not checked", true},
    {"kubeconfig", "string", "Path to the kubeconfig file to use for CLI requests.", false},
    {"log-backtrace-at", "string", "when logging hits line file:N, emit a stack trace", false},
    {"log-dir", "string", "If non-empty, write log files in this directory", false},
    {"log-flush-frequency", "string", "Maximum number of seconds between log flushes", false},
    {"logtostderr", "bool", "log to standard error instead of files", false},
    {"match-server-version", "bool", "Require server version to match client version", true},
    {"namespace", "string", "If present, the namespace scope for this CLI request", false},
    {"password", "string", "Password for basic authentication to the API server", true},
    {"request-timeout", "string", "The length of time to wait for a single request", false},
    {"server", "string", "The address and port of the Kubernetes API server", true},
    {"stderrthreshold", "string", "logs at or above this threshold go to stderr", false},
    {"token", "string", "Bearer token for authentication to the API server", true},
    {"user", "string", "The name of the kubeconfig user to use", true},
    {"username", "string", "Username for basic authentication to the API server", true},
    {"v", "int", "log level for V logs", false},
    {"vmodule", "string", "settings for file-filtered logging", false},
};
static const char *const shorts[][2] = {
    {"v", "v"}, {"h", "help"}, {"n", "namespace"}, {"s", "server"}};

static const json_t *verb_flags(const struct kubefed *k, const char *verb) {
    return json_at(k->facts, "flags", verb, NULL);
}

static const struct global *find_global(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(globals); i++)
        if (str_eq(globals[i].name, name))
            return &globals[i];
    return NULL;
}

/* "string", "bool" or "int"; NULL: no such flag. */
static const char *type_of(const struct kubefed *k, const char *name) {
    const char *type = json_str(verb_flags(k, k->verb), name, "type", NULL);
    const struct global *g = find_global(name);
    return type ? type : g ? g->type : NULL;
}

static int complain(struct kubefed *k, const char *fmt, const char *a, const char *b)
    __attribute__((format(printf, 2, 0)));
static int complain(struct kubefed *k, const char *fmt, const char *a, const char *b) {
    struct buf text = BUF_INIT;
    buf_adds(&text, "Error: ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_addf(&text, fmt, a, b);
#pragma GCC diagnostic pop
    buf_addf(&text,
             "\n\nUsage:\n  kubefed %s [flags] [options]\n\nUse \"kubefed options\" for a list "
             "of global command-line options (applies to all commands).\n",
             k->verb);
    k->env->ops->output(k->env->ops->self, 2, buf_str(&text), text.len);
    buf_release(&text);
    return 1;
}

static int set(struct kubefed *k, const char *name, const char *value) {
    const char *type = type_of(k, name);
    int64_t number;
    const struct global *g = find_global(name);
    if (g && g->refused && !json_object_get(verb_flags(k, k->verb), name))
        return kubefed_fail(k,
                            "this simulated kubefed does not know --%s: use a kubeconfig and a "
                            "context",
                            name);
    bool known_bool = str_eq(value, "true") || str_eq(value, "false");
    if (str_eq(type, "bool") && !known_bool)
        return complain(k, "invalid argument \"%s\" for --%s: strconv.ParseBool: invalid syntax",
                        value, name);
    if (str_eq(type, "int") && !str_to_int(value, INT32_MIN, INT32_MAX, &number))
        return complain(k, "invalid argument \"%s\" for --%s: strconv.ParseInt: invalid syntax",
                        value, name);
    json_set_str(k->flags, name, value);
    return 0;
}

static const char *name_of_letter(const struct kubefed *k, char letter) {
    const char *name;
    json_t *flag;
    json_object_foreach(json_mutable(verb_flags(k, k->verb)), name, flag) {
        const char *own = json_str(flag, "short", NULL);
        if (own && own[0] == letter)
            return name;
    }
    for (size_t i = 0; i < ARRAY_LEN(shorts); i++)
        if (letter == shorts[i][0][0])
            return shorts[i][1];
    return NULL;
}

/* -v 9, -v=9, -v9, -h */
static const char *long_name(const struct kubefed *k, const char *text, const char **ret_value) {
    const char *name = name_of_letter(k, text[1]);
    if (name)
        *ret_value = text[2] == '=' ? text + 3 : text[2] ? text + 2 : NULL;
    return name;
}

static int parse_one(struct kubefed *k, int argc, char **argv, int *i) {
    const char *text = argv[*i], *value = NULL, *found;
    CLEANUP(str_freep) char *name = NULL;
    if (text[1] == '-') {
        const char *equals = strchr(text, '=');
        value = equals ? equals + 1 : NULL;
        name = equals ? xstrndup(text + 2, (size_t)(equals - text - 2)) : xstrdup(text + 2);
    } else {
        found = long_name(k, text, &value);
        if (!found)
            return complain(k, "unknown shorthand flag: '%.1s' in %s", text + 1, text);
        name = xstrdup(found);
    }
    const char *type = type_of(k, name);
    if (!type)
        return complain(k, "unknown flag: --%s%s", name, "");
    if (!value && str_eq(type, "bool"))
        value = "true";
    if (!value && *i + 1 >= argc)
        return complain(k, "flag needs an argument: %s%s", text, "");
    if (!value)
        value = argv[++*i];
    return set(k, name, value);
}

/* "30" are seconds; "1m30s"; "0" is none, -1. */
static bool parse_timeout(const char *text, int64_t *ret_ms) {
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    int64_t total = 0, number;
    if (str_to_int(text, 0, INT32_MAX, &number)) {
        *ret_ms = number ? number * 1000 : -1;
        return true;
    }
    for (const char *at = text; *at;) {
        size_t digits = strspn(at, "0123456789"), letters = strcspn(at + digits, "0123456789"), u;
        CLEANUP(str_freep) char *amount = xstrndup(at, digits);
        CLEANUP(str_freep) char *unit = xstrndup(at + digits, letters);
        for (u = 0; u < ARRAY_LEN(units) && !str_eq(units[u].name, unit); u++)
            ;
        if (u == ARRAY_LEN(units) || !str_to_int(amount, 0, INT32_MAX, &number))
            return false;
        total += number * units[u].ms;
        at += digits + letters;
    }
    *ret_ms = total ? total : -1;
    return *text != '\0';
}

static int take_timeout(struct kubefed *k) {
    const char *text = kubefed_flag(k, "request-timeout");
    if (!*text || parse_timeout(text, &k->timeout_ms))
        return 0;
    return kubefed_fail(k, "Invalid timeout value. Timeout must be a single integer in seconds, or "
                           "an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)");
}

int kubefed_flags_parse(struct kubefed *k, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (str_eq(argv[i], "--")) {
            while (++i < argc)
                json_array_append_new(k->args, json_string(argv[i]));
            break;
        }
        if (argv[i][0] != '-' || !argv[i][1]) {
            json_array_append_new(k->args, json_string(argv[i]));
            continue;
        }
        int code = parse_one(k, argc, argv, &i);
        if (code != 0)
            return code;
    }
    (void)str_to_int(kubefed_flag(k, "v"), 0, 100, &k->verbosity);
    return take_timeout(k);
}

const char *kubefed_flag(const struct kubefed *k, const char *name) {
    const char *given = json_string_value(json_object_get(k->flags, name));
    const char *otherwise = json_str(verb_flags(k, k->verb), name, "default", NULL);
    return given ? given : otherwise ? otherwise : "";
}

bool kubefed_flag_is(const struct kubefed *k, const char *name) {
    const char *given = json_string_value(json_object_get(k->flags, name));
    if (given)
        return str_eq(given, "true");
    return json_flag(verb_flags(k, k->verb), name, "default", NULL);
}

void kubefed_flags_help(struct kubefed *k, const char *verb) {
    const char *name;
    json_t *flag;
    json_object_foreach(json_mutable(verb_flags(k, verb)), name, flag) {
        const char *what = json_str(flag, "help", NULL);
        CLEANUP(str_freep)
        char *otherwise = json_dumps(json_object_get(flag, "default"), JSON_ENCODE_ANY);
        const char *shown = otherwise ? otherwise : "''";
        const char *letter = json_str(flag, "short", NULL);
        kubefed_out(k, "  %s%s%s--%s=%s: %s\n", letter ? "-" : "  ", letter ? letter : "",
                    letter ? ", " : "  ", name, str_eq(shown, "\"\"") ? "''" : shown,
                    what ? what : "");
    }
}

void kubefed_flags_global(struct kubefed *k) {
    kubefed_out(k, "The following options can be passed to any command:\n\n");
    for (size_t i = 0; i < ARRAY_LEN(globals); i++)
        kubefed_out(k, "      --%s=%s: %s%s\n", globals[i].name,
                    str_eq(globals[i].type, "bool") ? "false" : "''", globals[i].what,
                    globals[i].refused ? " (not simulated)" : "");
}
