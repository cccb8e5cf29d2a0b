#include "mocks/sim/store.h"
#include "harness/core/str.h"
#include "mocks/sim/plane.h"

#include <stdlib.h>
#include <string.h>

struct store *store_add(struct world *w, const char *model, const char *application,
                        const char *address, uint16_t port, bool tls) {
    struct store *s = xcalloc(1, sizeof(*s));
    *s = (struct store){.next = w->stores,
                        .model = xstrdup(model),
                        .application = xstrdup(application),
                        .address = xstrdup(address),
                        .port = port,
                        .etcd = etcd_new(w->sched)};
    if (tls) {
        const char *names[] = {address};
        struct pki_request request = {
            .common_name = address, .names = names, .name_count = 1, .server = true};
        /* Without a certificate the store simply cannot be reached. */
        if (pki_new_ca(model, &s->ca, NULL) == 0)
            pki_issue(&s->ca, &request, &s->server, NULL);
    }
    w->stores = s;
    world_reconcile_soon(w);
    return s;
}

static void store_free(struct store *s) {
    etcd_free(s->etcd);
    pki_pair_release(&s->ca);
    pki_pair_release(&s->server);
    free(s->model);
    free(s->application);
    free(s->address);
    free(s);
}

void store_remove_model(struct world *w, const char *model) {
    for (struct store **link = &w->stores; *link;) {
        struct store *s = *link;
        if (model && strcmp(s->model, model) != 0) {
            link = &s->next;
            continue;
        }
        *link = s->next;
        store_free(s);
    }
}

struct store *store_at(const struct world *w, const char *address, uint16_t port) {
    for (struct store *s = w->stores; s; s = s->next)
        if (s->port == port && strcmp(s->address, address) == 0)
            return s;
    return NULL;
}

struct store *store_of_endpoint(const struct world *w, const char *endpoint) {
    bool tls = str_has_prefix(endpoint, "https://");
    if (!tls && !str_has_prefix(endpoint, "http://"))
        return NULL;
    CLEANUP(str_freep) char *host = xstrdup(endpoint + (tls ? 8 : 7));
    host[strcspn(host, "/")] = '\0';
    char *colon = strrchr(host, ':');
    int64_t port;
    if (!colon || !str_to_int(colon + 1, 1, 65535, &port))
        return NULL;
    *colon = '\0';

    struct store *s = store_at(w, host, (uint16_t)port);
    if (!s || !plane_is_open(w->plane, host, (uint16_t)port, "tcp"))
        return NULL;
    bool speaks_tls = s->server.cert != NULL;
    return speaks_tls == tls ? s : NULL;
}
