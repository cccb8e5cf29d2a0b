#include "harness/model/case_graph.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/lint.h"
#include "harness/model/value.h"

#include <fnmatch.h>
#include <string.h>

void case_graph_free(struct case_graph *g) {
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++) {
        scenario_free(g->nodes[i].scenario);
        free(g->nodes[i].after);
    }
    free(g->nodes);
    free(g);
}

static int by_id(const void *a, const void *b) {
    const struct case_node *left = a, *right = b;
    return strcmp(left->scenario->id, right->scenario->id);
}

static size_t find(const struct case_graph *g, const char *id) {
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->nodes[i].scenario->id, id) == 0)
            return i;
    return g->count;
}

const struct case_node *case_graph_find(const struct case_graph *g, const char *id) {
    size_t i = find(g, id);
    return i < g->count ? &g->nodes[i] : NULL;
}

static void complain_about_unknown(const struct case_graph *g, const struct scenario *s,
                                   const char *id, struct problems *problems) {
    const char **ids = xcalloc(g->count + 1, sizeof(*ids));
    for (size_t i = 0, k = 0; i < g->count; i++)
        if (g->nodes[i].scenario != s)
            ids[k++] = g->nodes[i].scenario->id;
    const char *nearest = str_nearest(id, ids);
    problems_add(problems, s->file, s->line, "after names \"%s\", which is no case%s%s%s", id,
                 nearest ? "; is \"" : "", nearest ? nearest : "", nearest ? "\" meant?" : "");
    free(ids);
}

/* Adds the edges of one list; how many. */
static size_t link_list(struct case_graph *g, struct case_node *node, const json_t *list,
                        const char *key, struct problems *problems) {
    size_t k, count = 0;
    json_t *name;
    json_array_foreach(list, k, name) {
        size_t at = find(g, json_string_value(name));
        if (at == g->count) {
            complain_about_unknown(g, node->scenario, json_string_value(name), problems);
            continue;
        }
        if (g->nodes[at].scenario->teardown && !node->scenario->teardown)
            problems_add(problems, node->scenario->file, node->scenario->line,
                         "%s names \"%s\", a teardown case, which runs at the end", key,
                         json_string_value(name));
        node->after[node->after_count++] = at;
        count++;
    }
    return count;
}

static void link_nodes(struct case_graph *g, struct problems *problems) {
    for (size_t i = 0; i < g->count; i++) {
        struct case_node *node = &g->nodes[i];
        const struct scenario *s = node->scenario;
        if (i > 0 && str_eq(g->nodes[i - 1].scenario->id, s->id))
            problems_add(problems, s->file, s->line, "id \"%s\" is already the id of %s:%d", s->id,
                         g->nodes[i - 1].scenario->file, g->nodes[i - 1].scenario->line);
        size_t most = json_array_size(s->after) + json_array_size(s->behind);
        node->after = xcalloc(most + 1, sizeof(*node->after));
        (void)link_list(g, node, s->after, "after", problems);
        node->behind_count = link_list(g, node, s->behind, "behind", problems);
    }
}

/* Depth first; marks: 0 new, 1 on the way, 2 done. Fills order; false for a cycle (a problem). */
static bool visit(struct case_graph *g, size_t at, unsigned char *marks, size_t *order,
                  size_t *order_count, struct problems *problems) {
    if (marks[at] == 2)
        return true;
    struct case_node *node = &g->nodes[at];
    if (marks[at] == 1) {
        problems_add(problems, node->scenario->file, node->scenario->line,
                     "\"%s\" comes after itself", node->scenario->id);
        return false;
    }
    marks[at] = 1;
    for (size_t i = 0; i < node->after_count; i++)
        if (!visit(g, node->after[i], marks, order, order_count, problems))
            return false;
    marks[at] = 2;
    order[(*order_count)++] = at;
    return true;
}

