#include "mocks/federation/autoscalers.h"

#include "harness/core/clock.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/sync.h"

#define SETTLED_MS (2 * 60 * 1000) /* ScaleForbiddenWindow */

/* What a copy can do for the others, and needs of them */

/* Its own controller has found nothing out yet. */
static bool is_pristine(const struct autoscaler_part *p) {
    return !p->scaled && p->desired == 0;
}

static bool can_give_max(const struct autoscaler_part *p) {
    if (p->min >= 0 && p->max - 1 < p->min)
        return false;
    if (is_pristine(p))
        return true;
    return p->settled &&
           (p->desired < p->current || (p->desired == p->current && p->desired < p->max));
}

static bool can_give_min(const struct autoscaler_part *p) {
    if (p->min <= 1)
        return false;
    if (is_pristine(p) && p->min <= p->max)
        return true;
    return p->settled && p->desired == p->current && p->current == p->min;
}

static bool needs_max(const struct autoscaler_part *p) {
    return p->settled && p->current == p->desired && p->current == p->max;
}

static bool can_take_min(const struct autoscaler_part *p) {
    return p->settled && p->min >= 0 && p->min < p->max && p->desired > p->min;
}

/* The division */

enum limit { LIMIT_MIN, LIMIT_MAX };

struct division {
    struct autoscaler_part *parts;
    size_t count;
    bool *gives[2]; /* by limit: who still offers one */
    int64_t step[2];
};

static int64_t *planned(struct autoscaler_part *p, enum limit which) {
    return which == LIMIT_MAX ? &p->planned_max : &p->planned_min;
}

/* The first that offers one, which is taken from it; false: nobody does. */
static bool take_one(struct division *d, enum limit which) {
    for (size_t i = 0; i < d->count; i++) {
        if (!d->gives[which][i])
            continue;
        d->gives[which][i] = false;
        --*planned(&d->parts[i], which);
        return true;
    }
    return false;
}

static int64_t offers(const struct division *d, enum limit which) {
    int64_t count = 0;
    for (size_t i = 0; i < d->count; i++)
        count += d->gives[which][i];
    return count;
}

static bool can_be_reduced(const struct autoscaler_part *p, enum limit which, bool offered) {
    if (which == LIMIT_MAX)
        return p->planned_max >= p->planned_min;
    return p->planned_min > (offered ? 1 : 0);
}

/* First from those who offer one, then from all in turn, each time one. */
static void reduce(struct division *d, enum limit which, int64_t excess) {
    for (size_t i = 0; i < d->count && excess > 0; i++) {
        if (!d->gives[which][i] || !can_be_reduced(&d->parts[i], which, true))
            continue;
        d->gives[which][i] = false;
        --*planned(&d->parts[i], which);
        excess--;
    }
    for (bool reduced = true; excess > 0 && reduced;) {
        reduced = false;
        for (size_t i = 0; i < d->count && excess > 0; i++) {
            struct autoscaler_part *p = &d->parts[i];
            if (!p->has || !can_be_reduced(p, which, false))
                continue;
            --*planned(p, which);
            excess--;
            reduced = true;
        }
    }
}

/* To those who are at their limit: of the maximum from what there is, of the minimum only what
 * another one offers. Returns what is left. */
static int64_t help_the_needy(struct division *d, enum limit which, int64_t left) {
    for (size_t i = 0; i < d->count && left != 0; i++) {
        struct autoscaler_part *p = &d->parts[i];
        if (!p->exists || !(which == LIMIT_MAX ? needs_max(p) : can_take_min(p)))
            continue;
        bool taken = take_one(d, which);
        if (which == LIMIT_MIN && !taken)
            continue;
        ++*planned(p, which);
        left--;
    }
    return left;
}

/* One part for one cluster; what is left of it. */
static int64_t give(struct division *d, enum limit which, struct autoscaler_part *p, int64_t left) {
    int64_t part = left < d->step[which] ? left : d->step[which];
    if (which == LIMIT_MIN && (!p->has || p->planned_max - part < p->planned_min))
        return left; /* no copy there, or it would pass its maximum */
    p->has = true;
    if (take_one(d, which))
        part = 1;
    *planned(p, which) += part;
    return left - part;
}

/* To the clusters that have no copy, or, when there are none such, to all: what was offered and not
 * needed goes back, which the real one leaves to chance. */
static void spread(struct division *d, enum limit which, int64_t left) {
    bool any_new = false;
    for (size_t i = 0; i < d->count; i++)
        any_new |= !d->parts[i].exists;
    for (size_t i = 0; i < d->count && !any_new && left > 0; i++) {
        left -= d->gives[which][i];
        d->gives[which][i] = false;
    }
    for (int64_t before = left + 1; left > 0 && left < before;) {
        before = left;
        for (size_t i = 0; i < d->count && left > 0; i++)
            if (!any_new || !d->parts[i].exists)
                left = give(d, which, &d->parts[i], left);
    }
}

