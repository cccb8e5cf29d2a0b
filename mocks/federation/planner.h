/*
 * How many replicas each cluster gets: a pure function. Clusters are served by weight, the heaviest
 * first, and among equals by the 32-bit FNV-1 hash of "<cluster><namespace>/<name>", so that the
 * odd replica of nginx in default goes to c2 rather than c1. Source: Kubernetes 1.6,
 * federation/pkg/federation-controller/util/planner/planner.go.
 */
#ifndef CONFED_FEDERATION_PLANNER_H
#define CONFED_FEDERATION_PLANNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct planner_cluster {
    const char *name; /* borrowed */
    int64_t current;  /* ready replicas that it runs; -1: it has none of the object */
    int64_t capacity; /* replicas that it can run at most; -1: not known */
    /* results */
    int64_t planned;  /* including what did not fit anywhere else */
    int64_t overflow; /* the part of it that exceeds the capacity */
    uint32_t hash;
};

/*
 * preferences: the parsed annotation {"rebalance": bool, "clusters": {NAME or "*": {"minReplicas",
 * "maxReplicas", "weight"}}}; NULL: {"*": {"weight": 1}}. key: "namespace/name". order_by_hash
 * false serves equal weights by cluster name. Leaves the clusters in their order.
 */
void planner_plan(int64_t replicas, const char *key, const json_t *preferences, bool order_by_hash,
                  struct planner_cluster *clusters, size_t count);

#endif
