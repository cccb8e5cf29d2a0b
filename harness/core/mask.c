#include "harness/core/mask.h"
#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/*
 * What names of secrets end in, with '-' for '_' too. A kubeconfig's certificates are no secrets,
 * but they are long and say nothing that the server does not say.
 */
static const char *const endings[] = {
    "client-key-data",
    "client-certificate-data",
    "certificate-authority-data",
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secret-key",
    "access-key",
    "private-key",
    "api-key",
    "apikey",
    "oauth",
    "macaroon",
    "macaroons",
};

/* Long enough that a wait for a pod's name is not mistaken for one. */
enum { BASE64_LEN_MIN = 40, JWT_LEN_MIN = 30, DEPTH_MAX = 200 };

struct scan {
    const char *text, *end;
    bool has_secret_object; /* a Secret is somewhere in it: what is below a `data` is its data */
    const char *no_token;   /* no JSON web token begins in front of here */
};

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

static bool is_base64(char c) {
    return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

static bool is_quote(char c) {
    return c == '"' || c == '\'' || c == '\\';
}

static bool same_but_dashes(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (tolower((unsigned char)(a[i] == '_' ? '-' : a[i])) != b[i])
            return false;
    return true;
}

bool mask_is_secret_name(const char *name, size_t len) {
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (len < ending || !same_but_dashes(name + len - ending, endings[i], ending))
            continue;
        const char *p = name + len - ending; /* "x-token", "x_token" and "xToken", not "xtoken" */
        if (p == name || !is_word(p[-1]) || p[-1] == '-' || p[-1] == '_' ||
            (isupper((unsigned char)*p) && islower((unsigned char)p[-1])))
            return true;
    }
    return false;
}

static bool begins(const char *p, const char *end, const char *word) {
    size_t len = strlen(word);
    return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
}

static const char *skip_any(const char *p, const char *end, const char *chars) {
    while (p < end && *p && strchr(chars, *p))
        p++;
    return p;
}

/* `kind: Secret` and `"kind":"SecretList"`, with or without backslashes before the quotes. */
static bool has_secret_object(const char *text, const char *end) {
    const char *p = text;
    while ((p = memmem(p, (size_t)(end - p), "kind", 4)) != NULL) {
        p = skip_any(p + 4, end, "\\\"' ");
        if (p == end || *p != ':')
            continue;
        p = skip_any(p + 1, end, "\\\"' ");
        if (begins(p, end, "SecretList"))
            return true;
        if (begins(p, end, "Secret") && (p + 6 == end || !is_word(p[6])))
            return true;
    }
    return false;
}

/* A private key in PEM: up to and with its END line; NULL when there is none at p. */
static const char *private_key_end(const char *p, const char *end) {
    if (!begins(p, end, "-----BEGIN "))
        return NULL;
    const char *dashes = memmem(p + 11, (size_t)(end - p - 11), "-----", 5);
    if (!dashes || !memmem(p, (size_t)(dashes - p), "PRIVATE KEY", 11))
        return NULL;
    const char *closing = memmem(dashes + 5, (size_t)(end - dashes - 5), "-----END ", 9);
    if (!closing)
        return end; /* cut off: nothing of it is shown */
    closing = memmem(closing + 9, (size_t)(end - closing - 9), "-----", 5);
    return closing ? closing + 5 : end;
}

static size_t indent_of(const char *text, const char *p) {
    const char *line = p;
    while (line > text && line[-1] != '\n')
        line--;
    return strspn(line, " -"); /* "- data:" begins where data does */
}

/* The end of the lines after p's own that are indented deeper than it; those of a YAML block. */
static const char *block_end(const struct scan *s, const char *p) {
    size_t indent = indent_of(s->text, p);
    const char *line = memchr(p, '\n', (size_t)(s->end - p));
    while (line && line + 1 < s->end) {
        const char *next = line + 1, *first = skip_any(next, s->end, " ");
        if (first < s->end && *first != '\n' && (size_t)(first - next) <= indent)
            return line;
        line = memchr(next, '\n', (size_t)(s->end - next));
    }
    return s->end - (s->end > p && s->end[-1] == '\n');
}

/* Past a name's closing quote and its ':' or '='; NULL: p is no name's end. */
static const char *past_separator(const char *p, const char *end, bool option) {
    const char *q = p;
    while (q < end && is_quote(*q))
        q++;
    while (q < end && *q == ' ')
        q++;
    if (q < end && (*q == ':' || *q == '='))
        q++;
    else if (!option || q == p || q[-1] != ' ') /* --token TEXT */
        return NULL;
    while (q < end && (*q == ' ' || *q == '\t'))
        q++;
    return q;
}

