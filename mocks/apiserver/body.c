/* Request bodies: JSON, YAML, protobuf, and what the real server says about broken ones. */
#include "mocks/apiserver/rest.h"

#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/apiserver/patch.h"
#include "mocks/apiserver/protobuf.h"

#define HEX_SHOWN 64

static void unsupported(struct answer *a) {
    answer_status(
        a, 415, "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types "
        "include: application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

/* As deep as jansson reads. */
static bool nests_too_deep(const char *text, size_t len) {
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!quoted && (text[i] == '}' || text[i] == ']'))
            depth -= depth > 0;
        if (depth > JSON_PARSER_MAX_DEPTH)
            return true;
    }
    return false;
}

/* Go's encoding/json: which character it stumbles over. Literals are the usual case: a text that
 * begins like null, true or false and is not. */
static void go_json_error(const char *text, size_t len, char out[128]) {
    static const char *const literals[] = {"null", "true", "false"};
    if (!str_is_utf8(text, len) || nests_too_deep(text, len)) {
        snprintf(out, 128, "%s",
                 nests_too_deep(text, len) ? "exceeded max depth" : "invalid UTF-8");
        return;
    }
    while (*text && strchr(" \t\r\n", *text))
        text++;
    for (size_t i = 0; i < ARRAY_LEN(literals); i++) {
        const char *word = literals[i];
        if (*text != *word)
            continue;
        size_t n = 1;
        while (word[n] && text[n] == word[n])
            n++;
        if (word[n] && text[n]) {
            snprintf(out, 128, "invalid character '%c' in literal %s (expecting '%c')", text[n],
                     word, word[n]);
            return;
        }
    }
    if (!*text)
        snprintf(out, 128, "unexpected end of JSON input");
    else if (strchr("{[\"-0123456789", *text))
        snprintf(out, 128, "unexpected end of JSON input");
    else
        snprintf(out, 128, "invalid character '%c' looking for beginning of value", *text);
}

static void broken(struct request *q, struct answer *a) {
    char why[128];
    go_json_error(q->body, q->body_len, why);
    struct buf hex = BUF_INIT;
    for (size_t i = 0; i < q->body_len && i < HEX_SHOWN; i++)
        buf_addf(&hex, "%02x", (unsigned)(unsigned char)q->body[i]);
    answer_bad_request(a,
                       "the object provided is unrecognized (must be of type %s): couldn't get "
                       "version/kind; json parse error: %s (%s%s)",
                       q->kind ? q->kind->resource->kind : "DeleteOptions", why, buf_str(&hex),
                       q->body_len > HEX_SHOWN ? " ..." : "");
    buf_release(&hex);
}

static bool has_protobuf_magic(const struct request *q) {
    return q->body_len > 4 && memcmp(q->body, "k8s\0", 4) == 0;
}

static json_t *from_protobuf(struct request *q, struct answer *a) {
    struct err err = {0};
    json_t *value = protobuf_decode(q->body, q->body_len, &err);
    if (!value)
        answer_bad_request(a, "the object provided is unrecognized (must be of type %s): %s",
                           q->kind ? q->kind->resource->kind : "DeleteOptions", err.text);
    return value;
}

json_t *rest_body(struct request *q, struct answer *a) {
    if (q->json)
        return json_deep_copy(q->json);
    if (q->body_len > SERVER_OBJECT_MAX) {
        answer_status(a, 413, "RequestEntityTooLarge", "Request entity too large: limit is %zu",
                      SERVER_OBJECT_MAX);
        return NULL;
    }
    const char *type = q->content_type;
    if (str_eq(type, "application/vnd.kubernetes.protobuf") || has_protobuf_magic(q))
        return from_protobuf(q, a);
    bool yaml = str_eq(type, "application/yaml") || str_eq(type, "text/yaml");
    if (type[0] && !yaml && !str_eq(type, "application/json") && !str_eq(type, "*/*")) {
        unsupported(a);
        return NULL;
    }
    struct err err = {0};
    json_t *value = NULL;
    if (!yaml)
        value = json_parse(q->body, q->body_len, "body", &err);
    if (!value && str_is_utf8(q->body, q->body_len) && strchr(q->body, ':'))
        value = yaml_parse(q->body, q->body_len, "body", &err);
    if (json_is_object(value))
        return value;
    json_decref(value);
    broken(q, a);
    return NULL;
}

static bool patch_kind_of(const struct request *q, enum patch_kind *ret) {
    const char *type = q->content_type;
    if (str_eq(type, "application/json-patch+json"))
        *ret = PATCH_JSON;
    else if (str_eq(type, "application/merge-patch+json"))
        *ret = PATCH_MERGE;
    else if (str_eq(type, "application/strategic-merge-patch+json") && !q->kind->custom)
        *ret = PATCH_STRATEGIC;
    else
        return false;
    return true;
}

/* A patch that does not apply was an error of the server until 1.12, which told what was wrong;
 * since then it is the client's, which is not told what. */
static void refuse_patch(const struct request *q, int rc, const char *why, struct answer *a) {
    if (rc == ERR_INPUT) {
        answer_bad_request(a, "%s", why);
    } else if (rc == ERR_STATE && request_has(q, FEATURE_PATCH_REFUSALS)) {
        answer_status(a, 422, "Invalid",
                      "the server rejected our request due to an error in our request");
        answer_details(a, NULL, NULL, NULL);
    } else {
        answer_failure(a, why);
    }
}

bool rest_patch_is_known(const struct request *q, struct answer *a) {
    enum patch_kind kind;
    bool known = patch_kind_of(q, &kind);
    if (!known) {
        answer_status(a, 415, "UnsupportedMediaType", "415: Unsupported Media Type");
        answer_details(a, NULL, NULL, NULL);
    }
    return known;
}

json_t *rest_patch(struct request *q, const char *kind, const json_t *original, struct answer *a) {
    enum patch_kind patch_kind;
    if (!rest_patch_is_known(q, a) || !patch_kind_of(q, &patch_kind))
        return NULL;
    struct err err = {0};
    json_t *patch =
               q->json ? json_deep_copy(q->json) : json_parse(q->body, q->body_len, "patch", &err),
           *ret = NULL;
    if (!patch) {
        char why[128];
        go_json_error(q->body, q->body_len, why);
        answer_bad_request(a, "%s", why);
        return NULL;
    }
    if (q->server->o.ways.ports_by_protocol && patch_kind == PATCH_STRATEGIC &&
        str_eq(kind, "Service"))
        patch_ports_by_protocol(original, patch);
    int rc = patch_apply(patch_kind, kind, original, patch, &ret, &err);
    json_decref(patch);
    if (rc < 0)
        refuse_patch(q, rc, err.text, a);
    return rc < 0 ? NULL : ret;
}
