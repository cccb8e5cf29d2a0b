/* Cron jobs: a job at each minute that the schedule names (UTC), on the world's clock. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"

#include "harness/core/clock.h"

#include <inttypes.h>

#define LOOK_MS 10000

/* Whether a field ("*", "*" "/5", "1,3", "1-5", "1-30/2") names the value. */
static bool field_names(const char *field, int64_t value, int64_t min, int64_t max) {
    CLEANUP(str_freep) char *copy = xstrdup(field);
    char *rest = copy;
    for (char *item; (item = str_next(&rest, ','));) {
        int64_t from = min, to = max, by = 1;
        char *slash = strchr(item, '/');
        if (slash) {
            *slash = '\0';
            if (!str_to_int(slash + 1, 1, 1000, &by))
                return false;
        }
        char *dash = strchr(item, '-');
        if (dash) {
            *dash = '\0';
            if (!str_to_int(item, min, max, &from) || !str_to_int(dash + 1, min, max, &to))
                return false;
        } else if (!str_eq(item, "*")) {
            if (!str_to_int(item, min, max, &from))
                return false;
            to = slash ? max : from;
        }
        if (value >= from && value <= to && (value - from) % by == 0)
            return true;
    }
    return false;
}

static const char *plain_schedule(const char *schedule) {
    static const char *const names[][2] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                                           {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                                           {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq(schedule, names[i][0]))
            return names[i][1];
    }
    return schedule;
}

static bool schedule_names(const char *schedule, int64_t wall_ms) {
    char text[CLOCK_TEXT_SIZE];
    int month, day, hour, minute;
    if (sscanf(clock_format_utc(wall_ms, text), "%*d-%d-%dT%d:%d", &month, &day, &hour, &minute) !=
        4)
        return false;
    int64_t weekday = (wall_ms / 86400000 + 4) % 7;
    const int64_t values[5] = {minute, hour, day, month, weekday};
    static const int64_t mins[5] = {0, 0, 1, 1, 0}, maxs[5] = {59, 23, 31, 12, 7};
    CLEANUP(str_freep) char *copy = xstrdup(plain_schedule(schedule));
    char *rest = copy;
    for (size_t i = 0; i < 5; i++) {
        const char *field = str_next(&rest, ' ');
        if (!field || !field_names(field, values[i], mins[i], maxs[i]))
            return false;
    }
    return true;
}

static void create_job(struct cluster *c, const json_t *cronjob, const char *ns, const char *name,
                       int64_t minute) {
    CLEANUP(str_freep) char *job_name = xasprintf("%.50s-%" PRId64, name, minute * 60);
    const json_t *template = json_at(cronjob, "spec", "jobTemplate", NULL);
    json_t *spec = json_at(template, "spec", NULL);
    json_t *labels = json_at(template, "metadata", "labels", NULL);
    json_t *job = json_pack("{s:s,s:s,s:{s:s,s:s,s:o,s:o},s:o}", "apiVersion", "batch/v1", "kind",
                            "Job", "metadata", "name", job_name, "namespace", ns, "labels",
                            labels ? json_deep_copy(labels) : json_object(), "ownerReferences",
                            cluster_owner_references(WORK_CRONJOB, cronjob), "spec",
                            spec ? json_deep_copy(spec) : json_object());
    char now[32];
    if (cluster_call(c, "POST", WORK_JOB, ns, NULL, NULL, job, NULL) >= 300)
        return;
    event_record(c, WORK_CRONJOB, cronjob, "cronjob-controller", NULL, false, "SuccessfulCreate",
                 "Created job %s", job_name);
    (void)cluster_put_status(
        c, WORK_CRONJOB, ns, name,
        json_pack("{s:s}", "lastScheduleTime", clock_format_utc(minute * 60000, now)));
}

void cronjob_reconcile(struct cluster *c, const char *ns, const char *name) {
    const json_t *o = cluster_peek(c, WORK_CRONJOB, ns, name);
    if (!o || json_str(o, "metadata", "deletionTimestamp", NULL))
        return;
    CLEANUP(json_freep) json_t *held = json_incref(json_mutable(o));
    int64_t minute = cluster_wall_ms(c) / 60000;
    const char *last = json_str(held, "status", "lastScheduleTime", NULL);
    const char *created = json_str(held, "metadata", "creationTimestamp", NULL);
    const char *schedule = json_str(held, "spec", "schedule", NULL);
    int64_t since = clock_parse_utc(last ? last : created ? created : "");
    if (schedule && !json_flag(held, "spec", "suspend", NULL) && minute > since / 60000 &&
        schedule_names(schedule, minute * 60000))
        create_job(c, held, ns, name, minute);
    cluster_enqueue_later(c, WORK_CRONJOB, ns, name, LOOK_MS);
}
