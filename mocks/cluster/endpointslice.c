/*
 * Endpoint slices, in which the clients of today read endpoints: one for each subset, as the
 * controllers of services and of mirrored endpoints write them. Up to 1.20 nobody serves them.
 */
#include "mocks/cluster/controllers.h"

#include "harness/core/hash.h"

#define GROUP "discovery.k8s.io"
#define SUBSETS_MAX 100

void endpointslice_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                           const json_t *old) {
    (void)event;
    (void)old;
    if (apiserver_serves(c->api, GROUP, "endpointslices"))
        cluster_enqueue(c, WORK_ENDPOINTS, json_str(object, "metadata", "namespace", NULL),
                        json_str(object, "metadata", "name", NULL));
}

/* The name of the slice for the subset: always the same, so that it need not be looked for. */
static char *name_of(const char *ns, const char *name, size_t subset) {
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789"; /* as those of random suffixes */
    if (str_eq(ns, "default") && str_eq(name, "kubernetes") && subset == 0)
        return xstrdup(name); /* the API server's own */
    CLEANUP(str_freep) char *seed = xasprintf("%s/%s/%zu", ns, name, subset);
    uint32_t hash = hash_fnv1a_32(seed, strlen(seed));
    char suffix[6] = "";
    for (size_t i = 0; i < 5; i++, hash /= (uint32_t)strlen(letters))
        suffix[i] = letters[hash % strlen(letters)];
    return xasprintf("%.240s-%s", name, suffix);
}

static void add_addresses(json_t *endpoints, const json_t *addresses, bool ready) {
    static const char *const kept[] = {"hostname", "nodeName", "targetRef"};
    size_t i;
    json_t *address;
    json_array_foreach(addresses, i, address) {
        const char *ip = json_str(address, "ip", NULL);
        json_t *e = json_pack("{s:[s],s:{s:b,s:b,s:b}}", "addresses", ip ? ip : "", "conditions",
                              "ready", ready, "serving", ready, "terminating", 0);
        for (size_t k = 0; k < ARRAY_LEN(kept); k++) {
            json_t *value = json_object_get(address, kept[k]);
            if (value)
                json_object_set(e, kept[k], value);
        }
        json_array_append_new(endpoints, e);
    }
}

/* Who selects pods has slices of his own; endpoints that somebody wrote are mirrored. */
static json_t *metadata_of(struct cluster *c, const json_t *endpoints, const char *slice) {
    const char *ns = json_str(endpoints, "metadata", "namespace", NULL);
    const char *name = json_str(endpoints, "metadata", "name", NULL);
    const json_t *service = cluster_peek(c, WORK_SERVICE, ns, name);
    bool selects = json_object_size(json_at(service, "spec", "selector", NULL)) > 0;
    json_t *labels = json_at(endpoints, "metadata", "labels", NULL);
    labels = labels ? json_copy(labels) : json_object();
    json_set_str(labels, "kubernetes.io/service-name", name);
    json_set_str(labels, "endpointslice.kubernetes.io/managed-by",
                 selects ? "endpointslice-controller.k8s.io"
                         : "endpointslicemirroring-controller.k8s.io");
    return json_pack("{s:s,s:s,s:o,s:o}", "name", slice, "namespace", ns, "labels", labels,
                     "ownerReferences",
                     cluster_owner_references(selects ? WORK_SERVICE : WORK_ENDPOINTS,
                                              selects ? service : endpoints));
}

static void write_slice(struct cluster *c, const json_t *endpoints, const json_t *subset,
                        const char *slice) {
    const char *ns = json_str(endpoints, "metadata", "namespace", NULL);
    json_t *list = json_array(), *ports = json_object_get(subset, "ports");
    add_addresses(list, json_object_get(subset, "addresses"), true);
    add_addresses(list, json_object_get(subset, "notReadyAddresses"), false);
    ports = ports ? json_deep_copy(ports) : json_array();
    size_t i;
    json_t *port;
    json_array_foreach(ports, i, port) {
        if (!json_object_get(port, "name"))
            json_set_str(port, "name", "");
    }
    CLEANUP(json_freep)
    json_t *body = json_pack("{s:s,s:s,s:o,s:s,s:o,s:o}", "apiVersion", GROUP "/v1", "kind",
                             "EndpointSlice", "metadata", metadata_of(c, endpoints, slice),
                             "addressType", "IPv4", "endpoints", list, "ports", ports);
    const json_t *there = apiserver_peek(c->api, GROUP, "endpointslices", ns, slice);
    if (there && json_equal(json_object_get(there, "endpoints"), list) &&
        json_equal(json_object_get(there, "ports"), ports))
        return;
    CLEANUP(str_freep)
    char *path = xasprintf("/apis/" GROUP "/v1/namespaces/%s/endpointslices%s%s", ns,
                           there ? "/" : "", there ? slice : "");
    (void)apiserver_call(c->api, there ? "PUT" : "POST", path, body, NULL);
}

/* Deletes the slices from this subset on; false: there was none. */
static bool delete_slice(struct cluster *c, const char *ns, const char *name, size_t subset) {
    CLEANUP(str_freep) char *slice = name_of(ns, name, subset);
    CLEANUP(str_freep)
    char *path = xasprintf("/apis/" GROUP "/v1/namespaces/%s/endpointslices/%s", ns, slice);
    if (!apiserver_peek(c->api, GROUP, "endpointslices", ns, slice))
        return false;
    (void)apiserver_call(c->api, "DELETE", path, NULL, NULL);
    return true;
}

void endpointslice_reconcile(struct cluster *c, const char *ns, const char *name) {
    CLEANUP(json_freep)
    json_t *endpoints = json_incref(json_mutable(cluster_peek(c, WORK_ENDPOINTS, ns, name)));
    const json_t *subsets = json_object_get(endpoints, "subsets");
    size_t count = json_array_size(subsets);
    count = !endpoints ? 0 : !count ? 1 : count < SUBSETS_MAX ? count : SUBSETS_MAX;
    for (size_t i = 0; i < count; i++) {
        CLEANUP(str_freep) char *slice = name_of(ns, name, i);
        write_slice(c, endpoints, json_array_get(subsets, i), slice);
    }
    for (size_t i = count; i < SUBSETS_MAX && delete_slice(c, ns, name, i); i++)
        ;
}
