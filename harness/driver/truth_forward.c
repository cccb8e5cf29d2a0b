/* Ways to the clusters' own DNS: an address that somebody gave, or `kubectl port-forward`. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/truth_parts.h"

#include <stdlib.h>
#include <string.h>

static const char SAID[] = "Forwarding from 127.0.0.1:";

struct truth_forward *truth_forward_of(struct truth_gather *g, const char *cluster) {
    for (size_t i = 0; i < g->forward_count; i++)
        if (str_eq(g->forwards[i].cluster, cluster))
            return &g->forwards[i];
    return NULL;
}

static void settle(struct truth_forward *f, const char *problem) {
    if (f->settled)
        return;
    f->settled = true;
    loop_stop(f->g->place.loop, &f->timer);
    json_t *c = json_object_get(json_object_get(f->g->evidence, "clusters"), f->cluster);
    if (problem)
        json_set_str(json_ensure_object(c, "dns"), "problem", problem);
    truth_closed(f->g);
}

static void on_heard(void *self) {
    struct truth_forward *f = self;
    const char *at = strstr(buf_str(&f->process->output[0]), SAID);
    if (!at || f->settled)
        return;
    at += strlen(SAID);
    CLEANUP(str_freep) char *digits = xstrndup(at, strspn(at, "0123456789"));
    if (at[strlen(digits)] && str_to_int(digits, 1, 65535, &f->port))
        settle(f, NULL);
}

static void on_end(void *self) {
    struct truth_forward *f = self;
    const char *said = buf_str(&f->process->output[1]);
    CLEANUP(str_freep)
    char *problem = xasprintf("kubectl port-forward ended: %.*s", (int)strcspn(said, "\n"), said);
    f->port = 0;
    settle(f, problem);
}

static void on_timeout(void *self) {
    settle(self, "kubectl port-forward opened no port in time");
}

/* The pod behind the cluster's DNS service; borrowed or NULL. */
static const char *pod_of(const json_t *c) {
    size_t i, j;
    json_t *subset, *address;
    json_array_foreach(json_at(c, "dns_endpoints", "json", "subsets", NULL), i, subset) {
        json_array_foreach(json_object_get(subset, "addresses"), j, address) {
            const char *name = json_str(address, "targetRef", "name", NULL);
            if (name)
                return name;
        }
    }
    return NULL;
}

static void launch(struct truth_forward *f, const json_t *c) {
    struct truth_gather *g = f->g;
    const char *pod = pod_of(c), *reason;
    if (!pod) {
        settle(f, "no ready pod is behind its service kube-dns");
        return;
    }
    CLEANUP(str_freep) char *context = xasprintf("--context=%s", f->cluster);
    CLEANUP(json_freep)
    json_t *argv = json_pack("[s, s, s, s, s, s, s]", "kubectl", context, "-n", "kube-system",
                             "port-forward", pod, ":53");
    CLEANUP(str_freep) char *text = NULL;
    f->address = xstrdup("127.0.0.1");
    f->tcp = true;
    f->process = ask_run_launch(&g->place, argv, NULL, on_end, f, &reason, &text);
    if (!f->process) {
        settle(f, text);
        return;
    }
    f->process->heard = on_heard;
    loop_start(g->place.loop, &f->timer, g->timeout_ms, on_timeout, f);
}

void truth_forward_begin(struct truth_gather *g) {
    const char *name;
    json_t *c;
    const json_t *askers = json_object_get(g->evidence, "askers");
    json_object_foreach(json_object_get(g->evidence, "clusters"), name, c) {
        if (g->forward_count == TRUTH_FORWARDS_MAX)
            break;
        if (askers && !json_has_text(askers, name))
            continue;
        struct truth_forward *f = &g->forwards[g->forward_count++];
        *f = (struct truth_forward){.g = g, .cluster = name};
        g->open++;
        const char *given = json_str(g->args, "dns", name, NULL);
        if (given && truth_split(given, 53, &f->address, &f->port))
            settle(f, NULL);
        else
            launch(f, c);
    }
}

void truth_forward_release(struct truth_gather *g) {
    for (size_t i = 0; i < g->forward_count; i++) {
        struct truth_forward *f = &g->forwards[i];
        loop_stop(g->place.loop, &f->timer);
        process_free(f->process);
        free(f->address);
    }
    g->forward_count = 0;
}
