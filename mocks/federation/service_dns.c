#include "mocks/federation/service_dns.h"

#include "mocks/federation/clusters.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/records.h"
#include "mocks/federation/services.h"

#include <arpa/inet.h>

struct dns_job {   /* a copy of what a pass needs of the service */
    json_t *items; /* NULL: no job */
    bool wants;    /* of a type that gets records */
    bool deleted;
};

struct service_dns {
    struct federation *f;
    char *key, *ns, *name;
    struct dns_job latest; /* what the newest event said */
    struct dns_job retry;  /* what a failed pass had; maybe older */
    struct sched_timer timer, retry_timer;
    int64_t backoff_ms;
    json_t *names; /* written so far: {dns name: true} */
    bool gone;     /* the federated service is no more */
};

static void job_clear(struct dns_job *j) {
    json_decref(j->items);
    *j = (struct dns_job){0};
}

static void job_copy(struct dns_job *to, const struct dns_job *from) {
    json_t *items = json_incref(from->items);
    json_decref(to->items);
    *to = *from;
    to->items = items;
}

static void dns_free(struct service_dns *d) {
    sched_stop(d->f->sched, &d->timer);
    sched_stop(d->f->sched, &d->retry_timer);
    job_clear(&d->latest);
    job_clear(&d->retry);
    json_decref(d->names);
    free(d->key);
    free(d->ns);
    free(d->name);
    free(d);
}

void service_dns_free_all(struct federation *f) {
    for (size_t i = 0; i < f->services.cap; i++)
        if (f->services.slots[i].key)
            dns_free(f->services.slots[i].value);
    map_release(&f->services);
}

/* Names and addresses */

static bool is_address(const char *text, bool ipv6) {
    struct in6_addr a;
    return inet_pton(AF_INET, text, &a) == 1 || (ipv6 && inet_pton(AF_INET6, text, &a) == 1);
}

/* hosts is an object used as an ordered set: with hundreds of members a list would be searched. */
static void add_host(json_t *hosts, const char *host) {
    json_object_set_new(hosts, host, json_true());
}

/* Adds the addresses of a cluster's entry; a load balancer's name is resolved. */
static int add_addresses(struct federation *f, const json_t *item, json_t *hosts, struct err *err) {
    bool ipv6 = json_flag(profile_json(f->profile), "federation", "ipv6_records", NULL);
    size_t i, j;
    json_t *ingress, *address;
    json_array_foreach(json_object_get(item, "items"), i, ingress) {
        const char *ip = json_str(ingress, "ip", NULL);
        const char *host = json_str(ingress, "hostname", NULL);
        if (ip && is_address(ip, ipv6))
            add_host(hosts, ip);
        if (ip || !host)
            continue;
        CLEANUP(json_freep)
        json_t *resolved = f->ops.resolve_host ? f->ops.resolve_host(f->ops.self, host) : NULL;
        if (!resolved)
            return err_set(err, ERR_NOT_FOUND, "lookup %s: no such host", host);
        json_array_foreach(resolved, j, address) if (json_is_string(address) &&
                                                     is_address(json_string_value(address), ipv6))
            add_host(hosts, json_string_value(address));
    }
    return 0;
}

/* How many of its zones name the cluster. */
static size_t zone_count(const struct fed_cluster *c) {
    size_t count = json_array_size(c->zones);
    return count > 1 && profile_has_quirk(c->f->profile, "multi-zone-first-only") ? 1 : count;
}

static const char *zone_at(const struct fed_cluster *c, size_t i) {
    return json_string_value(json_array_get(c->zones, i));
}

enum level { ZONE, REGION, GLOBAL };

struct place { /* a name of the service: of a cluster's zone, of its region, or of all */
    enum level level;
    const struct fed_cluster *cluster;
    const char *zone; /* ZONE only */
};

/* "beacon.default.federation.svc[.z1.r1].juju-fed.com.", owned; NULL where there is no such name.
 */
static char *dns_name(const struct service_dns *d, const struct place *at) {
    const struct federation *f = d->f;
    const char *region = at->cluster->region;
    CLEANUP(str_freep) char *prefix = xasprintf("%s.%s.%s.svc", d->name, d->ns, f->name);
    if (at->level == GLOBAL)
        return xasprintf("%s.%s", prefix, f->zone);
    if (!region)
        return NULL;
    if (at->level == REGION)
        return xasprintf("%s.%s.%s", prefix, region, f->zone);
    return at->zone ? xasprintf("%s.%s.%s.%s", prefix, at->zone, region, f->zone) : NULL;
}

/* One pass */

