/* What the phases of gathering a truth table share. Private to harness/driver. */
#ifndef CONFED_DRIVER_TRUTH_PARTS_H
#define CONFED_DRIVER_TRUTH_PARTS_H

#include "harness/driver/process.h"
#include "harness/driver/truth_gather.h"

enum { TRUTH_LANES = 12, TRUTH_FORWARDS_MAX = 64 };

/* One question to the API or to a port, whose answer goes into object[key]. */
struct truth_part {
    struct truth_part *next;
    struct truth_gather *g;
    struct ask *ask; /* owned */
    json_t *into;    /* a reference */
    char *key;       /* owned */
};

struct truth_forward { /* the way to one cluster's DNS */
    struct truth_gather *g;
    const char *cluster;     /* borrowed from the evidence */
    struct process *process; /* owned; NULL: none is needed */
    struct sched_timer timer;
    char *address; /* owned; where it is asked */
    int64_t port;  /* 0: not reached */
    bool tcp, settled;
};

struct truth_lane { /* one question of the table at a time */
    struct truth_gather *g;
    struct ask *ask;    /* owned */
    json_t *row, *args; /* row borrowed; args owned */
    size_t candidate;
    bool busy;
};

struct truth_gather {
    struct ask_place place; /* a copy */
    const json_t *args;     /* borrowed */
    int64_t timeout_ms;
    void (*done)(void *self, const json_t *table);
    void *self;
    json_t *evidence, *rows; /* owned */
    struct truth_part *parts;
    size_t open;                           /* parts and forwards under way */
    void (*next)(struct truth_gather *g);  /* when none is open any more */
    void (*after)(struct truth_gather *g); /* when the provider is known */
    struct truth_forward forwards[TRUTH_FORWARDS_MAX];
    size_t forward_count;
    struct truth_lane lanes[TRUTH_LANES];
    size_t next_row;
    struct sched_timer soon;
};

/* Asks; the answer is in into[key] when g->next is called. args is stolen. */
void truth_ask(struct truth_gather *g, enum ask_kind kind, json_t *args, json_t *into,
               const char *key);
void truth_get(struct truth_gather *g, const char *context, const char *path, json_t *into,
               const char *key);
/* What comes when all that was asked is answered, also when that was nothing. */
void truth_then(struct truth_gather *g, void (*next)(struct truth_gather *g));
/* One of what is under way has ended. */
void truth_closed(struct truth_gather *g);
/* "address[:port]" taken apart; address owned, false: it is none. */
bool truth_split(const char *text, int64_t otherwise, char **ret_address, int64_t *ret_port);

/* truth_provider.c: the host's control plane, the provider's file, its etcd, the zone's server. */
void truth_provider_begin(struct truth_gather *g, void (*after)(struct truth_gather *g));
/* truth_forward.c: ways to the clusters' DNS. */
void truth_forward_begin(struct truth_gather *g);
void truth_forward_release(struct truth_gather *g);
struct truth_forward *truth_forward_of(struct truth_gather *g, const char *cluster); /* or NULL */

#endif
