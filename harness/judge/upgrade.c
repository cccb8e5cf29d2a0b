#include "harness/judge/upgrade.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/judge/compare.h"
#include "harness/model/predicate.h"
#include "harness/model/value.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_str(object, key, NULL);
    return text ? text : "";
}

static void add_text(json_t *list, char *text) {
    json_array_append_new(list, json_string(text));
    free(text);
}

/* --- points -------------------------------------------------------------------------- */

/* The result of the case in the first run that judged it; borrowed or NULL. */
static const json_t *result_of(const json_t *runs, const char *case_id) {
    size_t i, k;
    json_t *run, *result;
    json_array_foreach(runs, i, run) {
        json_array_foreach(json_object_get(run, "results"), k, result) {
            const char *verdict = text_of(result, "verdict");
            if (str_eq(json_str(result, "case", NULL), case_id) && !str_eq(verdict, "blocked") &&
                !str_eq(verdict, "unsupported"))
                return result;
        }
    }
    return NULL;
}

struct point {
    json_t *json;     /* borrowed: what is said of it */
    json_t *evidence; /* borrowed: its member */
    bool missing, other;
    struct buf why;
};

/* The values of one name on both sides; what is not there is null. */
static void add_evidence(struct point *p, const char *case_id, const char *name,
                         const json_t *before, const json_t *after) {
    const json_t *old = value_at(before, name), *new = value_at(after, name);
    json_t *one = json_object();
    json_set_str(one, "case", case_id);
    json_set_str(one, "name", name);
    json_object_set_new(one, "before", old ? json_deep_copy(old) : json_null());
    json_object_set_new(one, "after", new ? json_deep_copy(new) : json_null());
    json_array_append_new(p->evidence, one);
}

static void hold_against(struct point *p, const char *case_id, const char *when,
                         const json_t *predicate, const json_t *evidence) {
    struct predicate_difference d = {0};
    if (!predicate || predicate_holds(predicate, evidence, &d))
        return;
    p->other = true;
    buf_addf(&p->why, "%s%s, %s: expected %s, seen: %s", p->why.len ? "; " : "", case_id, when,
             d.expected ? d.expected : "other evidence", d.seen ? d.seen : "nothing");
    predicate_difference_release(&d);
}

static bool keeps(const json_t *evidence, const json_t *names) {
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name) {
        if (value_at(evidence, json_string_value(name)))
            return true;
    }
    return false;
}

static void check_source_of(struct point *p, const json_t *source, const json_t *base,
                            const json_t *candidate) {
    const char *id = text_of(source, "case");
    const json_t *before = result_of(base, id), *after = result_of(candidate, id);
    if (!before || !after) {
        p->missing = true;
        buf_addf(&p->why, "%s%s was not judged in %s", p->why.len ? "; " : "", id,
                 before  ? "the newer run"
                 : after ? "the older run"
                         : "the runs");
        return;
    }
    const json_t *old = json_object_get(before, "evidence");
    const json_t *new = json_object_get(after, "evidence");
    const json_t *names = json_object_get(source, "evidence");
    if (!keeps(old, names) && !keeps(new, names)) {
        p->missing = true;
        buf_addf(&p->why, "%s%s kept no evidence of it", p->why.len ? "; " : "", id);
        return;
    }
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name) add_evidence(p, id, json_string_value(name), old, new);
    hold_against(p, id, "before", json_object_get(source, "before"), old);
    hold_against(p, id, "after", json_object_get(source, "after"), new);
}

static json_t *check_point(const json_t *listed, const json_t *base, const json_t *candidate,
                           json_t *warnings) {
    static const char *const copied[] = {"id", "title", "do", "url"};
    struct point p = {.json = json_object(), .evidence = json_array(), .why = BUF_INIT};
    for (size_t i = 0; i < ARRAY_LEN(copied); i++)
        json_set_str(p.json, copied[i], text_of(listed, copied[i]));
    json_object_set_new(p.json, "evidence", p.evidence);
    const json_t *sources = json_object_get(listed, "shown_by");
    size_t i;
    json_t *source;
    json_array_foreach(sources, i, source) check_source_of(&p, source, base, candidate);
    if (!sources)
        buf_adds(&p.why, text_of(listed, "not_shown"));
    const char *state = p.other ? "not-as-listed" : p.missing || !sources ? "not-shown" : "shown";
    json_set_str(p.json, "state", state);
    json_set_str(p.json, "text", buf_str(&p.why));
    if (p.other)
        add_text(warnings,
                 xasprintf("%s is not as listed: %s", text_of(listed, "id"), buf_str(&p.why)));
    buf_release(&p.why);
    return p.json;
}