/*
 * The real one asks the DNS provider for the name of all, and for a region's, once for each
 * cluster. In a federation of this size so do we, request by request; in a larger one a name that
 * the pass has settled stays settled, because the rest of the requests would be many and change
 * nothing.
 */
#define ASKED_AGAIN_MAX 16

struct pass {
    struct service_dns *d;
    const struct dns_job *job;
    json_t *hosts;   /* DNS name -> {address: true}, or the text of why an address is not known */
    json_t *settled; /* DNS name -> true */
};

/* Adds addresses (or, NULL, the trouble) to the name of a place. */
static void add_to_place(struct pass *p, const struct place *at, json_t *addresses,
                         const struct err *trouble) {
    CLEANUP(str_freep) char *name = dns_name(p->d, at);
    if (!name)
        return;
    if (!addresses)
        json_set_str(p->hosts, name, trouble->text);
    else if (!json_is_string(json_object_get(p->hosts, name)))
        json_object_update(json_ensure_object(p->hosts, name), addresses);
}

/* The addresses of all clusters of each zone, of each region and of the federation. */
static void gather_hosts(struct pass *p) {
    size_t i;
    json_t *item;
    json_array_foreach(p->job->items, i, item) {
        const char *name = json_str(item, "cluster", NULL);
        const struct fed_cluster *c = name ? clusters_find(p->d->f, name) : NULL;
        if (!c)
            continue;
        struct err err = {0};
        CLEANUP(json_freep) json_t *hosts = json_object();
        json_t *known = add_addresses(p->d->f, item, hosts, &err) < 0 ? NULL : hosts;
        for (size_t z = 0; z < zone_count(c); z++)
            add_to_place(p, &(struct place){ZONE, c, zone_at(c, z)}, known, &err);
        add_to_place(p, &(struct place){REGION, c, NULL}, known, &err);
        add_to_place(p, &(struct place){GLOBAL, c, NULL}, known, &err);
    }
}

/* An empty name points to the next one up; the global one has nobody to point to. */
static int ensure_place(struct pass *p, const struct place *at, struct err *err) {
    struct service_dns *d = p->d;
    CLEANUP(str_freep) char *name = dns_name(d, at);
    if (!name || json_object_get(p->settled, name))
        return 0;
    const json_t *known = json_object_get(p->hosts, name);
    if (json_is_string(known))
        return err_set(err, ERR_NOT_FOUND, "%s", json_string_value(known));
    CLEANUP(json_freep)
    json_t *hosts = known ? json_copy(json_mutable(known)) : json_object();
    bool tidy = p->job->deleted && !profile_has_quirk(d->f->profile, "dns-dangling-cnames");
    if (json_object_size(hosts) == 0 && at->level != GLOBAL && !tidy) {
        struct place above = {at->level + 1, at->cluster, NULL};
        CLEANUP(str_freep) char *up = dns_name(d, &above);
        add_host(hosts, up);
    }
    if (!d->names)
        d->names = json_object();
    json_object_set_new(d->names, name, json_true());
    int rc = records_ensure(d->f, name, hosts, err);
    if (rc == 0 && json_array_size(p->job->items) > ASKED_AGAIN_MAX)
        json_object_set_new(p->settled, name, json_true());
    return rc;
}

static int ensure_cluster(struct pass *p, const struct fed_cluster *c, struct err *err) {
    bool needs_zone = profile_has_quirk(p->d->f->profile, "zone-labels-required");
    if (zone_count(c) == 0 && needs_zone)
        return err_set(err, ERR_STATE, "failed to get cluster zone names");
    for (size_t i = 0; i < zone_count(c); i++)
        if (ensure_place(p, &(struct place){ZONE, c, zone_at(c, i)}, err) < 0)
            return err->code;
    if (ensure_place(p, &(struct place){REGION, c, NULL}, err) < 0)
        return err->code;
    return ensure_place(p, &(struct place){GLOBAL, c, NULL}, err);
}

static void keep_name(const struct service_dns *d, const struct place *at, json_t *kept) {
    CLEANUP(str_freep) char *name = dns_name(d, at);
    if (name)
        json_object_set_new(kept, name, json_true());
}

