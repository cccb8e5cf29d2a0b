/* Daemon sets: one pod on each node that may take it. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/node.h"
#include "mocks/cluster/workload.h"

static struct pod *on_node(const struct workload *w, const char *node) {
    for (size_t i = 0; i < w->count; i++) {
        if (pod_is_active(w->pods[i]) && str_eq(w->pods[i]->node, node))
            return w->pods[i];
    }
    return NULL;
}

void daemonset_reconcile(struct cluster *c, const char *ns, const char *name) {
    struct workload w;
    if (!workload_open(&w, c, WORK_DAEMONSET, ns, name))
        return;
    const json_t *template = json_at(w.object, "spec", "template", NULL);
    int64_t desired = 0, current = 0, ready = 0, misplaced = 0;
    for (size_t i = 0; i < c->node_count; i++) {
        bool wanted = node_fits(c, &c->nodes[i], template);
        const struct pod *p = on_node(&w, c->nodes[i].name);
        const struct workload_pod spec = {
            .template = template, .node = c->nodes[i].name, .component = "daemon-set"};
        desired += wanted;
        current += wanted && p;
        ready += wanted && p && p->ready;
        misplaced += !wanted && p && !c->down;
        if (wanted && !p)
            current += workload_create_pod(&w, &spec) < 300;
        else if (!wanted && p && !c->down)
            workload_delete_pod(&w, p, "daemon-set");
    }
    json_t *status = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "currentNumberScheduled",
                               (json_int_t)current, "desiredNumberScheduled", (json_int_t)desired,
                               "numberMisscheduled", (json_int_t)misplaced, "numberReady",
                               (json_int_t)ready, "numberAvailable", (json_int_t)ready,
                               "updatedNumberScheduled", (json_int_t)current, "observedGeneration",
                               (json_int_t)json_int(w.object, 1, "metadata", "generation", NULL));
    if (desired > ready)
        json_set_int(status, "numberUnavailable", desired - ready);
    if (!c->down)
        (void)cluster_put_status(c, WORK_DAEMONSET, ns, name, status);
    else
        json_decref(status);
    workload_close(&w);
}
