/* Which names a truth table asks, of whom. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <string.h>

static const char *const types[] = {"A", "AAAA", "SRV", "CNAME"};

struct form {
    const char *name;          /* of the form, as the table shows it */
    char *written;             /* owned: what a person would write; "" cannot be formed */
    const char *zone, *region; /* of the form zone, region */
    const char *candidates[4]; /* suffixes in turn; NULL ends; "": the name is whole */
};

static bool is_wanted(const struct truth *t, const char *key, const char *value) {
    const json_t *wanted = json_object_get(t->evidence, key);
    return !wanted || truth_has(wanted, value);
}

static json_t *candidates_of(const struct form *f) {
    json_t *list = json_array();
    for (size_t i = 0; *f->written && i < ARRAY_LEN(f->candidates) && f->candidates[i]; i++) {
        const char *suffix = f->candidates[i];
        CLEANUP(str_freep)
        char *name = xasprintf("%s%s%s%s", f->written, *suffix ? "." : "", suffix,
                               *suffix || !str_has_suffix(f->written, ".") ? "." : "");
        json_array_append_new(list, json_string(name));
    }
    return list;
}

/* The rows of a form, asked of one asker. Frees f->written. */
static void add_form(const struct truth *t, const char *asker, struct form *f, json_t *questions) {
    CLEANUP(str_freep) char *written = f->written;
    for (size_t i = 0; i < ARRAY_LEN(types) && is_wanted(t, "forms", f->name); i++) {
        if (!is_wanted(t, "types", types[i]))
            continue;
        json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:o}", "asker", asker, "form", f->name,
                                "name", written, "type", types[i], "candidates", candidates_of(f));
        json_set_str(row, "zone", f->zone);
        json_set_str(row, "region", f->region);
        json_array_append_new(questions, row);
    }
}

static void add_inside(const struct truth *t, const char *asker, json_t *questions) {
    CLEANUP(str_freep) char *ns_svc = xasprintf("%s.svc.%s", t->ns, t->domain);
    CLEANUP(str_freep) char *svc = xasprintf("svc.%s", t->domain);
    const char *const list[] = {ns_svc, svc, t->domain, NULL};
    struct form forms[] = {
        {.name = "svc", .written = xstrdup(t->service)},
        {.name = "svc.ns", .written = xasprintf("%s.%s", t->service, t->ns)},
        {.name = "svc.ns.svc", .written = xasprintf("%s.%s.%s.", t->service, t->ns, svc)},
        {.name = "svc.ns.fed", .written = xasprintf("%s.%s.%s", t->service, t->ns, t->federation)},
        {.name = "svc.ns.fed.svc",
         .written = xasprintf("%s.%s.%s.%s.", t->service, t->ns, t->federation, svc)}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (str_has_suffix(forms[i].written, "."))
            forms[i].candidates[0] = "";
        else
            memcpy(forms[i].candidates, list, sizeof(list));
        add_form(t, asker, &forms[i], questions);
    }
}

static bool is_first(const struct truth *t, size_t at, bool with_zone) {
    for (size_t i = 0; i < at; i++)
        if (str_eq(t->clusters[i].region, t->clusters[at].region) &&
            (!with_zone || str_eq(t->clusters[i].zone, t->clusters[at].zone)))
            return false;
    return true;
}

static void add_places(const struct truth *t, const char *asker, const char *prefix, bool zones,
                       json_t *questions) {
    bool any = false;
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        if (!c->zone || !is_first(t, i, zones))
            continue;
        any = true;
        struct form f = {.name = zones ? "zone" : "region",
                         .zone = zones ? c->zone : NULL,
                         .region = c->region,
                         .candidates = {""}};
        f.written = zones ? xasprintf("%s.%s.%s.%s.", prefix, c->zone, c->region, t->zone)
                          : xasprintf("%s.%s.%s.", prefix, c->region, t->zone);
        add_form(t, asker, &f, questions);
    }
    struct form none = {.name = zones ? "zone" : "region", .written = xstrdup("")};
    if (any)
        free(none.written);
    else
        add_form(t, asker, &none, questions);
}

static void add_outside(const struct truth *t, const char *asker, json_t *questions) {
    CLEANUP(str_freep)
    char *prefix = xasprintf("%s.%s.%s.svc", t->service, t->ns, t->federation);
    struct form global = {.name = "global",
                          .written = *t->zone ? xasprintf("%s.%s.", prefix, t->zone) : xstrdup(""),
                          .candidates = {""}};
    add_form(t, asker, &global, questions);
    add_places(t, asker, prefix, false, questions);
    add_places(t, asker, prefix, true, questions);
}

json_t *truth_questions(const json_t *evidence) {
    struct truth t;
    json_t *questions = json_array();
    truth_read(&t, evidence);
    for (size_t i = 0; i < t.cluster_count; i++) {
        if (!is_wanted(&t, "askers", t.clusters[i].name))
            continue;
        add_inside(&t, t.clusters[i].name, questions);
        add_outside(&t, t.clusters[i].name, questions);
    }
    if (is_wanted(&t, "askers", TRUTH_ZONE_SERVER))
        add_outside(&t, TRUTH_ZONE_SERVER, questions);
    truth_release(&t);
    return questions;
}

/* How much an answer says to somebody who walks a search list, as glibc does (resolv/res_query.c):
 * no data on one suffix is remembered, no such name is not. */
static int weight_of(const json_t *seen) {
    const char *end = json_str(seen, "way", "end", NULL), *rcode = json_str(seen, "rcode", NULL);
    if (json_object_get(seen, "problem"))
        return 4;
    if (str_eq(end, "found") || str_eq(end, "loop") || str_eq(end, "long"))
        return 5;
    if (str_eq(end, "nodata"))
        return 3;
    return str_eq(rcode, "NXDOMAIN") ? 1 : rcode ? 2 : 0;
}

bool truth_search_ends(const json_t *seen) {
    return weight_of(seen) >= 4;
}

bool truth_search_prefers(const json_t *later, const json_t *earlier) {
    return weight_of(later) > weight_of(earlier);
}
