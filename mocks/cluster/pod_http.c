#include "mocks/cluster/pod_http.h"

#include "mocks/cluster/endpoints.h"
#include "mocks/cluster/files.h"

#include "harness/core/clock.h"
#include "mocks/serve/http.h"

#include <inttypes.h>

struct container *pod_http_server(struct pod *p, uint16_t port) {
    for (size_t i = 0; i < p->container_count; i++) {
        struct container *k = &p->containers[i];
        if (k->state != CONTAINER_RUNNING || !k->kind->http_body || k->main)
            continue;
        if (port == 0 || port == k->kind->http_port)
            return k;
    }
    return NULL;
}

/* "02/Jun/2017:09:00:07 +0000" */
static void access_time(int64_t wall_ms, char text[40]) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char utc[CLOCK_TEXT_SIZE];
    int year = 0, month = 1, day = 0;
    (void)sscanf(clock_format_utc(wall_ms, utc), "%d-%d-%d", &year, &month, &day);
    (void)snprintf(text, 40, "%02d/%s/%d:%.8s +0000", day, months[(month + 11) % 12], year,
                   utc + 11);
}

static void log_access(struct container *k, const struct pod_http_request *r, int status,
                       size_t len) {
    char when[40];
    int64_t now = cluster_wall_ms(k->pod->c);
    access_time(now, when);
    const char *remote = r->remote ? r->remote : "10.1.0.1";
    CLEANUP(str_freep)
    char *line =
        xasprintf("%.*s - - [%s] \"%s %s HTTP/1.1\" %d %zu \"-\" \"%s\"%s\n",
                  (int)strcspn(remote, ":"), remote, when, r->method, r->path, status, len,
                  r->agent ? r->agent : "-", str_eq(k->kind->name, "nginx") ? " \"-\"" : "");
    container_write(k, 1, line, strlen(line));
}

static int answer_file(struct container *k, const char *path, struct buf *body,
                       const char **ret_type) {
    const char *root =
        str_eq(k->kind->name, "httpd") ? "/usr/local/apache2/htdocs" : "/usr/share/nginx/html";
    bool index = path[strlen(path) - 1] == '/';
    CLEANUP(str_freep) char *relative = xasprintf("./%s%s", path, index ? "index.html" : "");
    CLEANUP(str_freep) char *file = files_path(root, relative);
    *ret_type = str_has_suffix(file, ".html") ? "text/html" : "text/plain";
    /* A path that climbs out of the root is as good as not there. */
    if (str_has_prefix(file, root) && files_read(k, file, body))
        return 200;
    if (str_eq(path, "/") && str_eq(k->kind->name, "httpd")) {
        buf_adds(body, k->kind->http_body);
        return 200;
    }
    *ret_type = "text/html";
    buf_addf(body,
             "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body bgcolor=\"white\">\r\n"
             "<center><h1>404 Not Found</h1></center>\r\n<hr><center>%s</center>\r\n</body>\r\n"
             "</html>\r\n",
             k->kind->server);
    return 404;
}

int pod_http_answer(struct container *k, const struct pod_http_request *r, struct buf *body,
                    const char **ret_type) {
    size_t before = body->len;
    int status = 200;
    CLEANUP(str_freep) char *path = xstrndup(r->path, strcspn(r->path, "?#"));
    *ret_type = "text/plain";
    if (path[0] != '/') {
        status = 400;
        buf_adds(body, "400 Bad Request\n");
    } else if (str_eq(k->kind->name, "serve_hostname")) {
        buf_adds(body, k->pod->name);
    } else if (str_eq(k->kind->name, "echoserver")) {
        buf_addf(body, "Hostname: %s\n\nRequest Information:\n\tmethod=%s\n\treal path=%s\n",
                 k->pod->name, r->method, r->path);
    } else if (!str_eq(r->method, "GET") && !str_eq(r->method, "HEAD")) {
        status = 405;
        *ret_type = "text/html";
        buf_adds(body, "<html><head><title>405 Not Allowed</title></head></html>\r\n");
    } else {
        status = answer_file(k, path, body, ret_type);
    }
    log_access(k, r, status, body->len - before);
    return status;
}

void cluster_pod_http(struct cluster *c, const json_t *pod, struct http_exchange *x) {
    const char *ns = json_str(pod, "metadata", "namespace", NULL);
    const char *name = json_str(pod, "metadata", "name", NULL);
    struct pod *p = ns && name ? pod_find(c, ns, name) : NULL;
    struct container *k = p && !c->down ? pod_http_server(p, 0) : NULL;
    if (!k) {
        http_abort(x);
        return;
    }
    CLEANUP(str_freep)
    char *path =
        xasprintf("%s%s%s", x->request->path, x->request->query[0] ? "?" : "", x->request->query);
    const struct pod_http_request r = {.method = x->request->method,
                                       .path = path,
                                       .agent =
                                           http_headers_get(&x->request->headers, "User-Agent"),
                                       .remote = x->request->peer.remote};
    struct buf body = BUF_INIT;
    const char *type;
    int status = pod_http_answer(k, &r, &body, &type);
    struct http_headers headers = {0};
    http_headers_add(&headers, "Content-Type", type);
    if (k->kind->server)
        http_headers_add(&headers, "Server", k->kind->server);
    http_reply(x, status, &headers, buf_str(&body), body.len);
    http_headers_release(&headers);
    buf_release(&body);
}

int pod_http_fetch(struct cluster *c, const char *ip, int64_t port, const char *path,
                   const struct pod_http_request *r, struct buf *body) {
    struct pod_http_request request = *r;
    const char *type;
    uint16_t target = 0;
    request.method = "GET";
    request.path = path;
    CLEANUP(str_freep) char *key = xasprintf("clusterip:%s", ip);
    struct pod *p = endpoints_pick(c, key, port, "TCP", false, &target);
    bool is_service = index_find(&c->index, key) != NULL;
    if (!p && !is_service) {
        p = pod_by_ip(c, ip);
        target = (uint16_t)port;
    }
    if (p) {
        struct container *k = pod_http_server(p, target);
        return k ? pod_http_answer(k, &request, body, &type) : 0;
    }
    if (is_service || !c->ops || !c->ops->http_get)
        return 0;
    CLEANUP(str_freep) char *url = xasprintf("http://%s:%" PRId64 "%s", ip, port, path);
    return c->ops->http_get(c->ops->self, url, body);
}
