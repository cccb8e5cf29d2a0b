#include "mocks/juju/hook_tools.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#define WORDS_MAX 64
#define COMMANDS_MAX 64

struct tool_call {
    struct juju_unit *unit;
    const struct juju_machine *machine;
    char *words[WORDS_MAX + 1];
    size_t count;
    struct buf *out, *errors;
};

/* Splits at spaces, heeding quotes; unfinished quotes end with the text. */
static void split_words(char *text, struct tool_call *call) {
    char *to = text;
    const char *from = text;
    call->count = 0;
    while (*from && call->count < WORDS_MAX) {
        while (*from == ' ' || *from == '\t' || *from == '\n')
            from++;
        if (!*from)
            break;
        call->words[call->count++] = to;
        char quote = 0;
        for (; *from && (quote || !strchr(" \t\n", *from)); from++) {
            if (quote ? *from == quote : (*from == '"' || *from == '\''))
                quote = quote ? 0 : *from;
            else
                *to++ = *from;
        }
        if (*from)
            from++;
        *to++ = '\0';
    }
    call->words[call->count] = NULL;
}

static int tool_port(struct tool_call *call) {
    bool open = str_eq(call->words[0], "open-port");
    uint16_t from, to;
    char protocol[8];
    struct err err = {0};
    const char *text = NULL;
    for (size_t i = 1; i < call->count; i++)
        if (call->words[i][0] != '-')
            text = call->words[i];
    if (!text) {
        buf_adds(call->errors, "ERROR no port or range specified\n");
        return 2;
    }
    if (!juju_firewall_parse(text, &from, &to, protocol, &err)) {
        buf_addf(call->errors, "ERROR %s\n", err.text);
        return 2;
    }
    if (open)
        (void)juju_firewall_open(call->unit, from, to, protocol);
    else
        (void)juju_firewall_close(call->unit, from, to, protocol);
    return 0;
}

static int tool_opened_ports(struct tool_call *call) {
    json_t *ports = juju_firewall_list(call->unit), *port;
    size_t i;
    json_array_foreach(ports, i, port) buf_addf(call->out, "%s\n", json_string_value(port));
    json_decref(ports);
    return 0;
}

static int tool_unit_get(struct tool_call *call) {
    const char *what = call->words[1];
    if (!str_eq(what, "public-address") && !str_eq(what, "private-address")) {
        buf_addf(call->errors, "ERROR unknown setting \"%s\"\n", what ? what : "");
        return 1;
    }
    buf_addf(call->out, "%s\n", call->machine->address ? call->machine->address : "");
    return 0;
}

static int tool_config_get(struct tool_call *call) {
    const struct juju_application *a = call->unit->app;
    const struct juju_option *o =
        call->words[1] ? juju_charm_option(a->charm, call->words[1]) : NULL;
    if (!o)
        return 0; /* config-get is silent about unknown keys */
    const char *set = json_string_value(json_object_get(a->options, o->name));
    buf_addf(call->out, "%s\n", set ? set : o->value);
    return 0;
}

static int tool_is_leader(struct tool_call *call) {
    buf_adds(call->out, juju_unit_is_leader(call->unit) ? "True\n" : "False\n");
    return 0;
}

static int tool_hostname(struct tool_call *call) {
    buf_addf(call->out, "%s\n", call->machine->instance_id);
    return 0;
}

static int tool_echo(struct tool_call *call) {
    for (size_t i = 1; i < call->count; i++)
        buf_addf(call->out, "%s%s", i > 1 ? " " : "", call->words[i]);
    buf_addc(call->out, '\n');
    return 0;
}

