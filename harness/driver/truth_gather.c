#include "harness/driver/truth_gather.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/truth_parts.h"
#include "harness/model/truth.h"
#include "harness/model/value.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>
#include <string.h>

/* --- questions, many at once ------------------------------------------------------------------ */

static void on_closed(void *self) {
    struct truth_gather *g = self;
    if (g->open == 0 && g->next) {
        void (*next)(struct truth_gather *) = g->next;
        g->next = NULL;
        next(g);
    }
}

void truth_closed(struct truth_gather *g) {
    g->open--;
    if (g->open == 0)
        loop_start(g->place.loop, &g->soon, 0, on_closed, g);
}

void truth_then(struct truth_gather *g, void (*next)(struct truth_gather *g)) {
    g->next = next;
    if (g->open == 0)
        loop_start(g->place.loop, &g->soon, 0, on_closed, g);
}

static void on_part(void *self, const struct answer *answer) {
    struct truth_part *p = self;
    json_t *seen = answer->seen ? json_deep_copy(answer->seen) : json_object();
    if (answer->text)
        json_set_str(seen, "problem", answer->text);
    json_object_set_new(p->into, p->key, seen);
    ask_free(p->ask);
    p->ask = NULL;
    truth_closed(p->g);
}

void truth_ask(struct truth_gather *g, enum ask_kind kind, json_t *args, json_t *into,
               const char *key) {
    struct truth_part *p = xcalloc(1, sizeof(*p));
    *p = (struct truth_part){
        .next = g->parts, .g = g, .into = json_incref(into), .key = xstrdup(key)};
    g->parts = p;
    g->open++;
    p->ask = ask_start(&g->place, kind, args, NULL, g->timeout_ms, on_part, p);
    json_decref(args);
}

void truth_get(struct truth_gather *g, const char *context, const char *path, json_t *into,
               const char *key) {
    truth_ask(g, ASK_API, json_pack("{s:s, s:s}", "context", context, "path", path), into, key);
}

bool truth_split(const char *text, int64_t otherwise, char **ret_address, int64_t *ret_port) {
    const char *colon = text ? strrchr(text, ':') : NULL;
    bool with_port = colon && strchr(text, ':') == colon;
    *ret_port = otherwise;
    if (!text || !*text || (with_port && !str_to_int(colon + 1, 1, 65535, ret_port)))
        return false;
    *ret_address = with_port ? xstrndup(text, (size_t)(colon - text)) : xstrdup(text);
    return true;
}

/* --- the table -------------------------------------------------------------------------------- */

static void finish(struct truth_gather *g) {
    CLEANUP(json_freep) json_t *table = truth_table(g->evidence, g->rows);
    g->done(g->self, table);
}

static void go_on(struct truth_lane *lane);

static void on_row_answer(void *self, const struct answer *answer) {
    struct truth_lane *lane = self;
    const json_t *earlier = json_object_get(lane->row, "answer");
    json_t *seen = answer->seen ? json_deep_copy(answer->seen) : json_object();
    if (answer->text)
        json_set_str(seen, "problem", answer->text);
    json_object_del(seen, "json"); /* `way` has what counts of it */
    bool ends = truth_search_ends(seen);
    if (!earlier || truth_search_prefers(seen, earlier)) {
        json_object_set_new(lane->row, "answer", seen);
        json_object_set(lane->row, "asked", json_object_get(lane->args, "name"));
    } else {
        json_decref(seen);
    }
    ask_free(lane->ask);
    lane->ask = NULL;
    lane->candidate = ends ? SIZE_MAX : lane->candidate + 1;
    go_on(lane);
}

/* Where the row's asker is; false: nowhere. */
static bool find_server(struct truth_gather *g, const json_t *row, json_t *args) {
    const char *asker = json_str(row, "asker", NULL);
    const json_t *zone = json_object_get(g->evidence, "zone_server");
    if (str_eq(asker, TRUTH_ZONE_SERVER)) {
        if (!json_str(zone, "address", NULL))
            return false;
        json_object_update(args, json_object_get(g->evidence, "zone_server"));
        json_object_set(args, "server", json_object_get(zone, "address"));
        return true;
    }
    const struct truth_forward *f = truth_forward_of(g, asker);
    if (!f || f->port == 0)
        return false;
    json_set_str(args, "server", f->address);
    json_set_int(args, "port", f->port);
    json_set_bool(args, "tcp", f->tcp);
    return true;
}

/* Takes the next row that can be asked, or rests. */
static bool take_row(struct truth_lane *lane) {
    struct truth_gather *g = lane->g;
    for (; g->next_row < json_array_size(g->rows); g->next_row++) {
        lane->row = json_array_get(g->rows, g->next_row);
        json_decref(lane->args);
        lane->args =
            json_pack("{s:O, s:b}", "type", json_object_get(lane->row, "type"), "follow", 1);
        lane->candidate = 0;
        if (find_server(g, lane->row, lane->args)) {
            g->next_row++;
            return true;
        }
    }
    return false;
}

static void go_on(struct truth_lane *lane) {
    struct truth_gather *g = lane->g;
    for (;;) {
        const json_t *candidates = lane->row ? json_object_get(lane->row, "candidates") : NULL;
        json_t *name = json_array_get(candidates, lane->candidate);
        if (name) {
            json_object_set(lane->args, "name", name);
            lane->ask = ask_start(&g->place, ASK_RESOLVE, lane->args, NULL, g->timeout_ms,
                                  on_row_answer, lane);
            return;
        }
        if (!take_row(lane))
            break;
    }
    lane->row = NULL;
    truth_closed(g);
}