static bool is_no_secret(const char *p, size_t len) {
    static const char *const words[] = {"true", "false", "null", "nil", "~"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strlen(words[i]) == len && strncmp(words[i], p, len) == 0)
            return true;
    return false;
}

/* The value at q: quoted, a YAML block, or a word; its begin, and its end in *ret_end. */
static const char *value_at(const struct scan *s, const char *name, const char *q,
                            const char **ret_end) {
    if (q < s->end && *q == '\\')
        q++;
    char quote = q < s->end && (*q == '"' || *q == '\'') ? *q++ : '\0';
    const char *stop = q;
    if (quote)
        while (stop < s->end && *stop != quote && *stop != '\\' && *stop != '\n')
            stop++;
    else
        while (stop < s->end && !isspace((unsigned char)*stop) && !strchr(",}\\\"'", *stop))
            stop++;
    if (stop == q || (!quote && (strchr("{[", *q) || is_no_secret(q, (size_t)(stop - q)))))
        return NULL;
    if (!quote && (*q == '|' || *q == '>') && stop - q <= 3)
        stop = block_end(s, name);
    *ret_end = stop;
    return q;
}

/* Where the value of a secret field begins when one does at p; its end goes to *ret_end. */
static const char *field_value(const struct scan *s, const char *p, const char **ret_end) {
    if ((p > s->text && is_word(p[-1])) || !is_word(*p))
        return NULL;
    const char *q = p;
    while (q < s->end && is_word(*q))
        q++;
    const char *name = p;
    while (name < q && *name == '-')
        name++;
    if (!mask_is_secret_name(name, (size_t)(q - name)))
        return NULL;
    q = past_separator(q, s->end, *p == '-');
    return q ? value_at(s, p, q, ret_end) : NULL;
}

/* What stands in for the data of a Secret: all that is in its braces, or indented below it. */
static const char *data_value(const struct scan *s, const char *p, const char **ret_end) {
    size_t len = begins(p, s->end, "data") ? 4 : begins(p, s->end, "stringData") ? 10 : 0;
    if (!s->has_secret_object || len == 0 || (p > s->text && is_word(p[-1])))
        return NULL;
    const char *q = past_separator(p + len, s->end, false);
    if (!q || q == s->end)
        return NULL;
    if (*q == '\n') {
        *ret_end = block_end(s, p);
        return *ret_end > q + 1 ? q + 1 : NULL;
    }
    if (*q != '{')
        return NULL;
    const char *close = memchr(q, '}', (size_t)(s->end - q)); /* its members are texts */
    *ret_end = close ? close : s->end;
    return *ret_end > q + 1 ? q + 1 : NULL;
}

/* The credentials after an Authorization scheme. */
static const char *authorization_value(const struct scan *s, const char *p, const char **ret_end) {
    if (p > s->text && is_word(p[-1]))
        return NULL;
    size_t left = (size_t)(s->end - p);
    size_t skip = left > 7 && strncasecmp(p, "bearer ", 7) == 0  ? 7
                  : left > 6 && strncasecmp(p, "basic ", 6) == 0 ? 6
                                                                 : 0;
    const char *q = p + skip, *stop = q;
    if (skip == 0)
        return NULL;
    while (stop < s->end && (is_base64(*stop) || strchr("._-~", *stop)))
        stop++;
    if (stop - q < 8)
        return NULL;
    *ret_end = stop;
    return q;
}

/* The password of "scheme://user:password@host". */
static const char *url_password(const struct scan *s, const char *p, const char **ret_end) {
    if (!begins(p, s->end, "://"))
        return NULL;
    const char *colon = NULL, *at = NULL;
    for (const char *q = p + 3;
         q < s->end && !isspace((unsigned char)*q) && !strchr("/?#\"'\\<>", *q); q++) {
        if (*q == ':' && !colon)
            colon = q;
        if (*q == '@')
            at = q;
    }
    if (!colon || !at || at <= colon + 1)
        return NULL;
    *ret_end = at;
    return colon + 1;
}

