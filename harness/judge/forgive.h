/* The rules of the gap ledger, applied to one result: private to the judge. */
#ifndef CONFED_JUDGE_FORGIVE_H
#define CONFED_JUDGE_FORGIVE_H

#include "harness/model/ledger.h"

#include <jansson.h>

struct forgive_context {
    const struct ledger *ledger; /* NULL: nothing is forgiven */
    int64_t now_ms;
    const char *world;   /* "sim"; NULL: any */
    const char *version; /* the release under test, "1.6.2"; NULL: in no window but an empty one */
};

/* A case passed: with an entry in the ledger, its gap has vanished. */
void forgive_passed(json_t *result, const struct forgive_context *c);
/* A case failed: known-gap, gap-changed or gap-expired when the ledger has it, else unchanged. */
void forgive_failed(json_t *result, const struct forgive_context *c);

#endif
