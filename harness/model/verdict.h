/* The verdicts of cases: their names in results.json, whether they make a run red. */
#ifndef CONFED_MODEL_VERDICT_H
#define CONFED_MODEL_VERDICT_H

#include <stdbool.h>

enum verdict {
    VERDICT_PASSED,
    VERDICT_FAILED,       /* the system misbehaves */
    VERDICT_ERROR,        /* the harness could not judge */
    VERDICT_KNOWN_GAP,    /* failed exactly as the ledger says */
    VERDICT_GAP_VANISHED, /* a recorded gap passes now */
    VERDICT_GAP_CHANGED,  /* a recorded gap fails in another way */
    VERDICT_GAP_EXPIRED,  /* past its review date or outside its releases */
    VERDICT_UNSUPPORTED,  /* the world does not offer what the case needs */
    VERDICT_BLOCKED,      /* a predecessor did not pass */
    VERDICT_COUNT,
};

const char *verdict_name(enum verdict v); /* "known-gap" */
/* VERDICT_ERROR for a name that is none. */
enum verdict verdict_of_name(const char *name);
/* false, and *ret left alone, for a name that is none (NULL too). */
bool verdict_parse(const char *name, enum verdict *ret);
bool verdict_is_red(enum verdict v);

#endif
