#include "mocks/apiserver/remote_status.h"

#include "harness/core/json.h"

#include <stdlib.h>

static const char *reason_of(int code) {
    switch (code) {
    case 400:
        return "BadRequest";
    case 403:
        return "Forbidden";
    case 404:
        return "NotFound";
    default:
        return "InternalError";
    }
}

void remote_refuse(struct http_exchange *x, int code, const char *message) {
    CLEANUP(json_freep) json_t *status = json_object();
    json_set_str(status, "kind", "Status");
    json_set_str(status, "apiVersion", "v1");
    json_object_set_new(status, "metadata", json_object());
    json_set_str(status, "status", "Failure");
    json_set_str(status, "message", message);
    json_set_str(status, "reason", reason_of(code));
    json_set_int(status, "code", code);
    struct buf body = BUF_INIT;
    json_dump_to(status, false, &body);
    buf_addc(&body, '\n');
    struct http_headers headers = {0};
    http_headers_add(&headers, "Content-Type", "application/json");
    http_reply(x, code, &headers, body.data, body.len);
    http_headers_release(&headers);
    buf_release(&body);
}

void remote_refuse_err(struct http_exchange *x, const struct err *err) {
    int code = err->code == ERR_NOT_FOUND                         ? 404
               : err->code == ERR_STATE || err->code == ERR_USAGE ? 400
                                                                  : 500;
    remote_refuse(x, code, err->text);
}

/* As pkg/kubelet/server/remotecommand/exec.go of Kubernetes 1.6 to 1.9 writes them. */
char *remote_exit_status(bool as_json, int code, const char *problem) {
    char *message = problem ? xasprintf("Internal error occurred: error executing command in "
                                        "container: %s",
                                        problem)
                            : xasprintf("command terminated with non-zero exit code: Error "
                                        "executing in Docker Container: %d",
                                        code);
    bool success = !problem && code == 0;
    if (!as_json) {
        char *text = success ? NULL : xstrdup(message);
        free(message);
        return text;
    }
    CLEANUP(json_freep) json_t *status = json_object();
    json_object_set_new(status, "metadata", json_object());
    json_set_str(status, "status", success ? "Success" : "Failure");
    if (!success) {
        json_set_str(status, "message", message);
        json_set_str(status, "reason", problem ? "InternalError" : "NonZeroExitCode");
        json_t *cause = json_object();
        char *number = xasprintf("%d", code);
        if (!problem)
            json_set_str(cause, "reason", "ExitCode");
        json_set_str(cause, "message", problem ? message : number);
        free(number);
        json_array_append_new(json_ensure_array(json_ensure_object(status, "details"), "causes"),
                              cause);
        if (problem)
            json_set_int(status, "code", 500);
    }
    free(message);
    return json_text(status);
}
