#include "mocks/apiserver/render.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/protobuf.h"
#include "mocks/apiserver/table.h"

#define ACCEPT_MAX 1024

/* "as=Table", "v=v1", "g=meta.k8s.io" of one media range. */
static bool read_parameter(char *parameter, struct render_form *form, char as[32], char v[16]) {
    while (*parameter == ' ')
        parameter++;
    char *value = strchr(parameter, '=');
    if (!value)
        return true;
    *value++ = '\0';
    if (str_eq(parameter, "as"))
        snprintf(as, 32, "%s", value);
    else if (str_eq(parameter, "v"))
        snprintf(v, 16, "%s", value);
    else if (str_eq(parameter, "g"))
        return str_eq(value, "meta.k8s.io");
    (void)form;
    return true;
}

/* The versions of meta.k8s.io in which a server can transform objects. */
static bool transforms(const struct request *q, const char *version) {
    return (str_eq(version, "v1") && request_has(q, FEATURE_TRANSFORMS_V1)) ||
           (str_eq(version, "v1beta1") && request_has(q, FEATURE_TRANSFORMS_V1BETA1)) ||
           (str_eq(version, "v1alpha1") && request_has(q, FEATURE_TRANSFORMS_V1ALPHA1));
}

static bool read_range(const struct request *q, char *range, struct render_form *form) {
    char as[32] = "", v[16] = "v1";
    bool known = true;
    char *rest = range, *part = str_next(&rest, ';');
    while (*part == ' ')
        part++;
    size_t len = strlen(part);
    while (len && part[len - 1] == ' ')
        part[--len] = '\0';
    char *parameter;
    while ((parameter = str_next(&rest, ';')))
        known &= read_parameter(parameter, form, as, v);

    if (str_eq(part, "application/json") || str_eq(part, "*/*") || str_eq(part, "application/*") ||
        !*part)
        form->media = RENDER_JSON;
    else if (str_eq(part, "application/yaml"))
        form->media = RENDER_YAML;
    else if (str_eq(part, "application/vnd.kubernetes.protobuf"))
        form->media = RENDER_PROTOBUF;
    else
        return false;
    form->media_known = true;
    snprintf(form->as_version, sizeof(form->as_version), "meta.k8s.io/%s", v);
    form->as = RENDER_OBJECT;
    if (!as[0] || !request_has(q, FEATURE_TRANSFORMS_V1ALPHA1))
        return true;
    if (!known || !transforms(q, v))
        return false;
    form->as = str_eq(as, "Table") ? RENDER_TABLE : RENDER_METADATA;
    return str_eq(as, "Table") || str_eq(as, "PartialObjectMetadata") ||
           str_eq(as, "PartialObjectMetadataList");
}

/* What can be served at all; the first choice of the client that is becomes the form. Watches are
 * not framed in protobuf: every client that asks for it takes JSON too. */
static bool can_serve(const struct request *q, const struct render_form *form) {
    return form->media != RENDER_PROTOBUF ||
           (form->as == RENDER_OBJECT && !str_eq(q->verb, "watch"));
}

struct render_form render_negotiate(const struct request *q) {
    struct render_form form = {.media = RENDER_JSON, .clock_ahead_ms = q->server->o.clock_ahead_ms};
    const char *accept =
        q->exchange ? http_headers_get(&q->exchange->request->headers, "Accept") : NULL;
    if (!accept || !*accept || str_eq(accept, "application/json") || str_eq(accept, "*/*"))
        return form;
    if (q->server->o.ways.no_tables && strstr(accept, "as=Table"))
        return (struct render_form){.media = RENDER_NONE, .media_known = true};
    char copy[ACCEPT_MAX];
    snprintf(copy, sizeof(copy), "%s", accept);
    char *rest = copy, *range;
    while ((range = str_next(&rest, ',')))
        if (read_range(q, range, &form) && can_serve(q, &form)) {
            CLEANUP(str_freep) char *include = request_query(q, "includeObject");
            snprintf(form.include_object, sizeof(form.include_object), "%s",
                     include ? include : "Metadata");
            return form;
        }
    return (struct render_form){.media = RENDER_NONE, .media_known = form.media_known};
}

bool render_acceptable(const struct render_form *form, struct answer *a) {
    if (form->media != RENDER_NONE)
        return true;
    /* Two layers of the real server refuse, each in its words. */
    if (form->media_known) {
        answer_status(a, 406, "NotAcceptable",
                      "only the following media types are accepted: application/json, "
                      "application/yaml, application/vnd.kubernetes.protobuf");
    } else {
        answer_status(a, 406, "NotAcceptable", "406: Not Acceptable");
        answer_details(a, NULL, NULL, NULL);
    }
    return false;
}

static json_t *table_for(const struct kind *k, size_t home, const struct render_form *form,
                         const json_t *value) {
    int64_t now_ms = clock_wall_ms() + form->clock_ahead_ms;
    if (k->custom)
        return table_of_custom(crd_columns(k, k->resource->homes[home].version), value,
                               form->as_version, form->include_object, now_ms);
    return table_of(k->resource, value, form->as_version, form->include_object, now_ms);
}

json_t *render_event_object(const struct kind *k, const struct render_form *form, struct object *o,
                            size_t home, bool first) {
    CLEANUP(json_freep) json_t *value = object_json(o, home);
    if (form->as == RENDER_METADATA)
        return table_partial_metadata(value, form->as_version);
    if (form->as != RENDER_TABLE)
        return json_take(&value);
    json_t *table = table_for(k, home, form, value);
    if (!first)
        table_drop_columns(table);
    return table;
}

