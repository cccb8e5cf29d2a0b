#include "mocks/serve/line_server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct line_conn {
    struct line_server *server;
    struct line_conn *next, **link;
    struct bufferevent *bev;
    bool had_line, ending;
    void (*on_closed)(void *self);
    void *on_closed_self;
};

struct line_server {
    struct loop *loop;
    struct evconnlistener *listener;
    char *path;
    line_handler_fn *handler;
    void *self;
    struct line_conn *conns;
};

static void conn_free(struct line_conn *c) {
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    bufferevent_free(c->bev);
    free(c);
}

static void conn_lost(struct line_conn *c) {
    if (c->on_closed)
        c->on_closed(c->on_closed_self);
    conn_free(c);
}

static void on_read(struct bufferevent *bev, void *self) {
    struct line_conn *c = self;
    struct evbuffer *in = bufferevent_get_input(bev);
    if (c->had_line) {
        evbuffer_drain(in, evbuffer_get_length(in));
        return;
    }
    size_t len;
    char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
    if (line) {
        c->had_line = true;
        c->server->handler(c->server->self, c, line, len);
        free(line);
    } else if (evbuffer_get_length(in) > LINE_LEN_MAX) {
        conn_lost(c);
    }
}

static void on_written(struct bufferevent *bev, void *self) {
    struct line_conn *c = self;
    if (c->ending && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        conn_free(c);
}

static void on_event(struct bufferevent *bev, short what, void *self) {
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        conn_lost(self);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
                      int addr_len, void *self) {
    (void)listener;
    (void)addr;
    (void)addr_len;
    struct line_server *s = self;
    struct line_conn *c = xcalloc(1, sizeof(*c));
    c->server = s;
    c->bev = bufferevent_socket_new(loop_base(s->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    c->next = s->conns;
    c->link = &s->conns;
    if (s->conns)
        s->conns->link = &c->next;
    s->conns = c;
    bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

struct line_server *line_server_new(struct loop *l, const char *path, line_handler_fn *handler,
                                    void *self, struct err *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        err_set(err, ERR_USAGE,
                "%s: longer than the %zu bytes of a socket's path; use a shorter folder", path,
                sizeof(address.sun_path) - 1);
        return NULL;
    }
    memcpy(address.sun_path, path, strlen(path));
    unlink(path);

    struct line_server *s = xcalloc(1, sizeof(*s));
    *s = (struct line_server){.loop = l, .path = xstrdup(path), .handler = handler, .self = self};
    s->listener = evconnlistener_new_bind(loop_base(l), on_accept, s,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
                                          (struct sockaddr *)&address, sizeof(address));
    if (!s->listener) {
        err_errno(err, "cannot listen on %s", path);
        free(s->path);
        free(s);
        return NULL;
    }
    return s;
}

void line_server_free(struct line_server *s) {
    if (!s)
        return;
    while (s->conns)
        conn_lost(s->conns);
    evconnlistener_free(s->listener);
    unlink(s->path);
    free(s->path);
    free(s);
}

void line_conn_write(struct line_conn *c, const char *text, size_t len) {
    struct evbuffer *out = bufferevent_get_output(c->bev);
    evbuffer_add(out, text, len);
    evbuffer_add(out, "\n", 1);
}

void line_conn_end(struct line_conn *c) {
    c->on_closed = NULL;
    c->ending = true;
    if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
        conn_free(c);
}

void line_conn_on_closed(struct line_conn *c, void (*fn)(void *self), void *self) {
    c->on_closed = fn;
    c->on_closed_self = self;
}
