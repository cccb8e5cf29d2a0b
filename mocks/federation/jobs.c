#include "mocks/federation/jobs.h"

#include "mocks/federation/objects.h"
#include "mocks/federation/sync.h"

struct sums {
    int64_t active, succeeded, failed;
    const char *started, *completed; /* first and last; NULL: none */
    json_t *complete, *failure;      /* conditions, the last of each; borrowed */
};

/* Times of an API are text of one form, which sorts as they do. */
static bool is_later(const char *time, const char *than) {
    return time && (!than || strcmp(time, than) > 0);
}

static void add_condition(struct sums *sum, json_t *condition) {
    const char *type = json_str(condition, "type", NULL);
    json_t **last = str_eq(type, "Complete") ? &sum->complete
                    : str_eq(type, "Failed") ? &sum->failure
                                             : NULL;
    if (last && (!*last || is_later(json_str(condition, "lastTransitionTime", NULL),
                                    json_str(*last, "lastTransitionTime", NULL))))
        *last = condition;
}

static void add(struct sums *sum, const json_t *status) {
    sum->active += json_int(status, 0, "active", NULL);
    sum->succeeded += json_int(status, 0, "succeeded", NULL);
    sum->failed += json_int(status, 0, "failed", NULL);
    const char *started = json_str(status, "startTime", NULL);
    const char *completed = json_str(status, "completionTime", NULL);
    if (started && (!sum->started || strcmp(started, sum->started) < 0))
        sum->started = started;
    if (is_later(completed, sum->completed))
        sum->completed = completed;
    size_t i;
    json_t *condition;
    json_array_foreach(json_object_get(status, "conditions"), i, condition)
        add_condition(sum, condition);
}

int jobs_write_status(struct fed_object *o, const json_t *federated) {
    struct sums sum = {0};
    for (size_t i = 0; i < o->f->cluster_slots; i++) {
        const struct shard *s = objects_ready_copy(o, i);
        if (s)
            add(&sum, s->status);
    }
    CLEANUP(json_freep) json_t *status = json_object();
    json_t *condition = sum.failure ? sum.failure : sum.complete;
    if (condition)
        json_array_append(json_ensure_array(status, "conditions"), condition);
    json_set_str(status, "startTime", sum.started);
    json_set_str(status, "completionTime", sum.completed);
    const struct {
        const char *name;
        int64_t value;
    } rows[] = {{"active", sum.active}, {"succeeded", sum.succeeded}, {"failed", sum.failed}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].value != 0)
            json_set_int(status, rows[i].name, rows[i].value);
    const json_t *before = json_object_get(federated, "status");
    if (before ? json_equal(before, status) : json_object_size(status) == 0)
        return 200;
    return sync_put_status(o, federated, json_take(&status));
}
