#include "harness/core/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool str_eq(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_has_prefix(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_has_suffix(const char *s, const char *suffix) {
    size_t len = strlen(s), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(s + len - suffix_len, suffix) == 0;
}

bool str_to_int(const char *s, int64_t min, int64_t max, int64_t *ret_value) {
    if (!s || !(*s == '-' || (*s >= '0' && *s <= '9')))
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(s, &end, 10);
    if (errno || *end || end == s || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

char *str_next(char **rest, char sep) {
    char *field = *rest;
    if (!field)
        return NULL;
    char *end = strchr(field, sep);
    if (end)
        *end++ = '\0';
    *rest = end;
    return field;
}

const char *str_line(const char **at, const char *end, size_t *ret_len) {
    const char *line = *at;
    if (line >= end)
        return NULL;
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    *ret_len = (size_t)((newline ? newline : end) - line);
    *at = newline ? newline + 1 : end;
    return line;
}

bool str_is_utf8(const char *s, size_t len) {
    const unsigned char *p = (const unsigned char *)s, *end = p + len;
    while (p < end) {
        unsigned char c = *p++;
        if (c < 0x80)
            continue;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || end - p < more)
            return false;
        /* The second byte rules out overlong forms, surrogates and what is past U+10FFFF. */
        unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (*p < low || *p > high)
            return false;
        for (p++; --more > 0; p++)
            if (*p < 0x80 || *p > 0xbf)
                return false;
    }
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_url_decode(char *s, bool form) {
    char *out = s;
    for (; *s; s++) {
        if (*s == '%') {
            int high = hex_digit(s[1]);
            int low = high < 0 ? -1 : hex_digit(s[2]);
            if (low < 0 || (high | low) == 0)
                return false;
            *out++ = (char)(high << 4 | low);
            s += 2;
        } else {
            *out++ = form && *s == '+' ? ' ' : *s;
        }
    }
    *out = '\0';
    return true;
}

enum { NEAR_LEN_MAX = 64 };

/* Damerau-Levenshtein without transpositions across edits; names are short. */
static size_t distance(const char *a, const char *b) {
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > NEAR_LEN_MAX || b_len > NEAR_LEN_MAX)
        return SIZE_MAX;
    size_t rows[3][NEAR_LEN_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *str_nearest(const char *name, const char *const candidates[]) {
    const char *nearest = NULL;
    size_t best = strlen(name) / 3 + 2; /* farther is no typing mistake */
    for (; *candidates; candidates++) {
        size_t d = distance(name, *candidates);
        if (d < best) {
            best = d;
            nearest = *candidates;
        }
    }
    return nearest;
}
