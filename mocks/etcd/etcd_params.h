/* The parameters of a keys request, from its query and form. Internal to this folder. */
#ifndef CONFED_ETCD_ETCD_PARAMS_H
#define CONFED_ETCD_ETCD_PARAMS_H

#include "mocks/etcd/etcd_store.h"

struct etcd_params {
    struct etcd_change change; /* its texts are in owned */
    bool wait, stream;
    uint64_t wait_index;
    char *owned[2];
};
/* form may be NULL. On an error *ret_cause is set (owned), and p needs no release. */
enum etcd_code etcd_params_read(const char *method, const char *query, const char *form,
                                struct etcd_params *p, char **ret_cause);
void etcd_params_release(struct etcd_params *p);

#endif
