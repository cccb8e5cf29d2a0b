/*
 * A known gap: what is broken upstream and known to be, as a record that forgives a failure only
 * when it looks exactly as recorded, within the releases and worlds it was seen in, until somebody
 * has to look again. Where records come from is ledger.h's; fixtures/README.md has their fields.
 */
#ifndef CONFED_MODEL_GAP_H
#define CONFED_MODEL_GAP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gap { /* all borrowed from the ledger; NULL where not given */
    const char *id, *registry, *title, *url, *owner, *why, *review_by, *since, *workaround, *quirk;
    const char *versions; /* "" matches every release */
    const char *message;  /* NULL: the title; ${...} of the evidence are filled in */
    const json_t *cases, *signature, *links, *worlds, *expect_after;
    int64_t review_by_ms; /* the end of that day, UTC */
    const char *file;     /* of the ledger */
    int line;
};

bool gap_excuses_case(const struct gap *g, const char *case_id);
/*
 * Whether the release ("1.6.2") is in a window such as ">=1.6 <1.9"; false for a malformed window.
 * A pre-release counts as its release ("1.7.0-beta.1" is in ">=1.7"), but for a bound that names
 * one:
 * ">=1.7.0-alpha.4 <1.7.0-beta.2" has 1.7.0-beta.1 and not 1.7.0.
 */
bool gap_window_has(const char *window, const char *version);
/* Whether a window is well-formed; "" is, it holds every release. */
bool gap_window_is_sound(const char *window);
/* Whether the entry is about the world ("sim"); without worlds, and for NULL, it is about all. */
bool gap_holds_in_world(const struct gap *g, const char *world);
/* Dotted numbers compared as numbers; -1, 0 or 1. What is missing counts as 0. */
int gap_version_compare(const char *a, const char *b);

#endif
