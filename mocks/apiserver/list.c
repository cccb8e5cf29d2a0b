/* Lists: selectors, pages, and resourceVersion. */
#include "mocks/apiserver/rest.h"

#include "harness/core/base64.h"
#include "harness/core/str.h"
#include "mocks/apiserver/past.h"

#define RV_OF_NOW (-1) /* of a token: whatever is there */

static void add_item(struct answer *a, struct object *o) {
    a->items = xgrow(a->items, a->item_count, &a->item_cap, sizeof(struct object *));
    a->items[a->item_count++] = object_ref(o);
}

struct scan {
    struct selector labels, fields;
    char *prefix; /* of the keys: the namespace */
    char *from;   /* the key to start from, behind the prefix */
    int64_t limit;
};

static void scan_release(struct scan *s) {
    selector_release(&s->labels);
    selector_release(&s->fields);
    free(s->prefix);
    free(s->from);
}

static bool scan_init(struct scan *scan, struct request *q, struct answer *a) {
    *scan = (struct scan){.limit = 0};
    struct err err = {0};
    CLEANUP(str_freep) char *labels = request_query(q, "labelSelector");
    CLEANUP(str_freep) char *fields = request_query(q, "fieldSelector");
    const char *ns = str_eq(q->resource, "namespaces") ? "" : q->ns;
    scan->prefix = xasprintf("%s%s", ns, ns[0] ? "/" : "");
    if ((labels && selector_parse_labels(labels, &scan->labels, &err) < 0) ||
        (fields && selector_parse_fields(fields, q->kind->resource, q->kind->custom != NULL,
                                         &scan->fields, &err) < 0)) {
        answer_bad_request(a, "%s", err.text);
        return false;
    }
    return true;
}

static bool matches(const struct scan *scan, const struct object *o) {
    return selector_matches_labels(&scan->labels, o->json) &&
           selector_matches_fields(&scan->fields, o->json);
}

/* base64 of {"v":"meta.k8s.io/v1","rv":N,"start":KEY}, as the real tokens are: in the alphabet of
 * URLs and without padding, so that they may be put into one as they are. */
static char *make_token(int64_t rv, const char *key) {
    json_t *token = json_object();
    json_set_str(token, "v", "meta.k8s.io/v1");
    json_set_int(token, "rv", rv);
    CLEANUP(str_freep) char *start = xasprintf("%s", key);
    json_set_str(token, "start", start);
    CLEANUP(str_freep) char *text = json_text(token);
    json_decref(token);
    char *encoded = base64_encode(text, strlen(text));
    for (char *p = encoded; *p; p++)
        *p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p);
    return encoded;
}

/* The JSON of a token; owned, NULL when it is none. */
static json_t *open_token(const char *text) {
    size_t len = strlen(text), decoded_len = 0;
    CLEANUP(str_freep) char *padded = xasprintf("%s%.*s", text, (int)((4 - len % 4) % 4), "===");
    for (char *p = padded; *p; p++)
        *p = (char)(*p == '-' ? '+' : *p == '_' ? '/' : *p);
    CLEANUP(str_freep) char *decoded = base64_decode(padded, &decoded_len);
    return decoded ? json_parse(decoded, decoded_len, "continue", NULL) : NULL;
}

/* What was there is forgotten. Newer servers offer to go on with what is there now. */
static void refuse_token(struct request *q, const char *start, struct answer *a) {
    if (!request_has(q, FEATURE_INCONSISTENT_CONTINUE)) {
        answer_status(a, 410, "Expired",
                      "The provided from parameter is too old to display a consistent list result. "
                      "You must start a new list without the from.");
        return;
    }
    answer_status(a, 410, "Expired",
                  "The provided continue parameter is too old to display a consistent list result. "
                  "You can start a new list without the continue parameter, or use the continue "
                  "token in this response to retrieve the remainder of the results. Continuing "
                  "with the provided token results in an inconsistent list - objects that were "
                  "created, modified, or deleted between the time the first chunk was returned "
                  "and now may show up in the list.");
    CLEANUP(str_freep) char *token = make_token(RV_OF_NOW, start);
    json_set_str(json_ensure_object(a->json, "metadata"), "continue", token);
}

