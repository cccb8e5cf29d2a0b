#include "harness/model/mask.h"
#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <string.h>

static const char secret[] = "<secret>";

/* Names of fields whose value is secret wherever they appear. */
static const char *const names[] = {
    "client-key-data",
    "client-certificate-data",
    "certificate-authority-data",
    "token",
    "id-token",
    "refresh-token",
    "access_token",
    "bearer-token",
    "password",
    "--token",
    "--password",
};

/* Long enough that a wait for a pod's name is not mistaken for one. */
enum { BASE64_LEN_MIN = 40, JWT_LEN_MIN = 30, DEPTH_MAX = 200 };

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

static bool is_base64(char c) {
    return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

static bool is_secret_name(const char *name, size_t len) {
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
            return true;
    return false;
}

static bool begins(const char *p, const char *end, const char *word) {
    size_t len = strlen(word);
    return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
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

/* Where the value of a secret field begins when one does at p; its end goes to *ret_end. */
static const char *field_value(const char *text, const char *p, const char *end,
                               const char **ret_end) {
    if (p > text && is_word(p[-1]))
        return NULL;
    const char *q = p;
    while (q < end && is_word(*q))
        q++;
    if (!is_secret_name(p, (size_t)(q - p)))
        return NULL;
    if (q < end && *q == '\\')
        q++;
    if (q < end && (*q == '"' || *q == '\''))
        q++;
    while (q < end && *q == ' ')
        q++;
    bool option = *p == '-';
    if (q >= end || (*q != ':' && *q != '=')) {
        if (!option || q == p || q[-1] != ' ')
            return NULL;
    } else {
        q++;
    }
    while (q < end && (*q == ' ' || *q == '\t'))
        q++;
    if (q < end && *q == '\\')
        q++;
    char quote = q < end && (*q == '"' || *q == '\'') ? *q++ : '\0';
    const char *stop = q;
    if (quote)
        while (stop < end && *stop != quote && *stop != '\\' && *stop != '\n')
            stop++;
    else
        while (stop < end && !isspace((unsigned char)*stop) && !strchr(",}\\\"'", *stop))
            stop++;
    if (stop == q)
        return NULL;
    *ret_end = stop;
    return q;
}

/* The credentials after an Authorization scheme. */
static const char *authorization_value(const char *text, const char *p, const char *end,
                                       const char **ret_end) {
    if (p > text && is_word(p[-1]))
        return NULL;
    size_t skip = begins(p, end, "Bearer ") ? 7 : begins(p, end, "Basic ") ? 6 : 0;
    const char *q = p + skip, *stop = q;
    if (skip == 0)
        return NULL;
    while (stop < end && (is_base64(*stop) || strchr("._-~", *stop)))
        stop++;
    if (stop - q < 8)
        return NULL;
    *ret_end = stop;
    return q;
}

static bool hides_secret(const char *p, size_t len) {
    CLEANUP(str_freep) char *run = xstrndup(p, len & ~(size_t)3);
    size_t data_len;
    CLEANUP(str_freep) char *data = base64_decode(run, &data_len);
    if (!data)
        return false;
    static const char *const marks[] = {"-----BEGIN", "PRIVATE KEY", "-key-data",
                                        "token:",     "\"token\"",   "password"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (memmem(data, data_len, marks[i], strlen(marks[i])))
            return true;
    return false;
}

/* The end of a run of base64, or of a JSON web token, that begins at p and hides a secret. */
static const char *hidden_end(const char *text, const char *p, const char *end) {
    if (p > text && is_base64(p[-1]))
        return NULL;
    const char *stop = p;
    if (begins(p, end, "eyJ")) {
        size_t dots = 0;
        for (; stop < end && dots < 3 && (is_word(*stop) || *stop == '.'); stop++)
            dots += *stop == '.';
        if (dots == 2 && stop - p >= JWT_LEN_MIN)
            return stop;
    }
    for (stop = p; stop < end && is_base64(*stop);)
        stop++;
    if (stop - p < BASE64_LEN_MIN || !hides_secret(p, (size_t)(stop - p)))
        return NULL;
    return stop;
}

void mask_text(const char *text, size_t len, struct buf *out) {
    const char *p = text, *end = text + len, *shown = text;
    while (p < end) {
        const char *from = p, *to = private_key_end(p, end);
        if (!to)
            to = hidden_end(text, p, end);
        if (!to) {
            const char *value = field_value(text, p, end, &to);
            if (!value)
                value = authorization_value(text, p, end, &to);
            if (!value) {
                p++;
                continue;
            }
            from = value;
        }
        buf_add(out, shown, (size_t)(from - shown));
        buf_adds(out, secret);
        shown = p = to;
    }
    buf_add(out, shown, (size_t)(end - shown));
}

static json_t *masked(const json_t *value, bool in_secret, int depth);

static json_t *masked_object(const json_t *value, bool in_secret, int depth) {
    union {
        const json_t *in;
        json_t *out;
    } object = {.in = value};
    json_t *copy = json_object();
    bool is_secret = str_eq(json_str(value, "kind", NULL), "Secret");
    const char *key;
    json_t *member;
    json_object_foreach(object.out, key, member) {
        bool data = str_eq(key, "data") || str_eq(key, "stringData");
        if (json_is_string(member) && (in_secret || is_secret_name(key, strlen(key))))
            json_object_set_new(copy, key, json_string(secret));
        else
            json_object_set_new(copy, key, masked(member, is_secret && data, depth + 1));
    }
    return copy;
}

static json_t *masked(const json_t *value, bool in_secret, int depth) {
    if (depth > DEPTH_MAX)
        return json_null();
    if (json_is_object(value))
        return masked_object(value, in_secret, depth);
    if (json_is_array(value)) {
        json_t *copy = json_array();
        size_t i;
        json_t *element;
        json_array_foreach(value, i, element)
            json_array_append_new(copy, masked(element, in_secret, depth + 1));
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
    return masked(value, false, 0);
}
