#include "harness/model/step_lint.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/predicate.h"
#include "harness/model/value.h"

#include <string.h>

enum { LOOKS_MAX = 1000, RETRIES_MAX = 100 };

static const char *const verb_names[] = {"run",   "finish", "await",       "resolve",
                                         "probe", "settle", "truth-table", "reach",
                                         "write", "assert", "bind"};

const char *step_verb_name(enum step_verb verb) {
    return verb_names[verb];
}

const char *const *ask_kind_roots(enum ask_kind kind) {
    static const char *const run[] = {"exit", "signal",   "stdout", "stderr",
                                      "json", "nslookup", NULL};
    static const char *const api[] = {"status", "json", "body", "problem", NULL};
    static const char *const resolve[] = {"rcode",      "answers",   "json", "problem",
                                          "elapsed_us", "truncated", "tcp",  "foreign",
                                          "way",        NULL};
    static const char *const probe[] = {"state", "status", "body", "json", "problem", NULL};
    static const char *const truth[] = {"rows", "wrong", "levels", "line", "table", NULL};
    static const char *const reach[] = {"state", "rule", "public",  "private", "IPv4",
                                        "IPv6",  "ways", "problem", NULL};
    static const char *const none[] = {NULL};
    switch (kind) {
    case ASK_RUN:
    case ASK_FINISH:
        return run;
    case ASK_API:
        return api;
    case ASK_RESOLVE:
        return resolve;
    case ASK_PROBE:
        return probe;
    case ASK_TRUTH:
        return truth;
    case ASK_REACH:
        return reach;
    case ASK_NONE:
        break;
    }
    return none;
}

/* The one verb of the step; -1 with a problem. `bind` is one only when no other is there. */
static int find_verb(struct lint *lint) {
    int found = -1;
    for (int v = STEP_RUN; v < STEP_BIND; v++) {
        if (!json_object_get(lint->object, verb_names[v]))
            continue;
        if (found >= 0) {
            lint_add(lint, verb_names[v], "a step has one verb, this one has \"%s\" and \"%s\"",
                     verb_names[found], verb_names[v]);
            return -1;
        }
        found = v;
    }
    if (found < 0 && json_object_get(lint->object, "bind"))
        found = STEP_BIND;
    if (found < 0)
        lint_add(lint, NULL,
                 "a step without a verb, expected run, finish, await, resolve, probe, settle, "
                 "truth-table, reach, write, assert or bind");
    return found;
}

static struct lint inside(struct lint *lint, const char *key) {
    struct lint inner = *lint;
    inner.object = json_object_get(lint->object, key);
    inner.lines = json_object_get(lint->lines, key);
    inner.line = lint_line(inner.lines, lint->line);
    return inner;
}

static void read_command(struct lint *lint, const char *key) {
    const json_t *list = lint_member(lint, key, LINT_LIST, true);
    size_t i;
    json_t *argument;
    if (list && json_array_size(list) == 0)
        lint_add(lint, key, "run is empty, expected [program, argument, ...]");
    json_array_foreach(list, i, argument) {
        bool scalar =
            json_is_string(argument) || json_is_number(argument) || json_is_boolean(argument);
        if (scalar && (i > 0 || json_is_string(argument)))
            continue;
        CLEANUP(str_freep) char *found = value_line(argument, 60);
        lint_add(lint, key,
                 "argument %zu of run is %s, expected a text (y, no, on and so on need "
                 "quotes)",
                 i, found);
    }
}

static void read_resolve(struct lint *lint) {
    static const char *const keys[] = {"name", "type",    "server", "port",
                                       "tcp",  "timeout", "follow", NULL};
    lint_keys(lint, keys, "resolve");
    (void)lint_member(lint, "name", LINT_TEXT, true);
    (void)lint_member(lint, "type", LINT_TEXT, false);
    (void)lint_member(lint, "server", LINT_TEXT, true);
    (void)lint_member(lint, "port", LINT_TEXT_OR_NUMBER, false);
    (void)lint_member(lint, "tcp", LINT_FLAG, false);
    (void)lint_member(lint, "follow", LINT_FLAG, false);
    (void)lint_duration(lint, "timeout");
}

