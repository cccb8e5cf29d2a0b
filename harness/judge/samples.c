#include "harness/judge/samples.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/judge/stats.h"
#include "harness/model/verdict.h"

#include <stdlib.h>

static struct sample *ensure(struct samples *s, const char *id) {
    uintptr_t at = (uintptr_t)map_get(&s->index, id);
    if (at)
        return &s->list[at - 1];
    s->list = xgrow(s->list, s->count, &s->cap, sizeof(*s->list));
    s->list[s->count] = (struct sample){.id = id};
    s->count++;
    map_set(&s->index, id, (void *)(uintptr_t)s->count);
    return &s->list[s->count - 1];
}

/* The worse, the higher: whose verdict and message stand for the case. */
static int weight(enum verdict v) {
    if (verdict_is_red(v) && v != VERDICT_GAP_VANISHED)
        return 4;
    return v == VERDICT_KNOWN_GAP ? 3 : v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED ? 1 : 2;
}

static void add_time(struct sample *s, const json_t *result) {
    s->ms = xgrow(s->ms, s->ms_count, &s->ms_cap, sizeof(*s->ms));
    s->ms[s->ms_count++] = (double)json_int(result, 0, "elapsed_ms", NULL);
}

static void add(struct samples *samples, const json_t *result) {
    struct sample *s = ensure(samples, json_str(result, "case", NULL));
    const char *name = json_str(result, "verdict", NULL);
    enum verdict v = verdict_of_name(name);
    if (s->runs == 0 || weight(v) > weight(verdict_of_name(s->verdict))) {
        s->verdict = verdict_name(v);
        s->message = json_str(result, "message", NULL);
    }
    s->title = json_str(result, "title", NULL);
    s->required |= json_flag(result, "required", NULL);
    const char *gap = json_str(result, "gap", "id", NULL);
    s->gap = gap ? gap : s->gap;
    s->runs++;
    switch (v) {
    case VERDICT_PASSED:
    case VERDICT_GAP_VANISHED:
        s->passed++;
        add_time(s, result);
        break;
    case VERDICT_KNOWN_GAP:
        s->gaps++;
        add_time(s, result);
        break;
    case VERDICT_FAILED:
    case VERDICT_ERROR:
    case VERDICT_GAP_CHANGED:
    case VERDICT_GAP_EXPIRED:
        s->bad++;
        break;
    case VERDICT_UNSUPPORTED:
    case VERDICT_BLOCKED:
    case VERDICT_COUNT:
        s->unjudged++;
        break;
    }
}

struct samples *samples_new(const json_t *runs) {
    struct samples *s = xcalloc(1, sizeof(*s));
    s->runs = json_array_size(runs);
    size_t i, k;
    json_t *run, *result;
    json_array_foreach(runs, i, run) {
        json_array_foreach(json_object_get(run, "results"), k, result) add(s, result);
    }
    for (i = 0; i < s->count; i++)
        s->list[i].median_ms = stats_median(s->list[i].ms, s->list[i].ms_count);
    return s;
}

void samples_free(struct samples *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->list[i].ms);
    free(s->list);
    map_release(&s->index);
    free(s);
}

const struct sample *samples_find(const struct samples *s, const char *id) {
    uintptr_t at = (uintptr_t)map_get(&s->index, id);
    return at ? &s->list[at - 1] : NULL;
}

enum standing sample_standing(const struct sample *s) {
    if (!s || s->runs == 0)
        return STANDING_ABSENT;
    size_t judged = s->passed + s->gaps + s->bad;
    if (judged == 0)
        return STANDING_UNJUDGED;
    if (s->passed == judged)
        return STANDING_PASSED;
    if (s->gaps == judged)
        return STANDING_GAP;
    return s->bad == judged ? STANDING_BAD : STANDING_MIXED;
}

char *sample_describe(const struct sample *s) {
    if (!s || s->runs == 0)
        return xstrdup("not there");
    if (sample_standing(s) != STANDING_MIXED)
        return s->runs == 1 ? xstrdup(s->verdict)
                            : xasprintf("%s in %zu runs", s->verdict, s->runs);
    if (s->gaps > 0)
        return xasprintf("%zu passed, %zu known gap and %zu red of %zu runs", s->passed, s->gaps,
                         s->bad, s->runs);
    return xasprintf("%zu/%zu passed", s->passed, s->passed + s->bad);
}
