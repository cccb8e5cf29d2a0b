#include "harness/core/base64.h"
#include "harness/core/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t len) {
    const unsigned char *in = data;
    char *text = xmalloc((len + 2) / 3 * 4 + 1), *out = text;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;
        if (have > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (have > 2)
            bits |= in[i + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = have > 1 ? alphabet[bits >> 6 & 63] : '=';
        *out++ = have > 2 ? alphabet[bits & 63] : '=';
    }
    *out = '\0';
    return text;
}

char *base64_url_encode(const void *data, size_t len) {
    char *text = base64_encode(data, len);
    size_t n = 0;
    for (const char *p = text; *p && *p != '='; p++)
        text[n++] = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    text[n] = '\0';
    return text;
}

static int value_of(char c) {
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

char *base64_decode(const char *text, size_t *ret_len) {
    CLEANUP(str_freep) char *data = xmalloc(strlen(text) / 4 * 3 + 4);
    size_t len = 0, digits = 0, padding = 0;
    uint32_t bits = 0;
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r')
            continue;
        int value = *text == '=' ? 0 : value_of(*text);
        if (*text == '=')
            padding++;
        else if (padding)
            return NULL;
        if (value < 0 || padding > 2)
            return NULL;
        bits = bits << 6 | (uint32_t)value;
        if (++digits % 4)
            continue;
        data[len++] = (char)(bits >> 16);
        data[len++] = (char)(bits >> 8);
        data[len++] = (char)bits;
    }
    if (digits % 4)
        return NULL;
    len -= padding;
    data[len] = '\0';
    *ret_len = len;
    return str_take(&data);
}
