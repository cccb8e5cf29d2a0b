/*
 * All cases of a run as a graph: what comes after what, who sees whose variables, and which cases a
 * selection takes in.
 *
 * An edge is an `after` or a `behind`. Teardown cases come after everything else that was selected;
 * that order is the driver's, it is not in the edges.
 */
#ifndef CONFED_MODEL_CASE_GRAPH_H
#define CONFED_MODEL_CASE_GRAPH_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "harness/model/scenario.h"

struct case_node {
    struct scenario *scenario; /* owned */
    size_t *after;       /* owned; indices of the graph: first those of after, then of behind */
    size_t behind_count; /* the last ones of them, of behind */
    size_t after_count;
    bool named;    /* asked for itself, not only because of another case */
    bool selected; /* is to run */
};

struct case_graph {
    struct case_node *nodes; /* owned; in an order that respects after, then by id */
    size_t count;
};

/*
 * Steals the scenarios (the array stays the caller's). Reports ids that appear twice, unknown
 * predecessors, cycles and variables that nothing binds; with picky also variables that nothing
 * uses. NULL when there are problems. At first every case is selected.
 */
struct case_graph *case_graph_new(struct scenario **scenarios, size_t count, bool picky,
                                  struct problems *problems);
void case_graph_free(struct case_graph *g);
DEFINE_OWNED(struct case_graph, case_graph)

/* Borrowed, or NULL. */
const struct case_node *case_graph_find(const struct case_graph *g, const char *id);
/* Whether a comes (also indirectly) before b. */
bool case_graph_is_before(const struct case_graph *g, size_t a, size_t b);
/*
 * Whether the case at sees what other has bound: it comes after it, or is a teardown case, which
 * comes after all that are none.
 */
bool case_graph_sees(const struct case_graph *g, size_t at, size_t other);
/*
 * Selects what the selectors (ids, globs like "lifecycle.*", areas) name, everything that comes
 * before it, and the teardown cases of the same areas. No selectors: every case but those that want
 * to be named (by_name). ERR_USAGE when one of them, or all together, select nothing.
 */
int case_graph_select(struct case_graph *g, const char *const *selectors, size_t count,
                      struct err *err);
/*
 * The two halves of it, for whoever takes cases out in between: marks as named what the selectors
 * name; and selects what is named, with everything that comes before it and the teardown cases.
 */
int case_graph_name(struct case_graph *g, const char *const *selectors, size_t count,
                    struct err *err);
void case_graph_close(struct case_graph *g);
/* Takes the mark from cases that are not for the world, for whoever asked for all of them. */
void case_graph_keep_world(struct case_graph *g, const char *world);
/* Which selectors name the id itself. */
bool case_graph_matches(const char *id, const char *selector);

#endif
