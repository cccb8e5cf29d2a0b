#include "mocks/cli/kubefed.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/cli/kubefed_state.h"

#define FATAL_EXIT 255

static void vwrite(struct kubefed *k, int fd, const char *before, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));
static void vwrite(struct kubefed *k, int fd, const char *before, const char *fmt, va_list ap) {
    struct buf text = BUF_INIT;
    buf_adds(&text, before);
    buf_vaddf(&text, fmt, ap);
    if (fd == 2 && text.len > 0 && text.data[text.len - 1] != '\n')
        buf_addc(&text, '\n');
    k->env->ops->output(k->env->ops->self, fd, buf_str(&text), text.len);
    buf_release(&text);
}

void kubefed_out(struct kubefed *k, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vwrite(k, 1, "", fmt, ap);
    va_end(ap);
}

void kubefed_progress(struct kubefed *k, const char *text) {
    if (json_flag(k->facts, "progress", NULL))
        kubefed_out(k, "%s", text);
}

/* "I1122 12:03:22.343137    3458 loader.go:357] " */
static char *klog_header(char severity, const char *source) {
    char now[CLOCK_TEXT_SIZE];
    clock_format_utc_ms(clock_wall_ms(), now);
    return xasprintf("%c%.2s%.2s %.12s000 %7d %s] ", severity, now + 5, now + 8, now + 11,
                     (int)getpid(), source);
}

void kubefed_log(struct kubefed *k, const char *source, const char *fmt, ...) {
    if (k->verbosity < 4)
        return;
    CLEANUP(str_freep) char *header = klog_header('I', source);
    va_list ap;
    va_start(ap, fmt);
    vwrite(k, 2, header, fmt, ap);
    va_end(ap);
}

int kubefed_fail(struct kubefed *k, const char *fmt, ...) {
    bool fatal = k->verbosity >= 2;
    CLEANUP(str_freep) char *header = fatal ? klog_header('F', "helpers.go:119") : xstrdup("");
    CLEANUP(str_freep) char *before = xasprintf("%serror: ", header);
    va_list ap;
    va_start(ap, fmt);
    vwrite(k, 2, before, fmt, ap);
    va_end(ap);
    return fatal ? FATAL_EXIT : 1;
}

int kubefed_fail_usage(struct kubefed *k, const char *text) {
    return kubefed_fail(k, "%s\nSee 'kubefed %s -h' for help and examples.", text, k->verb);
}

static const struct {
    const char *name, *usage, *what;
    int (*fn)(struct kubefed *k);
} verbs[] = {
    {"init", "init FEDERATION_NAME --host-cluster-context=HOST_CONTEXT",
     "Initialize a federation control plane", kubefed_init},
    {"join", "join CLUSTER_NAME --host-cluster-context=HOST_CONTEXT",
     "Join a cluster to a federation", kubefed_join},
    {"unjoin", "unjoin CLUSTER_NAME --host-cluster-context=HOST_CONTEXT",
     "Unjoin a cluster from a federation", kubefed_unjoin},
};