static void read_probe(struct lint *lint) {
    static const char *const keys[] = {"address", "port", "http", "tls", "timeout", NULL};
    lint_keys(lint, keys, "probe");
    (void)lint_member(lint, "address", LINT_TEXT, true);
    (void)lint_member(lint, "port", LINT_TEXT_OR_NUMBER, true);
    (void)lint_member(lint, "http", LINT_TEXT, false);
    (void)lint_member(lint, "tls", LINT_FLAG, false);
    (void)lint_duration(lint, "timeout");
}

static void read_settle(struct lint *lint) {
    static const char *const keys[] = {"model",   "looks",  "for",        "broken_for",
                                       "retries", "answer", "silent_for", NULL};
    lint_keys(lint, keys, "settle");
    (void)lint_member(lint, "model", LINT_TEXT, true);
    (void)lint_duration(lint, "for");
    (void)lint_duration(lint, "broken_for");
    (void)lint_duration(lint, "answer");
    (void)lint_duration(lint, "silent_for");
    int64_t looks;
    const json_t *given = json_object_get(lint->object, "looks");
    if (given && !value_to_int(given, 1, LOOKS_MAX, &looks))
        lint_add(lint, "looks", "looks is the number of looks at a settled model, 1 to %d",
                 LOOKS_MAX);
    const json_t *retries = json_object_get(lint->object, "retries");
    if (retries && !value_to_int(retries, 0, RETRIES_MAX, &looks))
        lint_add(lint, "retries", "retries is how often Juju may try a failed hook again, 0 to %d",
                 RETRIES_MAX);
}

static void read_truth(struct lint *lint) {
    static const char *const keys[] = {"service",
                                       "namespace",
                                       "federation_context",
                                       "host_context",
                                       "clusters",
                                       "zone_server",
                                       "etcd",
                                       "federation",
                                       "zone",
                                       "dns",
                                       "forms",
                                       "types",
                                       "askers",
                                       "line",
                                       "cluster_domain",
                                       NULL};
    static const char *const lists[] = {"clusters", "forms", "types", "askers"};
    lint_keys(lint, keys, "truth-table");
    (void)lint_member(lint, "service", LINT_TEXT, true);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        (void)lint_member(lint, lists[i], LINT_LIST, false);
    for (size_t i = 1; keys[i]; i++)
        if (json_is_null(json_object_get(lint->object, keys[i])))
            lint_add(lint, keys[i], "%s has no value", keys[i]);
    (void)lint_member(lint, "dns", LINT_OBJECT, false);
    (void)lint_member(lint, "line", LINT_OBJECT, false);
}

static void read_reach(struct lint *lint) {
    static const char *const keys[] = {"model", "application", "port", "timeout", NULL};
    lint_keys(lint, keys, "reach");
    (void)lint_member(lint, "model", LINT_TEXT, true);
    (void)lint_member(lint, "application", LINT_TEXT, true);
    (void)lint_member(lint, "port", LINT_TEXT_OR_NUMBER, true);
    (void)lint_duration(lint, "timeout");
}

static void read_write(struct lint *lint) {
    static const char *const keys[] = {"file", "text", "mode", NULL};
    lint_keys(lint, keys, "write");
    (void)lint_member(lint, "text", LINT_TEXT, true);
    const char *file = json_string_value(lint_member(lint, "file", LINT_TEXT, true));
    if (file && (*file == '/' || strstr(file, "..") || !*file))
        lint_add(lint, "file", "file \"%s\" leaves the work folder", file);
    const char *mode = json_string_value(lint_member(lint, "mode", LINT_TEXT, false));
    if (mode && (strlen(mode) > 4 || !*mode || strspn(mode, "01234567") != strlen(mode)))
        lint_add(lint, "mode", "mode \"%s\", expected octal like \"0600\" in quotes", mode);
}

