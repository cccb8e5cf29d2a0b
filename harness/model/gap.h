/*
 * The ledger of known gaps (fixtures/gaps.json): what is broken upstream and known to be, as
 * records that forgive a failure only when it looks exactly as recorded, within the releases they
 * were seen in, until somebody has to look again.
 *
 *     {"id": "FED-GAP-001", "registry": "G-01", "title": "...", "url": "https://...",
 *      "cases": ["lifecycle.dns"], "signature": {predicate over the case's evidence},
 *      "versions": ">=1.5", "review_by": "2027-06-30", "owner": "...", "why": "...",
 *      "message": "asked ${short_name}, got ...", "expect_after": {"1.7.0": "still-there"},
 *      "quirk": "nodeport-dns"}
 *
 * quirk (optional) names what shows the gap in the simulated world: run --quirk nodeport-dns=off
 * has to make it vanish.
 */
#ifndef CONFED_MODEL_GAP_H
#define CONFED_MODEL_GAP_H

#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gap { /* all borrowed from the ledger */
    const char *id, *registry, *title, *url, *owner, *why, *review_by;
    const char *versions; /* "" matches every release */
    const char *message;  /* NULL: the title; ${...} of the evidence are filled in */
    const json_t *cases, *signature;
    int64_t review_by_ms; /* the end of that day, UTC */
};

struct ledger {
    json_t *json;
    struct gap *gaps;
    size_t count;
};

/* Reads the ledger's text; ERR_INPUT is "<name>:<line>: what, expected". An empty list is fine. */
int ledger_parse(const char *text, size_t len, const char *name, struct ledger *ret,
                 struct err *err);
int ledger_load(const char *path, struct ledger *ret, struct err *err);
void ledger_release(struct ledger *l);

bool gap_excuses_case(const struct gap *g, const char *case_id);
/* Whether the release ("1.6.2") is in a window such as ">=1.6 <1.9"; false for a malformed window.
 */
bool gap_window_has(const char *window, const char *version);
/* Dotted numbers compared as numbers; -1, 0 or 1. What is missing counts as 0. */
int gap_version_compare(const char *a, const char *b);

#endif
