/*
 * A layered picture of a graph without cycles: edges point down. Edges that follow from others are
 * left out, nodes of a layer are put near to what they hang on. The same graph gives the same
 * picture.
 */
#ifndef CONFED_REPORTS_GRAPH_H
#define CONFED_REPORTS_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

enum { GRAPH_NODES_MAX = 128 };

struct graph {
    size_t count;
    bool edge[GRAPH_NODES_MAX][GRAPH_NODES_MAX]; /* [parent][child] */
    /* Filled by graph_lay_out. */
    size_t layer[GRAPH_NODES_MAX], layers; /* 0 is the top */
    size_t place[GRAPH_NODES_MAX];         /* from the left in its layer */
    size_t width[GRAPH_NODES_MAX];         /* nodes of a layer */
    size_t width_max;
    double x[GRAPH_NODES_MAX], x_max; /* from 0, at least 1 between two of one layer */
};

/* Takes edges away that close a cycle or follow from others, and lays out the nodes. */
void graph_lay_out(struct graph *g);

#endif
