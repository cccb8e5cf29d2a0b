/* What the files of the truth table share: the evidence, read once. Private to harness/model. */
#ifndef CONFED_MODEL_TRUTH_PARTS_H
#define CONFED_MODEL_TRUTH_PARTS_H

#include "harness/core/buf.h"
#include "harness/model/truth.h"

#include <stddef.h>

enum { TRUTH_CLUSTERS_MAX = 64 };

struct truth_cluster { /* all borrowed from the evidence, but ingress and node_addresses */
    const char *name;
    const json_t *evidence;
    /* Its shard of the service. */
    bool service_seen, has_service; /* seen: it was said whether there is one */
    const char *type, *cluster_ip;  /* "" where not given */
    json_t *ingress;                /* owned: addresses of its load balancer */
    json_t *node_addresses;         /* owned */
    json_t *endpoint_addresses;     /* owned: the ready ones */
    bool endpoints_seen;
    size_t ready, not_ready;
    /* Where it is: what its nodes say, and what the federation has read there. */
    bool nodes_seen;
    const char *zone, *region; /* of the first node with both; NULL: none */
    const char *node_without_zone, *node_without_region; /* NULL: every node has it */
    const json_t *registered; /* the federation's Cluster; NULL: not registered */
    bool offline, has_zones;  /* by its status */
};

struct truth {
    const json_t *evidence;
    const char *service, *ns, *federation, *zone, *domain;
    int64_t ttl;
    bool federated_seen, federated; /* the federation said; it has the service */
    const char *type;               /* of the federated service; "" */
    const json_t *annotation_of;    /* its metadata */
    struct truth_cluster clusters[TRUTH_CLUSTERS_MAX];
    size_t cluster_count;
};

void truth_read(struct truth *t, const json_t *evidence);
void truth_release(struct truth *t);
const struct truth_cluster *truth_find(const struct truth *t, const char *name); /* or NULL */

/* Whether kube-dns and the federation count on it: a shard with a ready endpoint, reachable. */
bool truth_is_healthy(const struct truth_cluster *c);
bool truth_is_healthy_in(const struct truth *t, const char *zone, const char *region);
/* Whether a list of texts has it. */
bool truth_has(const json_t *list, const char *text);
/* Status of what was seen of an object: 0 when nobody answered. */
int64_t truth_status(const json_t *seen);

enum truth_level { TRUTH_NO_LEVEL, TRUTH_ZONE_LEVEL, TRUTH_REGION_LEVEL, TRUTH_GLOBAL_LEVEL };
/* Which of the service's names in the federation's zone this is. */
enum truth_level truth_level_of(const struct truth *t, const char *name);
const char *truth_level_verdict(enum truth_level level); /* "REMOTE_ZONE"; "" */
/* Whether name is the service's federation name inside of a cluster, or its plain one. */
bool truth_is_federation_name(const struct truth *t, const char *name);
bool truth_is_plain_name(const struct truth *t, const char *name);

/* truth_expect.c: the verdicts that the row may have; owned. */
json_t *truth_expected(const struct truth *t, const json_t *row);
/* truth_verdict.c: static text. a_row: the A row of the same name and asker, or NULL. */
const char *truth_verdict(const struct truth *t, const json_t *row, const json_t *a_row);
/* Whose address it is, in words, for a row of this asker; owned. */
char *truth_whose(const struct truth *t, const char *asker, const char *address);
/* truth_why.c, truth_publish.c: the reasons, the one that decides first; owned. */
json_t *truth_why(const struct truth *t, const json_t *row, const json_t *rows);
void truth_why_published(const struct truth *t, const json_t *rows, json_t *why);
void truth_why_add(json_t *why, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Says that something could not be seen, when so. true: it could not. */
bool truth_why_unseen(json_t *why, const json_t *seen, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The row of the table, or NULL. */
const json_t *truth_row(const json_t *rows, const char *asker, const char *name, const char *type);

#endif
