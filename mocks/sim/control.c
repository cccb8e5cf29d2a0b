#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/sim/dns_trouble.h"
#include "mocks/sim/site.h"
#include "mocks/sim/world.h"

#include <stdlib.h>
#include <string.h>

/* One juju command on its way. */
struct call {
    struct world *w;
    struct line_conn *conn;
    struct juju_command *command;
    struct juju_reply_ops reply;
};

static void send(struct line_conn *conn, json_t *message) {
    CLEANUP(str_freep) char *text = json_text(message);
    line_conn_write(conn, text, strlen(text));
    json_decref(message);
}

static void set_data(json_t *message, const char *data, size_t len) {
    json_t *text = str_is_utf8(data, len) ? json_stringn(data, len) : NULL;
    if (text) {
        json_object_set_new(message, "data", text);
        return;
    }
    CLEANUP(str_freep) char *encoded = base64_encode(data, len);
    json_set_str(message, "data", encoded);
    json_set_bool(message, "base64", true);
}

static void on_output(void *self, int fd, const char *data, size_t len) {
    struct call *call = self;
    json_t *message = json_pack("{s:i}", "fd", fd);
    set_data(message, data, len);
    send(call->conn, message);
}

static void on_write_file(void *self, const char *path, const void *data, size_t len, int mode) {
    struct call *call = self;
    json_t *message = json_pack("{s:s, s:i}", "write_file", path, "mode", mode);
    set_data(message, data, len);
    send(call->conn, message);
}

static void on_select_model(void *self, const char *model) {
    struct call *call = self;
    send(call->conn, json_pack("{s:s?}", "select_model", model)); /* null: no model any more */
}

static void on_exited(void *self, int code) {
    struct call *call = self;
    send(call->conn, json_pack("{s:i}", "exit", code));
    line_conn_end(call->conn);
    free(call);
}

static void on_client_gone(void *self) {
    struct call *call = self;
    juju_command_abandon(call->command);
    free(call);
}

static void run_juju(struct world *w, struct line_conn *conn, const json_t *request) {
    struct call *call = xcalloc(1, sizeof(*call));
    *call = (struct call){.w = w,
                          .conn = conn,
                          .reply = {.output = on_output,
                                    .write_file = on_write_file,
                                    .select_model = on_select_model,
                                    .exited = on_exited,
                                    .self = call}};
    line_conn_on_closed(conn, on_client_gone, call);
    struct juju_command *command = juju_command_start(w->juju, request, &call->reply);
    if (command) /* else it has finished, and call is gone */
        call->command = command;
}

static json_t *answer_fault(struct world *w, const json_t *request) {
    const char *rule = json_str(request, "add", NULL);
    struct err err = {0};
    if (json_flag(request, "clear", NULL)) {
        fault_table_clear(w->faults);
        dns_trouble_forget(w->dns_trouble);
    }
    if (rule && fault_table_add(w->faults, rule, &err) < 0)
        return json_pack("{s:s}", "error", err.text);
    juju_faults_changed(w->juju);
    return json_pack("{s:o}", "rules", fault_table_report(w->faults));
}

static json_t *answer_cluster(struct world *w, const json_t *request) {
    const char *name = json_str(request, "name", NULL);
    struct site *s = name ? site_of_model(w, name) : NULL;
    if (!s)
        return json_pack("{s:s}", "error",
                         "no such cluster; expected the name of a deployed model");
    site_set_down(s, json_flag(request, "down", NULL));
    return json_object();
}

static void on_line(void *self, struct line_conn *conn, const char *line, size_t len) {
    struct world *w = self;
    struct err err = {0};
    world_touch(w);
    CLEANUP(json_freep) json_t *request = json_parse(line, len, "request", &err);
    const char *command = json_str(request, "command", NULL);
    if (str_eq(command, "juju")) {
        run_juju(w, conn, request);
        return;
    }
    json_t *answer;
    if (str_eq(command, "status"))
        answer = world_status(w);
    else if (str_eq(command, "fault"))
        answer = answer_fault(w, request);
    else if (str_eq(command, "cluster"))
        answer = answer_cluster(w, request);
    else if (str_eq(command, "stop"))
        answer = json_object();
    else
        answer = json_pack(
            "{s:s}", "error",
            request ? "unknown command; expected juju, status, fault, cluster or stop" : err.text);
    send(conn, answer);
    line_conn_end(conn);
    if (str_eq(command, "stop"))
        loop_stop(w->loop);
}

int control_start(struct world *w, const char *path, struct err *err) {
    w->control = line_server_new(w->loop, path, on_line, w, err);
    return w->control ? 0 : err->code;
}
