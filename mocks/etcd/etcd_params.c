#include "mocks/etcd/etcd_params.h"

#include "harness/core/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The values that a request may give; the first value counts, a form's before a query's. */
enum param {
    P_PREV_INDEX,
    P_WAIT_INDEX,
    P_RECURSIVE,
    P_SORTED,
    P_WAIT,
    P_DIR,
    P_QUORUM,
    P_STREAM,
    P_PREV_VALUE,
    P_TTL,
    P_PREV_EXIST,
    P_REFRESH,
    P_VALUE,
    P_COUNT
};
static const char *const NAMES[P_COUNT] = {
    "prevIndex", "waitIndex", "recursive", "sorted",    "wait",    "dir",  "quorum",
    "stream",    "prevValue", "ttl",       "prevExist", "refresh", "value"};

struct values {
    char *value[P_COUNT]; /* owned; NULL: not given */
};

static char *bad_escape(const char *text) {
    for (const char *p = text; (p = strchr(p, '%')); p++)
        if (!p[1] || !p[2] || !strchr("0123456789abcdefABCDEF", p[1]) ||
            !strchr("0123456789abcdefABCDEF", p[2]))
            return xasprintf("invalid URL escape \"%.3s\"", p);
    return xstrdup("invalid URL escape");
}

/* Also the texts that nobody asks for must be well-formed. */
static bool read_pairs(const char *text, struct values *v, char **ret_cause) {
    CLEANUP(str_freep) char *copy = xstrdup(text);
    char *rest = copy;
    for (char *pair; (pair = str_next(&rest, '&'));) {
        CLEANUP(str_freep) char *sent = xstrdup(pair);
        char *value = strchr(pair, '=');
        if (value)
            *value++ = '\0';
        else
            value = pair + strlen(pair);
        if (!str_url_decode(pair, true) || !str_url_decode(value, true)) {
            *ret_cause = bad_escape(sent);
            return false;
        }
        for (int i = 0; i < P_COUNT; i++)
            if (!v->value[i] && str_eq(pair, NAMES[i]))
                v->value[i] = xstrdup(value);
    }
    return true;
}

/* strconv.ParseBool */
static bool to_bool(const char *text, bool *ret) {
    static const char *const YES[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const NO[] = {"0", "f", "F", "FALSE", "false", "False"};
    for (size_t i = 0; i < ARRAY_LEN(YES); i++) {
        if (str_eq(text, YES[i]) || str_eq(text, NO[i])) {
            *ret = str_eq(text, YES[i]);
            return true;
        }
    }
    return false;
}

static bool to_number(const char *text, uint64_t *ret) {
    int64_t value;
    if (!str_to_int(text, 0, INT64_MAX, &value))
        return false;
    *ret = (uint64_t)value;
    return true;
}

static enum etcd_code read_number(const struct values *v, enum param at, uint64_t *ret,
                                  char **ret_cause) {
    if (!v->value[at] || to_number(v->value[at], ret))
        return ETCD_OK;
    *ret_cause = xasprintf("invalid value for \"%s\"", NAMES[at]);
    return ETCD_INDEX_NOT_NUMBER;
}

static enum etcd_code read_flag(const struct values *v, enum param at, bool *ret,
                                char **ret_cause) {
    if (!v->value[at] || to_bool(v->value[at], ret))
        return ETCD_OK;
    *ret_cause = xasprintf(at == P_PREV_EXIST || at == P_REFRESH ? "invalid value for %s"
                                                                 : "invalid value for \"%s\"",
                           NAMES[at]);
    return ETCD_INVALID_FIELD;
}

static enum etcd_code read_ttl(const struct values *v, int64_t *ret, char **ret_cause) {
    static const int64_t TTL_MAX_S = 100LL * 365 * 24 * 3600;
    if (!v->value[P_TTL] || !*v->value[P_TTL] || str_to_int(v->value[P_TTL], 0, TTL_MAX_S, ret))
        return ETCD_OK;
    *ret_cause = xstrdup("invalid value for \"ttl\"");
    return ETCD_TTL_NOT_NUMBER;
}

static enum etcd_code read_refresh(const struct values *v, struct etcd_change *c,
                                   char **ret_cause) {
    enum etcd_code code = read_flag(v, P_REFRESH, &c->refresh, ret_cause);
    if (code || !c->refresh)
        return code;
    if (v->value[P_VALUE] && *v->value[P_VALUE]) {
        *ret_cause = xstrdup("A value was provided on a refresh");
        return ETCD_REFRESH_VALUE;
    }
    if (c->ttl_s < 0) {
        *ret_cause = xstrdup("No TTL value set");
        return ETCD_REFRESH_TTL_REQUIRED;
    }
    return ETCD_OK;
}

/* In etcd's order: with several errors the first one is told. */
static enum etcd_code read_values(const char *method, struct values *v, struct etcd_params *p,
                                  char **ret_cause) {
    bool ignored = false;
    struct etcd_change *c = &p->change;
    enum etcd_code code = read_number(v, P_PREV_INDEX, &c->prev_index, ret_cause);
    if (!code)
        code = read_number(v, P_WAIT_INDEX, &p->wait_index, ret_cause);
    const struct {
        enum param at;
        bool *ret;
    } flags[] = {{P_RECURSIVE, &c->recursive}, {P_SORTED, &ignored},
                 {P_WAIT, &p->wait},           {P_DIR, &c->dir},
                 {P_QUORUM, &ignored},         {P_STREAM, &p->stream}};
    for (size_t i = 0; i < ARRAY_LEN(flags) && !code; i++)
        code = read_flag(v, flags[i].at, flags[i].ret, ret_cause);
    if (code)
        return code;
    if (p->wait && !str_eq(method, "GET")) {
        *ret_cause = xstrdup("\"wait\" can only be used with GET requests");
        return ETCD_INVALID_FIELD;
    }
    if (v->value[P_PREV_VALUE] && !*v->value[P_PREV_VALUE]) {
        *ret_cause = xstrdup("\"prevValue\" cannot be empty");
        return ETCD_PREV_VALUE_REQUIRED;
    }
    code = read_ttl(v, &c->ttl_s, ret_cause);
    if (!code)
        code = read_flag(v, P_PREV_EXIST, &c->exist, ret_cause);
    c->exist_given = v->value[P_PREV_EXIST] != NULL;
    return code ? code : read_refresh(v, c, ret_cause);
}

enum etcd_code etcd_params_read(const char *method, const char *query, const char *form,
                                struct etcd_params *p, char **ret_cause) {
    *p = (struct etcd_params){.change = {.ttl_s = -1}};
    struct values v = {0};
    enum etcd_code code = ETCD_INVALID_FORM;
    if ((!form || read_pairs(form, &v, ret_cause)) && read_pairs(query, &v, ret_cause))
        code = read_values(method, &v, p, ret_cause);
    if (code == ETCD_OK) {
        p->change.value = p->owned[0] = v.value[P_VALUE];
        p->change.prev_value = p->owned[1] = v.value[P_PREV_VALUE];
        v.value[P_VALUE] = v.value[P_PREV_VALUE] = NULL;
    }
    for (int i = 0; i < P_COUNT; i++)
        free(v.value[i]);
    return code;
}

void etcd_params_release(struct etcd_params *p) {
    free(p->owned[0]);
    free(p->owned[1]);
    *p = (struct etcd_params){0};
}
