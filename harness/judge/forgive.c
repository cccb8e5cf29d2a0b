#include "harness/judge/forgive.h"
#include "harness/core/json.h"
#include "harness/model/predicate.h"
#include "harness/model/value.h"
#include "harness/model/verdict.h"

#include <stdlib.h>
#include <string.h>

static void set(json_t *result, enum verdict v, const struct gap *g, const char *message) {
    json_set_str(result, "verdict", verdict_name(v));
    json_set_str(result, "message", message);
    json_t *gap = json_object();
    json_set_str(gap, "id", g->id);
    json_set_str(gap, "registry", g->registry ? g->registry : "");
    json_set_str(gap, "title", g->title);
    json_set_str(gap, "url", g->url);
    json_set_str(gap, "owner", g->owner);
    json_set_str(gap, "review_by", g->review_by);
    json_set_str(gap, "why", g->why);
    if (g->since)
        json_set_str(gap, "since", g->since);
    if (g->workaround)
        json_set_str(gap, "workaround", g->workaround);
    json_object_set_new(result, "gap", gap);
}

/* What a tool said may end in a newline or have several lines: a message has one. */
static char *one_line(char *text) {
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        text[--len] = '\0';
    for (char *p = text; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    return text;
}

/* The ledger's message with the evidence filled in; what the evidence lacks shows as "(none)". */
static char *message_of(const struct gap *g, const json_t *evidence) {
    if (!g->message)
        return xstrdup(g->title);
    CLEANUP(json_freep) json_t *names = json_object();
    CLEANUP(json_freep) json_t *bound = json_deep_copy(evidence);
    CLEANUP(json_freep) json_t *message = json_string(g->message);
    value_references(message, names, NULL);
    const char *name;
    json_t *unused;
    json_object_foreach(names, name, unused) {
        if (!json_object_get(bound, name))
            json_set_str(bound, name, "(none)");
    }
    CLEANUP(json_freep) json_t *text = value_expand_text(g->message, bound, NULL);
    return text ? one_line(value_to_text(text)) : xstrdup(g->title);
}

static bool is_valid(const struct gap *g, const struct forgive_context *c) {
    return gap_holds_in_world(g, c->world) && c->now_ms <= g->review_by_ms &&
           (!*g->versions || (c->version && gap_window_has(g->versions, c->version)));
}

void forgive_passed(json_t *result, const struct forgive_context *c) {
    const char *id = json_str(result, "case", NULL);
    for (size_t i = 0; c->ledger && i < c->ledger->count; i++) {
        const struct gap *g = &c->ledger->gaps[i];
        if (!gap_excuses_case(g, id) || !is_valid(g, c))
            continue;
        CLEANUP(str_freep)
        char *message =
            xasprintf("KNOWN GAP %s VANISHED on %s: %s; the case passes now: update the ledger",
                      g->id, c->version ? c->version : "this release", g->title);
        set(result, VERDICT_GAP_VANISHED, g, message);
        return;
    }
}

static void forgive(json_t *result, const struct gap *g) {
    CLEANUP(str_freep) char *seen = message_of(g, json_object_get(result, "evidence"));
    CLEANUP(str_freep) char *message = xasprintf("KNOWN GAP %s: %s", g->id, seen);
    set(result, VERDICT_KNOWN_GAP, g, message);
}

static void refuse(json_t *result, const struct gap *g, const struct forgive_context *c,
                   const struct predicate_difference *d) {
    const char *failure = json_str(result, "message", NULL);
    CLEANUP(str_freep) char *message = NULL;
    if (is_valid(g, c)) {
        message = xasprintf(
            "GAP CHANGED %s: it fails in another way: the signature expects %s, seen: %s; %s",
            g->id, d->expected ? d->expected : "other evidence", d->seen ? d->seen : "nothing",
            failure);
        set(result, VERDICT_GAP_CHANGED, g, message);
        return;
    }
    if (!gap_holds_in_world(g, c->world)) {
        CLEANUP(str_freep) char *worlds = json_text(g->worlds);
        message = xasprintf("GAP EXPIRED %s: recorded for the worlds %s, this is %s; %s", g->id,
                            worlds, c->world, failure);
    } else if (c->now_ms > g->review_by_ms) {
        message = xasprintf("GAP EXPIRED %s: it was to be reviewed by %s; %s", g->id, g->review_by,
                            failure);
    } else {
        message = xasprintf("GAP EXPIRED %s: recorded for %s, this is %s; %s", g->id, g->versions,
                            c->version ? c->version : "an unknown release", failure);
    }
    set(result, VERDICT_GAP_EXPIRED, g, message);
}

void forgive_failed(json_t *result, const struct forgive_context *c) {
    const char *id = json_str(result, "case", NULL);
    const json_t *evidence = json_object_get(result, "evidence");
    const struct gap *refused = NULL;
    struct predicate_difference why = {0};
    for (size_t i = 0; c->ledger && i < c->ledger->count; i++) {
        const struct gap *g = &c->ledger->gaps[i];
        if (!gap_excuses_case(g, id))
            continue;
        struct predicate_difference d = {0};
        bool same = predicate_holds(g->signature, evidence, &d);
        if (same && is_valid(g, c)) {
            predicate_difference_release(&why);
            forgive(result, g);
            return;
        }
        if (!refused || same) {
            predicate_difference_release(&why);
            refused = g;
            why = d;
        } else {
            predicate_difference_release(&d);
        }
    }
    if (refused)
        refuse(result, refused, c, &why);
    predicate_difference_release(&why);
}
