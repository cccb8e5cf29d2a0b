/* The nodes: which one takes a pod, the pods' addresses, and whether the nodes are up. */
#ifndef CONFED_CLUSTER_NODE_H
#define CONFED_CLUSTER_NODE_H

#include "mocks/cluster/state.h"

struct node {
    char *name, *address;
    uint32_t next_host;  /* of the current block, 2..254; 0: take a block first */
    uint32_t block;      /* pod addresses are 10.<1 + block / 256>.<block % 256>.<host> */
    uint32_t *free_list; /* block << 8 | host, given back */
    size_t free_count, free_cap;
};

void node_create_all(struct cluster *c, const struct cluster_node *nodes, size_t count);
void node_release_all(struct cluster *c);
void node_write_ready(struct cluster *c); /* the Ready condition of every node after c->down */

struct node *node_find(struct cluster *c, const char *name); /* or NULL */
/* The node with the fewest pods among those that may take the pod; NULL: none, with the
 * scheduler's reason in ret_why (owned). */
struct node *node_pick(struct cluster *c, const json_t *pod, char **ret_why);
bool node_fits(struct cluster *c, const struct node *n, const json_t *pod);

char *node_take_address(struct cluster *c, struct node *n); /* owned; NULL: none left */
void node_give_address(struct node *n, const char *ip);

#endif
