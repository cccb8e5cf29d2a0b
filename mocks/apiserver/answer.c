#include "mocks/apiserver/answer.h"

#include "harness/core/str.h"

void answer_release(struct answer *a) {
    object_unref(a->object);
    for (size_t i = 0; i < a->item_count; i++)
        object_unref(a->items[i]);
    free(a->items);
    free(a->continue_token);
    free(a->owned_text);
    json_decref(a->json);
    *a = (struct answer){.status = 0};
}

void answer_object(struct answer *a, int status, struct object *o) {
    answer_release(a);
    a->status = status;
    a->object = object_ref(o);
}

void answer_json_take(struct answer *a, int status, json_t *json) {
    answer_release(a);
    a->status = status;
    a->json = json;
}

static void status_take(struct answer *a, int code, const char *reason, char *message) {
    json_t *status = json_object();
    json_set_str(status, "kind", "Status");
    json_set_str(status, "apiVersion", "v1");
    json_object_set_new(status, "metadata", json_object());
    json_set_str(status, "status", "Failure");
    json_t *text = json_string(message);
    json_object_set_new(status, "message", text ? text : json_string("(message is not UTF-8)"));
    json_set_str(status, "reason", reason);
    json_set_int(status, "code", code);
    free(message);
    answer_json_take(a, code, status);
}

void answer_status(struct answer *a, int code, const char *reason, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *message = xvasprintf(fmt, ap);
    va_end(ap);
    status_take(a, code, reason, message);
}

void answer_bad_request(struct answer *a, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *message = xvasprintf(fmt, ap);
    va_end(ap);
    status_take(a, 400, "BadRequest", message);
}

void answer_failure(struct answer *a, const char *why) {
    status_take(a, 500, NULL, xstrdup(why));
}

/* details stands before code in what the real server writes. */
static json_t *details_of(struct answer *a) {
    json_object_del(a->json, "code");
    json_t *details = json_ensure_object(a->json, "details");
    json_set_int(a->json, "code", a->status);
    return details;
}

void answer_details(struct answer *a, const char *name, const char *group, const char *kind) {
    json_t *details = details_of(a);
    if (name && name[0])
        json_set_str(details, "name", name);
    if (group && group[0])
        json_set_str(details, "group", group);
    if (kind && kind[0])
        json_set_str(details, "kind", kind);
}

char *answer_qualified(const struct request *q) {
    return q->group[0] ? xasprintf("%s.%s", q->resource, q->group) : xstrdup(q->resource);
}

void answer_no_such_resource(struct answer *a) {
    answer_status(a, 404, "NotFound", "the server could not find the requested resource");
    answer_details(a, NULL, NULL, NULL);
}

void answer_not_found(struct answer *a, const struct request *q, const char *name) {
    CLEANUP(str_freep) char *what = answer_qualified(q);
    answer_status(a, 404, "NotFound", "%s \"%s\" not found", what, name);
    answer_details(a, name, q->group, q->resource);
}

void answer_already_exists(struct answer *a, const struct request *q, const char *name) {
    CLEANUP(str_freep) char *what = answer_qualified(q);
    answer_status(a, 409, "AlreadyExists", "%s \"%s\" already exists", what, name);
    answer_details(a, name, q->group, q->resource);
}

void answer_conflict(struct answer *a, const struct request *q, const char *name, const char *why) {
    CLEANUP(str_freep) char *what = answer_qualified(q);
    answer_status(a, 409, "Conflict", "Operation cannot be fulfilled on %s \"%s\": %s", what, name,
                  why ? why
                      : "the object has been modified; please apply your changes to the latest "
                        "version and try again");
    answer_details(a, name, q->group, q->resource);
}

void answer_method_not_allowed(struct answer *a) {
    answer_status(a, 405, "MethodNotAllowed",
                  "the server does not allow this method on the requested resource");
    answer_details(a, NULL, NULL, NULL);
}

void answer_refused(struct answer *a, const struct request *q, const char *name, const char *why) {
    CLEANUP(str_freep) char *what = answer_qualified(q);
    answer_status(a, 403, "Forbidden", "%s \"%s\" is forbidden: %s", what, name, why);
    answer_details(a, name, q->group, q->resource);
}

void invalid_add(json_t *causes, const char *reason, const char *field, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *message = xvasprintf(fmt, ap);
    va_end(ap);
    json_t *cause = json_object();
    json_set_str(cause, "reason", reason);
    json_set_str(cause, "message", message);
    json_set_str(cause, "field", field);
    json_array_append_new(causes, cause);
}

void answer_invalid_take(struct answer *a, const struct resource *r, const char *name,
                         json_t *causes) {
    struct buf text = BUF_INIT;
    bool many = json_array_size(causes) > 1;
    const char *group = r->internal_group;
    buf_addf(&text, "%s%s%s \"%s\" is invalid: %s", r->kind, group[0] ? "." : "", group, name,
             many ? "[" : "");
    size_t i;
    json_t *cause;
    json_array_foreach(causes, i, cause)
        buf_addf(&text, "%s%s: %s", i ? ", " : "", json_str(cause, "field", NULL),
                 json_str(cause, "message", NULL));
    buf_adds(&text, many ? "]" : "");
    status_take(a, 422, "Invalid", buf_detach(&text));
    answer_details(a, name, group, r->kind);
    json_object_set_new(json_object_get(a->json, "details"), "causes", causes);
}

void answer_invalid_options_take(struct answer *a, const char *kind, json_t *causes) {
    const struct resource options = {.kind = kind, .internal_group = "meta.k8s.io"};
    answer_invalid_take(a, &options, "", causes);
}
