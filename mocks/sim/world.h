/*
 * The simulated world: one process's worth of Juju models, clusters, a federation and their
 * network.
 *
 * The world owns everything; the other files of this folder are its rooms:
 *
 *   block.c    the loopback addresses that this world holds
 *   site.c     one model's cluster: API server, cluster, cluster DNS, on machine addresses
 *   plane.c    the firewall and what listens behind each open port
 *   fedhost.c  the federation's control plane, which runs in pods of a site
 *   stores.c   the etcd servers
 *   control.c  the control socket
 */
#ifndef CONFED_SIM_WORLD_H
#define CONFED_SIM_WORLD_H

#include "harness/core/rng.h"
#include "harness/core/sched.h"
#include "mocks/fault/fault.h"
#include "mocks/juju/juju.h"
#include "harness/profile/profile.h"
#include "mocks/serve/line_server.h"
#include "mocks/serve/loop.h"

#include <jansson.h>

struct block;
struct dns_trouble;
struct site;
struct plane;
struct store;

struct world {
    struct loop *loop;
    struct sched *sched;
    struct profile *profile;
    struct fault_table *faults;
    struct dns_trouble *dns_trouble;
    struct rng rng;
    uint64_t seed;
    double speed;
    int64_t epoch_ms; /* the real time when its clock began */
    char *dir;
    json_t *offers; /* array of names */

    struct block *block;
    struct juju_ops juju_ops;
    struct juju *juju;
    struct site *sites;   /* list */
    struct store *stores; /* list */
    struct plane *plane;
    struct line_server *control;
    json_t *clocks;       /* model -> how far ahead its clock is, ms */
    json_t *nets;         /* model -> {net, host}: the addresses given out */
    json_t *private_nets; /* private address -> address of that machine */
    bool strict;          /* serve exactly the groups of the release */
    double linger_s;      /* real seconds that the world outlives its parent and the last command */
    bool orphaned;
    struct sched_timer end;
    struct sched_timer reconcile; /* of the plane */
};

struct world_options {
    const char *dir; /* exists */
    const char *profile_dir, *profile, *charms_dir;
    const char *juju_version;               /* NULL: that of the profile */
    const json_t *quirks, *offers, *faults; /* arrays of strings; borrowed */
    const json_t *clocks;                   /* model -> ms ahead; borrowed */
    bool strict;
    double speed;
    uint64_t seed;
};

/* Fills w; on failure everything is released. The loop is borrowed. */
int world_init(struct world *w, struct loop *loop, const struct world_options *o, struct err *err);
void world_release(struct world *w);
/* Writes world.json: the world is ready. */
int world_announce(const struct world *w, struct err *err);
/* The ports are looked at again as soon as the current callback is through. */
void world_reconcile_soon(struct world *w);
/* The parent has gone: the world ends when linger_s have passed without a command. */
void world_orphan(struct world *w);
/* A command has come: an orphaned world lives on for another linger_s. */
void world_touch(struct world *w);
bool world_offers(const struct world *w, const char *name);
/* The group versions that "cluster" or "federation" serves by the profile, with what a kubectl of
 * today asks for besides unless the world is strict; owned. */
json_t *world_group_versions(const struct world *w, const char *server);
/* What is up, for people and tests; owned. */
json_t *world_status(const struct world *w);

/* control.c */
int control_start(struct world *w, const char *path, struct err *err);

#endif
