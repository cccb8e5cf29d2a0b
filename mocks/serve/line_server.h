/*
 * A server on a socket of the file system that takes one line and answers with lines: the control
 * socket of the simulated world. A connection that sends no whole line within LINE_LEN_MAX bytes is
 * cut.
 */
#ifndef CONFED_SERVE_LINE_SERVER_H
#define CONFED_SERVE_LINE_SERVER_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "mocks/serve/loop.h"

#include <stddef.h>

enum { LINE_LEN_MAX = 16 << 20 };

struct line_conn;
struct line_server;

/* A line arrived (without its newline), the only one of the connection that is read. */
typedef void line_handler_fn(void *self, struct line_conn *c, const char *line, size_t len);

/* The path must be shorter than a socket address holds (107 bytes). */
struct line_server *line_server_new(struct loop *l, const char *path, line_handler_fn *handler,
                                    void *self, struct err *err);
void line_server_free(struct line_server *s); /* closes the connections, removes the path */
DEFINE_OWNED(struct line_server, line_server)

/* Sends the text and a newline. */
void line_conn_write(struct line_conn *c, const char *text, size_t len);
/* Closes once everything is sent; c is gone afterwards. */
void line_conn_end(struct line_conn *c);
/* fn(self) is called when the client goes first; c is gone then. */
void line_conn_on_closed(struct line_conn *c, void (*fn)(void *self), void *self);

#endif
