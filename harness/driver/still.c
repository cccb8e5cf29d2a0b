#include "harness/driver/still.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>

enum { STEP_MAX_MS = 60000 };

struct still {
    struct case_place place;
    struct case_run *runs; /* owned; count of them */
    size_t count, cap, left;
    json_t *differences; /* borrowed */
};

/* Steals event, as the driver's own does. */
static void on_write(void *self, json_t *event, bool sync) {
    (void)sync;
    struct still *w = self;
    CLEANUP(json_freep) json_t *owned = event;
    bool met = str_eq(json_str(owned, "outcome", NULL), outcome_name(OUTCOME_MET));
    if (!str_eq(json_str(owned, "event", NULL), "step-end") || met)
        return;
    const char *expected = json_str(owned, "expected", NULL),
               *title = json_str(owned, "title", NULL);
    CLEANUP(str_freep)
    char *line =
        xasprintf("%s: not so any more: %s%s%s; seen: %s", json_str(owned, "case", NULL), title,
                  *expected ? ": expected " : "", expected, json_str(owned, "seen", NULL));
    for (char *p = line; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    json_array_append_new(w->differences, json_string(line));
}

static void on_end(void *self, struct case_run *c) {
    (void)c;
    struct still *w = self;
    w->left--;
}

struct still *still_new(const struct case_place *place, size_t cases_max, json_t *differences) {
    struct still *w = xcalloc(1, sizeof(*w));
    w->place = *place;
    w->place.deadline_max_ms = STEP_MAX_MS;
    w->place.write = on_write;
    w->place.ended = on_end;
    w->place.self = w;
    w->cap = cases_max;
    w->runs = xcalloc(cases_max + 1, sizeof(*w->runs));
    w->differences = differences;
    return w;
}

void still_add(struct still *w, const struct scenario *s, const json_t *visible) {
    if (s->still_count == 0 || w->count == w->cap)
        return;
    struct case_run *c = &w->runs[w->count++];
    w->left++;
    case_run_init(c, &w->place, s);
    case_run_check(c, visible);
}

size_t still_left(const struct still *w) {
    return w->left;
}

void still_free(struct still *w) {
    for (size_t i = 0; i < w->count; i++)
        case_run_release(&w->runs[i]);
    free(w->runs);
    free(w);
}
