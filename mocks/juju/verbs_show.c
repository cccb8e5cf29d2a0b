/* status, show-unit, scp, ssh, debug-log, version. */
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/hook_tools.h"
#include "mocks/juju/juju_command.h"
#include "mocks/juju/juju_status.h"
#include "mocks/juju/juju_trouble.h"

#define SSH_CLOSED 255 /* ssh lost its connection */

static int verb_status(struct juju_command *c) {
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    const char *format = juju_command_flag(c, "format"), *pattern = juju_command_arg(c, 0);
    char *app = pattern ? xstrndup(pattern, strcspn(pattern, "/")) : NULL;
    if (app && !juju_model_app(m, app)) {
        juju_command_info(c, "Nothing matched specified filter.\n");
        free(app);
        return 0;
    }
    json_t *status = juju_status_of(m, app);
    free(app);
    int code = 0;
    if (!format || str_eq(format, "tabular")) {
        struct buf text = BUF_INIT;
        juju_status_table(c->j, status,
                          juju_command_has(c, "relations") || !c->j->dialect.has_show_unit, &text);
        juju_command_write(c, 1, buf_str(&text), text.len);
        buf_release(&text);
    } else {
        code = juju_command_print(c, status, "yaml") ? 0 : 2;
    }
    json_decref(status);
    return code;
}

static json_t *show_unit_json(const struct juju_unit *u) {
    const struct juju_model *m = u->app->model;
    json_t *o = json_object(), *relations = json_array();
    json_object_set_new(o, "opened-ports", juju_firewall_list(u));
    json_set_str(o, "charm", u->app->charm_url);
    json_set_bool(o, "leader", juju_unit_is_leader(u));
    json_set_str(o, "machine", u->machine->id);
    if (u->machine->address)
        json_set_str(o, "public-address", u->machine->address);
    for (size_t i = 0; i < m->relation_count; i++)
        for (int k = 0; k < 2; k++)
            if (m->relations[i].app[k] == u->app)
                json_array_append_new(relations,
                                      json_pack("{s:I, s:s, s:s, s:{}, s:{}}", "relation-id",
                                                (json_int_t)m->relations[i].id, "endpoint",
                                                m->relations[i].endpoint[k], "related-endpoint",
                                                m->relations[i].endpoint[1 - k], "application-data",
                                                "related-units"));
    json_object_set_new(o, "relation-info", relations);
    return o;
}

static int verb_show_unit(struct juju_command *c) {
    if (juju_command_arg_count(c) == 0)
        return juju_command_fail(c, 2, "an unit name must be supplied");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    json_t *all = json_object();
    int code = 0;
    for (size_t i = 0; i < juju_command_arg_count(c) && code == 0; i++) {
        const char *name = juju_command_arg(c, i);
        const struct juju_unit *u = juju_model_unit(m, name);
        if (u)
            json_object_set_new(all, name, show_unit_json(u));
        else
            code = juju_command_fail(c, 1, "unit \"%s\" not found", name);
    }
    if (code == 0)
        code = juju_command_print(c, all, "yaml") ? 0 : 2;
    json_decref(all);
    return code;
}

/* "kubernetes-master/0:config" -> the unit and what is behind the colon; NULL: a local path. */
static char *remote_side(const char *text, const char **ret_path) {
    const char *colon = strchr(text, ':');
    if (!colon || text[0] == '.' || (text[0] == '/' && !strchr(text, ':')))
        return NULL;
    *ret_path = colon + 1;
    return xstrndup(text, (size_t)(colon - text));
}

/* scp knows units as "ubuntu@unit" too, and machines by number. */
static struct juju_unit *scp_unit(const struct juju_model *m, const char *text) {
    const char *at = strchr(text, '@');
    const char *name = at ? at + 1 : text;
    struct juju_unit *u = juju_model_unit(m, name);
    const struct juju_machine *machine = u ? NULL : juju_model_machine(m, name);
    for (size_t i = 0; machine && !u && i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++)
            if (m->apps[i]->units[k]->machine == machine && !m->apps[i]->units[k]->principal)
                u = m->apps[i]->units[k];
    return u;
}

static int fetch(struct juju_command *c, const struct juju_unit *u, const char *path,
                 const char *to) {
    const struct juju *j = c->j;
    const char *relative = path;
    if (str_has_prefix(relative, "/home/ubuntu/"))
        relative += strlen("/home/ubuntu/");
    else if (str_has_prefix(relative, "~/"))
        relative += 2;
    size_t len = 0;
    char *name = juju_unit_name(u);
    char *data = j->ops.read_file
                     ? j->ops.read_file(j->ops.self, u->app->model->name, name, relative, &len)
                     : NULL;
    free(name);
    if (!data) {
        juju_command_info(c, "scp: %s: No such file or directory\n", path);
        return juju_command_fail(c, 1, "exit status 1");
    }
    if (c->reply.write_file)
        c->reply.write_file(c->reply.self, to, data, len, 0600);
    free(data);
    return 0;
}