void autoscalers_divide(int64_t min, int64_t max, struct autoscaler_part *parts, size_t count) {
    if (count == 0)
        return;
    int64_t clusters = (int64_t)count, left[2] = {min, max};
    struct division d = {.parts = parts, .count = count};
    d.step[LIMIT_MIN] = min / clusters < 1 ? 1 : min / clusters;
    d.step[LIMIT_MAX] = max / clusters < 2 ? 2 : max / clusters; /* else nothing could be moved */
    for (size_t w = 0; w < ARRAY_LEN(d.gives); w++)
        d.gives[w] = xcalloc(count, sizeof(bool));
    for (size_t i = 0; i < count; i++) {
        struct autoscaler_part *p = &parts[i];
        p->has = p->exists;
        p->planned_min = p->exists && p->min > 0 ? p->min : 0;
        p->planned_max = p->exists ? p->max : 0;
        d.gives[LIMIT_MIN][i] = p->exists && can_give_min(p);
        d.gives[LIMIT_MAX][i] = p->exists && can_give_max(p);
        left[LIMIT_MIN] -= p->planned_min;
        left[LIMIT_MAX] -= p->planned_max;
    }
    for (int w = LIMIT_MIN; w <= LIMIT_MAX; w++)
        if (left[w] < 0) {
            reduce(&d, (enum limit)w, -left[w]);
            left[w] = 0;
        }
    for (int w = LIMIT_MAX; w >= LIMIT_MIN; w--) {
        enum limit which = (enum limit)w;
        int64_t rest = help_the_needy(&d, which, left[w] + offers(&d, which));
        spread(&d, which, rest);
        free(d.gives[w]);
    }
    for (size_t i = 0; i < count; i++)
        if (parts[i].has && parts[i].planned_min <= 0 && parts[i].planned_max > 0)
            parts[i].planned_min = 1;
}

/* A scale time of long ago may be new to us: both clocks count. */
struct autoscaler_part autoscalers_part(const struct federation *f, const struct shard *s) {
    const char *scaled = json_str(s->status, "lastScaleTime", NULL);
    int64_t at = scaled ? clock_parse_utc(scaled) : -1;
    bool seen_long = sched_now_ms(f->sched) - s->scaled_seen_ms >= SETTLED_MS;
    return (struct autoscaler_part){
        .exists = s->exists,
        .min = s->limit_min,
        .max = s->limit_max,
        .current = json_int(s->status, 0, "currentReplicas", NULL),
        .desired = json_int(s->status, 0, "desiredReplicas", NULL),
        .scaled = scaled != NULL,
        .settled = scaled && (seen_long || (at >= 0 && clock_wall_ms() - at >= SETTLED_MS))};
}

/* The status */

struct sums {
    int64_t current, desired;
    int64_t cpu, weight; /* utilisation times replicas, and those replicas */
    const char *scaled;  /* the last of them; NULL: none */
};

static struct sums sum_up(struct fed_object *o) {
    struct sums sum = {0};
    for (size_t i = 0; i < o->f->cluster_slots; i++) {
        const struct shard *s = objects_ready_copy(o, i);
        if (!s)
            continue;
        int64_t current = json_int(s->status, 0, "currentReplicas", NULL);
        int64_t cpu = json_int(s->status, -1, "currentCPUUtilizationPercentage", NULL);
        const char *scaled = json_str(s->status, "lastScaleTime", NULL);
        sum.current += current;
        sum.desired += json_int(s->status, 0, "desiredReplicas", NULL);
        if (cpu >= 0) {
            sum.cpu += cpu * current;
            sum.weight += current;
        }
        if (scaled && (!sum.scaled || strcmp(scaled, sum.scaled) > 0))
            sum.scaled = scaled;
    }
    return sum;
}

/*
 * With the fault, a new status holds what changed and nothing else, current replicas when desired
 * ones changed and the other way round, and a time of scaling never gets there. (The real one's
 * write makes it look again, and write again, for ever; here it looks when something happens.)
 */
static json_t *partial(const json_t *before, const struct sums *sum, int64_t cpu) {
    int64_t cpu_before = json_int(before, -1, "currentCPUUtilizationPercentage", NULL);
    bool cpu_changed = cpu_before < 0 ? cpu != 0 : cpu != cpu_before;
    bool desired_changed = json_int(before, 0, "desiredReplicas", NULL) != sum->desired;
    bool current_changed = json_int(before, 0, "currentReplicas", NULL) != sum->current;
    if (!cpu_changed && !desired_changed && !current_changed)
        return NULL;
    json_t *status = json_object();
    if (cpu_changed)
        json_set_int(status, "currentCPUUtilizationPercentage", cpu);
    json_set_int(status, "currentReplicas", desired_changed ? sum->current : 0);
    json_set_int(status, "desiredReplicas", current_changed ? sum->desired : 0);
    return status;
}

static json_t *whole(const json_t *before, const struct sums *sum, int64_t cpu) {
    json_t *status = json_object();
    if (sum->weight > 0)
        json_set_int(status, "currentCPUUtilizationPercentage", cpu);
    json_set_int(status, "currentReplicas", sum->current);
    json_set_int(status, "desiredReplicas", sum->desired);
    json_set_str(status, "lastScaleTime", sum->scaled);
    json_t *same = before ? json_deep_copy(before) : json_object();
    json_object_del(same, "observedGeneration");
    bool differs = !json_equal(same, status);
    json_decref(same);
    if (differs)
        return status;
    json_decref(status);
    return NULL;
}

int autoscalers_write_status(struct fed_object *o, const json_t *federated) {
    const json_t *before = json_object_get(federated, "status");
    struct sums sum = sum_up(o);
    int64_t cpu = sum.weight > 0 ? sum.cpu / sum.weight : 0;
    json_t *status = profile_has_quirk(o->f->profile, "autoscaler-status-partial")
                         ? partial(before, &sum, cpu)
                         : whole(before, &sum, cpu);
    if (!status)
        return 200;
    json_set_int(status, "observedGeneration",
                 json_int(federated, 0, "metadata", "generation", NULL));
    return sync_put_status(o, federated, status);
}
