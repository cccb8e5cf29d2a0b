#include "mocks/apiserver/openapi.h"

#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/openapi_definitions.h"
#include "mocks/apiserver/openapi_gnostic.h"
#include "mocks/apiserver/openapi_paths.h"

#include <string.h>

/* Asked for with an @ before v1.0, which no media type may have: the answer says it without. */
#define GNOSTIC "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
#define INDEX "/openapi/v3"

enum { ETAG_SIZE = 24 };

/* The documents depend on nothing else, so this stands for them without making them. */
static char *etag_of(const struct discovery_source *src, char etag[ETAG_SIZE]) {
    struct buf all = BUF_INIT;
    json_dump_to(src->group_versions, false, &all);
    for (size_t i = 0; i < json_array_size(src->crds); i++)
        json_dump_to(json_object_get(json_array_get(src->crds, i), "spec"), false, &all);
    buf_addf(&all, "%d,%x%s", src->federation, src->lacks,
             json_str(src->version, "gitVersion", NULL) ? json_str(src->version, "gitVersion", NULL)
                                                        : "");
    unsigned long long hash = hash_fnv1a_64(buf_str(&all), all.len);
    snprintf(etag, ETAG_SIZE, "\"%016llX\"", hash);
    buf_release(&all);
    return etag;
}

static json_t *info(const struct discovery_source *src) {
    const char *version = json_str(src->version, "gitVersion", NULL);
    return json_pack("{s:s,s:s}", "title", "Kubernetes", "version", version ? version : "v1.6.2");
}

static json_t *document_v2(const struct discovery_source *src) {
    struct openapi_scope scope = {.source = src};
    return json_pack("{s:s,s:o,s:o,s:o}", "swagger", "2.0", "info", info(src), "paths",
                     openapi_paths(&scope), "definitions", openapi_definitions(&scope));
}

static json_t *document_v3(const struct discovery_source *src, const char *group_version) {
    struct openapi_scope scope = {.source = src, .group_version = group_version, .v3 = true};
    return json_pack("{s:s,s:o,s:o,s:{s:o}}", "openapi", "3.0.0", "info", info(src), "paths",
                     openapi_paths(&scope), "components", "schemas", openapi_definitions(&scope));
}

static json_t *index_v3(const struct discovery_source *src) {
    char etag[ETAG_SIZE];
    const char *hash = etag_of(src, etag) + 1;
    json_t *paths = json_object();
    CLEANUP(json_freep) json_t *all = discovery_group_versions(src);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *group_version = json_string_value(json_array_get(all, i));
        char *path = xasprintf("%s/%s", strchr(group_version, '/') ? "apis" : "api", group_version);
        json_object_set_new(paths, path,
                            json_pack("{s:o}", "serverRelativeURL",
                                      json_sprintf(INDEX "/%s?hash=%.16s", path, hash)));
        free(path);
    }
    return json_pack("{s:o}", "paths", paths);
}

/* Answers with the bytes, or 304 when the client has them. */
static void reply_cached(const struct discovery_source *src, struct http_exchange *x,
                         const char *content_type, const struct buf *body) {
    char etag[ETAG_SIZE];
    struct http_headers headers = {0};
    if (body)
        http_headers_add(&headers, "Content-Type", content_type);
    http_headers_add(&headers, "Etag", etag_of(src, etag));
    http_headers_add(&headers, "Vary", "Accept-Encoding");
    http_headers_add(&headers, "Vary", "Accept");
    if (body)
        http_reply(x, 200, &headers, buf_str(body), body->len);
    else
        http_reply(x, 304, &headers, "", 0);
    http_headers_release(&headers);
}

static bool client_has_it(const struct discovery_source *src, const struct http_exchange *x) {
    char etag[ETAG_SIZE];
    const char *known = http_headers_get(&x->request->headers, "If-None-Match");
    return known && strstr(known, etag_of(src, etag));
}

/* Steals document. */
static void reply_document(const struct discovery_source *src, struct http_exchange *x,
                           json_t *document, bool gnostic, const char *content_type) {
    struct buf body = BUF_INIT;
    if (gnostic)
        openapi_gnostic_encode(document, &body);
    else
        json_dump_to(document, false, &body);
    json_decref(document);
    reply_cached(src, x, content_type, &body);
    buf_release(&body);
}

/* rest stands behind "/openapi/v3/": "api/v1" or "apis/apps/v1". */
static bool handle_v3(const struct discovery_source *src, struct http_exchange *x,
                      const char *rest) {
    const char *group_version = str_has_prefix(rest, "apis/")  ? rest + strlen("apis/")
                                : str_has_prefix(rest, "api/") ? rest + strlen("api/")
                                                               : "";
    CLEANUP(json_freep) json_t *served = discovery_resources(src, group_version);
    if (!served)
        discovery_not_found(src, x);
    else if (client_has_it(src, x))
        reply_cached(src, x, "application/json", NULL);
    else
        reply_document(src, x, document_v3(src, group_version), false, "application/json");
    return true;
}

bool openapi_handle(const struct discovery_source *src, struct http_exchange *x) {
    static const struct {
        const char *path;
        bool gnostic;
        unsigned needs; /* bits of enum feature */
    } documents[] = {{"/openapi/v2", false, FEATURE_OPENAPI_V2},
                     {"/swagger.json", false, 0},
                     {"/swagger-2.0.0.json", false, FEATURE_OPENAPI_PROTOBUF},
                     {"/swagger-2.0.0.pb-v1", true, FEATURE_OPENAPI_PROTOBUF}};
    const char *path = x->request->path;
    const char *accept = http_headers_get(&x->request->headers, "Accept");
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        if (!str_eq(path, documents[i].path) || (src->lacks & documents[i].needs))
            continue;
        bool by_accept = documents[i].needs == FEATURE_OPENAPI_V2;
        bool gnostic = documents[i].gnostic ||
                       (by_accept && accept && strstr(accept, "proto-openapi.spec.v2"));
        const char *type = documents[i].gnostic ? "application/octet-stream"
                           : gnostic            ? GNOSTIC
                                                : "application/json";
        if (client_has_it(src, x))
            reply_cached(src, x, type, NULL);
        else
            reply_document(src, x, document_v2(src), gnostic, type);
        return true;
    }
    if (!discovery_has(src, FEATURE_OPENAPI_V3))
        return false;
    if (str_eq(path, INDEX)) {
        reply_document(src, x, index_v3(src), false, "application/json");
        return true;
    }
    return str_has_prefix(path, INDEX "/") && handle_v3(src, x, path + strlen(INDEX "/"));
}
