/*
 * A world: where the programs of a run find their clusters. The harness does not know which world
 * it is in: a world only decides what is in PATH and the environment, how long things may take, and
 * what is on offer. world_sim, world_juju and world_existing are the three there are.
 *
 * Owners: everything a world returns is borrowed from it and lives until it is freed.
 */
#ifndef CONFED_WORLD_WORLD_H
#define CONFED_WORLD_WORLD_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What a person asked of the world; members that do not concern it are refused by its maker. */
struct world_options {
    const char *profile;                         /* release to simulate, or NULL */
    const char *juju_version;                    /* to simulate; NULL: that of the profile */
    const char *prefix;                          /* of the models' names, or NULL */
    const char *kubeconfig;                      /* of clusters that exist, or NULL */
    json_t *quirks, *offers, *faults, *contexts; /* lists of texts, or NULL; borrowed */
    json_t *clocks;                              /* "MODEL=SECONDS", or NULL; borrowed */
    json_t *env; /* variables that commands get too: "NAME" or "NAME=TEXT"; or NULL; borrowed */
    const json_t *tools; /* name -> path of --tool; borrowed */
    double speed;        /* 0: the world's own */
    int64_t seed;        /* -1: the world's own */
    int64_t floor_ms;    /* the least real time that a wait gets; -1: the world's own */
};

/* The run's folder, absolute; its bin/, home/ and work/ are there. */
struct world_place {
    const char *run_dir, *kubeconfig;
    bool resumed; /* go on in the same world, if it still lives */
    bool keep;    /* it is to outlive the harness */
};

struct world_ops {
    const char *name;
    /* Makes the world ready. ERR_NOT_FOUND: a program or file is missing; ERR_TIMEOUT: not ready.
     */
    int (*start)(void *self, const struct world_place *place, struct err *err);
    /* Sets variables of the commands' environment (PATH among them): name -> text. */
    void (*env)(const void *self, json_t *env);
    /* Real milliseconds for a wait of world_ms. */
    int64_t (*real_ms)(const void *self, int64_t world_ms);
    /* Real milliseconds for a span that must not be stretched (`stays`). */
    int64_t (*span_ms)(const void *self, int64_t world_ms);
    const json_t *(*offers)(const void *self); /* list of texts */
    const json_t *(*facts)(const void *self);  /* what ${world...} is: profile, speed, seed, ... */
    /* Whether this is another world than that of the run that is resumed: all of it is gone. */
    bool (*is_fresh)(const void *self);
    /* Processor time that the world has used so far; -1: not to be known. NULL: it uses none here.
     */
    int64_t (*cpu_ms)(const void *self);
    /* One line for people. */
    void (*describe)(const void *self, struct buf *out);
    /* Ends it; with keep it is left running. Fine when it was never started. */
    void (*stop)(void *self, bool keep);
    void (*free)(void *self);
};

struct world {
    const struct world_ops *ops;
    void *self; /* owned through ops->free */
};

#endif
