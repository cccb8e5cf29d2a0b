/* A request from the wire on its way through the server. */
#include "mocks/apiserver/handle.h"

#include "harness/core/str.h"
#include "mocks/apiserver/auth.h"
#include "mocks/apiserver/health.h"
#include "mocks/apiserver/render.h"
#include "mocks/apiserver/rest.h"

static void read_content_type(struct request *q, char type[128]) {
    const char *header = http_headers_get(&q->exchange->request->headers, "Content-Type");
    snprintf(type, 128, "%s", header ? header : "");
    type[strcspn(type, "; ")] = '\0';
    q->content_type = type;
}

void handle_serve(struct request *q, struct answer *a) {
    if (!q->is_resource) {
        health_serve(q, a);
        return;
    }
    if (!request_group_served(q->server, q->group, q->version)) {
        health_paths(q, a);
        return;
    }
    rest_serve(q, a);
}

static void tell_transcript(const struct request *q, const struct answer *a) {
    struct apiserver *s = q->server;
    if (!s->o.transcript)
        return;
    json_t *exchange = json_object();
    json_set_str(exchange, "server", s->name);
    json_set_str(exchange, "method", q->method);
    json_set_str(exchange, "path", q->path);
    json_set_str(exchange, "query", q->query);
    json_set_str(exchange, "verb", q->verb);
    json_set_str(exchange, "user", q->user ? q->user->name : "");
    json_set_str(exchange, "user_agent",
                 http_headers_get(&q->exchange->request->headers, "User-Agent"));
    json_set_str(exchange, "content_type", q->content_type[0] ? q->content_type : NULL);
    json_set_int(exchange, "status", a->status);
    const char *reason = json_str(a->json, "reason", NULL);
    json_set_str(exchange, "reason", reason);
    s->o.transcript(s->o.transcript_self, exchange);
    json_decref(exchange);
}

void apiserver_handle(void *self, struct http_exchange *x) {
    struct apiserver *s = self;
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
    if (!q.user)
        answer_status(&a, 401, "Unauthorized", "Unauthorized");
    else if (!parsed)
        answer_bad_request(&a, "the path of the request is malformed or too long");
    else
        handle_serve(&q, &a);
    tell_transcript(&q, &a);
    if (!a.deferred)
        render_reply(&q, &a);
    answer_release(&a);
}
