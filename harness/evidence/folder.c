#include "harness/evidence/folder.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE_MIN = 256 }; /* less of a file than this says nothing */

void folder_init(struct folder *f, const char *dir, int64_t bytes_max, int64_t file_max) {
    *f = (struct folder){.dir = xstrdup(dir),
                         .bytes_max = bytes_max,
                         .file_max = file_max,
                         .lines = json_object(),
                         .files = json_array()};
}

void folder_release(struct folder *f) {
    free(f->dir);
    json_decref(f->lines);
    json_decref(f->files);
    *f = (struct folder){0};
}

/* Not synced: what a machine that goes down takes along of it is no loss to the run's verdicts. */
static int write_file(const struct folder *f, const char *file, const char *data, size_t len,
                      struct err *err) {
    CLEANUP(str_freep) char *path = fs_join(f->dir, file);
    CLEANUP(str_freep) char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    if (fs_mkdir_p(parent, 0700, err) < 0)
        return err->code;
    return fs_write(path, data, len, 0600, err);
}

/* The end of a log begins with a line of its own. */
static const char *tail_of(const char *text, size_t len, size_t *max) {
    const char *from = text + (len - *max);
    const char *line = memchr(from, '\n', *max);
    if (line && line + 1 < text + len) {
        *max -= (size_t)(line + 1 - from);
        from = line + 1;
    }
    return from;
}

static void add_masked(struct folder *f, const char *file, const char *text, size_t len,
                       bool is_log, struct folder_added *ret) {
    int64_t left = f->bytes_max - f->used;
    size_t max = left > f->file_max ? (size_t)f->file_max : left > 0 ? (size_t)left : 0;
    *ret = (struct folder_added){.state = "whole"};
    if (f->trouble.code) {
        *ret = (struct folder_added){.state = "failed", .why = xstrdup(f->trouble.text)};
        return;
    }
    if (len > max && left < f->file_max && max < PIECE_MIN) {
        *ret = (struct folder_added){
            .state = "left-out",
            .why = xasprintf("the budget of %lld bytes is used up", (long long)f->bytes_max)};
        return;
    }
    if (len > max) {
        size_t whole = len;
        text = is_log ? tail_of(text, len, &max) : text;
        len = max;
        ret->state = "cut";
        ret->why = xasprintf("the %s %zu of %zu bytes", is_log ? "last" : "first", len, whole);
    }
    if (write_file(f, file, text, len, &f->trouble) < 0) {
        free(ret->why);
        *ret = (struct folder_added){.state = "failed", .why = xstrdup(f->trouble.text)};
        return;
    }
    ret->bytes = (int64_t)len;
    f->used += (int64_t)len;
    json_array_append_new(f->files, json_string(file));
}

void folder_add(struct folder *f, const char *file, const char *text, size_t len, bool is_log,
                struct folder_added *ret) {
    struct buf masked = BUF_INIT;
    mask_text(text, len, &masked);
    add_masked(f, file, buf_str(&masked), masked.len, is_log, ret);
    buf_release(&masked);
}

void folder_add_json(struct folder *f, const char *file, const json_t *value,
                     struct folder_added *ret) {
    CLEANUP(json_freep) json_t *masked = mask_json(value);
    struct buf text = BUF_INIT;
    json_dump_to(masked, true, &text);
    buf_addc(&text, '\n');
    add_masked(f, file, buf_str(&text), text.len, false, ret);
    buf_release(&text);
}

void folder_add_line(struct folder *f, const char *file, const json_t *value) {
    CLEANUP(json_freep) json_t *masked = mask_json(value);
    json_array_append(json_ensure_array(f->lines, file), masked);
}

void folder_flush(struct folder *f,
                  void (*fn)(void *self, const char *file, struct folder_added *added),
                  void *self) {
    const char *file;
    json_t *lines;
    json_object_foreach(f->lines, file, lines) {
        struct buf text = BUF_INIT;
        size_t i;
        json_t *line;
        json_array_foreach(lines, i, line) {
            json_dump_to(line, false, &text);
            buf_addc(&text, '\n');
        }
        struct folder_added added;
        add_masked(f, file, buf_str(&text), text.len, false, &added);
        fn(self, file, &added);
        free(added.why);
        buf_release(&text);
    }
    json_object_clear(f->lines);
}
