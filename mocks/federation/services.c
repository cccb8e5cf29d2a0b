#include "mocks/federation/services.h"

#include "mocks/federation/clusters.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/service_dns.h"
#include "mocks/federation/sync.h"

static bool is_node_port(const json_t *service) {
    return str_eq(json_str(service, "spec", "type", NULL), "NodePort");
}

bool services_wants_dns(const struct federation *f, const json_t *service) {
    if (str_eq(json_str(service, "spec", "type", NULL), "LoadBalancer"))
        return true;
    return is_node_port(service) && !profile_has_quirk(f->profile, "nodeport-dns");
}

static json_t *previous_item(const json_t *items, const char *cluster) {
    size_t i;
    json_t *item;
    json_array_foreach(items, i,
                       item) if (str_eq(json_str(item, "cluster", NULL), cluster)) return item;
    return NULL;
}

static json_t *addresses_as_ingress(const json_t *addresses) {
    json_t *ingress = json_array();
    size_t i;
    json_t *address;
    json_array_foreach(addresses, i, address) {
        json_t *one = json_object();
        json_object_set(one, "ip", address);
        json_array_append_new(ingress, one);
    }
    return ingress;
}

/* A cluster's entry: null items when nothing there is ready to answer. NULL: no entry; owned. */
static json_t *item_of(struct fed_object *o, const struct fed_cluster *c, const json_t *before,
                       bool node_port) {
    const struct federation *f = o->f;
    const struct shard *s = objects_shard(o, c);
    if (!c->ready) {
        json_t *item = previous_item(before, c->name);
        if (item && !profile_has_quirk(f->profile, "offline-keeps-records")) {
            item = json_copy(item);
            json_object_set_new(item, "items", json_null());
            return item;
        }
        return json_incref(item);
    }
    if (!s->exists || (node_port ? json_array_size(c->addresses) == 0 : s->ingress == NULL))
        return NULL;
    json_t *item = json_object();
    json_set_str(item, "cluster", c->name);
    if (!s->endpoints_ready)
        json_object_set_new(item, "items", json_null());
    else if (node_port)
        json_object_set_new(item, "items", addresses_as_ingress(c->addresses));
    else
        json_object_set(item, "items", s->ingress);
    return item;
}

static int by_cluster(const void *pa, const void *pb) {
    const json_t *a = *(json_t *const *)pa, *b = *(json_t *const *)pb;
    return strcmp(json_str(a, "cluster", NULL), json_str(b, "cluster", NULL));
}

static json_t *gather(struct fed_object *o, const json_t *before, bool node_port) {
    struct federation *f = o->f;
    json_t **found = xcalloc(f->cluster_slots + 1, sizeof(json_t *));
    size_t count = 0;
    for (size_t i = 0; i < f->cluster_slots; i++) {
        struct fed_cluster *c = clusters_at(f, i);
        json_t *item = c ? item_of(o, c, before, node_port) : NULL;
        if (item)
            found[count++] = item;
    }
    if (count > 0)
        qsort(found, count, sizeof(json_t *), by_cluster);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, found[i]);
    free(found);
    return items;
}

/* The ingress of all ready members, in the order of the clusters' names; of any type of service. */
static json_t *load_balancer(struct fed_object *o) {
    struct federation *f = o->f;
    struct fed_cluster **sorted = xcalloc(f->cluster_slots + 1, sizeof(struct fed_cluster *));
    size_t count = 0;
    for (size_t i = 0; i < f->cluster_slots; i++) {
        struct fed_cluster *c = clusters_at(f, i);
        if (!c || !objects_shard(o, c)->ingress)
            continue;
        if (!c->ready && !profile_has_quirk(f->profile, "offline-keeps-records"))
            continue;
        size_t at = count++;
        while (at > 0 && strcmp(sorted[at - 1]->name, c->name) > 0) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = c;
    }
    json_t *status = json_object();
    json_t *ingress = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_extend(ingress, objects_shard(o, sorted[i])->ingress);
    if (json_array_size(ingress) > 0)
        json_object_set(status, "ingress", ingress);
    json_decref(ingress);
    free(sorted);
    json_t *wrapped = json_object();
    json_object_set_new(wrapped, "loadBalancer", status);
    return wrapped;
}