static int tool_cat(struct tool_call *call) {
    const struct juju *j = call->machine->model->juju;
    int code = 0;
    for (size_t i = 1; i < call->count; i++) {
        const char *path = call->words[i];
        if (str_has_prefix(path, "/home/ubuntu/"))
            path += strlen("/home/ubuntu/");
        size_t len = 0;
        char *unit = call->unit ? juju_unit_name(call->unit) : NULL;
        char *data =
            unit && j->ops.read_file
                ? j->ops.read_file(j->ops.self, call->machine->model->name, unit, path, &len)
                : NULL;
        if (data)
            buf_add(call->out, data, len);
        else
            buf_addf(call->errors, "cat: %s: No such file or directory\n", call->words[i]);
        code = data ? code : 1;
        free(data);
        free(unit);
    }
    return code;
}

/* The log of a unit on the machine, as its agent writes it: without the name of the unit. */
static void tail_of(struct tool_call *call, struct juju_unit *u) {
    char *name = juju_unit_name(u), *file = juju_unit_name(u);
    size_t i, len = strlen(name);
    json_t *line;
    *strchr(file, '/') = '-';
    buf_addf(call->out, "==> /var/log/juju/unit-%s.log <==\n", file);
    json_array_foreach(u->app->model->log, i, line) {
        const char *text = json_string_value(line);
        if (strncmp(text, name, len) == 0 && str_has_prefix(text + len, ": "))
            buf_addf(call->out, "%s\n", text + len + 2);
    }
    free(file);
    free(name);
}

/* Knows one kind of file: the logs of units. */
static int tool_tail(struct tool_call *call) {
    const char *path = call->words[call->count - 1];
    const struct juju_model *m = call->machine->model;
    if (!str_has_prefix(path, "/var/log/juju/unit-")) {
        buf_addf(call->errors, "tail: cannot open '%s' for reading: No such file or directory\n",
                 path);
        return 1;
    }
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++)
            if (m->apps[i]->units[k]->machine == call->machine)
                tail_of(call, m->apps[i]->units[k]);
    return 0;
}

static int tool_true(struct tool_call *call) {
    (void)call;
    return 0;
}

static int tool_false(struct tool_call *call) {
    (void)call;
    return 1;
}

static const struct {
    const char *name;
    int (*fn)(struct tool_call *call);
    bool hook; /* only in the context of a unit */
} tools[] = {
    {"open-port", tool_port, true},
    {"close-port", tool_port, true},
    {"opened-ports", tool_opened_ports, true},
    {"open-ports", tool_opened_ports, true},
    {"unit-get", tool_unit_get, true},
    {"config-get", tool_config_get, true},
    {"is-leader", tool_is_leader, true},
    {"hostname", tool_hostname, false},
    {"echo", tool_echo, false},
    {"cat", tool_cat, false},
    {"tail", tool_tail, false},
    {"true", tool_true, false},
    {"false", tool_false, false},
};

static int run_one(struct tool_call *call, char *text) {
    split_words(text, call);
    if (call->count == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(tools); i++)
        if (str_eq(tools[i].name, call->words[0]) && (call->unit || !tools[i].hook))
            return tools[i].fn(call);
    buf_addf(call->errors, "bash: line 1: %s: command not found\n", call->words[0]);
    return 127;
}

/* Where the next "&&", ";" or newline outside quotes begins; the end when there is none. */
static char *separator(char *text) {
    char quote = 0;
    for (; *text; text++) {
        if (quote)
            quote = *text == quote ? 0 : quote;
        else if (*text == '"' || *text == '\'')
            quote = *text;
        else if (*text == ';' || *text == '\n' || (*text == '&' && text[1] == '&'))
            break;
    }
    return text;
}

int hook_tools_run(struct juju_unit *u, const struct juju_machine *machine, const char *line,
                   struct buf *out, struct buf *errors) {
    struct tool_call call = {.unit = u, .machine = machine, .out = out, .errors = errors};
    char *copy = xstrdup(line), *at = copy;
    int code = 0;
    for (size_t n = 0; *at && n < COMMANDS_MAX; n++) {
        char *end = separator(at);
        bool conditional = *end == '&';
        char *next = *end ? end + (conditional ? 2 : 1) : end;
        *end = '\0';
        code = run_one(&call, at);
        if (conditional && code != 0)
            break;
        at = next;
    }
    free(copy);
    return code;
}
