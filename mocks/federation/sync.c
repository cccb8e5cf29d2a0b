#include "mocks/federation/sync.h"

#include "mocks/federation/autoscalers.h"
#include "mocks/federation/clusters.h"
#include "mocks/federation/events.h"
#include "mocks/federation/jobs.h"
#include "mocks/federation/members.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/operation.h"
#include "mocks/federation/refusal.h"
#include "mocks/federation/replicas.h"
#include "mocks/federation/services.h"

#include <strings.h>

#define SELECTOR "federation.alpha.kubernetes.io/cluster-selector"

/* Placement */

static bool requirement_holds(const json_t *requirement, const json_t *labels) {
    const char *key = json_str(requirement, "key", NULL);
    const char *op = json_str(requirement, "operator", NULL);
    const char *have = key ? json_string_value(json_object_get(labels, key)) : NULL;
    if (!key || !op)
        return false;
    if (strcasecmp(op, "Exists") == 0)
        return have != NULL;
    if (strcasecmp(op, "DoesNotExist") == 0 || str_eq(op, "!"))
        return have == NULL;

    bool among = false;
    int64_t bound = 0, number = 0;
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(requirement, "values"), i, value) {
        if (str_eq(json_string_value(value), have) && have)
            among = true;
        if (i == 0 && json_is_string(value))
            str_to_int(json_string_value(value), INT32_MIN, INT32_MAX, &bound);
    }
    if (strcasecmp(op, "In") == 0 || str_eq(op, "=") || str_eq(op, "=="))
        return among;
    if (strcasecmp(op, "NotIn") == 0 || str_eq(op, "!="))
        return !among;
    if (!have || !str_to_int(have, INT32_MIN, INT32_MAX, &number))
        return false;
    if (strcasecmp(op, "Gt") == 0)
        return number > bound;
    return strcasecmp(op, "Lt") == 0 && number < bound;
}

bool sync_wants_cluster(const struct federation *f, const struct kind *k, const json_t *federated,
                        const struct fed_cluster *c) {
    const char *text = json_str(federated, "metadata", "annotations", SELECTOR, NULL);
    const char *fact = k->flags & KIND_NAMESPACE ? "namespace_selector" : "cluster_selector";
    if (!text || !json_flag(profile_json(f->profile), "federation", fact, NULL))
        return true;
    CLEANUP(json_freep) json_t *selector = json_parse(text, strlen(text), SELECTOR, NULL);
    if (!json_is_array(selector))
        return false;
    const json_t *cluster = apiserver_peek(f->api, "federation", "clusters", NULL, c->name);
    const json_t *labels = json_at(cluster, "metadata", "labels", NULL);
    size_t i;
    json_t *requirement;
    json_array_foreach(selector, i,
                       requirement) if (!requirement_holds(requirement, labels)) return false;
    return true;
}

/* The copy to be */

json_t *sync_desired(const struct kind *k, const json_t *federated) {
    json_t *desired = json_object();
    char *version = k->group[0] ? xasprintf("%s/%s", k->group, k->version) : xstrdup(k->version);
    json_set_str(desired, "kind", k->kind);
    json_set_str(desired, "apiVersion", version);
    free(version);

    json_t *meta = json_ensure_object(desired, "metadata");
    static const char *const kept[] = {"name", "namespace", "labels", "annotations"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const json_t *value = json_at(federated, "metadata", kept[i], NULL);
        if (value)
            json_object_set_new(meta, kept[i], json_deep_copy(value));
    }
    json_object_del(json_object_get(meta, "annotations"),
                    "federation.kubernetes.io/service-ingresses");
    if (json_object_size(json_object_get(meta, "annotations")) == 0)
        json_object_del(meta, "annotations");

    const char *field;
    json_t *value;
    json_object_foreach(json_mutable(federated), field, value) {
        bool skip = str_eq(field, "metadata") || str_eq(field, "status") || str_eq(field, "kind") ||
                    str_eq(field, "apiVersion") ||
                    ((k->flags & KIND_NAMESPACE) && str_eq(field, "spec"));
        if (!skip)
            json_object_set_new(desired, field, json_deep_copy(value));
    }
    return desired;
}