static void read_api(struct lint *lint) {
    static const char *const keys[] = {"context", "kubeconfig", "path",  "run",
                                       "resolve", "probe",      "reach", NULL};
    lint_keys(lint, keys, "await");
    (void)lint_member(lint, "context", LINT_TEXT, true);
    const char *file = json_string_value(lint_member(lint, "kubeconfig", LINT_TEXT, false));
    if (file && (*file == '/' || strstr(file, "..") || !*file))
        lint_add(lint, "kubeconfig", "kubeconfig \"%s\" leaves the work folder", file);
    const char *path = json_string_value(lint_member(lint, "path", LINT_TEXT, true));
    if (path && *path != '/' && !str_has_prefix(path, "${"))
        lint_add(lint, "path", "path \"%s\" does not begin with /", path);
}

/* What an await repeats: one of run, resolve, probe inside it, else the API. */
static void read_await(struct step *step, struct lint *lint) {
    static const struct {
        const char *key;
        enum ask_kind ask;
    } kinds[] = {{"run", ASK_RUN},
                 {"resolve", ASK_RESOLVE},
                 {"probe", ASK_PROBE},
                 {"truth-table", ASK_TRUTH},
                 {"reach", ASK_REACH}};
    struct lint inner = inside(lint, "await");
    step->ask = ASK_API;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!json_object_get(inner.object, kinds[i].key))
            continue;
        if (json_object_size(inner.object) > 1)
            lint_add(&inner, kinds[i].key, "await takes %s alone", kinds[i].key);
        step->ask = kinds[i].ask;
        step->args = json_object_get(inner.object, kinds[i].key);
        if (step->ask == ASK_RUN) {
            read_command(&inner, "run");
            return;
        }
        struct lint deeper = inside(&inner, kinds[i].key);
        if (!json_is_object(deeper.object))
            lint_add(&inner, kinds[i].key, "%s takes a mapping", kinds[i].key);
        else if (step->ask == ASK_RESOLVE)
            read_resolve(&deeper);
        else if (step->ask == ASK_TRUTH)
            read_truth(&deeper);
        else if (step->ask == ASK_REACH)
            read_reach(&deeper);
        else
            read_probe(&deeper);
        return;
    }
    read_api(&inner);
}

static void read_jobs(struct step *step, struct lint *lint, json_t *jobs) {
    if (step->verb == STEP_RUN) {
        step->job = json_string_value(lint_member(lint, "job", LINT_TEXT, false));
        if (step->job && json_object_get(jobs, step->job))
            lint_add(lint, "job", "job \"%s\" is already the name of another", step->job);
        if (step->job)
            json_object_set_new(jobs, step->job, json_true());
        if (step->job && (step->expect || step->bind || step->evidence))
            lint_add(lint, "job",
                     "what a job gives is seen when it ends: expect, bind and evidence "
                     "belong to its finish");
        return;
    }
    step->job = json_string_value(lint_member(lint, "finish", LINT_TEXT, true));
    if (!step->job || json_object_get(jobs, step->job))
        return;
    lint_add(lint, "finish", "no run before it has job: %s (or it is already finished)", step->job);
}

static void check_predicate(struct lint *lint, const char *key, const json_t *predicate,
                            const char *const roots[], bool names_are_values) {
    struct err err = {0};
    if (predicate && predicate_check(predicate, roots, names_are_values, &err) < 0)
        lint_add(lint, key, "%s: %s", key, err.text);
}

