/*
 * The data plane: which ports of which machines are open, and what listens behind them. A port that
 * Juju has opened gets a listener only while something answers there (a NodePort without a ready
 * pod refuses, as kube-proxy does), and loses it when the firewall closes it or its pods go.
 */
#ifndef CONFED_SIM_PLANE_H
#define CONFED_SIM_PLANE_H

#include "harness/core/buf.h"
#include "mocks/sim/world.h"

#include <stdint.h>

struct plane *plane_new(struct world *w);
void plane_free(struct plane *p);

void plane_set_open(struct plane *p, const char *model, const char *address, uint16_t port,
                    const char *protocol, bool open);
bool plane_is_open(const struct plane *p, const char *address, uint16_t port, const char *protocol);
/* A machine is switched off: nothing answers there, whatever is open; or on again. */
void plane_set_power(struct plane *p, const char *address, bool on);
void plane_remove_model(struct plane *p, const char *model);
/* Closes every listener of the model, to be opened again by the next reconcile. */
void plane_reset_model(struct plane *p, const char *model);
/* Opens and closes listeners so that they match what is there. */
void plane_reconcile(struct plane *p);
/* What is open and what serves it; owned. */
json_t *plane_status(const struct plane *p);

/* A query from inside the world to "address" or "address:port"; false: nobody answers. */
bool plane_dns(struct world *w, const char *server, const void *query, size_t len, bool tcp,
               struct buf *reply);
/* Whether a DNS server listens there. */
bool plane_dns_listens(struct world *w, const char *address, uint16_t number, bool tcp);
/* The DNS server there answers the datagrams that have arrived, without a turn of the loop. */
void plane_dns_pump(struct world *w, const char *address, uint16_t number);
/* GET of an http:// URL from inside the world: status, 0 when nobody answers. */
int plane_http_get(struct world *w, const char *url, struct buf *body);

#endif