/* What the member allocated stays: a service keeps its addresses and ports there. */
static void keep_allocations(json_t *spec, const json_t *member_spec) {
    static const char *const fields[] = {"clusterIP", "externalIPs", "healthCheckNodePort"};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        json_t *have = json_object_get(member_spec, fields[i]);
        if (have && !json_object_get(spec, fields[i]))
            json_object_set(spec, fields[i], have);
    }
    size_t i, j;
    json_t *port, *there;
    json_array_foreach(json_object_get(spec, "ports"), i, port) {
        if (json_int(port, 0, "nodePort", NULL) != 0)
            continue;
        json_array_foreach(json_object_get(member_spec, "ports"), j, there) {
            const char *a = json_str(port, "protocol", NULL),
                       *b = json_str(there, "protocol", NULL);
            if (json_int(port, 0, "port", NULL) == json_int(there, 0, "port", NULL) &&
                str_eq(a ? a : "TCP", b ? b : "TCP") && json_object_get(there, "nodePort"))
                json_object_set(port, "nodePort", json_object_get(there, "nodePort"));
        }
    }
}

/* The member's copy with the desired content in it; owned. */
static json_t *merged(const struct kind *k, const json_t *member, const json_t *desired) {
    json_t *copy = json_deep_copy(member);
    json_t *meta = json_ensure_object(copy, "metadata");
    json_t *labels = json_at(desired, "metadata", "labels", NULL);
    if (labels)
        json_object_set(meta, "labels", labels);
    else
        json_object_del(meta, "labels");

    json_t *annotations = json_at(desired, "metadata", "annotations", NULL);
    annotations = annotations ? json_deep_copy(annotations) : json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_at(member, "metadata", "annotations", NULL), name,
                        value) if (annotation_is_members(name))
        json_object_set(annotations, name, value);
    json_object_del(meta, "annotations");
    if (json_object_size(annotations) > 0)
        json_object_set(meta, "annotations", annotations);
    json_decref(annotations);

    if (!json_object_get(desired, "data"))
        json_object_del(copy, "data");
    json_object_foreach(json_mutable(desired), name, value) {
        if (str_eq(name, "metadata") || str_eq(name, "kind") || str_eq(name, "apiVersion"))
            continue;
        json_t *content = json_deep_copy(value);
        if ((k->flags & KIND_SERVICE) && str_eq(name, "spec"))
            keep_allocations(content, json_object_get(member, "spec"));
        if ((k->flags & KIND_JOB) && str_eq(name, "spec")) {
            /* the selector and the template's labels were generated there and are fixed */
            json_t *spec = json_deep_copy(json_object_get(member, "spec"));
            static const char *const divided[] = {"parallelism", "completions"};
            for (size_t i = 0; i < ARRAY_LEN(divided); i++)
                if (json_object_get(content, divided[i]))
                    json_object_set(spec, divided[i], json_object_get(content, divided[i]));
            json_decref(content);
            content = spec;
        }
        json_object_set_new(copy, name, content);
    }
    return copy;
}

/* One member */

struct pass { /* over the clusters, for one object */
    struct fed_object *o;
    const json_t *federated;
    json_t *desired;
    uint64_t fingerprint;
    bool failed;
};

static void remember(struct pass *p, struct shard *s, const json_t *member, uint64_t want) {
    (void)shard_observe(p->o->f, p->o->kind, s, member);
    s->desired = want;
    s->written = s->seen;
}

static void fail(struct pass *p, const char *operation, const struct refusal *refusal) {
    struct fed_object *o = p->o;
    const char *cluster = refusal->cluster->name;
    CLEANUP(str_freep) char *why = refusal_text(refusal);
    fed_log(o->f, "Failed to execute updates for %s/%s: %s in cluster %s failed: %s", o->ns,
            o->name, operation, cluster, why);
    events_rejected(o->f, o->kind, p->federated, operation, cluster, why);
    p->failed = true;
}

