#include "mocks/etcd/etcd_text.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"

#include <string.h>

/* How many bytes at s are one well-formed UTF-8 character; 0: none. */
static size_t utf8_len(const char *s) {
    for (size_t len = 1; len <= 4 && (len == 1 || s[len - 1]); len++)
        if (str_is_utf8(s, len))
            return len;
    return 0;
}

void etcd_text_string(const char *s, struct buf *out) {
    buf_addc(out, '"');
    while (*s) {
        unsigned char c = (unsigned char)*s;
        size_t len = 1;
        if (c == '"' || c == '\\') {
            buf_addf(out, "\\%c", c);
        } else if (c == '\n') {
            buf_adds(out, "\\n");
        } else if (c == '\r') {
            buf_adds(out, "\\r");
        } else if (c == '\t') {
            buf_adds(out, "\\t");
        } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
            buf_addf(out, "\\u%04x", c);
        } else if (c < 0x80) {
            buf_addc(out, *s);
        } else if ((len = utf8_len(s)) > 0) {
            buf_add(out, s, len);
        } else {
            buf_adds(out, "\\ufffd");
            len = 1;
        }
        s += len;
    }
    buf_addc(out, '"');
}

static void add_expiry(const struct etcd_node *n, struct buf *out) {
    if (n->expire_ms < 0)
        return;
    char text[CLOCK_TEXT_SIZE];
    int64_t left_ms = n->expire_ms - sched_now_ms(n->store->sched);
    buf_addf(out, "\"expiration\":\"%s\",",
             clock_format_utc_ms(n->store->wall_base_ms + n->expire_ms, text));
    if (left_ms > 0)
        buf_addf(out, "\"ttl\":%lld,", (long long)((left_ms + 999) / 1000));
}

static bool begin(const struct etcd_node *n, bool removed, struct buf *out) {
    bool is_root = !n->parent && n->key[1] == '\0';
    buf_addc(out, '{');
    if (!is_root) {
        buf_adds(out, "\"key\":");
        etcd_text_string(n->key, out);
        buf_addc(out, ',');
    }
    if (n->dir) {
        buf_adds(out, "\"dir\":true,");
    } else if (!removed) {
        buf_adds(out, "\"value\":");
        etcd_text_string(n->value, out);
        buf_addc(out, ',');
    }
    if (!removed)
        add_expiry(n, out);
    return is_root;
}

static void end(const struct etcd_node *n, bool is_root, struct buf *out) {
    if (!is_root)
        buf_addf(out, "\"modifiedIndex\":%llu,\"createdIndex\":%llu",
                 (unsigned long long)n->modified, (unsigned long long)n->created);
    else
        buf_truncate(out, out->len - 1); /* the comma */
    buf_addc(out, '}');
}

void etcd_text_node(const struct etcd_node *n, bool removed, struct buf *out) {
    bool is_root = begin(n, removed, out);
    end(n, is_root, out);
}

void etcd_text_tree(const struct etcd_node *n, bool recursive, struct buf *out) {
    bool is_root = begin(n, false, out);
    size_t shown = 0;
    for (size_t i = 0; i < n->child_count; i++) {
        const struct etcd_node *child = n->children[i];
        if (child->name[0] == '_')
            continue;
        buf_adds(out, shown++ ? "," : "\"nodes\":[");
        if (recursive)
            etcd_text_tree(child, true, out);
        else
            etcd_text_node(child, false, out);
    }
    if (shown)
        buf_adds(out, "],");
    end(n, is_root, out);
}

static const struct {
    enum etcd_code code;
    int status;
    const char *message;
} ERRORS[] = {
    {ETCD_KEY_NOT_FOUND, 404, "Key not found"},
    {ETCD_TEST_FAILED, 412, "Compare failed"},
    {ETCD_NOT_FILE, 403, "Not a file"},
    {ETCD_NOT_DIR, 400, "Not a directory"},
    {ETCD_NODE_EXIST, 412, "Key already exists"},
    {ETCD_ROOT_READ_ONLY, 400, "Root is read only"},
    {ETCD_DIR_NOT_EMPTY, 403, "Directory not empty"},
    {ETCD_PREV_VALUE_REQUIRED, 400, "PrevValue is Required in POST form"},
    {ETCD_TTL_NOT_NUMBER, 400, "The given TTL in POST form is not a number"},
    {ETCD_INDEX_NOT_NUMBER, 400, "The given index in POST form is not a number"},
    {ETCD_INVALID_FIELD, 400, "Invalid field"},
    {ETCD_INVALID_FORM, 400, "Invalid POST form"},
    {ETCD_REFRESH_VALUE, 400, "Value provided on refresh"},
    {ETCD_REFRESH_TTL_REQUIRED, 400, "A TTL must be provided on refresh"},
    {ETCD_EVENT_INDEX_CLEARED, 400, "The event in requested index is outdated and cleared"},
};

void etcd_text_error(enum etcd_code code, const char *cause, uint64_t index, struct buf *out) {
    const char *message = "";
    for (size_t i = 0; i < ARRAY_LEN(ERRORS); i++)
        if (ERRORS[i].code == code)
            message = ERRORS[i].message;
    buf_addf(out, "{\"errorCode\":%d,\"message\":\"%s\",\"cause\":", (int)code, message);
    etcd_text_string(cause ? cause : "", out);
    buf_addf(out, ",\"index\":%llu}", (unsigned long long)index);
}

int etcd_text_status(enum etcd_code code) {
    for (size_t i = 0; i < ARRAY_LEN(ERRORS); i++)
        if (ERRORS[i].code == code)
            return ERRORS[i].status;
    return 500;
}
