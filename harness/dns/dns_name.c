#include "harness/dns/dns_name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* One character of a label, unescaped; false: a bad escape. */
static bool next_char(const char **text, uint8_t *ret) {
    const char *p = *text;
    if (*p != '\\') {
        *ret = (uint8_t)*p;
        *text = p + 1;
        return true;
    }
    if (is_digit(p[1]) && is_digit(p[2]) && is_digit(p[3])) {
        int value = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
        *ret = (uint8_t)value;
        *text = p + 4;
        return value <= 255;
    }
    *ret = (uint8_t)p[1];
    *text = p + 2;
    return p[1] != '\0' && !is_digit(p[1]);
}

bool dns_name_from_text(const char *text, struct dns_name *ret) {
    struct dns_name name = {0};
    size_t len = 0;
    if (strcmp(text, ".") == 0)
        text++;
    while (*text) {
        size_t label_at = len++, label_len = 0;
        while (*text && *text != '.') {
            uint8_t c;
            if (label_len == DNS_LABEL_LEN_MAX || len >= DNS_NAME_SIZE - 1 || !next_char(&text, &c))
                return false;
            name.data[len++] = c;
            label_len++;
        }
        if (label_len == 0 || len > DNS_NAME_SIZE - 1)
            return false;
        name.data[label_at] = (uint8_t)label_len;
        if (*text == '.')
            text++;
    }
    name.data[len++] = 0;
    name.len = (uint8_t)len;
    *ret = name;
    return true;
}

char *dns_name_to_text(const struct dns_name *name, char text[DNS_NAME_TEXT_SIZE]) {
    size_t out = 0;
    for (size_t at = 0; at < name->len && name->data[at];) {
        size_t end = at + 1 + name->data[at];
        for (at++; at < end; at++) {
            uint8_t c = name->data[at];
            if (c <= ' ' || c >= 0x7f)
                out += (size_t)snprintf(text + out, DNS_NAME_TEXT_SIZE - out, "\\%03d", c);
            else if (strchr(".\\\"();@$", c))
                out += (size_t)snprintf(text + out, DNS_NAME_TEXT_SIZE - out, "\\%c", c);
            else
                text[out++] = (char)c;
        }
        text[out++] = '.';
    }
    if (out == 0)
        text[out++] = '.';
    assert(out < DNS_NAME_TEXT_SIZE);
    text[out] = '\0';
    return text;
}

/* Lengths are below 64 and so not changed by lower(): the bytes can be compared in one go. */
static bool equal_bytes(const uint8_t *a, const uint8_t *b, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b) {
    return a->len == b->len && equal_bytes(a->data, b->data, a->len);
}

bool dns_name_is_below(const struct dns_name *name, const struct dns_name *zone) {
    if (name->len < zone->len)
        return false;
    size_t at = 0, want = (size_t)name->len - zone->len;
    while (at < want)
        at += 1u + name->data[at];
    return at == want && equal_bytes(name->data + at, zone->data, zone->len);
}

bool dns_name_prepend(struct dns_name *name, const char *prefix) {
    struct dns_name front;
    if (!dns_name_from_text(prefix, &front) || front.len - 1 + name->len > DNS_NAME_SIZE)
        return false;
    size_t front_len = (size_t)front.len - 1;
    memmove(name->data + front_len, name->data, name->len);
    memcpy(name->data, front.data, front_len);
    name->len = (uint8_t)(name->len + front_len);
    return true;
}

void dns_name_split(const struct dns_name *name, struct dns_labels *ret) {
    ret->count = 0;
    for (size_t at = 0; at < name->len && name->data[at];) {
        size_t len = name->data[at];
        char *label = ret->text + at;
        ret->label[ret->count++] = label;
        for (size_t i = 0; i < len; i++) {
            uint8_t c = lower(name->data[at + 1 + i]);
            label[i] = (char)c;
            if (c == '\0' || c == '.' || c == '/')
                label[0] = '\1';
        }
        label[len] = '\0';
        at += 1 + len;
    }
}

bool dns_label_is_1123(const char *label, size_t len) {
    if (len == 0 || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", label[i]) || !label[i])
            return false;
    return true;
}

bool dns_subdomain_is_1123(const char *name) {
    for (;;) {
        size_t len = strcspn(name, ".");
        if (!dns_label_is_1123(name, len))
            return false;
        if (!name[len])
            return true;
        name += len + 1;
    }
}
