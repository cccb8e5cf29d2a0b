#include "mocks/serve/http.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/serve/http_response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *http_headers_get(const struct http_headers *h, const char *name) {
    for (size_t i = 0; i < h->count; i++)
        if (strcasecmp(h->items[i].name, name) == 0)
            return h->items[i].value;
    return NULL;
}

void http_headers_add(struct http_headers *h, const char *name, const char *value) {
    h->items = xgrow(h->items, h->count, &h->cap, sizeof(*h->items));
    h->items[h->count].name = xstrdup(name);
    h->items[h->count].value = xstrdup(value);
    h->count++;
}

void http_headers_release(struct http_headers *h) {
    for (size_t i = 0; i < h->count; i++) {
        free(h->items[i].name);
        free(h->items[i].value);
    }
    free(h->items);
    *h = (struct http_headers){0};
}

static bool has_token(const char *list, const char *token) {
    size_t token_len = strlen(token);
    while (*list) {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ",");
        size_t trimmed = len;
        while (trimmed > 0 && (list[trimmed - 1] == ' ' || list[trimmed - 1] == '\t'))
            trimmed--;
        if (trimmed == token_len && strncasecmp(list, token, token_len) == 0)
            return true;
        list += len;
    }
    return false;
}

bool http_headers_has_token(const struct http_headers *h, const char *name, const char *token) {
    if (!*token)
        return false;
    for (size_t i = 0; i < h->count; i++)
        if (strcasecmp(h->items[i].name, name) == 0 && has_token(h->items[i].value, token))
            return true;
    return false;
}

/* A pair whose name or value is badly escaped is not there, as in Go's url.Query(). */
static char *decoded(const char *text, size_t len) {
    char *copy = xstrndup(text, len);
    if (str_url_decode(copy, true))
        return copy;
    free(copy);
    return NULL;
}

static bool pair_is(const char *pair, size_t name_len, const char *name) {
    char *got = decoded(pair, name_len);
    bool same = str_eq(got, name) && got;
    free(got);
    return same;
}

char *http_query_get_nth(const char *query, const char *name, size_t index) {
    while (*query) {
        size_t len = strcspn(query, "&");
        const char *equals = memchr(query, '=', len);
        size_t name_len = equals ? (size_t)(equals - query) : len;
        if (len > 0 && pair_is(query, name_len, name)) {
            const char *value = equals ? equals + 1 : query + len;
            char *got = decoded(value, (size_t)(query + len - value));
            if (got && index-- == 0)
                return got;
            free(got);
        }
        query += len;
        query += *query == '&';
    }
    return NULL;
}

char *http_query_get(const char *query, const char *name) {
    return http_query_get_nth(query, name, 0);
}

void http_chunk_init(struct http_chunk *c, const void *data, size_t len) {
    *c = (struct http_chunk){.framed = BUF_INIT, .len = len};
    http_chunk_to(data, len, &c->framed);
    c->at = c->framed.len - len - 2;
}

void http_chunk_release(struct http_chunk *c) {
    buf_release(&c->framed);
    *c = (struct http_chunk){0};
}
