#include "mocks/apiserver/remote.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/apiserver/remote_exec.h"
#include "mocks/apiserver/remote_forward.h"
#include "mocks/apiserver/remote_status.h"
#include "mocks/serve/websocket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct remote_protocol exec_spdy[] = {
    {"v4.channel.k8s.io", 4, false, false},
    {"v3.channel.k8s.io", 3, false, false},
    {"v2.channel.k8s.io", 2, false, false},
    {"channel.k8s.io", 1, false, false},
};
static const struct remote_protocol exec_websocket[] = {
    {"v5.channel.k8s.io", 5, true, false},       {"v4.channel.k8s.io", 4, true, false},
    {"v4.base64.channel.k8s.io", 4, true, true}, {"channel.k8s.io", 1, true, false},
    {"base64.channel.k8s.io", 1, true, true},
};
static const struct remote_protocol forward_spdy[] = {{"portforward.k8s.io", 1, false, false}};
static const struct remote_protocol forward_websocket[] = {
    {"SPDY/3.1+portforward.k8s.io", 1, true, false}};

struct protocols {
    const struct remote_protocol *items;
    size_t count;
};

static struct protocols websockets_before_v5(enum kubelet_action action) {
    return action == KUBELET_PORT_FORWARD
               ? (struct protocols){forward_websocket, 0}
               : (struct protocols){exec_websocket + 1, ARRAY_LEN(exec_websocket) - 1};
}

static struct protocols protocols_of(enum kubelet_action action, bool websocket) {
    if (action == KUBELET_PORT_FORWARD)
        return websocket ? (struct protocols){forward_websocket, ARRAY_LEN(forward_websocket)}
                         : (struct protocols){forward_spdy, ARRAY_LEN(forward_spdy)};
    return websocket ? (struct protocols){exec_websocket, ARRAY_LEN(exec_websocket)}
                     : (struct protocols){exec_spdy, ARRAY_LEN(exec_spdy)};
}

static bool wants_spdy(const struct http_request *r) {
    return http_headers_has_token(&r->headers, "Connection", "upgrade") &&
           http_headers_has_token(&r->headers, "Upgrade", "SPDY/3.1");
}

static void go(const struct remote_options *o, const struct remote_protocol *protocol,
               const struct http_headers *headers, struct http_exchange *x) {
    if (o->request.action == KUBELET_PORT_FORWARD)
        remote_forward(o, protocol->websocket, headers, x);
    else
        remote_exec(o, protocol, headers, x);
}

static bool header_is(const struct http_header *h, const char *name) {
    return strcasecmp(h->name, name) == 0;
}

/* The first of the client's list, in one header each or with commas, that is served. */
static const struct remote_protocol *agree(const struct http_request *r, struct protocols served,
                                           struct buf *ret_offered) {
    for (size_t i = 0; i < r->headers.count; i++) {
        if (!header_is(&r->headers.items[i], "X-Stream-Protocol-Version"))
            continue;
        const char *at = r->headers.items[i].value;
        while (*(at += strspn(at, ", \t"))) {
            size_t len = strcspn(at, ", \t");
            for (size_t k = 0; k < served.count; k++)
                if (strlen(served.items[k].name) == len &&
                    strncmp(served.items[k].name, at, len) == 0)
                    return &served.items[k];
            buf_adds(ret_offered, ret_offered->len ? " " : "");
            buf_add(ret_offered, at, len);
            at += len;
        }
    }
    return NULL;
}

/* 403 as of httpstream.Handshake (k8s.io/apimachinery/pkg/util/httpstream). */
static void refuse_protocols(struct http_exchange *x, const char *offered,
                             struct protocols served) {
    struct http_headers headers = {0};
    struct buf text = BUF_INIT;
    buf_addf(&text,
             "unable to upgrade: unable to negotiate protocol: client supports [%s], "
             "server accepts [",
             offered);
    for (size_t i = 0; i < served.count; i++) {
        buf_addf(&text, "%s%s", i ? " " : "", served.items[i].name);
        http_headers_add(&headers, "X-Accepted-Stream-Protocol-Versions", served.items[i].name);
    }
    buf_adds(&text, "]\n");
    http_headers_add(&headers, "Content-Type", "text/plain; charset=utf-8");
    http_reply(x, 403, &headers, text.data, text.len);
    http_headers_release(&headers);
    buf_release(&text);
}

static void upgrade_spdy(const struct remote_options *o, struct http_exchange *x) {
    struct protocols served = protocols_of(o->request.action, false);
    struct buf offered = BUF_INIT_LIMIT(4096);
    const struct remote_protocol *protocol = agree(x->request, served, &offered);
    if (!protocol && offered.len) {
        refuse_protocols(x, buf_str(&offered), served);
        buf_release(&offered);
        return;
    }
    buf_release(&offered);
    struct http_headers headers = {0};
    http_headers_add(&headers, "Upgrade", "SPDY/3.1");
    if (protocol)
        http_headers_add(&headers, "X-Stream-Protocol-Version", protocol->name);
    else /* clients of Kubernetes 1.0 name none */
        protocol = &served.items[served.count - 1];
    go(o, protocol, &headers, x);
    http_headers_release(&headers);
}

static const struct remote_protocol *find(struct protocols served, const char *name) {
    for (size_t i = 0; i < served.count; i++)
        if (str_eq(served.items[i].name, name))
            return &served.items[i];
    return NULL;
}

static void upgrade_websocket(const struct remote_options *o, struct http_exchange *x) {
    const char *wrong = websocket_check(x->request);
    if (wrong) {
        remote_refuse(x, 400, wrong);
        return;
    }
    struct protocols served = o->no_websocket_v5 ? websockets_before_v5(o->request.action)
                                                 : protocols_of(o->request.action, true);
    const char *names[ARRAY_LEN(exec_websocket)];
    for (size_t i = 0; i < served.count; i++)
        names[i] = served.items[i].name;
    bool offered = false;
    const char *name = websocket_select(x->request, names, served.count, &offered);
    const struct remote_protocol unnamed = {NULL, 1, true, false};
    if (!name && (offered || o->request.action == KUBELET_PORT_FORWARD)) {
        remote_refuse(x, 400, "none of the WebSocket protocols is supported");
        return;
    }
    struct http_headers headers = {0};
    websocket_answer(x->request, name, &headers);
    go(o, name ? find(served, name) : &unnamed, &headers, x);
    http_headers_release(&headers);
}

/* NULL, or what a kubelet finds wrong with the parameters. */
static const char *check(const struct kubelet_request *r) {
    if (r->action == KUBELET_PORT_FORWARD)
        return NULL;
    if (!r->wants_stdin && !r->wants_stdout && !r->wants_stderr)
        return "you must specify at least 1 of stdin, stdout, stderr";
    if (r->action == KUBELET_EXEC && r->command_len == 0)
        return "you must specify at least one command for the container";
    return NULL;
}

void remote_handle(const struct remote_options *o, struct http_exchange *x) {
    const char *wrong = check(&o->request);
    if (wrong)
        remote_refuse(x, 400, wrong);
    else if (websocket_is_asked_for(x->request))
        upgrade_websocket(o, x);
    else if (wants_spdy(x->request))
        upgrade_spdy(o, x);
    else
        remote_refuse(x, 400, "Upgrade request required");
}