static void check_named(struct lint *lint, const char *key, const json_t *named,
                        const struct step *step) {
    const char *name;
    json_t *what;
    struct err err = {0};
    const char *const *roots = ask_kind_roots(step->ask);
    json_object_foreach(json_mutable(named), name, what) {
        if (!*name || strcspn(name, ".[]}$ ") != strlen(name))
            lint_add(lint, key, "%s: \"%s\" is no name", key, name);
        if (step->verb == STEP_BIND) {
            if (json_is_object(what) && json_object_get(what, "matches") &&
                (!json_str(what, "in", NULL) || !json_str(what, "matches", NULL)))
                lint_add(lint, key, "%s: %s: expected {in: text, matches: regex}", key, name);
            continue;
        }
        if (value_extract_check(what, &err) < 0) {
            lint_add(lint, key, "%s: %s: %s", key, name, err.text);
            continue;
        }
        const char *path =
            json_is_string(what) ? json_string_value(what) : json_str(what, "in", NULL);
        CLEANUP(json_freep) json_t *probe = json_object();
        json_object_set_new(probe, path, json_true());
        if (predicate_check(probe, roots, false, &err) < 0)
            lint_add(lint, key, "%s: %s: %s", key, name, err.text);
    }
}

static void read_verb(struct step *step, struct lint *lint) {
    const char *name = verb_names[step->verb];
    step->args = json_object_get(lint->object, name);
    enum lint_kind kind = step->verb == STEP_RUN      ? LINT_LIST
                          : step->verb == STEP_FINISH ? LINT_TEXT
                                                      : LINT_OBJECT;
    if (!lint_member(lint, name, kind, true))
        return;
    struct lint inner = inside(lint, name);
    switch (step->verb) {
    case STEP_RUN:
        step->ask = ASK_RUN;
        read_command(lint, "run");
        break;
    case STEP_FINISH:
        step->ask = ASK_FINISH;
        break;
    case STEP_AWAIT:
        read_await(step, lint);
        break;
    case STEP_RESOLVE:
        step->ask = ASK_RESOLVE;
        read_resolve(&inner);
        break;
    case STEP_PROBE:
        step->ask = ASK_PROBE;
        read_probe(&inner);
        break;
    case STEP_SETTLE:
        step->ask = ASK_RUN;
        read_settle(&inner);
        break;
    case STEP_TRUTH:
        step->ask = ASK_TRUTH;
        read_truth(&inner);
        break;
    case STEP_REACH:
        step->ask = ASK_REACH;
        read_reach(&inner);
        break;
    case STEP_WRITE:
        read_write(&inner);
        break;
    case STEP_ASSERT:
        check_predicate(lint, "assert", step->args, NULL, true);
        break;
    case STEP_BIND:
        break;
    }
}

static void read_keys(struct step *step, struct lint *lint) {
    static const char *const asking[] = {
        "title", "deadline", "expect",  "bind",  "evidence", "env",         "go_on", "may_fail",
        "run",   "finish",   "resolve", "probe", "job",      "truth-table", "reach", NULL};
    static const char *const awaiting[] = {"title", "deadline", "bind",     "evidence",
                                           "env",   "go_on",    "may_fail", "await",
                                           "until", "stays",    NULL};
    static const char *const settling[] = {"title", "deadline", "bind",   "evidence", "env",
                                           "go_on", "may_fail", "settle", NULL};
    static const char *const plain[] = {"title", "go_on", "write", "assert", "bind", NULL};
    lint_keys(lint,
              step->verb == STEP_AWAIT    ? awaiting
              : step->verb == STEP_SETTLE ? settling
              : step->ask != ASK_NONE     ? asking
                                          : plain,
              verb_names[step->verb]);
    step->title = json_string_value(lint_member(lint, "title", LINT_TEXT, false));
    step->go_on = json_is_true(lint_member(lint, "go_on", LINT_FLAG, false));
    step->may_fail = json_is_true(lint_member(lint, "may_fail", LINT_FLAG, false));
    step->deadline_ms = lint_duration(lint, "deadline");
    step->stays_ms = lint_duration(lint, "stays");
    step->expect = lint_member(lint, "expect", LINT_OBJECT, false);
    step->bind = lint_member(lint, "bind", LINT_OBJECT, false);
    step->evidence = lint_member(lint, "evidence", LINT_OBJECT, false);
    step->env = lint_member(lint, "env", LINT_OBJECT, false);
    step->until = lint_member(lint, "until", LINT_OBJECT, step->verb == STEP_AWAIT);
}

