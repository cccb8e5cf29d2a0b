#include "harness/model/condition.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/value.h"

#include <arpa/inet.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_LEN_MAX = 2000 };

bool condition_equal(const json_t *a, const json_t *b) {
    if (json_is_number(a) && json_is_number(b) && !(json_is_integer(a) && json_is_integer(b)))
        return !(json_number_value(a) < json_number_value(b)) &&
               !(json_number_value(a) > json_number_value(b));
    return json_equal(a, b) == 1;
}

static bool equals(const json_t *have, const json_t *want) {
    return condition_equal(have, want);
}

static bool not_equals(const json_t *have, const json_t *want) {
    return !have || !condition_equal(have, want);
}

static bool exists(const json_t *have, const json_t *want) {
    return (have != NULL) == json_is_true(want);
}

static bool contains(const json_t *have, const json_t *want) {
    if (json_is_string(have) && json_is_string(want))
        return memmem(json_string_value(have), json_string_length(have), json_string_value(want),
                      json_string_length(want)) != NULL;
    if (json_is_object(have))
        return json_is_object(want) ? json_contains(have, want)
                                    : json_object_get(have, json_string_value(want)) != NULL;
    size_t i;
    json_t *element;
    json_array_foreach(have, i, element) if (json_contains(element, want)) return true;
    return false;
}

