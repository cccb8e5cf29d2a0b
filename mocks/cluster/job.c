/* Jobs: pods until enough have succeeded, or too many have failed. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"
#include "mocks/cluster/workload.h"

#define RETRY_MS 10000

struct tally {
    int64_t active, succeeded, failed;
};

static struct tally tally(const struct workload *w) {
    struct tally t = {0};
    for (size_t i = 0; i < w->count; i++) {
        const struct pod *p = w->pods[i];
        t.active += pod_is_active(p);
        t.failed += p->finished && p->failed;
        t.succeeded += p->finished && !p->failed;
    }
    return t;
}

static bool is_over(const json_t *job) {
    return json_at(job, "status", "conditions", "[0]", NULL) != NULL;
}

static int64_t pods_wanted(const json_t *job, const struct tally *t) {
    int64_t parallelism = json_int(job, 1, "spec", "parallelism", NULL);
    const json_t *completions = json_at(job, "spec", "completions", NULL);
    if (!json_is_integer(completions))
        return t->succeeded ? t->active : parallelism;
    int64_t left = json_integer_value(completions) - t->succeeded;
    return left < parallelism ? left : parallelism;
}

static json_t *condition(struct cluster *c, const char *type, const char *reason,
                         const char *message) {
    char now[32];
    cluster_now_text(c, now);
    return json_pack("[{s:s,s:s,s:s,s:s,s:s*,s:s*}]", "type", type, "status", "True",
                     "lastProbeTime", now, "lastTransitionTime", now, "reason", reason, "message",
                     message);
}

static void write_status(struct workload *w, const struct tally *t, const char *over) {
    char now[32];
    cluster_now_text(w->c, now);
    const char *started = json_str(w->object, "status", "startTime", NULL);
    json_t *status = json_pack("{s:s}", "startTime", started ? started : now);
    if (t->active)
        json_set_int(status, "active", t->active);
    if (t->succeeded)
        json_set_int(status, "succeeded", t->succeeded);
    if (t->failed)
        json_set_int(status, "failed", t->failed);
    if (str_eq(over, "Complete")) {
        json_object_set_new(status, "conditions", condition(w->c, over, NULL, NULL));
        json_set_str(status, "completionTime", now);
    } else if (over) {
        json_object_set_new(status, "conditions",
                            condition(w->c, over, "BackoffLimitExceeded",
                                      "Job has reached the specified backoff limit"));
    }
    (void)cluster_put_status(w->c, WORK_JOB, w->ns, w->name, status);
}

static const char *outcome(const json_t *job, const struct tally *t) {
    const json_t *completions = json_at(job, "spec", "completions", NULL);
    bool enough = json_is_integer(completions) ? t->succeeded >= json_integer_value(completions)
                                               : t->succeeded > 0 && t->active == 0;
    if (enough)
        return "Complete";
    return t->failed > json_int(job, 6, "spec", "backoffLimit", NULL) ? "Failed" : NULL;
}

/* Pods of a job that come after a failure wait a while, the longer the more have failed. */
static void run_pods(struct workload *w, struct tally *t) {
    int64_t want = pods_wanted(w->object, t);
    CLEANUP(json_freep)
    json_t *labels = json_pack("{s:s,s:s}", "controller-uid", w->uid, "job-name", w->name);
    const struct workload_pod spec = {.template = json_at(w->object, "spec", "template", NULL),
                                      .labels = labels,
                                      .component = "job-controller"};
    for (; t->active < want; t->active++) {
        if (workload_create_pod(w, &spec) >= 300) {
            cluster_enqueue_later(w->c, WORK_JOB, w->ns, w->name, RETRY_MS);
            return;
        }
    }
    for (size_t i = w->count; i-- > 0 && t->active > want;) {
        if (pod_is_active(w->pods[i])) {
            workload_delete_pod(w, w->pods[i], "job-controller");
            t->active--;
        }
    }
}

void job_reconcile(struct cluster *c, const char *ns, const char *name) {
    struct workload w;
    if (!workload_open(&w, c, WORK_JOB, ns, name))
        return;
    struct tally t = tally(&w);
    if (!is_over(w.object)) {
        const char *over = outcome(w.object, &t);
        if (!over) {
            run_pods(&w, &t);
        } else {
            for (size_t i = 0; i < w.count; i++) {
                if (pod_is_active(w.pods[i]))
                    workload_delete_pod(&w, w.pods[i], "job-controller");
            }
            t.active = 0;
        }
        write_status(&w, &t, over);
    }
    workload_close(&w);
}
