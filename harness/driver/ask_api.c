/*
 * The question to an API server: GET a path with the credentials of a context of the run's
 * kubeconfig, or of one that the case made for itself. The context may not be there yet, because a
 * command is still to write it: then nothing was reached.
 */
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/ask.h"
#include "harness/model/value.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>

struct api {
    struct kubeconfig_target target;
    struct http_pending *pending;
};

static void on_answer(void *self, struct http_answer *answer) {
    struct ask *a = self;
    struct api *api = a->state;
    api->pending = NULL;
    json_t *seen = json_object();
    json_set_int(seen, "status", answer->status);
    if (answer->problem)
        json_set_str(seen, "problem", answer->problem);
    json_t *json = json_parse(buf_str(&answer->body), answer->body.len, "body", NULL);
    if (json)
        json_object_set_new(seen, "json", json);
    else
        json_object_set_new(seen, "body",
                            value_from_bytes(buf_str(&answer->body), answer->body.len));
    if (answer->date_ms && json_flag(a->args, "clock", NULL))
        json_object_set_new(seen, "clock",
                            json_pack("{s:I, s:I, s:I}", "date_ms", (json_int_t)answer->date_ms,
                                      "at_ms", (json_int_t)answer->clock_ms, "error_ms",
                                      (json_int_t)answer->clock_error_ms));
    ask_answer(a, seen, answer->status != 0);
}

char *ask_api_kubeconfig(const struct ask_place *place, const json_t *args) {
    const char *own = json_str(args, "kubeconfig", NULL);
    return own ? fs_join(place->work_dir, own) : xstrdup(place->kubeconfig);
}

static void api_start(struct ask *a) {
    struct api *api = a->state = xcalloc(1, sizeof(*api));
    struct err err = {0};
    json_t *seen = NULL;
    CLEANUP(str_freep) char *file = ask_api_kubeconfig(a->place, a->args);
    CLEANUP(json_freep) json_t *config = kubeconfig_load(file, true, &err);
    if (!config ||
        kubeconfig_target(config, json_str(a->args, "context", NULL), &api->target, &err) < 0) {
        seen = json_pack("{s:i, s:s}", "status", 0, "problem", err.text);
        ask_answer(a, seen, false);
        return;
    }
    struct http_call call = {
        .method = "GET", .path = json_str(a->args, "path", NULL), .timeout_ms = a->timeout_ms};
    api->pending =
        http_pool_start(loop_pool(a->place->loop), &api->target.http, &call, NULL, on_answer, a);
}

static void api_stop(struct ask *a) {
    struct api *api = a->state;
    if (api->pending)
        http_pending_cancel(api->pending);
    kubeconfig_target_release(&api->target);
    free(api);
}

const struct ask_ops ask_api_ops = {.start = api_start, .stop = api_stop};