/* `{"kind":"PodList",...,"items":[`: everything of a list before its items. */
static json_t *list_head(const struct request *q, const struct answer *a) {
    const struct resource *r = q->kind->resource;
    char rv[24];
    snprintf(rv, sizeof(rv), "%lld", (long long)a->rv);
    CLEANUP(str_freep) char *kind = xasprintf("%sList", r->kind);
    CLEANUP(str_freep) char *version = object_api_version(&r->homes[q->home]);
    json_t *list = json_object(), *meta = json_object();
    json_set_str(list, "kind", kind);
    json_set_str(list, "apiVersion", version);
    if (q->server->self_links) {
        CLEANUP(str_freep) char *link = object_self_link(r, q->home, q->ns, NULL);
        json_set_str(meta, "selfLink", link);
    }
    json_set_str(meta, "resourceVersion", rv);
    if (a->continue_token)
        json_set_str(meta, "continue", a->continue_token);
    json_object_set_new(list, "metadata", meta);
    return list;
}

static void list_text(const struct request *q, const struct answer *a, struct buf *out) {
    json_t *head = list_head(q, a);
    json_dump_to(head, false, out);
    json_decref(head);
    buf_truncate(out, out->len - 1);
    buf_adds(out, ",\"items\":[");
    for (size_t i = 0; i < a->item_count; i++) {
        const struct object_text *t = object_text(a->items[i], q->home);
        buf_adds(out, i ? ",{" : "{");
        buf_add(out, t->data + t->body, t->len - t->body - 1);
    }
    buf_adds(out, "]}\n");
}

json_t *render_json(const struct request *q, const struct answer *a) {
    if (a->object)
        return object_json(a->object, q->home);
    if (a->text || a->owned_text)
        return json_string(a->text ? a->text : a->owned_text);
    if (!a->is_list)
        return json_incref(a->json);
    json_t *list = list_head(q, a), *items = json_array();
    for (size_t i = 0; i < a->item_count; i++) {
        json_t *item = object_json(a->items[i], q->home);
        json_object_del(item, "kind");
        json_object_del(item, "apiVersion");
        json_array_append_new(items, item);
    }
    json_object_set_new(list, "items", items);
    return list;
}

/* People who look with curl or a browser get indented JSON, as from the real server. */
static bool wants_pretty(const struct request *q) {
    CLEANUP(str_freep) char *pretty = request_query(q, "pretty");
    if (pretty)
        return !str_eq(pretty, "false") && !str_eq(pretty, "0");
    const char *agent = http_headers_get(&q->exchange->request->headers, "User-Agent");
    return agent && (str_has_prefix(agent, "curl") || str_has_prefix(agent, "Mozilla"));
}

static void reply(struct request *q, const struct answer *a, const char *type, const void *data,
                  size_t len) {
    if (a->retry_after_s == 0 && str_eq(type, "application/json")) {
        http_reply(q->exchange, a->status, &q->server->json_headers, data, len);
        return;
    }
    struct http_headers headers = {.count = 0};
    http_headers_add(&headers, "Content-Type", type);
    if (a->retry_after_s) {
        char seconds[24];
        snprintf(seconds, sizeof(seconds), "%lld", (long long)a->retry_after_s);
        http_headers_add(&headers, "Retry-After", seconds);
    }
    http_reply(q->exchange, a->status, &headers, data, len);
    http_headers_release(&headers);
}

/* In the form that was asked for; a Status stays what it is. */
static json_t *formed(struct request *q, const struct answer *a, const struct render_form *form) {
    json_t *value = render_json(q, a), *ret = NULL;
    if (form->as == RENDER_OBJECT || !q->kind || (!a->object && !a->is_list))
        return value;
    if (form->as == RENDER_TABLE)
        ret = table_for(q->kind, q->home, form, value);
    else
        ret = table_partial_metadata(value, form->as_version);
    json_decref(value);
    return ret;
}

static void reply_value(struct request *q, const struct answer *a, const struct render_form *form) {
    struct buf out = BUF_INIT;
    CLEANUP(json_freep) json_t *value = formed(q, a, form);
    if (form->media == RENDER_PROTOBUF && json_is_object(value) &&
        protobuf_encode(value, &out, NULL) == 0) {
        reply(q, a, "application/vnd.kubernetes.protobuf", buf_str(&out), out.len);
    } else if (form->media == RENDER_YAML) {
        yaml_dump_to(value, &out);
        reply(q, a, "application/yaml", buf_str(&out), out.len);
    } else {
        json_dump_to(value, wants_pretty(q), &out);
        buf_adds(&out, "\n");
        reply(q, a, "application/json", buf_str(&out), out.len);
    }
    buf_release(&out);
}

void render_reply(struct request *q, struct answer *a) {
    const char *text = a->text ? a->text : a->owned_text;
    if (text) {
        reply(q, a, "text/plain; charset=utf-8", text, strlen(text));
        return;
    }
    struct render_form form = render_negotiate(q);
    if (form.media == RENDER_NONE && (a->object || a->is_list))
        (void)render_acceptable(&form, a);
    bool plain = form.media == RENDER_JSON && form.as == RENDER_OBJECT && !wants_pretty(q);
    if (plain && a->object) {
        const struct object_text *t = object_text(a->object, q->home);
        reply(q, a, "application/json", t->data, t->len);
    } else if (plain && a->is_list) {
        struct buf out = BUF_INIT;
        list_text(q, a, &out);
        reply(q, a, "application/json", out.data, out.len);
        buf_release(&out);
    } else {
        reply_value(q, a, &form);
    }
}