static void ask_rows(struct truth_gather *g) {
    g->rows = truth_questions(g->evidence);
    for (size_t i = 0; i < TRUTH_LANES; i++) {
        g->lanes[i] = (struct truth_lane){.g = g, .candidate = SIZE_MAX};
        g->open++;
    }
    for (size_t i = 0; i < TRUTH_LANES; i++)
        go_on(&g->lanes[i]);
    truth_then(g, finish);
}

static void on_provider(struct truth_gather *g) {
    truth_forward_begin(g);
    truth_then(g, ask_rows);
}

/* --- the clusters ----------------------------------------------------------------------------- */

static void get_cluster(struct truth_gather *g, const char *name) {
    const char *service = json_str(g->evidence, "service", NULL);
    const char *ns = json_str(g->evidence, "namespace", NULL);
    json_t *c = json_ensure_object(json_ensure_object(g->evidence, "clusters"), name);
    CLEANUP(str_freep) char *path = xasprintf("/api/v1/namespaces/%s/services/%s", ns, service);
    CLEANUP(str_freep)
    char *endpoints = xasprintf("/api/v1/namespaces/%s/endpoints/%s", ns, service);
    static const char system[] = "/api/v1/namespaces/kube-system";
    CLEANUP(str_freep) char *config = xasprintf("%s/configmaps/kube-dns", system);
    CLEANUP(str_freep) char *dns = xasprintf("%s/services/kube-dns", system);
    CLEANUP(str_freep) char *behind = xasprintf("%s/endpoints/kube-dns", system);
    CLEANUP(str_freep) char *corefile = xasprintf("%s/configmaps/coredns", system);
    truth_get(g, name, path, c, "service");
    truth_get(g, name, endpoints, c, "endpoints");
    truth_get(g, name, "/api/v1/nodes", c, "nodes");
    truth_get(g, name, config, c, "config");
    truth_get(g, name, dns, c, "dns_service");
    truth_get(g, name, behind, c, "dns_endpoints");
    truth_get(g, name, corefile, c, "corefile");
}

/* A Corefile counts only where the cluster's DNS is CoreDNS. */
static void drop_corefiles(struct truth_gather *g) {
    const char *name;
    json_t *c;
    json_object_foreach(json_object_get(g->evidence, "clusters"), name, c) {
        const char *app = json_str(c, "dns_service", "json", "spec", "selector", "k8s-app", NULL);
        if (!str_eq(app, "coredns"))
            json_object_del(c, "corefile");
    }
}

static void on_clusters(struct truth_gather *g) {
    drop_corefiles(g);
    truth_provider_begin(g, on_provider);
}

static void on_federation(struct truth_gather *g) {
    const json_t *wanted = json_object_get(g->args, "clusters");
    size_t i;
    json_t *one;
    json_array_foreach(wanted, i, one) {
        if (json_is_string(one))
            get_cluster(g, json_string_value(one));
    }
    json_array_foreach(json_at(g->evidence, "registered", "json", "items", NULL), i, one) {
        const char *name = json_str(one, "metadata", "name", NULL);
        if (!wanted && name)
            get_cluster(g, name);
    }
    truth_then(g, on_clusters);
}

static void begin(struct truth_gather *g) {
    const char *context = json_str(g->args, "federation_context", NULL);
    CLEANUP(str_freep)
    char *path =
        xasprintf("/api/v1/namespaces/%s/services/%s", json_str(g->evidence, "namespace", NULL),
                  json_str(g->evidence, "service", NULL));
    if (!context)
        context = "federation";
    truth_get(g, context, path, g->evidence, "federated");
    truth_get(g, context, "/apis/federation/v1beta1/clusters", g->evidence, "registered");
    truth_then(g, on_federation);
}

struct truth_gather *truth_gather_start(const struct ask_place *place, const json_t *args,
                                        int64_t timeout_ms,
                                        void (*done)(void *self, const json_t *table), void *self) {
    static const char *const copied[] = {"service", "namespace", "federation",
                                         "zone",    "ttl",       "cluster_domain",
                                         "forms",   "types",     "askers"};
    struct truth_gather *g = xcalloc(1, sizeof(*g));
    *g = (struct truth_gather){.place = *place,
                               .args = args,
                               .timeout_ms = timeout_ms,
                               .done = done,
                               .self = self,
                               .evidence = json_object()};
    json_set_str(g->evidence, "namespace", "default");
    for (size_t i = 0; i < ARRAY_LEN(copied); i++)
        if (json_object_get(args, copied[i]))
            json_object_set(g->evidence, copied[i], json_object_get(args, copied[i]));
    json_ensure_object(g->evidence, "clusters");
    begin(g);
    return g;
}

void truth_gather_free(struct truth_gather *g) {
    if (!g)
        return;
    loop_stop(g->place.loop, &g->soon);
    truth_forward_release(g);
    while (g->parts) {
        struct truth_part *p = g->parts;
        g->parts = p->next;
        ask_free(p->ask);
        json_decref(p->into);
        free(p->key);
        free(p);
    }
    for (size_t i = 0; i < TRUTH_LANES; i++) {
        ask_free(g->lanes[i].ask);
        json_decref(g->lanes[i].args);
    }
    json_decref(g->evidence);
    json_decref(g->rows);
    free(g);
}
