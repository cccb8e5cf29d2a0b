/* The life cycle: the cases that others build on, as a graph with their states. */
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "reports/graph.h"
#include "reports/page.h"

#include <stdlib.h>

enum { NODE_W = 150, NODE_H = 32, GAP_X = 14, GAP_Y = 26, LABEL_MAX = 18, MARGIN = 4 };

struct picture {
    struct page *page;
    struct graph graph;            /* all of it, then one part after the other */
    size_t index[GRAPH_NODES_MAX]; /* of the result */
    size_t part[GRAPH_NODES_MAX];  /* nodes that hang together; the number of its first node */
    size_t parts;
    size_t others, others_of[VERDICT_COUNT];
};

static const json_t *result_at(const struct picture *g, size_t node) {
    return json_array_get(g->page->list, g->index[node]);
}

/* Ids that some other case names in its "after". */
static void find_parents(const json_t *list, struct map *parents) {
    size_t i, k;
    json_t *r, *id;
    json_array_foreach(list, i, r) {
        json_array_foreach(json_object_get(r, "after"), k, id) {
            if (json_is_string(id))
                map_set(parents, json_string_value(id), parents);
        }
    }
}

/*
 * In the picture: what others build on, and what builds on others and is required or red. Not what
 * stands alone, as a tear-down does.
 */
static bool belongs(const struct page *page, const json_t *r, const struct map *parents) {
    const char *id = json_str(r, "case", NULL);
    if (!id)
        return false;
    return map_get(parents, id) ||
           (json_array_size(json_object_get(r, "after")) > 0 &&
            (json_flag(r, "required", NULL) || tally_is_red(&page->tally, tally_verdict(r))));
}

/* false: more than can be drawn. */
static bool choose(struct picture *g, const struct map *parents, struct map *nodes) {
    size_t i;
    json_t *r;
    json_array_foreach(g->page->list, i, r) {
        const char *id = json_str(r, "case", NULL);
        if (!belongs(g->page, r, parents)) {
            g->others++;
            g->others_of[tally_verdict(r)]++;
            continue;
        }
        if (map_get(nodes, id))
            continue;
        if (g->graph.count == GRAPH_NODES_MAX)
            return false;
        g->index[g->graph.count] = i;
        map_set(nodes, id, &g->index[g->graph.count++]);
    }
    return true;
}

static size_t connect(struct picture *g, const struct map *nodes) {
    size_t edges = 0;
    for (size_t child = 0; child < g->graph.count; child++) {
        size_t k;
        json_t *id;
        json_array_foreach(json_object_get(result_at(g, child), "after"), k, id) {
            const size_t *parent =
                json_is_string(id) ? map_get(nodes, json_string_value(id)) : NULL;
            if (!parent)
                continue;
            g->graph.edge[parent - g->index][child] = true;
            edges++;
        }
    }
    return edges;
}

static int left_of(const struct graph *g, size_t node) {
    return MARGIN + (int)(g->x[node] * (NODE_W + GAP_X));
}

static int top_of(const struct graph *g, size_t node) {
    return MARGIN + (int)g->layer[node] * (NODE_H + GAP_Y);
}

static void edges(struct picture *g) {
    const struct graph *graph = &g->graph;
    for (size_t a = 0; a < graph->count; a++) {
        for (size_t b = 0; b < graph->count; b++) {
            if (!graph->edge[a][b])
                continue;
            int x1 = left_of(graph, a) + NODE_W / 2, y1 = top_of(graph, a) + NODE_H;
            int x2 = left_of(graph, b) + NODE_W / 2, y2 = top_of(graph, b);
            pen_putf(g->page->pen, "<path d=\"M%d %dC%d %d %d %d %d %d\"/>\n", x1, y1, x1,
                     y1 + GAP_Y, x2, y2 - GAP_Y, x2, y2);
        }
    }
}

/* The id without its area, cut so that it fits. */
static void label(struct pen *p, struct pen_span id) {
    const char *dot = memchr(id.data, '.', id.len);
    if (dot) {
        id.len -= (size_t)(dot + 1 - id.data);
        id.data = dot + 1;
    }
    bool cut = id.len > LABEL_MAX;
    if (cut)
        id.len = LABEL_MAX - 1;
    pen_text(p, PEN_XML, id);
    if (cut)
        pen_put(p, "\xe2\x80\xa6");
}

