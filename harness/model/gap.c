#include "harness/model/gap.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int gap_version_compare(const char *a, const char *b) {
    while (*a || *b) {
        char *end_a, *end_b;
        unsigned long part_a = strtoul(a, &end_a, 10), part_b = strtoul(b, &end_b, 10);
        if (part_a != part_b)
            return part_a < part_b ? -1 : 1;
        a = end_a + (*end_a == '.');
        b = end_b + (*end_b == '.');
        if ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b)))
            return 0; /* a suffix such as -beta.1 does not order */
    }
    return 0;
}

/* A bound that names a pre-release tells them from the release, which follows them all. */
static int compare_to_bound(const char *version, const char *bound) {
    int order = gap_version_compare(version, bound);
    const char *of_version = strchr(version, '-'), *of_bound = strchr(bound, '-');
    if (order != 0 || !of_bound)
        return order;
    order = of_version ? strverscmp(of_version, of_bound) : 1;
    return (order > 0) - (order < 0);
}

/* One bound such as ">=1.6"; false when it is malformed or does not hold. */
static bool bound_holds(const char *bound, const char *version) {
    size_t op_len = strspn(bound, "<>=");
    int order = compare_to_bound(version, bound + op_len);
    if (!isdigit((unsigned char)bound[op_len]))
        return false;
    if (op_len == 2 && strncmp(bound, ">=", 2) == 0)
        return order >= 0;
    if (op_len == 2 && strncmp(bound, "<=", 2) == 0)
        return order <= 0;
    if (op_len == 1)
        return *bound == '>' ? order > 0 : *bound == '<' ? order < 0 : order == 0;
    return false;
}

bool gap_window_has(const char *window, const char *version) {
    CLEANUP(str_freep) char *copy = xstrdup(window);
    char *rest = copy, *bound;
    while ((bound = str_next(&rest, ' ')))
        if (*bound && !bound_holds(bound, version))
            return false;
    return true;
}

/* "alpha.1", "beta.2", "rc.1" */
static bool is_pre_release(const char *text) {
    static const char *const stages[] = {"alpha.", "beta.", "rc."};
    for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
        const char *number = text + strlen(stages[i]);
        if (str_has_prefix(text, stages[i]))
            return *number && number[strspn(number, "0123456789")] == '\0';
    }
    return false;
}

/* ">=1.6", "<1.7.0-beta.2": an operator, dotted numbers and perhaps a stage before the release. */
static bool bound_is_sound(const char *bound) {
    size_t op_len = strspn(bound, "<>=");
    if (op_len == 0 || op_len > 2 || (op_len == 2 && (*bound == '=' || bound[1] != '=')))
        return false;
    bool digit = false;
    for (const char *p = bound + op_len; *p; p++) {
        if (*p == '-')
            return digit && is_pre_release(p + 1);
        if (*p == '.' ? !digit : !isdigit((unsigned char)*p))
            return false;
        digit = *p != '.';
    }
    return digit;
}

bool gap_window_is_sound(const char *window) {
    CLEANUP(str_freep) char *copy = xstrdup(window);
    char *rest = copy, *bound;
    while (*window && (bound = str_next(&rest, ' ')))
        if (!bound_is_sound(bound))
            return false;
    return true;
}

bool gap_holds_in_world(const struct gap *g, const char *world) {
    return !g->worlds || !world || json_has_text(g->worlds, world);
}

bool gap_excuses_case(const struct gap *g, const char *case_id) {
    return json_has_text(g->cases, case_id);
}
