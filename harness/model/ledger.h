/*
 * The ledger of known gaps as a file (fixtures/gaps.json; fixtures/README.md has its fields,
 * fixtures/gaps.schema.json the same for editors), and several of them beside each other: ours, and
 * those of whoever runs confed.
 *
 *     struct ledger l = {0};
 *     if (ledger_add(&l, "fixtures/gaps.json", err) < 0 || ledger_add(&l, "own.json", err) < 0)
 *         ... err names the first mistake; ledger_lint collects all
 *     ledger_release(&l);
 */
#ifndef CONFED_MODEL_LEDGER_H
#define CONFED_MODEL_LEDGER_H

#include "harness/core/err.h"
#include "harness/model/gap.h"
#include "harness/model/problem.h"

#include <jansson.h>
#include <stddef.h>

struct ledger {       /* zero-initialised is empty */
    json_t *files;    /* owned: the documents, in the order in which they were added */
    json_t *names;    /* owned: their names, for gap.file */
    struct gap *gaps; /* owned */
    size_t count, cap;
};

/*
 * Adds the entries of a file's text. Everything that is wrong with it is a problem, by file and
 * line, with what is expected there; then nothing is added.
 */
void ledger_lint(struct ledger *l, const char *text, size_t len, const char *name,
                 struct problems *problems);
/* The same, where only the first problem is wanted: ERR_INPUT. An empty list is fine. */
int ledger_add_text(struct ledger *l, const char *text, size_t len, const char *name,
                    struct err *err);
int ledger_add(struct ledger *l, const char *path, struct err *err);
void ledger_release(struct ledger *l);

/* Borrowed, or NULL. */
const struct gap *ledger_find(const struct ledger *l, const char *id);

#endif
