#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <string.h>
#include <strings.h>

const json_t *truth_row(const json_t *rows, const char *asker, const char *name, const char *type) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        if (str_eq(json_str(row, "asker", NULL), asker) &&
            str_eq(json_str(row, "name", NULL), name) && str_eq(json_str(row, "type", NULL), type))
            return row;
    }
    return NULL;
}

static void set_addresses(json_t *row) {
    json_t *addresses = json_array(), *record;
    size_t i;
    json_array_foreach(json_at(row, "answer", "way", "records", NULL), i, record)
        json_array_append(addresses, json_object_get(record, "data"));
    json_object_set_new(row, "addresses", addresses);
}

/* Whether the zone's name final should have the cluster's addresses. */
static bool is_of(const struct truth *t, const struct truth_cluster *c, const char *final) {
    CLEANUP(str_freep) char *region = xasprintf(".svc.%s.", c->region ? c->region : "");
    CLEANUP(str_freep)
    char *zone = xasprintf(".svc.%s.%s.", c->zone ? c->zone : "", c->region ? c->region : "");
    switch (truth_level_of(t, final)) {
    case TRUTH_GLOBAL_LEVEL:
        return true;
    case TRUTH_REGION_LEVEL:
        return c->region && strcasestr(final, region);
    case TRUTH_ZONE_LEVEL:
        return c->zone && strcasestr(final, zone);
    case TRUTH_NO_LEVEL:
        break;
    }
    return false;
}

/* Addresses of healthy clusters that the name should have and has not; owned. */
static json_t *missing_addresses(const struct truth *t, const json_t *row) {
    json_t *missing = json_array();
    const char *final = json_str(row, "answer", "way", "final", NULL);
    bool v6 = str_eq(json_str(row, "type", NULL), "AAAA");
    if (!v6 && !str_eq(json_str(row, "type", NULL), "A"))
        return missing;
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        size_t j;
        json_t *address;
        if (!truth_is_healthy(c) || !is_of(t, c, final))
            continue;
        json_array_foreach(c->ingress, j, address) {
            const char *text = json_string_value(address);
            if ((strchr(text, ':') != NULL) == v6 &&
                !truth_has(json_object_get(row, "addresses"), text))
                json_array_append(missing, address);
        }
    }
    return missing;
}

static void judge(const struct truth *t, json_t *row, const json_t *rows) {
    const json_t *a_row =
        truth_row(rows, json_str(row, "asker", NULL), json_str(row, "name", NULL), "A");
    json_set_str(row, "verdict", truth_verdict(t, row, a_row == row ? NULL : a_row));
    json_t *expected = truth_expected(t, row), *missing = json_array();
    bool remote = str_has_prefix(json_str(row, "verdict", NULL), "REMOTE");
    if (remote) {
        json_decref(missing);
        missing = missing_addresses(t, row);
    }
    json_set_bool(row, "ok",
                  truth_has(expected, json_str(row, "verdict", NULL)) &&
                      json_array_size(missing) == 0);
    json_object_set_new(row, "expected", expected);
    json_object_set_new(row, "missing", missing);
}

static void explain(const struct truth *t, json_t *row, const json_t *rows) {
    json_t *why = truth_why(t, row, rows), *whose = json_object();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(row, "missing"), i, one)
        truth_why_add(why, "address-missing", "%s of %s", json_string_value(one),
                      "a healthy shard is not among the addresses");
    const char *type = json_str(row, "type", NULL);
    json_array_foreach(json_object_get(row, "addresses"), i, one) {
        if (type[0] != 'A')
            break;
        CLEANUP(str_freep)
        char *owner = truth_whose(t, json_str(row, "asker", NULL), json_string_value(one));
        json_set_str(whose, json_string_value(one), owner);
    }
    json_object_set_new(row, "whose", whose);
    json_object_set_new(row, "why", why);
}

/* Takes what only the functions here needed off the row. */
static void trim(json_t *row) {
    static const char *const kept[] = {"elapsed_us", "tcp", "truncated"};
    CLEANUP(json_freep) json_t *answer = json_incref(json_object_get(row, "answer"));
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (json_object_get(answer, kept[i]))
            json_object_set(row, kept[i], json_object_get(answer, kept[i]));
    json_t *chain = json_at(answer, "way", "chain", NULL);
    if (chain)
        json_object_set(row, "chain", chain);
    json_set_str(row, "rcode", json_str(answer, "way", "rcode", NULL));
    json_set_str(row, "problem", json_str(answer, "problem", NULL));
    json_object_del(row, "answer");
    json_object_del(row, "candidates");
    if (json_array_size(json_object_get(row, "missing")) == 0)
        json_object_del(row, "missing");
}