static bool sort_nodes(struct case_graph *g, struct problems *problems) {
    unsigned char *marks = xcalloc(g->count + 1, 1);
    size_t *order = xcalloc(g->count + 1, sizeof(*order));
    size_t *place = xcalloc(g->count + 1, sizeof(*place));
    size_t count = 0;
    bool sorted = true;
    for (size_t i = 0; i < g->count && sorted; i++)
        sorted = visit(g, i, marks, order, &count, problems);
    if (sorted && count > 0) {
        struct case_node *nodes = xcalloc(g->count, sizeof(*nodes));
        for (size_t i = 0; i < count; i++) {
            nodes[i] = g->nodes[order[i]];
            place[order[i]] = i;
        }
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < nodes[i].after_count; k++)
                nodes[i].after[k] = place[nodes[i].after[k]];
        free(g->nodes);
        g->nodes = nodes;
    }
    free(marks);
    free(order);
    free(place);
    return sorted;
}

bool case_graph_is_before(const struct case_graph *g, size_t a, size_t b) {
    const struct case_node *node = &g->nodes[b];
    for (size_t i = 0; i < node->after_count; i++) /* nodes are sorted: indices only go down */
        if (node->after[i] == a ||
            (node->after[i] > a && case_graph_is_before(g, a, node->after[i])))
            return true;
    return false;
}

bool case_graph_sees(const struct case_graph *g, size_t at, size_t other) {
    bool at_the_end = g->nodes[at].scenario->teardown && !g->nodes[other].scenario->teardown;
    return at_the_end || (other < at && case_graph_is_before(g, other, at));
}

/* name -> true for what the scenario binds. */
static void add_bound(const struct scenario *s, json_t *names) {
    const char *name;
    json_t *value;
    for (size_t i = 0; i < s->step_count; i++) {
        json_object_foreach(json_mutable(s->steps[i].bind), name, value)
            json_object_set_new(names, name, json_true());
    }
}

static void check_references(const struct scenario *s, json_t *known, json_t *used,
                             struct problems *problems) {
    for (size_t i = 0; i < scenario_step_total(s); i++) {
        CLEANUP(json_freep) json_t *names = json_object();
        struct err err = {0};
        if (value_references(scenario_step_source(s, i), names, &err) < 0)
            problems_add(problems, s->file, s->steps[i].line, "%s", err.text);
        const char *name;
        json_t *value;
        json_object_foreach(names, name, value) if (!json_object_get(known, name))
            problems_add(problems, s->file, s->steps[i].line,
                         "${%s} is not bound by an earlier step, nor by a case that this one is "
                         "after",
                         name);
        json_object_update(used, names);
        json_object_foreach(json_mutable(s->steps[i].bind), name, value)
            json_object_set_new(known, name, json_true());
    }
}

static void check_variables(const struct case_graph *g, bool picky, struct problems *problems) {
    static const char *const always[] = {"fixtures", "work",       "run",
                                         "run_id",   "kubeconfig", "world"};
    CLEANUP(json_freep) json_t *used = json_object();
    for (size_t i = 0; i < g->count; i++) {
        CLEANUP(json_freep) json_t *known = json_object();
        for (size_t k = 0; k < ARRAY_LEN(always); k++)
            json_object_set_new(known, always[k], json_true());
        for (size_t k = 0; k < g->count; k++)
            if (case_graph_sees(g, i, k))
                add_bound(g->nodes[k].scenario, known);
        check_references(g->nodes[i].scenario, known, used, problems);
    }
    for (size_t i = 0; i < g->count && picky; i++) {
        const struct scenario *s = g->nodes[i].scenario;
        CLEANUP(json_freep) json_t *bound = json_object();
        add_bound(s, bound);
        const char *name;
        json_t *value;
        json_object_foreach(bound, name, value) if (!json_object_get(used, name))
            problems_add(problems, s->file, s->line, "\"%s\" is bound and never used", name);
    }
}

