#include "harness/core/sched.h"

#include <assert.h>
#include <stdlib.h>

struct sched {
    int64_t now_ms;
    uint64_t order;
    struct sched_timer **heap; /* from index 1: a timer's place is its index */
    size_t count, cap;
};

struct sched *sched_new(void) {
    return xcalloc(1, sizeof(struct sched));
}

void sched_free(struct sched *s) {
    if (!s)
        return;
    for (size_t i = 1; i <= s->count; i++)
        s->heap[i]->place = 0;
    free(s->heap);
    free(s);
}

int64_t sched_now_ms(const struct sched *s) {
    return s->now_ms;
}

static bool earlier(const struct sched_timer *a, const struct sched_timer *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void put(struct sched *s, size_t place, struct sched_timer *t) {
    s->heap[place] = t;
    t->place = place;
}

static void sift_up(struct sched *s, size_t place, struct sched_timer *t) {
    for (; place > 1 && earlier(t, s->heap[place / 2]); place /= 2)
        put(s, place, s->heap[place / 2]);
    put(s, place, t);
}

static void sift_down(struct sched *s, size_t place, struct sched_timer *t) {
    for (size_t child; (child = place * 2) <= s->count; place = child) {
        if (child < s->count && earlier(s->heap[child + 1], s->heap[child]))
            child++;
        if (!earlier(s->heap[child], t))
            break;
        put(s, place, s->heap[child]);
    }
    put(s, place, t);
}

void sched_stop(struct sched *s, struct sched_timer *t) {
    if (!t->place)
        return;
    size_t place = t->place;
    assert(place <= s->count && s->heap[place] == t);
    struct sched_timer *last = s->heap[s->count--];
    t->place = 0;
    if (last == t)
        return;
    if (place > 1 && earlier(last, s->heap[place / 2]))
        sift_up(s, place, last);
    else
        sift_down(s, place, last);
}

void sched_start(struct sched *s, struct sched_timer *t, int64_t delay_ms, sched_fn *fn,
                 void *self) {
    sched_stop(s, t);
    t->at_ms = s->now_ms + (delay_ms > 0 ? delay_ms : 0);
    t->order = s->order++;
    t->fn = fn;
    t->self = self;
    s->heap = xgrow(s->heap, s->count + 1, &s->cap, sizeof(struct sched_timer *));
    sift_up(s, ++s->count, t);
}

int64_t sched_next_ms(const struct sched *s) {
    return s->count ? s->heap[1]->at_ms : -1;
}

size_t sched_run_to(struct sched *s, int64_t now_ms) {
    size_t fired = 0;
    while (s->count && s->heap[1]->at_ms <= now_ms) {
        struct sched_timer *t = s->heap[1];
        if (t->at_ms > s->now_ms)
            s->now_ms = t->at_ms;
        sched_stop(s, t);
        t->fn(t->self);
        fired++;
    }
    if (now_ms > s->now_ms)
        s->now_ms = now_ms;
    return fired;
}
