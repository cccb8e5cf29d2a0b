#include "reports/graph.h"

#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 8 };

/* Longest way from the top; an edge that would make it endless is taken away. */
static void find_layers(struct graph *g) {
    for (size_t round = 0; round <= g->count; round++) {
        bool changed = false;
        for (size_t a = 0; a < g->count; a++) {
            for (size_t b = 0; b < g->count; b++) {
                if (!g->edge[a][b] || g->layer[b] > g->layer[a])
                    continue;
                if (a == b || round == g->count) {
                    g->edge[a][b] = false;
                    continue;
                }
                g->layer[b] = g->layer[a] + 1;
                changed = true;
            }
        }
        if (!changed)
            break;
    }
    /* Rounds of a cycle may have left gaps between layers. */
    size_t next = 0;
    for (size_t layer = 0; layer <= g->count * (g->count + 1); layer++) {
        bool used = false;
        for (size_t i = 0; i < g->count; i++)
            used = used || g->layer[i] == layer;
        if (!used)
            continue;
        for (size_t i = 0; i < g->count; i++)
            if (g->layer[i] == layer)
                g->layer[i] = next;
        next++;
    }
    g->layers = next;
}

/* a to b is left out when a leads to b by another way. */
static void reduce(struct graph *g) {
    static const size_t max = GRAPH_NODES_MAX;
    bool(*reach)[GRAPH_NODES_MAX] = malloc(max * sizeof(*reach));
    if (!reach)
        abort();
    memcpy(reach, g->edge, max * sizeof(*reach));
    for (size_t k = 0; k < g->count; k++)
        for (size_t a = 0; a < g->count; a++)
            for (size_t b = 0; reach[a][k] && b < g->count; b++)
                reach[a][b] = reach[a][b] || reach[k][b];
    for (size_t a = 0; a < g->count; a++)
        for (size_t b = 0; b < g->count; b++)
            for (size_t k = 0; g->edge[a][b] && k < g->count; k++)
                if (k != b && g->edge[a][k] && reach[k][b])
                    g->edge[a][b] = false;
    free(reach);
}

/* Where the neighbours of a node are on average; where it is, when it has none. */
static double pull(const struct graph *g, size_t i, bool up, bool down) {
    double sum = 0, count = 0;
    for (size_t k = 0; k < g->count; k++) {
        if (!(up && g->edge[k][i]) && !(down && g->edge[i][k]))
            continue;
        sum += g->x[k];
        count++;
    }
    return count > 0 ? sum / count : g->x[i];
}

/* The nodes of a layer from the left; their number. */
static size_t nodes_of(const struct graph *g, size_t layer, size_t ret[GRAPH_NODES_MAX]) {
    for (size_t i = 0; i < g->count; i++)
        if (g->layer[i] == layer)
            ret[g->place[i]] = i;
    return g->width[layer];
}

/* Centred, one beside the other. */
static void put_side_by_side(struct graph *g, size_t layer) {
    size_t nodes[GRAPH_NODES_MAX], count = nodes_of(g, layer, nodes);
    for (size_t i = 0; i < count; i++)
        g->x[nodes[i]] = (double)i + 0.5 * (double)(g->width_max - count);
}

/* Sorts one layer by the pull of its neighbours; equal ones stay as they are. */
static void sort_layer(struct graph *g, size_t layer, bool up) {
    size_t nodes[GRAPH_NODES_MAX], count = nodes_of(g, layer, nodes);
    double pulls[GRAPH_NODES_MAX];
    for (size_t i = 0; i < count; i++)
        pulls[i] = pull(g, nodes[i], up, !up);
    for (size_t i = 1; i < count; i++) {
        size_t node = nodes[i], at = i;
        double value = pulls[i];
        for (; at > 0 && pulls[at - 1] > value; at--) {
            nodes[at] = nodes[at - 1];
            pulls[at] = pulls[at - 1];
        }
        nodes[at] = node;
        pulls[at] = value;
    }
    for (size_t i = 0; i < count; i++)
        g->place[nodes[i]] = i;
    put_side_by_side(g, layer);
}

/*
 * Moves the nodes of a layer to where they are pulled, keeping their order and their distance: as
 * far left as they may, as far right as they may, and the middle of both.
 */
static void relax_layer(struct graph *g, size_t layer, bool up, bool down) {
    size_t nodes[GRAPH_NODES_MAX], count = nodes_of(g, layer, nodes);
    double wish[GRAPH_NODES_MAX], left[GRAPH_NODES_MAX], right[GRAPH_NODES_MAX];
    for (size_t i = 0; i < count; i++)
        wish[i] = pull(g, nodes[i], up, down);
    for (size_t i = 0; i < count; i++)
        left[i] = i && left[i - 1] + 1 > wish[i] ? left[i - 1] + 1 : wish[i];
    for (size_t i = count; i-- > 0;)
        right[i] = i + 1 < count && right[i + 1] - 1 < wish[i] ? right[i + 1] - 1 : wish[i];
    for (size_t i = 0; i < count; i++)
        g->x[nodes[i]] = (left[i] + right[i]) / 2;
}

/* The leftmost node at 0. */
static void shift(struct graph *g) {
    double least = g->count ? g->x[0] : 0;
    for (size_t i = 0; i < g->count; i++)
        least = g->x[i] < least ? g->x[i] : least;
    g->x_max = 0;
    for (size_t i = 0; i < g->count; i++) {
        g->x[i] -= least;
        g->x_max = g->x[i] > g->x_max ? g->x[i] : g->x_max;
    }
}

void graph_lay_out(struct graph *g) {
    memset(g->layer, 0, sizeof(g->layer));
    memset(g->width, 0, sizeof(g->width));
    g->width_max = 0;
    find_layers(g);
    reduce(g);
    for (size_t i = 0; i < g->count; i++)
        g->place[i] = g->width[g->layer[i]]++;
    for (size_t layer = 0; layer < g->layers; layer++)
        g->width_max = g->width[layer] > g->width_max ? g->width[layer] : g->width_max;
    for (size_t layer = 0; layer < g->layers; layer++)
        put_side_by_side(g, layer);
    for (size_t sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t i = 0; i < g->layers; i++)
            sort_layer(g, sweep % 2 ? g->layers - 1 - i : i, sweep % 2 == 0);
    for (size_t sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t i = 0; i < g->layers; i++)
            relax_layer(g, sweep % 2 ? g->layers - 1 - i : i, true, sweep > 1);
    shift(g);
}
