/*
 * A connected TCP socket, plain or TLS, in a loop. What is written in one turn of the loop goes out
 * together at its end; nothing blocks, and nothing calls back from within stream_write() or
 * stream_write_now().
 *
 * After on_closed, or whenever it likes, the owner calls stream_free(); also from a callback.
 */
#ifndef CONFED_SERVE_STREAM_H
#define CONFED_SERVE_STREAM_H

#include "harness/core/buf.h"
#include "mocks/serve/loop.h"
#include "mocks/serve/openssl.h"

#include <stdbool.h>
#include <stddef.h>

struct stream_ops {
    void (*on_data)(void *self, const void *data, size_t len);
    void (*on_drained)(void *self); /* all that was written has gone to the kernel */
    void (*on_closed)(void *self);  /* the peer closed or broke off; once */
};

struct stream;
/* Takes fd, which must be non-blocking. tls NULL: plain; else borrowed for the call. */
struct stream *stream_new(struct loop *l, int fd, SSL_CTX *tls, const struct stream_ops *ops,
                          void *self);
void stream_free(struct stream *s);
/* Frees, and the peer sees a reset instead of an end. */
void stream_reset(struct stream *s);

void stream_write(struct stream *s, const void *data, size_t len);
/*
 * Writes at once what the kernel takes, when nothing else waits; the rest as stream_write() does.
 * For bytes that go to many streams: thousands of copies of them would only be made to be read
 * once.
 */
void stream_write_now(struct stream *s, const void *data, size_t len);
/* The buffer behind stream_write, for those who format in place: append only, then call
 * stream_push(). Borrowed. */
struct buf *stream_out(struct stream *s);
void stream_push(struct stream *s);
size_t stream_backlog(const struct stream *s);    /* bytes not yet given to the kernel */
void stream_pause(struct stream *s, bool paused); /* stops or resumes on_data */
/*
 * Sends what was written, then the end; further input is dropped, so that the peer can read the
 * last answer before it sees a reset. on_closed follows when the peer has closed as well.
 */
void stream_finish(struct stream *s);
const SSL *stream_tls(const struct stream *s); /* borrowed; NULL when plain */

#endif
