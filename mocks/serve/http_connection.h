/*
 * One client connection of an HTTP server: reads requests one after the other, hands each to the
 * handler, and reads on when the answer has ended. Private to the server.
 */
#ifndef CONFED_SERVE_HTTP_CONNECTION_H
#define CONFED_SERVE_HTTP_CONNECTION_H

#include "mocks/serve/http_server.h"
#include "mocks/serve/openssl.h"

#include <stdint.h>

struct http_connection;

/* What all connections of a server share; borrowed. */
struct http_connection_room {
    struct loop *loop;
    SSL_CTX *tls; /* NULL: plain */
    http_handler_fn *handler;
    void *self;
    struct http_server_limits limits; /* none is 0 */
    struct http_connection *first;    /* all that live */
    size_t count;
    int64_t clock_ahead_ms;
    int64_t date_s; /* the second that date is for */
    char date[40];
};

/* Takes fd; adds itself to the room. */
void http_connection_new(struct http_connection_room *room, int fd, const char *remote);
/* Closes; a handler that has not finished sees its client leave. */
void http_connection_free(struct http_connection *c);
/* Ends connections whose deadline has passed. */
void http_connection_sweep(struct http_connection_room *room, int64_t now_ms);

#endif