void step_lint_read(struct step *step, struct lint *lint, json_t *jobs) {
    if (!json_is_object(lint->object)) {
        lint_add(lint, NULL, "a step is a mapping like {run: [program, argument]}");
        return;
    }
    int verb = find_verb(lint);
    if (verb < 0)
        return;
    step->verb = (enum step_verb)verb;
    read_verb(step, lint);
    read_keys(step, lint);
    if (json_object_get(lint->object, "job") && step->verb != STEP_RUN)
        lint_add(lint, "job", "only run can have a job");
    if (step->verb == STEP_RUN || step->verb == STEP_FINISH)
        read_jobs(step, lint, jobs);
    if (step->verb == STEP_FINISH && step->job)
        json_object_del(jobs, step->job);
    const char *const *roots = ask_kind_roots(step->ask);
    check_predicate(lint, "expect", step->expect, roots, false);
    check_predicate(lint, "until", step->until, roots, false);
    check_named(lint, "bind", step->bind, step);
    check_named(lint, "evidence", step->evidence, step);
}

static void describe_words(const json_t *list, struct buf *out) {
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word) {
        CLEANUP(str_freep) char *text = value_to_text(word);
        bool plain = *text && strpbrk(text, " \t\n\"'") == NULL;
        buf_addf(out, plain ? " %s" : " '%s'", text);
    }
}

static void describe_ask(const struct step *step, struct buf *out) {
    CLEANUP(str_freep) char *port = xstrdup("53");
    const json_t *given = json_object_get(step->args, "port");
    if (given) {
        free(port);
        port = value_to_text(given);
    }
    switch (step->ask) {
    case ASK_RUN:
        describe_words(step->args, out);
        break;
    case ASK_FINISH:
        buf_addf(out, " of job %s", step->job);
        break;
    case ASK_API:
        buf_addf(out, " GET %s of %s", json_str(step->args, "path", NULL),
                 json_str(step->args, "context", NULL));
        break;
    case ASK_RESOLVE: {
        const char *type = json_str(step->args, "type", NULL);
        buf_addf(out, " %s %s at %s:%s", json_str(step->args, "name", NULL), type ? type : "A",
                 json_str(step->args, "server", NULL), port);
        break;
    }
    case ASK_PROBE: {
        const char *http = json_str(step->args, "http", NULL);
        buf_addf(out, " %s:%s%s", json_str(step->args, "address", NULL), port, http ? http : "");
        break;
    }
    case ASK_TRUTH:
        buf_addf(out, " of service %s", json_str(step->args, "service", NULL));
        break;
    case ASK_REACH:
        buf_addf(out, " port %s of %s in %s", port, json_str(step->args, "application", NULL),
                 json_str(step->args, "model", NULL));
        break;
    case ASK_NONE:
        break;
    }
}

void step_describe(const struct step *step, struct buf *out) {
    size_t from = out->len;
    buf_adds(out, verb_names[step->verb]);
    if (step->verb == STEP_SETTLE)
        buf_addf(out, " model %s", json_str(step->args, "model", NULL));
    else if (step->ask != ASK_NONE)
        describe_ask(step, out);
    else if (step->verb == STEP_WRITE)
        buf_addf(out, " %s", json_str(step->args, "file", NULL));
    else if (step->verb == STEP_ASSERT) {
        buf_addc(out, ' ');
        predicate_describe(step->args, out);
    } else {
        const char *name;
        json_t *value;
        json_object_foreach(json_mutable(step->args), name, value) buf_addf(out, " %s", name);
    }
    if (step->job && step->verb == STEP_RUN)
        buf_addf(out, " (in the background as %s)", step->job);
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
}