static int verb_scp(struct juju_command *c) {
    size_t count = juju_command_arg_count(c);
    const char *to = count > 0 ? juju_command_arg(c, count - 1) : NULL, *from = NULL, *path = NULL;
    for (size_t i = 0; i + 1 < count; i++)
        if (juju_command_arg(c, i)[0] != '-') {
            if (from)
                return juju_command_fail(c, 1, "this simulated juju copies one file at a time");
            from = juju_command_arg(c, i);
        }
    if (!from)
        return juju_command_fail(c, 2, "at least two arguments required");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    const char *ignored;
    char *remote_to = remote_side(to, &ignored), *unit = remote_side(from, &path);
    int code = 0;
    if (remote_to || !unit)
        code = juju_command_fail(c, 1,
                                 "this simulated juju copies only from a unit to a local "
                                 "file, got \"%s\" to \"%s\"",
                                 from, to);
    struct juju_unit *u = code == 0 ? scp_unit(m, unit) : NULL;
    if (code == 0 && !u)
        code = juju_command_fail(c, 1, "unit \"%s\" not found (not found)", unit);
    else if (code == 0 && (!u->machine->started || u->machine->lost))
        code = juju_command_fail(c, 1, "no reachable address of \"%s\" found", unit);
    else if (code == 0)
        code = fetch(c, u, path, to);
    free(remote_to);
    free(unit);
    return code;
}

/* sudo poweroff, in one argument or in several */
static bool is_power_off(const struct juju_command *c) {
    const char *first = juju_command_arg(c, 1), *second = juju_command_arg(c, 2);
    return str_eq(first, "sudo poweroff") || (str_eq(first, "sudo") && str_eq(second, "poweroff"));
}

static int verb_ssh(struct juju_command *c) {
    const char *target = juju_command_arg(c, 0);
    if (!target)
        return juju_command_fail(c, 2, "no target name specified");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    struct juju_unit *u = scp_unit(m, target);
    struct juju_machine *machine = u ? u->machine : juju_model_machine(m, target);
    if (!machine)
        return juju_command_fail(c, 1, "unit \"%s\" not found (not found)", target);
    if (!machine->started || machine->lost)
        return juju_command_fail(c, 1, "no reachable address of \"%s\" found", target);
    if (juju_command_arg_count(c) < 2)
        return juju_command_fail(c, 1,
                                 "this simulated juju ssh needs a command: juju ssh %s "
                                 "hostname",
                                 target);
    if (is_power_off(c)) {
        juju_trouble_switch_off(machine);
        juju_command_info(c, "Connection to %s closed by remote host.\n", machine->address);
        return SSH_CLOSED;
    }
    struct buf line = BUF_INIT, out = BUF_INIT, errors = BUF_INIT;
    for (size_t i = 1; i < juju_command_arg_count(c); i++)
        buf_addf(&line, "%s%s", i > 1 ? " " : "", juju_command_arg(c, i));
    int code = hook_tools_run(u, machine, buf_str(&line), &out, &errors);
    juju_command_write(c, 1, buf_str(&out), out.len);
    juju_command_write(c, 2, buf_str(&errors), errors.len);
    buf_release(&line);
    buf_release(&out);
    buf_release(&errors);
    return code;
}

/* "unit-x: 2017-06-02 09:00:07 INFO text", of which the date is only shown when it is wanted. */
static void show_log_line(struct juju_command *c, const char *line, const char *level) {
    static const char *const levels[] = {"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
    const char *date = strstr(line, ": "), *time = date ? strchr(date + 2, ' ') : NULL;
    const char *said = time ? strchr(time + 1, ' ') : NULL;
    size_t want = 0, have = 0;
    if (!said)
        return;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        want = level && str_eq(levels[i], level) ? i : want;
        have = str_has_prefix(said + 1, levels[i]) ? i : have;
    }
    if (have < want)
        return;
    if (juju_command_has(c, "date"))
        juju_command_out(c, "%s\n", line);
    else
        juju_command_out(c, "%.*s%s\n", (int)(date + 2 - line), line, time + 1);
}

static int verb_debug_log(struct juju_command *c) {
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    const char *limit = juju_command_flag(c, "limit") ? juju_command_flag(c, "limit")
                                                      : juju_command_flag(c, "lines");
    int64_t last = juju_command_has(c, "replay") ? INT32_MAX : 10;
    if (limit && !str_to_int(limit, 0, INT32_MAX, &last))
        return juju_command_fail(c, 2, "invalid value \"%s\" for flag --limit", limit);
    size_t i, count = json_array_size(m->log);
    json_t *line;
    json_array_foreach(m->log, i, line) if ((int64_t)(count - i) <= last)
        show_log_line(c, json_string_value(line), juju_command_flag(c, "level"));
    return 0;
}

static int verb_version(struct juju_command *c) {
    juju_command_out(c, "%s-xenial-amd64\n", c->j->dialect.version);
    return 0;
}

const struct juju_verb juju_show_verbs[] = {
    {"status", "m,model= format= o,output= relations storage color no-color utc integrations",
     verb_status, "[filter pattern ...]",
     "Reports the current status of the model, machines, applications and units."},
    {"show-unit", "m,model= format= o,output= app endpoint= related-unit=", verb_show_unit,
     "<unit name>", "Displays information about a unit."},
    {"scp", "m,model= no-host-key-checks proxy container= remote", verb_scp,
     "<source> <destination>", "Transfers files to/from a Juju machine."},
    {"ssh", "m,model= no-host-key-checks proxy pty= container= remote", verb_ssh,
     "<[user@]target> [ssh options] [command]",
     "Initiates an SSH session or executes a command on a Juju machine."},
    {"debug-log",
     "m,model= replay no-tail tail n,lines= limit= level= l i,include= x,exclude= ms date utc "
     "color",
     verb_debug_log, "", "Displays log messages for a model."},
    {"version", "format= o,output= all", verb_version, "", "Print the Juju CLI client version."},
    {NULL, NULL, NULL, NULL, NULL},
};