/* Once for each change, though a slow member is asked for it twice. */
static void announce(struct pass *p, const struct fed_cluster *c, const struct shard *s,
                     const char *reason) {
    if (!operation_is_resumed(s))
        events_operation(p->o->f, p->o->kind, p->federated, reason, c->name);
}

/* Whether a copy that is not of our making will do: its content may have the member's defaults. */
static bool is_like(const json_t *member, const json_t *desired, const json_t *body) {
    static const char *const parts[] = {"labels", "annotations"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const json_t *have = json_at(member, "metadata", parts[i], NULL);
        const json_t *want = json_at(body, "metadata", parts[i], NULL);
        if (json_object_size(have) != json_object_size(want) ||
            (json_object_size(want) > 0 && !json_equal(have, want)))
            return false;
    }
    return json_contains(member, desired);
}

static void update(struct pass *p, struct fed_cluster *c, struct shard *s, uint64_t want) {
    struct fed_object *o = p->o;
    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, o->name, NULL);
    CLEANUP(json_freep) json_t *member = NULL;
    int status = clusters_call(c, "GET", target, NULL, &member);
    if (status == 404) { /* gone behind our back: made anew in the next pass */
        shard_forget(s);
        p->failed = true;
        return;
    }
    if (status != 200) {
        fail(p, "update", &(struct refusal){c, o->kind, "GET", target, status, member});
        return;
    }
    CLEANUP(json_freep) json_t *body = merged(o->kind, member, p->desired);
    bool adopted = s->desired == 0 && is_like(member, p->desired, body);
    if (adopted || json_equal(body, member)) {
        remember(p, s, member, want);
        return;
    }
    announce(p, c, s, "UpdateInCluster");
    CLEANUP(json_freep) json_t *answer = NULL;
    status = operation_run(o, c, "PUT", target, body, &answer);
    if (status == 200 || status == 201)
        remember(p, s, answer, want);
    else if (status >= 0)
        fail(p, "update", &(struct refusal){c, o->kind, "PUT", target, status, answer});
}

static bool wants_equal_ports(const struct fed_object *o) {
    return (o->kind->flags & KIND_SERVICE) && !profile_has_quirk(o->f->profile, "nodeports-differ");
}

/* The copy with the ports that the first member allocated, where all shall have the same. */
static int post_with_ports(struct pass *p, struct fed_cluster *c, const char *target,
                           json_t **ret_answer) {
    CLEANUP(json_freep) json_t *copy = json_deep_copy(p->desired);
    CLEANUP(json_freep) json_t *first = json_object();
    json_object_set(first, "ports", p->o->node_ports);
    keep_allocations(json_object_get(copy, "spec"), first);
    return operation_run(p->o, c, "POST", target, copy, ret_answer);
}

static int post(struct pass *p, struct fed_cluster *c, json_t **ret_answer) {
    struct fed_object *o = p->o;
    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, NULL, NULL);
    bool equal = wants_equal_ports(o);
    if (equal && o->node_ports) {
        int status = post_with_ports(p, c, target, ret_answer);
        if (status != 422) /* taken by another service there: it gets one of its own */
            return status;
        json_decref(*ret_answer);
        *ret_answer = NULL;
    }
    int status = operation_run(o, c, "POST", target, p->desired, ret_answer);
    if (equal && status == 201 && !o->node_ports)
        o->node_ports = json_incref(json_at(*ret_answer, "spec", "ports", NULL));
    return status;
}

static int post_namespace(struct pass *p, struct fed_cluster *c) {
    CLEANUP(json_freep) json_t *ns = json_object();
    json_set_str(ns, "kind", "Namespace");
    json_set_str(ns, "apiVersion", "v1");
    json_set_str(json_ensure_object(ns, "metadata"), "name", p->o->ns);
    return clusters_call(c, "POST", "/api/v1/namespaces", ns, NULL);
}