static bool read_token(struct request *q, struct scan *scan, const char *text, struct answer *a) {
    CLEANUP(json_freep) json_t *token = open_token(text);
    const char *start = json_str(token, "start", NULL);
    int64_t rv = json_int(token, 0, "rv", NULL);
    bool inconsistent = rv == RV_OF_NOW && request_has(q, FEATURE_INCONSISTENT_CONTINUE);
    if (!start || !start[0] || (rv <= 0 && !inconsistent) || rv > q->server->rv) {
        answer_bad_request(a, "continue key is not valid: %s",
                           !token              ? "illegal base64 data or JSON"
                           : !start || !*start ? "encoded start key empty (version meta.k8s.io/v1)"
                                               : "incorrect encoded start resourceVersion "
                                                 "(version meta.k8s.io/v1)");
        return false;
    }
    if (inconsistent)
        rv = q->server->rv;
    if (!past_is_known(q->server, rv)) {
        refuse_token(q, start, a);
        return false;
    }
    scan->from = xstrdup(start);
    a->rv = rv;
    return true;
}

/* Fills the page with what was there at the version of the answer. */
static void walk_at(struct request *q, struct scan *scan, struct answer *a) {
    struct past past;
    const char *key;
    struct object *o;
    size_t len = strlen(scan->prefix);
    past_init(&past, q->server, q->kind, a->rv);
    past_seek(&past, scan->from ? scan->from : scan->prefix);
    while ((o = past_next(&past, &key)) && strncmp(key, scan->prefix, len) == 0) {
        if (!matches(scan, o))
            continue;
        if (scan->limit > 0 && (int64_t)a->item_count == scan->limit) {
            a->continue_token = make_token(a->rv, key);
            break;
        }
        add_item(a, o);
    }
    past_release(&past);
}

/* A single name of now needs no walk. */
static void walk(struct request *q, struct scan *scan, struct answer *a) {
    const char *name = selector_exact_name(&scan->fields);
    bool one_namespace = scan->prefix[0] || !(q->kind->resource->flags & RESOURCE_NAMESPACED);
    if (!name || !one_namespace || a->rv != q->server->rv) {
        walk_at(q, scan, a);
        return;
    }
    const char *ns = str_eq(q->resource, "namespaces") ? "" : q->ns;
    struct object *o = collection_get(&q->kind->objects, ns, name);
    if (o && matches(scan, o))
        add_item(a, o);
}

bool list_version_reached(struct request *q, int64_t *ret, struct answer *a) {
    CLEANUP(str_freep) char *text = request_query(q, "resourceVersion");
    int64_t rv = 0;
    if (text && text[0] && !str_to_int(text, 0, INT64_MAX, &rv)) {
        answer_bad_request(a,
                           "Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": invalid "
                           "syntax",
                           text, text);
        return false;
    }
    if (rv > q->server->rv) {
        answer_status(a, 504, "Timeout", "Too large resource version: %lld, current: %lld",
                      (long long)rv, (long long)q->server->rv);
        return false;
    }
    if (ret)
        *ret = rv;
    return true;
}

/* Lists are those of now, which is what all but an exact match allow. */
static bool read_version(struct request *q, struct answer *a) {
    int64_t rv = 0;
    if (!list_version_reached(q, &rv, a))
        return false;
    if (!list_is_exact(q))
        return true;
    if (!past_is_known(q->server, rv)) {
        answer_status(a, 410, "Expired", "The resourceVersion for the provided list is too old.");
        return false;
    }
    a->rv = rv;
    return true;
}

void list_serve(struct request *q, struct answer *a) {
    struct scan scan;
    answer_release(a);
    a->status = 200;
    a->is_list = true;
    a->rv = q->server->rv;
    if (!list_options_valid(q, false, a) || !read_version(q, a))
        return;
    bool pages = request_has(q, FEATURE_PAGING);
    CLEANUP(str_freep) char *token = pages ? request_query(q, "continue") : NULL;
    CLEANUP(str_freep) char *version = request_query(q, "resourceVersion");
    if (token && token[0] && version && version[0] && !str_eq(version, "0")) {
        answer_bad_request(a, "specifying resource version is not allowed when using continue");
        return;
    }
    if (scan_init(&scan, q, a) && (!token || !token[0] || read_token(q, &scan, token, a))) {
        scan.limit = pages ? request_query_int(q, "limit", 0) : 0;
        walk(q, &scan, a);
    }
    scan_release(&scan);
}

bool list_matching(struct request *q, struct answer *a) {
    struct scan scan;
    answer_release(a);
    a->status = 200;
    a->is_list = true;
    a->rv = q->server->rv;
    bool ok = scan_init(&scan, q, a);
    if (ok)
        walk(q, &scan, a);
    scan_release(&scan);
    return ok;
}
