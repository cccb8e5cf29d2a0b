/*
 * One API server with the controllers and kubelets of a one-node cluster behind it, on one TLS
 * port of 127.0.0.1: what `confed-sim apiserver` runs.
 */
#ifndef CONFED_SIM_SOLO_H
#define CONFED_SIM_SOLO_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "mocks/serve/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct solo_options {
    const char *profile_dir, *profile;
    const json_t *quirks, *faults,
        *load;              /* arrays of strings: assignments, rules, files; borrowed */
    const char *transcript; /* a file that gets one JSON object per exchange; NULL: none */
    bool strict;            /* exactly the groups and the wire of the release */
    bool bare;              /* no controllers and kubelets: nothing but what clients write */
    double speed;
    uint64_t seed;
    uint16_t port; /* 0: chosen by the kernel */
};

struct solo;
struct solo *solo_new(struct loop *l, const struct solo_options *o, struct err *err);
void solo_free(struct solo *s);
DEFINE_OWNED(struct solo, solo)

/* Writes a kubeconfig of a cluster admin, mode 0600. */
int solo_write_kubeconfig(const struct solo *s, const char *path, struct err *err);
/* Every object as one List, owned: what --dump saves and --load reads. */
json_t *solo_dump(const struct solo *s);

#endif