static void create(struct pass *p, struct fed_cluster *c, struct shard *s, uint64_t want) {
    struct fed_object *o = p->o;
    announce(p, c, s, "CreateInCluster");
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = post(p, c, &answer);
    if (status == 404 && !profile_has_quirk(o->f->profile, "namespace-not-ensured") &&
        post_namespace(p, c) == 201) {
        json_decref(json_take(&answer));
        status = post(p, c, &answer);
    }
    if (status < 0)
        return;
    if (status == 201 || status == 200) {
        remember(p, s, answer, want);
        if (o->kind->flags & KIND_SERVICE)
            members_read_endpoints(c, o);
    } else if (status == 409) {
        s->exists = true; /* it was there already: taken over */
        s->desired = 0;
        update(p, c, s, want);
        if (o->kind->flags & KIND_SERVICE)
            members_read_endpoints(c, o);
    } else {
        CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, NULL, NULL);
        fail(p, "create", &(struct refusal){c, o->kind, "POST", target, status, answer});
    }
}

static void remove_copy(struct pass *p, struct fed_cluster *c, struct shard *s) {
    struct fed_object *o = p->o;
    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, o->name, NULL);
    announce(p, c, s, "DeleteInCluster");
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = operation_delete(o, c, target, &answer);
    if (status == 404)
        shard_forget(s);
    else if (status >= 0 && (status < 200 || status > 299))
        fail(p, "delete", &(struct refusal){c, o->kind, "DELETE", target, status, answer});
}

/* A copy that nobody wants there may still be there, left by an earlier object of that name. */
static void look(struct pass *p, struct fed_cluster *c, struct shard *s) {
    if (s->looked)
        return;
    CLEANUP(str_freep) char *target = kind_path(p->o->kind, p->o->ns, p->o->name, NULL);
    CLEANUP(json_freep) json_t *member = NULL;
    int status = clusters_call(c, "GET", target, NULL, &member);
    if (status == 200) {
        (void)shard_observe(p->o->f, p->o->kind, s, member);
        objects_enqueue(p->o, FED_RECONCILE_MS);
    }
    s->looked = status == 200 || status == 404;
}

/* A namespace that was made for what is in it is not taken away for its own selector's sake. */
static bool is_ensured(const struct fed_object *o) {
    return (o->kind->flags & KIND_NAMESPACE) &&
           !profile_has_quirk(o->f->profile, "namespace-not-ensured");
}

/* A cluster's part goes into the copy; the fingerprint of that copy. */
static uint64_t take_part(struct pass *p, const struct replicas_plan *plan, size_t slot) {
    json_t *spec = json_ensure_object(p->desired, "spec");
    uint64_t want = p->fingerprint;
    for (size_t i = 0; i < ARRAY_LEN(plan->parts); i++) {
        if (!plan->parts[i].field)
            continue;
        int64_t part = plan->parts[i].by_slot[slot];
        json_set_int(spec, plan->parts[i].field, part);
        want = (want + (uint64_t)(part + 1)) * UINT64_C(0x9E3779B97F4A7C15);
    }
    return want;
}

static void one_cluster(struct pass *p, struct fed_cluster *c, const struct replicas_plan *plan) {
    struct fed_object *o = p->o;
    struct shard *s = objects_shard(o, c);
    if (!sync_wants_cluster(o->f, o->kind, p->federated, c)) {
        if (s->exists && !is_ensured(o))
            remove_copy(p, c, s);
        return;
    }
    int64_t replicas = plan ? plan->parts[0].by_slot[c->slot] : 0;
    if (plan && replicas < 0)
        return;
    uint64_t want = plan ? take_part(p, plan, c->slot) : p->fingerprint;
    bool zero_copies = (o->kind->flags & KIND_REPLICAS) &&
                       profile_has_quirk(o->f->profile, "replicaset-zero-copies");
    if (!s->exists) {
        if (!plan || replicas > 0 || zero_copies)
            create(p, c, s, want);
        else
            look(p, c, s);
    } else if (s->desired != want || s->seen != s->written) {
        update(p, c, s, want);
    }
}

/* One object */

int sync_put(struct fed_object *o, const json_t *federated, const char *sub, json_t **ret_answer) {
    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, o->name, sub);
    o->f->writing = true;
    int status = apiserver_call(o->f->api, "PUT", target, federated, ret_answer);
    o->f->writing = false;
    return status;
}

