#include "mocks/federation/federation.h"

#include "harness/core/rng.h"
#include "mocks/federation/clusters.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/service_dns.h"
#include "mocks/federation/state.h"

static bool knows_ingresses(const struct federation *f) {
    return json_flag(profile_json(f->profile), "federation", "service_ingresses_annotation", NULL);
}

/* The DNS part hears of services by themselves (1.7), or of what their controller remembers. */
static void tell_dns(struct federation *f, const json_t *service, const struct fed_object *o,
                     bool deleted) {
    if (knows_ingresses(f)) {
        service_dns_changed(f, service, NULL, deleted);
    } else if (deleted || json_str(service, "metadata", "deletionTimestamp", NULL)) {
        json_t *none = json_array();
        service_dns_changed(f, service, o && o->ingresses ? o->ingresses : none, deleted);
        json_decref(none);
    }
}

static void on_federated_event(void *self, enum apiserver_event event, const json_t *object,
                               const json_t *old) {
    struct fed_watch *w = self;
    (void)old;
    const char *name = json_str(object, "metadata", "name", NULL);
    if (!name)
        return;
    struct fed_object *o =
        objects_ensure(w->f, w->kind, json_str(object, "metadata", "namespace", NULL), name);
    if (w->kind->flags & KIND_SERVICE)
        tell_dns(w->f, object, o, event == APISERVER_DELETED);
    if (event == APISERVER_MODIFIED && w->f->writing)
        return;
    bool deleting = json_str(object, "metadata", "deletionTimestamp", NULL) != NULL;
    if (event == APISERVER_MODIFIED && deleting && o->backoff_ms > 0)
        return; /* its deletion waits for the members, and nothing here makes that faster */
    objects_enqueue(o, event == APISERVER_DELETED ? 0 : FED_RECONCILE_MS);
}

struct listing {
    struct federation *f;
    const struct kind *kind;
};

static bool take_existing(void *self, const json_t *object) {
    struct listing *l = self;
    const char *name = json_str(object, "metadata", "name", NULL);
    if (!name)
        return true;
    struct fed_object *o =
        objects_ensure(l->f, l->kind, json_str(object, "metadata", "namespace", NULL), name);
    /* A manager that starts again looks at the names of every service. */
    if (l->kind->flags & KIND_SERVICE)
        tell_dns(l->f, object, o, false);
    objects_enqueue(o, FED_RECONCILE_MS);
    return true;
}

static void watch_federation(struct federation *f) {
    for (size_t i = 0; i < FED_KINDS; i++) {
        struct fed_watch *w = &f->watches[i];
        w->f = f;
        w->kind = &kinds_table()[i];
        if (w->kind->unserved && profile_has_quirk(f->profile, w->kind->unserved))
            continue;
        w->handle =
            apiserver_subscribe(f->api, w->kind->group, w->kind->resource, on_federated_event, w);
        struct listing l = {f, w->kind};
        apiserver_each(f->api, w->kind->group, w->kind->resource, NULL, take_existing, &l);
    }
}

static int read_provider(struct federation *f, const char *text, struct err *err) {
    bool knows_tls = !profile_has_quirk(f->profile, "etcd-tls");
    if (provider_parse(&f->provider, text, knows_tls, err) < 0)
        return err_prefix(err, "DNS provider could not be initialized: could not init DNS provider "
                               "\"coredns\"");
    f->dns_works = provider_has_zone(&f->provider, f->zone);
    if (!f->dns_works)
        fed_log(f,
                "Failed to start service dns controller: OperationNotSupported: DNS zone %s is not "
                "among the zones of the provider (%s) and cannot be created",
                f->zone, f->provider.zones);
    return 0;
}

struct federation *federation_new(const struct federation_options *o, struct err *err) {
    CLEANUP(federation_freep) struct federation *f = xcalloc(1, sizeof(*f));
    f->name = xstrdup(o->name);
    f->zone = xstrdup(o->zone ? o->zone : "");
    f->api = o->api;
    f->profile = o->profile;
    f->sched = o->sched;
    f->ops = *o->ops;
    f->log = o->log;
    f->log_self = o->log_self;
    f->rng = xcalloc(1, sizeof(*f->rng));
    rng_init(f->rng, o->seed);
    if (read_provider(f, o->provider_config, err) < 0)
        return NULL;
    clusters_start(f);
    watch_federation(f);
    return federation_take(&f);
}

void federation_free(struct federation *f) {
    if (!f)
        return;
    for (size_t i = 0; i < FED_KINDS; i++)
        if (f->watches[i].handle)
            apiserver_unsubscribe(f->api, f->watches[i].handle);
    clusters_stop(f);
    objects_free_all(f);
    service_dns_free_all(f);
    provider_release(&f->provider);
    free(f->rng);
    free(f->name);
    free(f->zone);
    free(f);
}
