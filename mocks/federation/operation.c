#include "mocks/federation/operation.h"

#include "mocks/federation/clusters.h"
#include "mocks/federation/objects.h"

#define UPDATE_TIMEOUT_MS (30 * 1000)

/* The object's one timer goes off when there is something to be done or said. */
static void wake(struct fed_object *o, const struct shard *s) {
    int64_t now = sched_now_ms(o->f->sched), due = s->answer_due_ms;
    int64_t overdue = s->asked_ms + UPDATE_TIMEOUT_MS;
    if (!s->is_overdue && overdue < due)
        due = overdue;
    objects_wake(o, due - now);
}

enum operation_state operation_look(struct fed_object *o, struct shard *s) {
    int64_t now = sched_now_ms(o->f->sched);
    if (s->answer_due_ms <= now)
        return OPERATION_NONE;
    bool overdue = !s->is_overdue && now - s->asked_ms >= UPDATE_TIMEOUT_MS;
    s->is_overdue |= overdue;
    wake(o, s);
    return overdue ? OPERATION_OVERDUE : OPERATION_WAITS;
}

bool operation_is_resumed(const struct shard *s) {
    return s->answer_due_ms != 0;
}

int operation_run(struct fed_object *o, struct fed_cluster *c, const char *method,
                  const char *target, const json_t *body, json_t **ret_answer) {
    struct shard *s = objects_shard(o, c);
    const struct member_request request = {.method = method,
                                           .target = target,
                                           .body = body,
                                           .patience =
                                               operation_is_resumed(s) ? MEMBER_AGAIN : MEMBER_ASK};
    int status = clusters_ask(c, &request, ret_answer);
    if (status < 0) {
        s->asked_ms = sched_now_ms(o->f->sched);
        s->answer_due_ms = s->asked_ms - status;
        s->is_overdue = false;
        wake(o, s);
    }
    return status;
}

int operation_delete(struct fed_object *o, struct fed_cluster *c, const char *target,
                     json_t **ret_answer) {
    CLEANUP(json_freep) json_t *options = json_object();
    json_set_str(options, "kind", "DeleteOptions");
    json_set_str(options, "apiVersion", "v1");
    json_set_bool(options, "orphanDependents", false);
    return operation_run(o, c, "DELETE", target, options, ret_answer);
}

void operation_end(const struct federation *f, struct shard *s) {
    if (s->answer_due_ms <= sched_now_ms(f->sched))
        s->answer_due_ms = 0;
}