static int compile(const json_t *pattern, regex_t *ret, struct err *err) {
    if (json_string_length(pattern) > PATTERN_LEN_MAX)
        return err_set(err, ERR_INPUT, "is longer than %d characters", PATTERN_LEN_MAX);
    int rc = regcomp(ret, json_string_value(pattern), REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (rc == 0)
        return 0;
    char why[100];
    (void)regerror(rc, ret, why, sizeof(why));
    return err_set(err, ERR_INPUT, "\"%s\" is no regular expression: %s",
                   json_string_value(pattern), why);
}

static bool matches(const json_t *have, const json_t *want) {
    regex_t regex;
    if (!json_is_string(want) || compile(want, &regex, NULL) < 0)
        return false;
    CLEANUP(str_freep) char *text = value_to_text(have);
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static bool one_of(const json_t *have, const json_t *want) {
    size_t i;
    json_t *element;
    json_array_foreach(want, i, element) if (condition_equal(have, element)) return true;
    return false;
}

struct cidr {
    int family;
    unsigned bits;
    unsigned char bytes[16];
};

static bool parse_address(const char *text, struct cidr *ret) {
    ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    ret->bits = ret->family == AF_INET ? 32 : 128;
    return inet_pton(ret->family, text, ret->bytes) == 1;
}

static bool parse_cidr(const char *text, struct cidr *ret) {
    const char *slash = strchr(text, '/');
    CLEANUP(str_freep)
    char *address = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup(text);
    if (!parse_address(address, ret))
        return false;
    int64_t bits = ret->bits;
    if (slash && !str_to_int(slash + 1, 0, ret->bits, &bits))
        return false;
    ret->bits = (unsigned)bits;
    return true;
}

/* 1 inside, 0 outside, -1 when one of them is not what it should be. */
static int inside(const json_t *have, const json_t *want) {
    struct cidr address, net;
    if (!json_is_string(have) || !json_is_string(want) ||
        !parse_address(json_string_value(have), &address) ||
        !parse_cidr(json_string_value(want), &net))
        return -1;
    if (address.family != net.family)
        return 0;
    for (unsigned bit = 0; bit < net.bits; bit++) {
        unsigned mask = 0x80u >> (bit % 8);
        if ((address.bytes[bit / 8] & mask) != (net.bytes[bit / 8] & mask))
            return 0;
    }
    return 1;
}

/* One address, or a list of which each is one. */
static bool all_inside(const json_t *have, const json_t *want, int wanted) {
    if (!json_is_array(have))
        return inside(have, want) == wanted;
    size_t i;
    json_t *element;
    json_array_foreach(have, i, element) if (inside(element, want) != wanted) return false;
    return json_array_size(have) > 0;
}

static bool in_cidr(const json_t *have, const json_t *want) {
    return all_inside(have, want, 1);
}

static bool not_in_cidr(const json_t *have, const json_t *want) {
    return all_inside(have, want, 0);
}

/* A number, or a text that is one from begin to end. */
static bool number(const json_t *value, double *ret) {
    if (json_is_number(value)) {
        *ret = json_number_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    if (!text || !*text)
        return false;
    char *end;
    *ret = strtod(text, &end);
    return *end == '\0';
}

static bool less_than(const json_t *have, const json_t *want) {
    double a, b;
    return number(have, &a) && number(want, &b) && a < b;
}

static bool at_least(const json_t *have, const json_t *want) {
    double a, b;
    return number(have, &a) && number(want, &b) && a >= b;
}

static bool count(const json_t *have, const json_t *want) {
    size_t n;
    if (json_is_array(have))
        n = json_array_size(have);
    else if (json_is_object(have))
        n = json_object_size(have);
    else if (json_is_string(have))
        n = json_string_length(have);
    else
        return false;
    int64_t wanted;
    return value_to_int(want, 0, INT64_MAX, &wanted) && n == (size_t)wanted;
}

static bool holds_each_once(const json_t *list, const json_t *other) {
    size_t i;
    json_t *element;
    json_array_foreach(list, i, element) if (!one_of(element, other)) return false;
    return true;
}

static bool same_set(const json_t *have, const json_t *want) {
    return json_is_array(have) && json_is_array(want) && holds_each_once(have, want) &&
           holds_each_once(want, have);
}

static int is_anything(const json_t *want, struct err *err) {
    (void)want;
    (void)err;
    return 0;
}

/* Whether it is only known when the case runs. */
static bool is_open(const json_t *want) {
    return json_is_string(want) && strstr(json_string_value(want), "${");
}

static int is_pattern(const json_t *want, struct err *err) {
    if (is_open(want))
        return 0;
    if (!json_is_string(want))
        return err_set(err, ERR_INPUT, "takes a regular expression");
    regex_t regex;
    if (compile(want, &regex, err) < 0)
        return ERR_INPUT;
    regfree(&regex);
    return 0;
}

static int is_truth(const json_t *want, struct err *err) {
    return json_is_boolean(want) ? 0 : err_set(err, ERR_INPUT, "takes true or false");
}

static int is_list(const json_t *want, struct err *err) {
    if (json_is_array(want) || is_open(want))
        return 0;
    return err_set(err, ERR_INPUT, "takes a list");
}

static int is_cidr(const json_t *want, struct err *err) {
    struct cidr net;
    if (is_open(want) || (json_is_string(want) && parse_cidr(json_string_value(want), &net)))
        return 0;
    return err_set(err, ERR_INPUT, "takes a network like 10.0.0.0/8");
}

static int is_number(const json_t *want, struct err *err) {
    double value;
    if (is_open(want) || number(want, &value))
        return 0;
    return err_set(err, ERR_INPUT, "takes a number");
}

static int is_count(const json_t *want, struct err *err) {
    int64_t value;
    if (is_open(want) || value_to_int(want, 0, INT64_MAX, &value))
        return 0;
    return err_set(err, ERR_INPUT, "takes a whole number of elements");
}

const struct condition *condition_find(const char *name) {
    static const struct condition table[] = {
        {"equals", "is exactly", false, equals, is_anything},
        {"not_equals", "is not", true, not_equals, is_anything},
        {"contains", "contains", false, contains, is_anything},
        {"matches", "matches", false, matches, is_pattern},
        {"exists", "exists:", true, exists, is_truth},
        {"in", "is one of", false, one_of, is_list},
        {"in_cidr", "is in", false, in_cidr, is_cidr},
        {"not_in_cidr", "is not in", false, not_in_cidr, is_cidr},
        {"less_than", "is less than", false, less_than, is_number},
        {"at_least", "is at least", false, at_least, is_number},
        {"count", "has the length", false, count, is_count},
        {"same_set", "is the set", false, same_set, is_list},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
