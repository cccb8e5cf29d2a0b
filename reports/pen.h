/*
 * A pen writes text of any origin into a stream: escaped as the format wants it, without what no
 * report can show, and cut at a limit, which it then says. What a system under test prints may be
 * anything; what a pen writes is well-formed UTF-8 without control characters and without a
 * terminal's colours, in every format.
 *
 *     struct pen p;
 *     pen_begin(&p, out, 8192);
 *     pen_put(&p, "<title>");
 *     pen_text(&p, PEN_XML, pen_member(result, "title"));
 *     pen_end(&p);
 *
 * A pen holds one block of output and one cut text, so a report of any size needs no memory of its
 * size. Errors latch: after a failed write nothing more is written, and pen_end leaves errno as the
 * failed write left it (ferror(out) is set).
 */
#ifndef CONFED_REPORTS_PEN_H
#define CONFED_REPORTS_PEN_H

#include "harness/core/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pen_span { /* borrowed bytes; may hold any byte */
    const char *data;
    size_t len;
};

enum pen_form {
    PEN_PLAIN, /* nothing escaped, lines stay */
    PEN_LINE,  /* nothing escaped, newlines and tabs become blanks */
    PEN_XML,   /* the text of an element of XML or HTML */
    PEN_ATTR,  /* an attribute of one, in double quotes */
    PEN_JSON,  /* inside of the quotes of JSON or of YAML */
    PEN_CELL,  /* a table's cell in GitHub's Markdown */
    PEN_TAP,   /* a description of TAP 14 */
    PEN_LABEL, /* inside of the quotes of a Prometheus label */
    PEN_FORM_COUNT,
};

enum { PEN_BLOCK_SIZE = 32768 };

struct pen {
    FILE *out; /* borrowed */
    uint64_t written;
    size_t text_max;  /* bytes of one text at most */
    struct buf clean; /* the text at hand, when it had to be cleaned */
    int failure;      /* errno of the first write that failed */
    size_t block_len;
    char block[PEN_BLOCK_SIZE];
};

void pen_begin(struct pen *p, FILE *out, size_t text_max);
void pen_end(struct pen *p); /* flushes into out, and releases */

struct pen_span pen_str(const char *s); /* NULL is empty */
/* The text at object[key]; empty when it is not there or no text. */
struct pen_span pen_member(const json_t *object, const char *key);

void pen_put(struct pen *p, const char *literal); /* as it is */
void pen_add(struct pen *p, const char *data, size_t len);
void pen_putf(struct pen *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pen_text(struct pen *p, enum pen_form form, struct pen_span text);
/* The same, cut at max bytes instead of the pen's text_max. */
void pen_text_max(struct pen *p, enum pen_form form, struct pen_span text, size_t max);
/* "text", with quotes: a string of JSON and of YAML. */
void pen_quoted(struct pen *p, struct pen_span text);
/* ,"name":"value" and "  name: "value"" in a line of YAML; nothing where the value is empty. */
void pen_json_member(struct pen *p, const char *name, struct pen_span value);
void pen_yaml_member(struct pen *p, const char *name, struct pen_span value);
/* A JSON value as text, keys sorted; texts as they are, cut at max bytes. pretty: indented. */
void pen_value(struct pen *p, enum pen_form form, const json_t *value, bool pretty, size_t max);
/* What write() gives for a value, cut at max bytes: for text that is made elsewhere. */
typedef void pen_writer(const json_t *value, FILE *out);
void pen_written(struct pen *p, enum pen_form form, pen_writer *write, const json_t *value,
                 size_t max);
/* Seconds with a dot, whatever the locale: "1.204". */
void pen_seconds(struct pen *p, int64_t ms);

#endif
