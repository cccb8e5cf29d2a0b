/* Nodes, errors and strings as etcd writes them in JSON. Internal to this folder. */
#ifndef CONFED_ETCD_ETCD_TEXT_H
#define CONFED_ETCD_ETCD_TEXT_H

#include "mocks/etcd/etcd_store.h"

/* As Go's encoding/json: "<", ">" and "&" are escaped. */
void etcd_text_string(const char *s, struct buf *out);
/* One node without what is below it; removed: without value. */
void etcd_text_node(const struct etcd_node *n, bool removed, struct buf *out);
/* A node and its children, or with recursive all that is below; hidden ones are left out. */
void etcd_text_tree(const struct etcd_node *n, bool recursive, struct buf *out);
void etcd_text_error(enum etcd_code code, const char *cause, uint64_t index, struct buf *out);
int etcd_text_status(enum etcd_code code); /* HTTP status of an error */

#endif