static int overview(struct kubefed *k) {
    kubefed_out(k, "kubefed controls a Kubernetes Cluster Federation.\n\n"
                   "Find more information at https://github.com/kubernetes/kubernetes.\n\n"
                   "Basic Commands:\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        kubefed_out(k, "  %-10s%s\n", verbs[i].name, verbs[i].what);
    kubefed_out(k, "\nOther Commands:\n  help      Help about any command\n"
                   "  options   List the flags that all commands have\n"
                   "  version   Print the client and server version information\n\n"
                   "Usage:\n  kubefed [flags] [options]\n\n"
                   "Use \"kubefed <command> --help\" for more information about a given command.\n"
                   "Use \"kubefed options\" for a list of global command-line options (applies to "
                   "all commands).\n");
    return 0;
}

static int help(struct kubefed *k, const char *verb) {
    for (size_t i = 0; verb && i < ARRAY_LEN(verbs); i++)
        if (str_eq(verbs[i].name, verb)) {
            kubefed_out(k, "%s.\n\nOptions:\n", verbs[i].what);
            kubefed_flags_help(k, verb);
            kubefed_out(k,
                        "\nUsage:\n  kubefed %s [flags] [options]\n\nUse \"kubefed options\" for "
                        "a list of global command-line options (applies to all commands).\n",
                        verbs[i].usage);
            return 0;
        }
    return overview(k);
}

/* "Client Version: version.Info{...}", as Go prints the structure. */
static void print_version(struct kubefed *k, const char *whose, const json_t *v) {
    if (kubefed_flag_is(k, "short")) {
        kubefed_out(k, "%s Version: %s\n", whose, json_str(v, "gitVersion", NULL));
        return;
    }
    static const char *const fields[][2] = {
        {"Major", "major"},
        {"Minor", "minor"},
        {"GitVersion", "gitVersion"},
        {"GitCommit", "gitCommit"},
        {"GitTreeState", "gitTreeState"},
        {"BuildDate", "buildDate"},
        {"GoVersion", "goVersion"},
        {"Compiler", "compiler"},
        {"Platform", "platform"},
    };
    kubefed_out(k, "%s Version: version.Info{", whose);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *value = json_str(v, fields[i][1], NULL);
        kubefed_out(k, "%s%s:\"%s\"", i ? ", " : "", fields[i][0], value ? value : "");
    }
    kubefed_out(k, "}\n");
}

/* The server is that of the current context. */
static int version(struct kubefed *k) {
    print_version(k, "Client", profile_version(k->env->profile, "kubefed"));
    if (kubefed_flag_is(k, "client"))
        return 0;
    struct kubefed_cluster server = {.k = k};
    CLEANUP(json_freep) json_t *config = NULL;
    CLEANUP(json_freep) json_t *answer = NULL;
    int code = kubefed_config_load(k, true, &config);
    if (code == 0)
        code = kubefed_open(k, config, NULL, &server);
    if (code == 0)
        code = kubefed_must(&server, "GET", "/version", NULL, &answer);
    if (code == 0)
        print_version(k, "Server", answer);
    kubefed_close(&server);
    return code;
}

static int dispatch(struct kubefed *k, int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : NULL;
    if (!verb || str_eq(verb, "help") || str_eq(verb, "-h") || str_eq(verb, "--help"))
        return help(k, verb && argc > 2 ? argv[2] : NULL);
    k->verb = verb;
    if (str_eq(verb, "options")) {
        kubefed_flags_global(k);
        return 0;
    }
    int (*fn)(struct kubefed *) = str_eq(verb, "version") ? version : NULL;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_eq(verbs[i].name, verb))
            fn = verbs[i].fn;
    if (!fn) {
        CLEANUP(str_freep)
        char *text = xasprintf(
            "Error: unknown command \"%s\" for \"kubefed\"\nRun 'kubefed --help' for usage.\n",
            verb);
        k->env->ops->output(k->env->ops->self, 2, text, strlen(text));
        return 1;
    }
    int code = kubefed_flags_parse(k, argc - 2, argv + 2);
    if (code != 0)
        return code;
    return kubefed_flag_is(k, "help") ? help(k, verb) : fn(k);
}

int kubefed_run(const struct kubefed_env *env, int argc, char **argv) {
    const json_t *version_info = profile_version(env->profile, "kubefed");
    const char *commit = json_str(version_info, "gitCommit", NULL);
    struct kubefed k = {.env = env,
                        .facts = kubefed_facts(env->profile),
                        .flags = json_object(),
                        .timeout_ms = -1,
                        .args = json_array()};
    rng_init(&k.rng, env->seed);
    k.user_agent = xasprintf("kubefed/%s (linux/amd64) kubernetes/%.7s",
                             json_str(version_info, "gitVersion", NULL), commit ? commit : "");
    int code = dispatch(&k, argc, argv);
    json_decref(k.facts);
    json_decref(k.flags);
    json_decref(k.args);
    free(k.user_agent);
    return code;
}
