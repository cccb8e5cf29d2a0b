#include "mocks/apiserver/quantity.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *suffix;
    double factor;
} suffixes[] = {{"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},
                {"k", 1e3},     {"M", 1e6},     {"G", 1e9},     {"T", 1e12},
                {"P", 1e15},    {"E", 1e18},    {"Ki", 0x1p10}, {"Mi", 0x1p20},
                {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};

/* "e3", "E-2"; a bare E is a suffix. */
static bool exponent(const char *text, double *ret_factor) {
    int64_t power;
    if ((*text != 'e' && *text != 'E') || !str_to_int(text + 1 + (text[1] == '+'), -30, 30, &power))
        return false;
    *ret_factor = 1;
    for (; power > 0; power--)
        *ret_factor *= 10;
    for (; power < 0; power++)
        *ret_factor /= 10;
    return true;
}

bool quantity_parse(const char *text, double *ret) {
    const char *digits = text + (*text == '+' || *text == '-');
    size_t len = strspn(digits, "0123456789."), whole = strspn(digits, "0123456789");
    if (len == 0 || (whole < len && len == 1) || strspn(digits + whole, ".") > 1 ||
        strchr(digits + whole + (whole < len), '.'))
        return false;
    CLEANUP(str_freep) char *number = xstrndup(digits, len);
    double value = strtod(number, NULL) * (*text == '-' ? -1 : 1), factor;
    if (exponent(digits + len, &factor)) {
        *ret = value * factor;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (str_eq(digits + len, suffixes[i].suffix)) {
            *ret = value * suffixes[i].factor;
            return true;
        }
    }
    return false;
}

const char *quantity_problem(const char *text) {
    double ignored;
    const char *digits = text + (*text == '+' || *text == '-');
    const char *suffix = digits + strspn(digits, "0123456789.");
    const char *end = suffix + strspn(suffix, "eEinumkKMGTP");
    if (quantity_parse(text, &ignored))
        return NULL;
    end += *end == '+' || *end == '-';
    end += strspn(end, "0123456789");
    return suffix > digits && suffix[0] && !*end ? "unable to parse quantity's suffix"
                                                 : "quantities must match the regular expression "
                                                   "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
}
