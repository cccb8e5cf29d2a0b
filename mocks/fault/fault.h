/*
 * One vocabulary of faults for every part of the world, and the table that decides which request
 * meets which. A rule in text:
 *
 *     VERB[,VERB] PATTERN ACTION[=VALUE] [count=N] [skip=N] [after=MS] [for=MS] [p=0.1] [at=NAME]
 *
 *     get /api/v1/nodes status=500 count=2        the first two answers are 500
 *     * /healthz refuse at=c2                     c2 accepts no connection for it
 *     put,patch replicasets conflict count=1      one 409
 *     watch * close p=0.05                        a watch is closed now and then
 *     get * status=429 retry-after=1              too many requests
 *     query juju-fed.com servfail at=f1/coredns   that name and all below it, at one server
 *     juju * refuse skip=9 for=60000              the controller is gone for a minute
 *     juju status expire after=600000             a login that ends ten minutes into the world
 *     hook kubernetes-worker/0 fail count=2       a unit in error that the third try resolves
 *     machine 1 drop at=c1                        a machine that never comes
 *     machine 1 lost at=c1 after=900000           one that vanishes after a quarter of an hour
 *
 * Actions of HTTP requests: refuse, reset, drop (no answer), delay=MS, truncate=BYTES, status=CODE
 * (with retry-after=S), conflict, stale (a list from before the last change), close (a watch ends),
 * compact (410 Gone), expire (401: what shows who asks is good no more), garble (every value of the
 * answer is another: a test that is green with it
 * checks nothing). Of DNS queries (verb "query"): drop, delay=MS, truncate (over UDP: TC is set
 * and the answer is left out; with =BYTES: the message ends there), wrong-id (the answer to
 * another question), servfail, refused, nxdomain, nodata, lame (a referral to the root by a server
 * that knows no such zone), loop (a CNAME that leads back to itself), stale (the first answer that
 * was given while the rule struck, for ever). "*" as verb means both kinds, as far as the action
 * is one of theirs.
 *
 * What goes wrong in a deploy has verbs of its own:
 *   juju     a command that asks the controller; PATTERN is the command ("status"). refuse;
 *            drop (no answer: the client gives up after ten minutes); reset (the connection ends
 *            while the controller works: what was asked is done, but not told); delay=MS;
 *            truncate=BYTES of stdout; expire (nobody is logged in any more); warn (warnings among
 *            its output).
 *   machine  PATTERN is its number ("1"). While it is made: drop (it never comes), delay=MS, fail
 *            (the cloud has none; Juju tries again ten times). Later: lost (it is off).
 *   hook     PATTERN is a unit or an application. fail (the unit is in error, and Juju tries again,
 *            less and less often), delay=MS, drop (it never ends), block (the charm waits for
 *            somebody, and looks again every half minute).
 *   port     PATTERN is a port of a unit that is opened, "30229/tcp", or its application. drop: the
 *            cloud's firewall does not get the rule; it is open at the private address only.
 *   agent    PATTERN as of hook. lost: the agent is not heard of, while its workload goes on.
 * What can be lost is looked at every 30 s, which is what count counts then.
 *
 * PATTERN is '*' for all; of HTTP requests a path prefix when it begins with '/', else the name of
 * a resource; of queries a domain name, for itself and all below. at=NAME is the model, or
 * MODEL/kube-dns and MODEL/coredns for its DNS servers. Probabilities draw from the table's own
 * seed. after=MS and for=MS are the world's time: since it began, and since the rule's first
 * strike.
 */
#ifndef CONFED_FAULT_FAULT_H
#define CONFED_FAULT_FAULT_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "harness/core/sched.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_action {
    FAULT_NONE,
    FAULT_REFUSE,
    FAULT_RESET,
    FAULT_DROP,
    FAULT_DELAY,
    FAULT_TRUNCATE,
    FAULT_STATUS,
    FAULT_CONFLICT,
    FAULT_STALE,
    FAULT_CLOSE,
    FAULT_COMPACT,
    FAULT_GARBLE,
    FAULT_SERVFAIL,
    FAULT_NXDOMAIN,
    FAULT_REFUSED,
    FAULT_NODATA,
    FAULT_WRONG_ID,
    FAULT_LAME,
    FAULT_LOOP,
    FAULT_EXPIRE,
    FAULT_WARN,
    FAULT_FAIL,
    FAULT_BLOCK,
    FAULT_LOST,
};

/* What happens in a deploy and can meet a fault; bits. */
enum fault_event {
    FAULT_OF_COMMAND = 4,   /* a juju command asks the controller */
    FAULT_OF_PROVISION = 8, /* a machine is asked for */
    FAULT_OF_HOOK = 16,     /* a unit runs a hook */
    FAULT_OF_MACHINE = 32,  /* a machine is looked at */
    FAULT_OF_AGENT = 64,    /* a unit's agent is looked at */
    FAULT_OF_PORT = 128,    /* a port is opened */
};

struct fault {
    enum fault_action action;
    int64_t value;         /* DELAY: world ms; TRUNCATE: bytes, -1 for TC; STATUS: code */
    int64_t retry_after_s; /* STATUS: -1 when not given */
};

struct fault_table;
struct fault_table *fault_table_new(uint64_t seed);
void fault_table_free(struct fault_table *t);
DEFINE_OWNED(struct fault_table, fault_table)
/* Rules may say after and for by this clock from now on; borrowed. */
void fault_table_use_clock(struct fault_table *t, const struct sched *clock);
/* ERR_USAGE names the word that is wrong and what is allowed. */
int fault_table_add(struct fault_table *t, const char *rule, struct err *err);
void fault_table_clear(struct fault_table *t);
/*
 * What befalls this request, counting it. part is the name of the server ("c1"), verb a Kubernetes
 * verb in lower case or an HTTP method, resource NULL when there is none.
 */
struct fault fault_table_next(struct fault_table *t, const char *part, const char *verb,
                              const char *path, const char *resource);
/*
 * The same of a DNS query to a server of the part ("c1/kube-dns"); name with or without its last
 * dot. A rule whose action is none of a query's passes it by, uncounted.
 */
struct fault fault_table_next_query(struct fault_table *t, const char *part, const char *name);
/*
 * The same of what happens in the model part: name is that of the command, machine or unit, of the
 * unit's application or NULL.
 */
struct fault fault_table_next_event(struct fault_table *t, const char *part, enum fault_event event,
                                    const char *name, const char *of);
/* Whether a rule is about such events. */
bool fault_table_has_event(const struct fault_table *t, enum fault_event event);
/* Whether there is any rule at all. */
bool fault_table_is_empty(const struct fault_table *t);
/* Every rule with how often it struck; owned. */
json_t *fault_table_report(const struct fault_table *t);

#endif