/* Both at once, as the deletion helper does; *federated becomes the server's answer. */
static bool add_finalizers(struct fed_object *o, json_t **federated) {
    CLEANUP(json_freep) json_t *copy = json_deep_copy(*federated);
    json_t *list = json_ensure_array(json_ensure_object(copy, "metadata"), "finalizers");
    json_array_append_new(list, json_string(FED_FINALIZER));
    if (!json_has_text(list, "orphan"))
        json_array_append_new(list, json_string("orphan"));
    json_t *answer = NULL;
    if (sync_put(o, copy, NULL, &answer) != 200) {
        json_decref(answer);
        return false;
    }
    json_decref(*federated);
    *federated = answer;
    return true;
}

int sync_put_status(struct fed_object *o, const json_t *federated, json_t *status) {
    CLEANUP(json_freep) json_t *copy = json_deep_copy(federated);
    json_object_set_new(copy, "status", status);
    int code = sync_put(o, copy, "status", NULL);
    if (code == 409) /* somebody was faster: look again soon */
        objects_enqueue(o, FED_RECONCILE_MS);
    return code;
}

static void give_up(struct pass *p, const struct fed_cluster *c) {
    fed_log(p->o->f,
            "Failed to execute updates for %s/%s: failed to finish all operations in 30s: %s is "
            "waited for",
            p->o->ns, p->o->name, c->name);
    p->failed = true;
}

static bool propagate(struct fed_object *o, const json_t *federated) {
    struct federation *f = o->f;
    struct pass p = {.o = o, .federated = federated, .desired = sync_desired(o->kind, federated)};
    struct replicas_plan *plan = NULL;
    if (o->kind->flags & (KIND_REPLICAS | KIND_JOB | KIND_AUTOSCALER)) {
        plan = replicas_plan(o, federated);
        for (size_t i = 0; i < ARRAY_LEN(plan->parts); i++)
            if (plan->parts[i].field)
                json_object_del(json_object_get(p.desired, "spec"), plan->parts[i].field);
    }
    p.fingerprint = object_fingerprint(p.desired);
    for (size_t i = 0; i < f->cluster_slots; i++) {
        struct fed_cluster *c = clusters_at(f, i);
        if (!c || !c->ready)
            continue;
        struct shard *s = objects_shard(o, c);
        enum operation_state state = operation_look(o, s);
        if (state == OPERATION_OVERDUE)
            give_up(&p, c);
        if (state != OPERATION_NONE)
            continue;
        one_cluster(&p, c, plan);
        operation_end(f, s);
    }
    json_decref(p.desired);
    replicas_plan_free(plan);
    return !p.failed;
}

void sync_object(struct fed_object *o) {
    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, o->name, NULL);
    json_t *federated = NULL;
    int status = apiserver_call(o->f->api, "GET", target, NULL, &federated);
    if (status == 404) {
        json_decref(federated);
        objects_remove(o);
        return;
    }
    bool done = status == 200;
    bool deleting = json_str(federated, "metadata", "deletionTimestamp", NULL) != NULL;
    if (done && deleting) {
        done = deletion_run(o, federated);
    } else if (done) {
        const json_t *finalizers = json_at(federated, "metadata", "finalizers", NULL);
        done = json_has_text(finalizers, FED_FINALIZER) || add_finalizers(o, &federated);
        done = done && propagate(o, federated);
        if (o->kind->flags & KIND_REPLICAS)
            replicas_write_status(o, federated);
        if (o->kind->flags & KIND_JOB)
            jobs_write_status(o, federated);
        if (o->kind->flags & KIND_AUTOSCALER)
            autoscalers_write_status(o, federated);
        if (o->kind->flags & KIND_SERVICE)
            services_write_status(o, federated);
        if (o->kind->flags & KIND_INGRESS)
            ingresses_write_status(o, federated);
    }
    json_decref(federated);
    if (!done) {
        /* ingress_controller.go: a failed update is reviewed, and backed off from besides */
        bool reviewed = (o->kind->flags & KIND_INGRESS) && !deleting;
        objects_retry(o, reviewed ? fed_timing_ms(o->f, "review", 10000) : 0);
        return;
    }
    o->backoff_ms = 0;
}