static bool hides_secret(const char *p, size_t len) {
    CLEANUP(str_freep) char *run = xstrndup(p, len & ~(size_t)3);
    size_t data_len;
    CLEANUP(str_freep) char *data = base64_decode(run, &data_len);
    if (!data)
        return false;
    static const char *const marks[] = {"PRIVATE KEY", "-key-data", "token:", "\"token\"",
                                        "password"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (memmem(data, data_len, marks[i], strlen(marks[i])))
            return true;
    return false;
}

/*
 * The end of the JSON web token that begins at p, of whatever parts it has (RFC 7515, 7516); NULL:
 * none does, and then none in the rest of the word either, which is not looked at again.
 */
static const char *token_end(struct scan *s, const char *p) {
    if (p < s->no_token || !begins(p, s->end, "eyJ"))
        return NULL;
    const char *stop = p;
    size_t dots = 0;
    for (; stop < s->end && (is_word(*stop) || *stop == '.'); stop++)
        dots += *stop == '.';
    if (dots >= 2 && stop - p >= JWT_LEN_MIN)
        return stop;
    s->no_token = stop;
    return NULL;
}

/* The end of a run of base64, or of a JSON web token, that begins at p and hides a secret. */
static const char *hidden_end(struct scan *s, const char *p) {
    if (p > s->text && is_base64(p[-1]))
        return NULL;
    const char *stop = token_end(s, p);
    if (stop)
        return stop;
    for (stop = p; stop < s->end && is_base64(*stop);)
        stop++;
    if (stop - p < BASE64_LEN_MIN || !hides_secret(p, (size_t)(stop - p)))
        return NULL;
    return stop;
}

/* Where a secret begins at or soon after p, which begins what shows it; NULL: none does. */
static const char *secret_at(struct scan *s, const char *p, const char **ret_end) {
    static const char *(*const kinds[])(const struct scan *s, const char *p,
                                        const char **ret_end) = {field_value, data_value,
                                                                 authorization_value, url_password};
    if ((*ret_end = private_key_end(p, s->end)) || (*ret_end = hidden_end(s, p)))
        return p;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *from = kinds[i](s, p, ret_end);
        if (from)
            return from;
    }
    return NULL;
}

void mask_text(const char *text, size_t len, struct buf *out) {
    struct scan s = {.text = text,
                     .end = text + len,
                     .has_secret_object = has_secret_object(text, text + len),
                     .no_token = text};
    const char *p = text, *shown = text;
    while (p < s.end) {
        const char *to, *from = secret_at(&s, p, &to);
        if (!from) {
            p++;
            continue;
        }
        buf_add(out, shown, (size_t)(from - shown));
        buf_adds(out, MASK_SECRET);
        shown = p = to;
    }
    buf_add(out, shown, (size_t)(s.end - shown));
}

enum place { PLACE_ANY, PLACE_SECRETS, PLACE_DATA }; /* among the items of a SecretList; in data */

static json_t *masked(const json_t *value, enum place place, int depth);

static enum place place_of(const char *key, bool is_secret, bool is_list) {
    if (is_secret && (str_eq(key, "data") || str_eq(key, "stringData")))
        return PLACE_DATA;
    return is_list && str_eq(key, "items") ? PLACE_SECRETS : PLACE_ANY;
}

static json_t *masked_object(const json_t *value, enum place place, int depth) {
    json_t *copy = json_object();
    const char *kind = json_str(value, "kind", NULL);
    bool is_secret = place == PLACE_SECRETS || str_eq(kind, "Secret");
    bool is_list = str_eq(kind, "SecretList");
    const char *key;
    json_t *member;
    json_object_foreach(json_mutable(value), key, member) {
        bool hide = place == PLACE_DATA || mask_is_secret_name(key, strlen(key));
        if (json_is_string(member) && hide)
            json_object_set_new(copy, key, json_string(MASK_SECRET));
        else
            json_object_set_new(copy, key,
                                masked(member, place_of(key, is_secret, is_list), depth + 1));
    }
    return copy;
}

static json_t *masked(const json_t *value, enum place place, int depth) {
    if (depth > DEPTH_MAX)
        return json_null();
    if (json_is_object(value))
        return masked_object(value, place, depth);
    if (json_is_array(value)) {
        json_t *copy = json_array();
        size_t i;
        json_t *element;
        json_array_foreach(value, i, element)
            json_array_append_new(copy, masked(element, place, depth + 1));
        return copy;
    }
    if (!json_is_string(value))
        return json_deep_copy(value);
    struct buf text = BUF_INIT;
    mask_text(json_string_value(value), json_string_length(value), &text);
    json_t *copy = json_stringn(buf_str(&text), text.len);
    buf_release(&text);
    return copy;
}

json_t *mask_json(const json_t *value) {
    return masked(value, PLACE_ANY, 0);
}