/*
 * The oracle's levels: published (every A row of the zone's server is right, and one has
 * addresses), bridged (a cluster without a healthy shard gets another one's addresses). null: the
 * rows cannot tell.
 */
static json_t *levels_of(const struct truth *t, const json_t *rows) {
    int published = -1, bridged = -1;
    bool any = false;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const char *asker = json_str(row, "asker", NULL);
        bool ok = json_flag(row, "ok", NULL);
        bool remote = str_has_prefix(json_str(row, "verdict", NULL), "REMOTE");
        const struct truth_cluster *c = truth_find(t, asker);
        if (!str_eq(json_str(row, "type", NULL), "A"))
            continue;
        if (str_eq(asker, TRUTH_ZONE_SERVER)) {
            published = published != 0 && ok;
            any |= remote;
        } else if (c && c->endpoints_seen && !truth_is_healthy(c) &&
                   str_eq(json_str(row, "form", NULL), "svc.ns.fed.svc")) {
            bridged = bridged != 0 && ok && remote;
        }
    }
    if (published == 1 && !any)
        published = 0;
    return json_pack("{s:o, s:o}", "published",
                     published < 0 ? json_null() : json_boolean(published), "bridged",
                     bridged < 0 ? json_null() : json_boolean(bridged));
}

json_t *truth_table(const json_t *evidence, const json_t *answers) {
    struct truth t;
    truth_read(&t, evidence);
    json_t *rows = json_deep_copy(answers), *row;
    size_t i;
    json_int_t wrong = 0;
    json_array_foreach(rows, i, row) set_addresses(row);
    json_array_foreach(rows, i, row) { /* A rows first: others are judged by them */
        if (str_eq(json_str(row, "type", NULL), "A"))
            judge(&t, row, rows);
    }
    json_array_foreach(rows, i, row) {
        if (!str_eq(json_str(row, "type", NULL), "A"))
            judge(&t, row, rows);
        wrong += !json_flag(row, "ok", NULL);
    }
    json_array_foreach(rows, i, row) explain(&t, row, rows);
    json_t *levels = levels_of(&t, rows);
    json_array_foreach(rows, i, row) trim(row);
    json_t *table = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "service", t.service,
                              "namespace", t.ns, "federation", t.federation, "zone", t.zone, "type",
                              t.type, "wrong", wrong, "levels", levels, "rows", rows);
    truth_release(&t);
    return table;
}

/* --- one line --------------------------------------------------------------------------------- */

static void add_got(const json_t *row, struct buf *text) {
    const json_t *addresses = json_object_get(row, "addresses");
    const char *problem = json_str(row, "problem", NULL), *rcode = json_str(row, "rcode", NULL);
    size_t i;
    json_t *one;
    if (json_array_size(addresses) == 0) {
        buf_addf(text, "got %s", problem ? problem : "nothing");
        if (rcode && !problem)
            buf_addf(text, " (%s)", rcode);
        return;
    }
    buf_adds(text, "got ");
    json_array_foreach(addresses, i, one) {
        const char *address = json_string_value(one);
        const char *whose = json_str(row, "whose", address, NULL);
        buf_addf(text, "%s%s", i ? ", " : "", address);
        if (whose)
            buf_addf(text, " (%s)", whose);
    }
}

char *truth_line(const json_t *table, const char *asker, const char *form, const char *type) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        if (!str_eq(json_str(row, "asker", NULL), asker) ||
            !str_eq(json_str(row, "form", NULL), form) ||
            !str_eq(json_str(row, "type", NULL), type))
            continue;
        struct buf text = BUF_INIT;
        const char *asked = json_str(row, "asked", NULL), *name = json_str(row, "name", NULL);
        const char *said = asked && *asked ? asked : name ? name : "";
        size_t len = strlen(said);
        bool zone = str_eq(asker, TRUTH_ZONE_SERVER);
        buf_addf(&text, "%s: asked %.*s of %s%s, ", json_str(table, "service", NULL),
                 (int)(len && said[len - 1] == '.' ? len - 1 : len), said,
                 zone ? "the server of " : asker,
                 zone ? json_str(table, "zone", NULL) : "'s kube-dns");
        add_got(row, &text);
        const json_t *why = json_array_get(json_object_get(row, "why"), 0);
        buf_addf(&text, ": %s; %s", json_str(row, "verdict", NULL),
                 why ? json_str(why, "text", NULL) : "no reason known");
        return buf_detach(&text);
    }
    return NULL;
}
