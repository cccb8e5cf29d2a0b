/* A request from the wire on its way through the server. */
#include "mocks/apiserver/handle.h"

#include "harness/core/str.h"
#include "mocks/apiserver/auth.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/discovery.h"
#include "mocks/apiserver/health.h"
#include "mocks/apiserver/impersonate.h"
#include "mocks/apiserver/rbac.h"
#include "mocks/apiserver/render.h"
#include "mocks/apiserver/rest.h"
#include "mocks/apiserver/trouble.h"

static void read_content_type(struct request *q, char type[128]) {
    const char *header = http_headers_get(&q->exchange->request->headers, "Content-Type");
    snprintf(type, 128, "%s", header ? header : "");
    type[strcspn(type, "; ")] = '\0';
    q->content_type = type;
}

void handle_serve(struct request *q, struct answer *a) {
    if (!q->is_resource)
        health_serve(q, a);
    else if (!request_group_served(q->server, q->group, q->version))
        answer_no_such_resource(a);
    else
        rest_serve(q, a);
}

/* Discovery answers for itself, and so does what is below a group that is not served. */
static bool discover(struct request *q, struct answer *a) {
    struct apiserver *s = q->server;
    bool unserved = q->is_resource && !request_group_served(s, q->group, q->version);
    if ((q->is_resource && !unserved) || health_is_served(q))
        return false;
    const char *host = http_headers_get(&q->exchange->request->headers, "Host");
    CLEANUP(json_freep) json_t *crds = crd_all(s);
    const struct discovery_source source = {.group_versions = s->group_versions,
                                            .crds = crds,
                                            .server_address = host ? host : s->name,
                                            .federation = s->federation,
                                            .version = s->version,
                                            .lacks = s->o.ways.lacks};
    a->deferred = true;
    a->status = 200;
    if (!unserved && discovery_handle(&source, q->exchange))
        return true;
    a->status = 404;
    discovery_not_found(&source, q->exchange);
    return true;
}

/* What is told of the request; made before it is served because it may be gone afterwards. */
static json_t *transcript_of(const struct request *q) {
    const struct http_headers *headers = &q->exchange->request->headers;
    json_t *exchange = json_object();
    json_set_str(exchange, "server", q->server->name);
    json_set_str(exchange, "method", q->method);
    json_set_str(exchange, "path", q->path);
    json_set_str(exchange, "query", q->query);
    json_set_str(exchange, "verb", q->verb);
    json_set_str(exchange, "user", q->user ? q->user->name : "");
    json_set_str(exchange, "user_agent", http_headers_get(headers, "User-Agent"));
    json_set_str(exchange, "accept", http_headers_get(headers, "Accept"));
    json_set_str(exchange, "content_type", q->content_type[0] ? q->content_type : NULL);
    return exchange;
}

void handle_tell_take(const struct apiserver *s, json_t *told, int status, const char *reason) {
    if (!told)
        return;
    json_set_int(told, "status", status);
    json_set_str(told, "reason", reason);
    s->o.transcript(s->o.transcript_self, told);
    json_decref(told);
}

static void serve(struct apiserver *s, struct http_exchange *x, bool delayed);

static void resume(struct apiserver *s, struct http_exchange *x) {
    serve(s, x, true);
}

static void authorized(struct request *q, struct answer *a, bool parsed, bool delayed) {
    struct auth_identity other;
    if (!q->user)
        answer_status(a, 401, "Unauthorized", "Unauthorized");
    else if (!parsed)
        answer_bad_request(a, "the path of the request is malformed or too long");
    else if ((delayed || !trouble_strikes(q, a, resume)) && impersonate_apply(q, &other, a) &&
             rbac_authorize(q, a) && !discover(q, a))
        handle_serve(q, a);
    q->user = NULL; /* it may have lived in other */
}

static void serve(struct apiserver *s, struct http_exchange *x, bool delayed) {
    const struct http_request *r = x->request;
    struct request q;
    struct answer a = {0};
    struct auth_identity identity;
    char type[128];
    q.exchange = x;
    q.json = NULL;
    q.body = r->body;
    q.body_len = r->body_len;
    bool parsed = request_parse(&q, s, r->method, r->path, r->query);
    read_content_type(&q, type);
    q.user = auth_authenticate(s, x, &identity);
    q.told = s->o.transcript ? transcript_of(&q) : NULL;
    authorized(&q, &a, parsed, delayed);
    handle_tell_take(s, q.told, a.status, json_str(a.json, "reason", NULL));
    if (!a.deferred) {
        trouble_spoils(&q, &a);
        render_reply(&q, &a);
    }
    answer_release(&a);
}

void apiserver_handle(void *self, struct http_exchange *x) {
    serve(self, x, false);
}
