/*
 * A Juju controller on a clock that the test moves, with everything that it tells the world and
 * the client written down as text.
 */
#ifndef CONFED_UNIT_JUJU_RIG_H
#define CONFED_UNIT_JUJU_RIG_H

#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "mocks/fault/fault.h"
#include "mocks/juju/juju.h"

struct rig {
    struct sched *sched;
    struct juju *juju;
    struct profile *profile; /* or NULL */
    struct fault_table *faults;
    struct buf world;       /* one line for each call of the juju_ops */
    struct buf out, errors; /* of the command that ran last */
    char *current;          /* the client's current model */
    char *file;             /* what scp wrote last: "path=data" */
    int code;               /* -1: it still runs */
    bool without_store;     /* the charm store is closed */
    unsigned addresses;
    struct juju_command *running;
};

extern const char rig_bundle[]; /* two machines, five applications */
int rig_setup(void **state);
int rig_teardown(void **state);
/* Starts over with a controller of another release of Juju, "3.4.0". */
void rig_version(struct rig *r, const char *version);
/* Writes what a command answers into r. */
struct juju_reply_ops rig_reply(struct rig *r);
/* Runs "juju <line>", words split at spaces ('...' keeps them), for at most world_ms. */
int rig_juju(struct rig *r, const char *line, int64_t world_ms);
/* The same with an environment: {"JUJU_MODEL": ...}; stolen. */
int rig_juju_env(struct rig *r, json_t *env, const char *line, int64_t world_ms);
/* Adds a rule to the world's faults. */
void rig_fault(struct rig *r, const char *rule);
/* add-model, deploy ./bundle.yaml and as long as it takes. */
void rig_deployed(struct rig *r, const char *model);

#endif
