/*
 * What a wait for a Juju model knows of each of its machines, applications and units over time:
 * since when it says what it says, how often it has failed, how long it took. A pure function of
 * the statuses that were seen and when; step_settle.c asks for them.
 *
 *     struct settle_account *a = settle_account_new(&rules, now_ms);
 *     settle_account_look(a, entities, now_ms);        each time there is a status
 *     if (settle_account_hopeless(a)) ...              ends at once: Juju has tried it often enough
 *     if (settle_account_is_met(a, now_ms)) ...        settled, and for long enough
 *
 * A model has settled when all of it was so at every look for a while: `looks` times, and for
 * quiet_ms since it was first so and since we changed anything last. A hook that fails is tried
 * again by Juju, less and less often; while it does, the unit is not in error, and has still
 * failed. It is hopeless after `retries` of them, or, as is whatever else is broken, after
 * broken_ms.
 */
#ifndef CONFED_DRIVER_SETTLE_ACCOUNT_H
#define CONFED_DRIVER_SETTLE_ACCOUNT_H

#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct settle_rules {
    int64_t looks, quiet_ms, broken_ms, retries;
    int64_t broken_said_s; /* what people are told that broken_ms is */
};

struct settle_account;
struct settle_account *settle_account_new(const struct settle_rules *rules, int64_t now_ms);
void settle_account_free(struct settle_account *a);
DEFINE_OWNED(struct settle_account, settle_account)

/* A look at the model: its entities, as juju_status_entities gives them; borrowed for the call. */
void settle_account_look(struct settle_account *a, const json_t *entities, int64_t now_ms);
/* A look that showed nothing: what was settled has to be seen again. */
void settle_account_miss(struct settle_account *a);
/* We changed something of the model at that time. */
void settle_account_changed(struct settle_account *a, int64_t at_ms);

/* Whether there is nothing to do but to wait: not all is settled, and nothing has failed, whose
 * tries would have to be counted. */
bool settle_account_only_waits(const struct settle_account *a);
bool settle_account_is_met(const struct settle_account *a, int64_t now_ms);
/* 'etcd/0 is error, agent idle: hook failed: "install", also after Juju tried it again 5 times';
 * owned; NULL: there is hope. */
char *settle_account_hopeless(const struct settle_account *a);
/* Who is waited for first, "etcd/0 is waiting: ... (and 3 more)", owned, and how long it has said
 * so. */
char *settle_account_blocker(const struct settle_account *a, int64_t now_ms, int64_t *ret_for_ms);
/* All that is not settled, each with how long it has said so; owned. */
char *settle_account_unsettled(const struct settle_account *a, int64_t now_ms);
/* name -> ms from the beginning until it was settled for good; owned. */
json_t *settle_account_waited(const struct settle_account *a);
/* name -> {"said", "for_ms"} of what is not settled; owned. */
json_t *settle_account_waiting(const struct settle_account *a, int64_t now_ms);

#endif
