/*
 * The truth table of a federated service: every form of its name, asked of every cluster's DNS and
 * of the zone's own server, for A, AAAA, SRV and CNAME: what was expected, what came back, a
 * verdict, and why. Functions of evidence that somebody else has gathered; nothing is asked here
 * and nothing guessed: where the evidence cannot decide, the reason says what could not be seen.
 * README.md has the form of evidence, answers and table.
 *
 * What is expected is what federation DNS promises for the shards as they are (Kubernetes 1.6 to
 * 1.9: federation/pkg/federation-controller/service/dns/dns.go; kubernetes/dns pkg/dns/dns.go).
 */
#ifndef CONFED_MODEL_TRUTH_H
#define CONFED_MODEL_TRUTH_H

#include <jansson.h>
#include <stdbool.h>

/* The asker that is no cluster: the server of the federation's zone. */
#define TRUTH_ZONE_SERVER "zone"

/*
 * The questions that the evidence calls for; owned: [{"asker", "form", "name", "type",
 * "candidates": ["fully.qualified.", ...]}]. A resolver tries the candidates in turn, as a pod's
 * search list says; none: the name cannot be formed, which is a row all the same.
 */
json_t *truth_questions(const json_t *evidence);
/* Whether a resolver with a search list stops at this answer (what a `resolve` step sees). */
bool truth_search_ends(const json_t *seen);
/* Which of two answers along a search list counts: the later one only when it says more. */
bool truth_search_prefers(const json_t *later, const json_t *earlier);

/*
 * The table; owned. answers: the questions, each with "answer" (what a `resolve` step saw of the
 * candidate that counts; nothing there: it was not asked) and "asked" (that candidate).
 */
json_t *truth_table(const json_t *evidence, const json_t *answers);
/*
 * One line about a row, for people: `beacon: asked beacon.default.svc.cluster.local of c2's
 * kube-dns, got 10.152.183.77 (service network of c2): LOCAL_PLAIN; no federation record exists
 * because the service is a NodePort`. Owned, NULL: no such row.
 */
char *truth_line(const json_t *table, const char *asker, const char *form, const char *type);

#endif
