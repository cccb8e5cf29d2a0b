#include "harness/model/verdict.h"

#include <string.h>

static const char *const names[VERDICT_COUNT] = {"passed",      "failed",       "error",
                                                 "known-gap",   "gap-vanished", "gap-changed",
                                                 "gap-expired", "unsupported",  "blocked"};

const char *verdict_name(enum verdict v) {
    return names[v];
}

bool verdict_parse(const char *name, enum verdict *ret) {
    for (int v = 0; name && v < VERDICT_COUNT; v++)
        if (strcmp(names[v], name) == 0) {
            *ret = (enum verdict)v;
            return true;
        }
    return false;
}

enum verdict verdict_of_name(const char *name) {
    enum verdict v = VERDICT_ERROR;
    (void)verdict_parse(name, &v);
    return v;
}

bool verdict_is_red(enum verdict v) {
    switch (v) {
    case VERDICT_FAILED:
    case VERDICT_ERROR:
    case VERDICT_GAP_VANISHED:
    case VERDICT_GAP_CHANGED:
    case VERDICT_GAP_EXPIRED:
        return true;
    case VERDICT_PASSED:
    case VERDICT_KNOWN_GAP:
    case VERDICT_UNSUPPORTED:
    case VERDICT_BLOCKED:
    case VERDICT_COUNT:
        return false;
    }
    return true;
}
