#include "harness/commands/run_select.h"
#include "harness/core/json.h"
#include "harness/model/case_filter.h"
#include "harness/model/ledger.h"

/* The ids of the entries that excuse the case; owned. */
static json_t *gaps_of(const struct ledger *ledger, const char *case_id) {
    json_t *ids = json_array();
    for (size_t i = 0; i < ledger->count; i++)
        if (gap_excuses_case(&ledger->gaps[i], case_id))
            json_array_append_new(ids, json_string(ledger->gaps[i].id));
    return ids;
}

static int filter(struct case_graph *g, const struct run_request *asked, struct err *err) {
    struct ledger_choice choice = {.ledger = asked->ledger, .beside = asked->gaps};
    struct ledger ledger = {0};
    int rc = verdicts_ledger(&choice, &ledger, err);
    for (size_t i = 0; i < g->count && rc == 0; i++) {
        CLEANUP(json_freep) json_t *gaps = gaps_of(&ledger, g->nodes[i].scenario->id);
        CLEANUP(json_freep) json_t *fields = case_filter_fields(g->nodes[i].scenario, gaps);
        bool holds = false;
        rc = case_filter_holds(asked->filter, fields, &holds, err);
        g->nodes[i].named &= holds;
    }
    ledger_release(&ledger);
    return rc;
}

/* Cases are dealt out like cards, in their order: what comes late is spread over all shards. */
static json_t *take_shard(struct case_graph *g, const struct run_request *asked) {
    json_t *selection = json_array();
    int64_t dealt = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (!g->nodes[i].named)
            continue;
        json_array_append_new(selection, json_string(g->nodes[i].scenario->id));
        if (!g->nodes[i].scenario->teardown) /* they come with the cases of their area */
            g->nodes[i].named = dealt++ % asked->shards == asked->shard - 1;
        else
            g->nodes[i].named = false;
    }
    return json_pack("{s:I, s:I, s:o}", "index", (json_int_t)asked->shard, "count",
                     (json_int_t)asked->shards, "selection", selection);
}

static size_t named(const struct case_graph *g) {
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        count += g->nodes[i].named;
    return count;
}

static int nothing(struct err *err, const char *what, const char *where) {
    err_set(err, ERR_USAGE, "%s \"%s\" leaves no case: nothing would be tested", what, where);
    return RUN_SELECT_NOTHING;
}

int run_select(struct case_graph *g, const struct run_request *asked, json_t **ret_shard,
               struct err *err) {
    union {
        char **in;
        const char *const *out;
    } selectors = {.in = asked->argv + asked->first};
    if (case_graph_name(g, selectors.out, (size_t)(asked->argc - asked->first), err) < 0)
        return err->code;
    if (asked->argc == asked->first)
        case_graph_keep_world(g, asked->world.world);
    if (asked->filter) {
        if (filter(g, asked, err) < 0)
            return err->code;
        if (named(g) == 0)
            return nothing(err, "--filter", asked->filter);
    }
    if (asked->shards > 0) {
        *ret_shard = take_shard(g, asked);
        CLEANUP(str_freep)
        char *shard = xasprintf("%lld/%lld", (long long)asked->shard, (long long)asked->shards);
        if (named(g) == 0)
            return nothing(err, "--shard", shard);
    }
    case_graph_close(g);
    return 0;
}
