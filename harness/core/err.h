/*
 * Why a thing of ours could not be done: a code for the program, one line of text for the person.
 *
 * Only the harness's own inability is an err. A bug of ours is an assert; a system under test that
 * misbehaves is an observation. The text says what, where, what was expected and what to do, and
 * has no newline at its end.
 *
 *     if (fs_read(path, &text, err) < 0)
 *         return err_prefix(err, "cannot load the gap ledger");
 */
#ifndef CONFED_CORE_ERR_H
#define CONFED_CORE_ERR_H

enum err_code {
    ERR_USAGE = -1,     /* the caller asked for something that does not exist */
    ERR_INPUT = -2,     /* a file or message is malformed */
    ERR_NOT_FOUND = -3, /* a file, tool or object is not there */
    ERR_IO = -4,        /* the operating system refused */
    ERR_NET = -5,       /* a peer could not be reached or broke off */
    ERR_TIMEOUT = -6,   /* a deadline passed */
    ERR_LIMIT = -7,     /* something grew past its bound */
    ERR_STATE = -8,     /* not possible now, e.g. the run is already finished */
};

struct err {
    int code;        /* 0 or an err_code */
    char text[1024]; /* one line, NUL-terminated */
};

/* Sets code and text; a NULL err is allowed. Returns code, to be returned on. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<text>: " in front of the text that is there. Returns the code that is there. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets ERR_NOT_FOUND for ENOENT, else ERR_IO, and "<text>: <strerror(errno)>". */
int err_errno(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