/* --- what it comes to ---------------------------------------------------------------- */

static json_t *entry(const json_t *row) {
    const char *gap = json_str(row, "candidate", "gap", NULL);
    if (!gap || !*gap)
        gap = json_str(row, "base", "gap", NULL);
    return json_pack("{s:s, s:s, s:s, s:s}", "case", text_of(row, "case"), "gap", gap ? gap : "",
                     "title", text_of(row, "title"), "text", text_of(row, "text"));
}

static bool is_class(const json_t *row, enum compare_class class) {
    return str_eq(text_of(row, "class"), compare_class_name(class));
}

static void sort_rows(json_t *out, const json_t *comparison) {
    json_t *mends = json_array(), *breaks = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(comparison, "cases"), i, row) {
        if (is_class(row, COMPARE_FIXED) || is_class(row, COMPARE_GAP_CLOSED))
            json_array_append_new(mends, entry(row));
        else if (json_flag(row, "blocks", NULL) || is_class(row, COMPARE_GAP_OPENED))
            json_array_append_new(breaks, entry(row));
    }
    json_object_set_new(out, "mends", mends);
    json_object_set_new(out, "breaks", breaks);
}

/* "KNOWN GAP FED-GAP-001: what was seen" without what is said beside it. */
static const char *behind_prefix(const char *message) {
    const char *colon = str_has_prefix(message, "KNOWN GAP ") ? strstr(message, ": ") : NULL;
    return colon ? colon + 2 : message;
}

/* Known gaps on both sides, with what the ledger had expected of the newer release. */
static json_t *remaining(const json_t *base, const json_t *candidate, const json_t *forecasts,
                         const char *to, json_t *warnings) {
    json_t *list = json_array(), *result;
    size_t i;
    json_array_foreach(json_object_get(json_array_get(candidate, 0), "results"), i, result) {
        const char *id = text_of(result, "case"), *gap = json_str(result, "gap", "id", NULL);
        if (!str_eq(text_of(result, "verdict"), "known-gap"))
            continue;
        const json_t *before = result_of(base, id);
        if (!before || !str_eq(text_of(before, "verdict"), "known-gap"))
            continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "case", id, "gap",
                                              gap ? gap : "", "title",
                                              json_str(result, "gap", "title", NULL)
                                                  ? json_str(result, "gap", "title", NULL)
                                                  : "",
                                              "text", behind_prefix(text_of(result, "message"))));
        if (gap && to && str_eq(json_str(forecasts, gap, to, NULL), "fixed"))
            add_text(warnings, xasprintf("%s: the ledger expected %s to mend it, and it is still "
                                         "there",
                                         gap, to));
    }
    return list;
}

json_t *upgrade_check(const json_t *base, const json_t *candidate,
                      const struct upgrade_options *o) {
    const char *from = json_str(json_array_get(base, 0), "kubernetes", NULL);
    const char *to = json_str(json_array_get(candidate, 0), "kubernetes", NULL);
    json_t *comparison =
        compare_runs(base, candidate, &(struct compare_options){.strict = o->strict});
    json_t *out = json_object(), *points = json_array();
    json_t *warnings = json_deep_copy(json_object_get(comparison, "warnings"));
    json_t *reasons = json_deep_copy(json_object_get(comparison, "reasons"));
    json_t *notes = json_deep_copy(json_object_get(comparison, "notes"));
    json_set_int(out, "version", 1);
    json_set_str(out, "from", from ? from : "?");
    json_set_str(out, "to", to ? to : "?");
    sort_rows(out, comparison);
    json_object_set_new(out, "remains", remaining(base, candidate, o->forecasts, to, warnings));
    size_t i, told = json_array_size(warnings);
    json_t *listed;
    json_array_foreach(json_object_get(o->list, "points"), i, listed)
        json_array_append_new(points, check_point(listed, base, candidate, warnings));
    if (!o->list)
        add_text(notes, xasprintf("there is no upgrade list from %s to %s: only the runs are "
                                  "compared",
                                  from ? from : "?", to ? to : "?"));
    for (i = told; o->strict && i < json_array_size(warnings); i++)
        json_array_append(reasons, json_array_get(warnings, i));
    bool go = json_array_size(reasons) == 0;
    json_set_str(out, "list", o->list ? text_of(o->list, "title") : "");
    json_object_set_new(out, "points", points);
    json_object_set_new(out, "reasons", reasons);
    json_object_set_new(out, "warnings", warnings);
    json_object_set_new(out, "notes", notes);
    json_set_str(out, "verdict", go ? "go" : "no-go");
    json_set_int(out, "exit", go ? 0 : 1);
    json_object_set_new(out, "comparison", comparison);
    return out;
}