static void node(struct picture *g, size_t i) {
    struct pen *p = g->page->pen;
    const json_t *r = result_at(g, i);
    enum verdict v = tally_verdict(r);
    int x = left_of(&g->graph, i), y = top_of(&g->graph, i);
    pen_putf(p, "<a href=\"#case-%zu\" class=\"%s\">", g->index[i], page_group(g->page, v));
    page_element(p, "<title>", pen_member(r, "case"), "");
    pen_putf(p, ": %s; ", verdict_name(v));
    page_element(p, "", pen_member(r, "title"), "</title>");
    pen_putf(p,
             "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/><text x=\"%d\" "
             "y=\"%d\">%s ",
             x, y, NODE_W, NODE_H, x + 9, y + NODE_H / 2 + 4, page_sign(v));
    label(p, pen_member(r, "case"));
    pen_put(p, "</text></a>\n");
}

/* Nodes that are joined by edges, however long the way, get the lowest of their numbers. */
static void find_parts(struct picture *g) {
    size_t count = g->graph.count;
    for (size_t i = 0; i < count; i++)
        g->part[i] = i;
    for (size_t round = 0; round < count; round++) {
        bool changed = false;
        for (size_t a = 0; a < count; a++) {
            for (size_t b = 0; b < count; b++) {
                if (!g->graph.edge[a][b] || g->part[a] == g->part[b])
                    continue;
                size_t least = g->part[a] < g->part[b] ? g->part[a] : g->part[b];
                g->part[a] = g->part[b] = least;
                changed = true;
            }
        }
        if (!changed)
            break;
    }
    for (size_t i = 0; i < count; i++)
        g->parts += g->part[i] == i;
}

/* A picture of the nodes of one part only; owned. */
static struct picture *part_of(const struct picture *all, size_t part) {
    struct picture *g = xcalloc(1, sizeof(*g));
    size_t from[GRAPH_NODES_MAX];
    g->page = all->page;
    for (size_t i = 0; i < all->graph.count; i++) {
        if (all->part[i] != part)
            continue;
        from[g->graph.count] = i;
        g->index[g->graph.count++] = all->index[i];
    }
    for (size_t a = 0; a < g->graph.count; a++)
        for (size_t b = 0; b < g->graph.count; b++)
            g->graph.edge[a][b] = all->graph.edge[from[a]][from[b]];
    return g;
}

static void draw_part(struct picture *g, bool titled) {
    struct pen *p = g->page->pen;
    graph_lay_out(&g->graph);
    int width = 2 * MARGIN + (int)(g->graph.x_max * (NODE_W + GAP_X)) + NODE_W;
    int height = 2 * MARGIN + (int)g->graph.layers * (NODE_H + GAP_Y) - GAP_Y;
    if (titled) { /* by the area of its first case */
        struct pen_span area = pen_member(result_at(g, 0), "case");
        const char *dot = memchr(area.data, '.', area.len);
        area.len = dot ? (size_t)(dot - area.data) : area.len;
        page_element(p, "<h3>", area, "</h3>\n");
    }
    pen_putf(p,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Graph of the life "
             "cycle\"><svg class=\"graph\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
             width, height, width, height);
    edges(g);
    for (size_t i = 0; i < g->graph.count; i++)
        node(g, i);
    pen_put(p, "</svg></div>\n");
}

static void draw(struct picture *g) {
    struct pen *p = g->page->pen;
    find_parts(g);
    for (size_t i = 0; i < g->graph.count; i++) {
        if (g->part[i] != i)
            continue;
        struct picture *part = part_of(g, i);
        draw_part(part, g->parts > 1);
        free(part);
    }
    if (!g->others)
        return;
    pen_putf(p, "<p class=\"legend\">Not in the picture, because nothing builds on them: %zu",
             g->others);
    const char *separator = " (";
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (!g->others_of[v])
            continue;
        pen_putf(p, "%s%zu %s", separator, g->others_of[v], verdict_name((enum verdict)v));
        separator = ", ";
    }
    pen_put(p, ").</p>\n");
}

void page_graph(struct page *page) {
    struct picture *g = xcalloc(1, sizeof(*g));
    struct map parents = {0}, nodes = {0};
    g->page = page;
    find_parents(page->list, &parents);
    bool fits = choose(g, &parents, &nodes);
    if (!fits || connect(g, &nodes) > 0) {
        pen_put(page->pen, "<section aria-labelledby=\"lifecycle\"><h2 id=\"lifecycle\">Life cycle"
                           "<small>what builds on what, from the top</small></h2>\n");
        if (fits) {
            draw(g);
        } else {
            pen_putf(page->pen,
                     "<p class=\"muted\">More than %d cases build on each other: too "
                     "many to draw. The list below has them.</p>\n",
                     GRAPH_NODES_MAX);
        }
        pen_put(page->pen, "</section>\n");
    }
    map_release(&parents);
    map_release(&nodes);
    free(g);
}