/* Without the leak: names that no cluster of the service stands for any more go. */
static int sweep(struct service_dns *d, const struct dns_job *job, struct err *err) {
    CLEANUP(json_freep) json_t *kept = json_object();
    size_t i;
    json_t *item;
    json_array_foreach(job->items, i, item) {
        const char *cluster = json_str(item, "cluster", NULL);
        const struct fed_cluster *c = cluster ? clusters_find(d->f, cluster) : NULL;
        if (!c || job->deleted || !job->wants)
            continue;
        for (size_t z = 0; z < zone_count(c); z++)
            keep_name(d, &(struct place){ZONE, c, zone_at(c, z)}, kept);
        keep_name(d, &(struct place){REGION, c, NULL}, kept);
        keep_name(d, &(struct place){GLOBAL, c, NULL}, kept);
    }
    CLEANUP(json_freep) json_t *none = json_object();
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(d->names, next, name, value) {
        if (json_object_get(kept, name))
            continue;
        if (records_ensure(d->f, name, none, err) < 0)
            return err->code;
        json_object_del(d->names, name);
    }
    return 0;
}

static bool run(struct service_dns *d, const struct dns_job *job) {
    struct federation *f = d->f;
    CLEANUP(json_freep) json_t *hosts = json_object();
    CLEANUP(json_freep) json_t *settled = json_object();
    struct pass pass = {d, job, hosts, settled};
    bool fine = true;
    size_t i;
    json_t *item;
    if (job->wants && !job->deleted)
        gather_hosts(&pass);
    json_array_foreach(job->items, i, item) {
        const char *name = json_str(item, "cluster", NULL);
        const struct fed_cluster *c = name ? clusters_find(f, name) : NULL;
        struct err err = {0};
        if (!c || (!job->wants && !d->names))
            continue;
        if (ensure_cluster(&pass, c, &err) < 0) {
            fed_log(f, "Error when ensuring DNS records for service %s: %s", d->key, err.text);
            fine = false;
        }
    }
    struct err err = {0};
    if (!profile_has_quirk(f->profile, "dns-dangling-cnames") && sweep(d, job, &err) < 0) {
        fed_log(f, "Error when removing DNS records of service %s: %s", d->key, err.text);
        fine = false;
    }
    return fine;
}

static void on_retry(void *self);

static void attempt(struct service_dns *d, const struct dns_job *from) {
    struct dns_job job = {0};
    job_copy(&job, from);
    bool fine = run(d, &job);
    if (fine) {
        d->backoff_ms = 0;
    } else {
        job_copy(&d->retry, &job);
        sched_start(d->f->sched, &d->retry_timer, fed_backoff_ms(&d->backoff_ms), on_retry, d);
    }
    job_clear(&job);
    if (d->gone && !sched_is_running(&d->timer) && !sched_is_running(&d->retry_timer)) {
        map_remove(&d->f->services, d->key);
        dns_free(d);
    }
}

static void on_event(void *self) {
    struct service_dns *d = self;
    if (!profile_has_quirk(d->f->profile, "dns-retry-flaps"))
        sched_stop(d->f->sched, &d->retry_timer);
    attempt(d, &d->latest);
}

static void on_retry(void *self) {
    struct service_dns *d = self;
    bool flaps = profile_has_quirk(d->f->profile, "dns-retry-flaps");
    attempt(d, flaps ? &d->retry : &d->latest);
}

/* Events */

static struct service_dns *ensure(struct federation *f, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns, name);
    struct service_dns *d = map_get(&f->services, key);
    if (d)
        return d;
    d = xcalloc(1, sizeof(*d));
    d->f = f;
    d->key = str_take(&key);
    d->ns = xstrdup(ns);
    d->name = xstrdup(name);
    map_set(&f->services, d->key, d);
    return d;
}

static json_t *items_of(const json_t *service) {
    const char *text = json_str(service, "metadata", "annotations", SERVICE_INGRESSES, NULL);
    CLEANUP(json_freep)
    json_t *parsed = text ? json_parse(text, strlen(text), SERVICE_INGRESSES, NULL) : NULL;
    json_t *items = json_object_get(parsed, "items");
    return json_is_array(items) ? json_incref(items) : json_array();
}

void service_dns_changed(struct federation *f, const json_t *service, const json_t *items,
                         bool deleted) {
    const char *ns = json_str(service, "metadata", "namespace", NULL);
    const char *name = json_str(service, "metadata", "name", NULL);
    if (!f->dns_works || !ns || !name)
        return;
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns, name);
    bool wants = services_wants_dns(f, service);
    struct service_dns *known = map_get(&f->services, key);
    if (!wants && !known)
        return; /* no records, no event, no log */
    struct service_dns *d = known ? known : ensure(f, ns, name);
    struct dns_job job = {
        .items = items ? json_deep_copy(items) : items_of(service),
        .wants = wants,
        .deleted = deleted || json_str(service, "metadata", "deletionTimestamp", NULL) != NULL,
    };
    d->gone = deleted;
    job_copy(&d->latest, &job);
    job_clear(&job);
    sched_start(f->sched, &d->timer, 0, on_event, d);
}