static json_t *annotation_items(const json_t *service) {
    const char *text = json_str(service, "metadata", "annotations", SERVICE_INGRESSES, NULL);
    CLEANUP(json_freep)
    json_t *parsed = text ? json_parse(text, strlen(text), SERVICE_INGRESSES, NULL) : NULL;
    json_t *items = json_object_get(parsed, "items");
    return json_is_array(items) ? json_incref(items) : json_array();
}

static bool has_annotation(const struct federation *f) {
    return json_flag(profile_json(f->profile), "federation", "service_ingresses_annotation", NULL);
}

static bool same_ingress(const json_t *federated, const json_t *status) {
    json_t *had = json_at(federated, "status", "loadBalancer", "ingress", NULL);
    json_t *has = json_at(status, "loadBalancer", "ingress", NULL);
    return json_array_size(had) == json_array_size(has) &&
           (json_array_size(has) == 0 || json_equal(had, has));
}

/* Where no cloud gives the copies an address, their nodes are what reaches them. */
static void add_nodes(struct fed_object *o, json_t *status) {
    json_t *ingress = json_array();
    for (size_t i = 0; i < o->f->cluster_slots; i++) {
        struct fed_cluster *c = clusters_at(o->f, i);
        if (!c || !c->ready || !objects_shard(o, c)->exists)
            continue;
        CLEANUP(json_freep) json_t *addresses = addresses_as_ingress(c->addresses);
        json_array_extend(ingress, addresses);
    }
    if (json_array_size(ingress) > 0)
        json_object_set(json_object_get(status, "loadBalancer"), "ingress", ingress);
    json_decref(ingress);
}

void ingresses_write_status(struct fed_object *o, const json_t *federated) {
    if (profile_has_quirk(o->f->profile, "ingress-no-address"))
        return;
    CLEANUP(json_freep) json_t *status = load_balancer(o);
    if (!json_at(status, "loadBalancer", "ingress", NULL))
        add_nodes(o, status);
    if (!same_ingress(federated, status))
        sync_put_status(o, federated, json_take(&status));
}

void services_write_status(struct fed_object *o, const json_t *federated) {
    struct federation *f = o->f;
    bool annotated = has_annotation(f);
    CLEANUP(json_freep)
    json_t *before = annotated ? annotation_items(federated)
                               : (o->ingresses ? json_incref(o->ingresses) : json_array());
    bool node_port = is_node_port(federated) && !profile_has_quirk(f->profile, "nodeport-dns");
    CLEANUP(json_freep) json_t *items = gather(o, before, node_port);
    CLEANUP(json_freep) json_t *status = load_balancer(o);

    bool status_differs = !same_ingress(federated, status);
    /* Nothing of ours ever: leave an annotation that a person wrote by hand. */
    bool items_differ =
        !json_equal(before, items) && (json_array_size(items) > 0 || o->ingresses || !annotated);
    if (!json_equal(items, o->ingresses) && (json_array_size(items) > 0 || o->ingresses)) {
        json_decref(o->ingresses);
        o->ingresses = json_incref(items);
    }
    if (!annotated && items_differ)
        service_dns_changed(f, federated, items, false);
    if (!status_differs && !(annotated && items_differ))
        return;

    CLEANUP(json_freep) json_t *copy = json_deep_copy(federated);
    if (annotated && items_differ) {
        CLEANUP(json_freep) json_t *value = json_object();
        json_object_set(value, "items", items);
        CLEANUP(str_freep) char *text = json_text(value);
        json_set_str(json_ensure_object(json_object_get(copy, "metadata"), "annotations"),
                     SERVICE_INGRESSES, text);
    }
    sync_put_status(o, copy, json_take(&status));
}
