/*
 * A kubefed with an API server made of tables: three clusters (host f1, members c1 and c2) and the
 * federation, which keep what is posted. Every request is written down as "f1 POST /path
 * kind/name".
 */
#ifndef CONFED_UNIT_CLI_RIG_H
#define CONFED_UNIT_CLI_RIG_H

#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "mocks/cli/kubefed.h"

struct rig {
    struct profile *profile;
    char *dir, *kubeconfig;
    json_t *objects;  /* "f1 /path/name" -> object */
    json_t *failures; /* "f1 POST /path" -> status */
    struct buf requests, out, errors;
    json_t *exchange; /* of the last run: {"server", "method", "path", "body"} of each request */
    int pods_after, health_after; /* looks that fail first */
    int64_t waited_ms;
    int64_t timeout_ms; /* that the last request allowed itself */
    bool no_rbac;
    const char *load_balancer; /* services of that type get it; NULL: none */
    const char *rbac;          /* the one version that is served, v1beta1 unless set */
    uint64_t seed;             /* of the next run */
    int kill_after, killed_to; /* requests, and where the rig's state goes then; 0: never */
};

int rig_setup(void **state); /* profile 1.7.0 */
int rig_teardown(void **state);
void rig_profile(struct rig *r, const char *name);
/* A release that the fixtures do not have: what kubefed was like, over one that they have. */
void rig_profile_over(struct rig *r, const char *base, const char *kubefed_json);
/* Runs "kubefed <line>", words split at spaces; the exit code. */
int rig_kubefed(struct rig *r, const char *line);
/*
 * The same, killed (SIGKILL) as soon as the n-th request has been answered; the rig's objects are
 * then what it left. False when there are fewer requests.
 */
bool rig_kubefed_killed(struct rig *r, const char *line, int n);
/* What was posted at "f1 /api/v1/namespaces/x/services/name"; borrowed or NULL. */
json_t *rig_object(const struct rig *r, const char *key);
void rig_put(struct rig *r, const char *key, json_t *object); /* stolen */
/* Fails the test with both texts when the requests are not these. */
void rig_assert_requests(struct rig *r, const char *want);

#endif
