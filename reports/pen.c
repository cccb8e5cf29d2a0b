#include "reports/pen.h"
#include "reports/clean.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What stands for a character in a form; NULL: itself. All are ASCII. */
static const char *const replaced[PEN_FORM_COUNT][128] = {
    [PEN_LINE] = {['\n'] = " ", ['\t'] = " "},
    /* '>' because of "]]>" */
    [PEN_XML] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"},
    [PEN_ATTR] = {['&'] = "&amp;",
                  ['<'] = "&lt;",
                  ['>'] = "&gt;",
                  ['"'] = "&quot;",
                  ['\n'] = "&#10;",
                  ['\t'] = "&#9;"},
    [PEN_JSON] = {['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\t'] = "\\t"},
    [PEN_CELL] = {['\n'] = " ",
                  ['\t'] = " ",
                  ['&'] = "&amp;",
                  ['<'] = "&lt;",
                  ['|'] = "\\|",
                  ['\\'] = "\\\\",
                  ['`'] = "\\`",
                  ['*'] = "\\*",
                  ['_'] = "\\_",
                  ['['] = "\\[",
                  [']'] = "\\]",
                  ['~'] = "\\~"},
    [PEN_TAP] = {['\n'] = " ", ['\t'] = " ", ['#'] = "\\#", ['\\'] = "\\\\"},
    [PEN_LABEL] = {['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\t'] = " "},
};

void pen_begin(struct pen *p, FILE *out, size_t text_max) {
    p->out = out;
    p->written = 0;
    p->text_max = text_max;
    p->clean = (struct buf)BUF_INIT;
    p->failure = 0;
    p->block_len = 0;
}

static void flush(struct pen *p) {
    if (!p->failure && p->block_len > 0 &&
        fwrite(p->block, 1, p->block_len, p->out) != p->block_len)
        p->failure = errno ? errno : EIO;
    p->block_len = 0;
}

void pen_end(struct pen *p) {
    flush(p);
    buf_release(&p->clean);
    if (p->failure)
        errno = p->failure;
}

struct pen_span pen_str(const char *s) {
    return (struct pen_span){.data = s ? s : "", .len = s ? strlen(s) : 0};
}

struct pen_span pen_member(const json_t *object, const char *key) {
    const json_t *text = json_object_get(object, key);
    if (!json_is_string(text))
        return pen_str("");
    return (struct pen_span){.data = json_string_value(text), .len = json_string_length(text)};
}

void pen_add(struct pen *p, const char *data, size_t len) {
    p->written += len;
    while (len > 0) {
        if (p->block_len == sizeof(p->block))
            flush(p);
        size_t room = sizeof(p->block) - p->block_len, part = len < room ? len : room;
        memcpy(p->block + p->block_len, data, part);
        p->block_len += part;
        data += part;
        len -= part;
    }
}

void pen_put(struct pen *p, const char *literal) {
    pen_add(p, literal, strlen(literal));
}

void pen_putf(struct pen *p, const char *fmt, ...) {
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len > 0)
        pen_add(p, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

static void escape(struct pen *p, enum pen_form form, const char *data, size_t len) {
    const char *const *table = replaced[form];
    size_t begin = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c >= 128 || !table[c])
            continue;
        pen_add(p, data + begin, i - begin);
        pen_put(p, table[c]);
        begin = i + 1;
    }
    pen_add(p, data + begin, len - begin);
}

void pen_text_max(struct pen *p, enum pen_form form, struct pen_span text, size_t max) {
    if (text.len <= max && clean_is(text.data, text.len)) {
        escape(p, form, text.data, text.len);
        return;
    }
    buf_clear(&p->clean);
    clean_add(&p->clean, text.data, text.len, max);
    escape(p, form, buf_str(&p->clean), p->clean.len);
}

void pen_text(struct pen *p, enum pen_form form, struct pen_span text) {
    pen_text_max(p, form, text, p->text_max);
}

void pen_quoted(struct pen *p, struct pen_span text) {
    pen_put(p, "\"");
    pen_text(p, PEN_JSON, text);
    pen_put(p, "\"");
}

void pen_json_member(struct pen *p, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_putf(p, ",\"%s\":", name);
    pen_quoted(p, value);
}

void pen_yaml_member(struct pen *p, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_putf(p, "  %s: ", name);
    pen_quoted(p, value);
    pen_put(p, "\n");
}

/* Counts what does not fit, so that the cut can be told. */
struct dump {
    struct buf text;
    size_t max, total;
};

static int take_part(const char *data, size_t len, void *into) {
    struct dump *d = into;
    size_t room = d->max - d->text.len;
    buf_add(&d->text, data, len < room ? len : room);
    d->total += len;
    return 0;
}

void pen_value(struct pen *p, enum pen_form form, const json_t *value, bool pretty, size_t max) {
    if (json_is_string(value)) {
        struct pen_span text = {json_string_value(value), json_string_length(value)};
        pen_text_max(p, form, text, max);
        return;
    }
    struct dump d = {.text = BUF_INIT, .max = max};
    size_t flags = JSON_SORT_KEYS | JSON_ENCODE_ANY | (pretty ? JSON_INDENT(2) : JSON_COMPACT);
    json_dump_callback(value, take_part, &d, flags);
    struct pen_span text = {buf_str(&d.text), d.text.len};
    if (d.total > max) {
        while (text.len > 0 && ((unsigned char)text.data[--text.len] & 0xc0) == 0x80)
            continue; /* back to the beginning of a character */
        pen_text_max(p, form, text, max);
        pen_putf(p, " [cut: %zu bytes in all]", d.total);
    } else {
        pen_text_max(p, form, text, max);
    }
    buf_release(&d.text);
}

void pen_written(struct pen *p, enum pen_form form, pen_writer *write, const json_t *value,
                 size_t max) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return;
    write(value, out);
    if (fclose(out) == 0)
        pen_text_max(p, form, (struct pen_span){text, len}, max);
    free(text);
}

void pen_seconds(struct pen *p, int64_t ms) {
    pen_putf(p, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}