struct case_graph *case_graph_new(struct scenario **scenarios, size_t count, bool picky,
                                  struct problems *problems) {
    CLEANUP(case_graph_freep) struct case_graph *g = xcalloc(1, sizeof(*g));
    size_t before = problems->count;
    g->nodes = xcalloc(count + 1, sizeof(*g->nodes));
    g->count = count;
    for (size_t i = 0; i < count; i++)
        g->nodes[i] = (struct case_node){.scenario = scenarios[i], .selected = true};
    qsort(g->nodes, g->count, sizeof(*g->nodes), by_id);
    link_nodes(g, problems);
    if (sort_nodes(g, problems))
        check_variables(g, picky, problems);
    return problems->count == before ? case_graph_take(&g) : NULL;
}

bool case_graph_matches(const char *id, const char *selector) {
    size_t area = scenario_area_len(id);
    if (strlen(selector) == area && strncmp(id, selector, area) == 0)
        return true;
    return fnmatch(selector, id, 0) == 0;
}

static void select_before(struct case_graph *g, size_t at) {
    struct case_node *node = &g->nodes[at];
    for (size_t i = 0; i < node->after_count; i++)
        if (!g->nodes[node->after[i]].selected) {
            g->nodes[node->after[i]].selected = true;
            select_before(g, node->after[i]);
        }
}

static bool same_area(const char *a, const char *b) {
    size_t len = scenario_area_len(a);
    return len == scenario_area_len(b) && strncmp(a, b, len) == 0;
}

static void select_teardown(struct case_graph *g) {
    for (size_t i = 0; i < g->count; i++) {
        struct case_node *node = &g->nodes[i];
        for (size_t k = 0; k < g->count && node->scenario->teardown && !node->selected; k++)
            node->selected =
                g->nodes[k].selected && same_area(g->nodes[k].scenario->id, node->scenario->id);
    }
}

static int complain_about_selector(const struct case_graph *g, const char *selector,
                                   struct err *err) {
    const char **ids = xcalloc(g->count + 1, sizeof(*ids));
    for (size_t i = 0; i < g->count; i++)
        ids[i] = g->nodes[i].scenario->id;
    const char *nearest = str_nearest(selector, ids);
    int rc = nearest
                 ? err_set(err, ERR_USAGE, "no case is \"%s\"; is \"%s\" meant?", selector, nearest)
                 : err_set(err, ERR_USAGE, "no case is \"%s\" (confed list shows them)", selector);
    free(ids);
    return rc;
}

void case_graph_keep_world(struct case_graph *g, const char *world) {
    for (size_t i = 0; i < g->count; i++) {
        const json_t *worlds = g->nodes[i].scenario->worlds;
        g->nodes[i].named &= worlds ? json_has_text(worlds, world) : !str_eq(world, "existing");
    }
}

int case_graph_name(struct case_graph *g, const char *const *selectors, size_t count,
                    struct err *err) {
    if (g->count == 0)
        return err_set(err, ERR_USAGE, "there is no case at all");
    for (size_t i = 0; i < g->count; i++)
        g->nodes[i].named = count == 0 && !g->nodes[i].scenario->by_name;
    for (size_t k = 0; k < count; k++) {
        size_t hits = 0;
        for (size_t i = 0; i < g->count; i++) {
            bool hit = case_graph_matches(g->nodes[i].scenario->id, selectors[k]);
            g->nodes[i].named |= hit;
            hits += hit;
        }
        if (hits == 0)
            return complain_about_selector(g, selectors[k], err);
    }
    return 0;
}

void case_graph_close(struct case_graph *g) {
    for (size_t i = 0; i < g->count; i++)
        g->nodes[i].selected = g->nodes[i].named;
    for (size_t i = g->count; i-- > 0;)
        if (g->nodes[i].selected && !g->nodes[i].scenario->teardown)
            select_before(g, i);
    select_teardown(g);
}

int case_graph_select(struct case_graph *g, const char *const *selectors, size_t count,
                      struct err *err) {
    if (case_graph_name(g, selectors, count, err) < 0)
        return ERR_USAGE;
    case_graph_close(g);
    return 0;
}
