/*
 * What the simulated charm store knows: for each charm the steps that a unit of it takes from
 * installation to running, its options, endpoints and ports. The texts are those of the charms of
 * 2017 (kubernetes/kubernetes cluster/juju/layers, layer-etcd, layer-easyrsa, charm-flannel).
 */
#ifndef CONFED_JUJU_JUJU_CHARM_H
#define CONFED_JUJU_JUJU_CHARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct juju_step {
    const char *status, *message;
    int seconds;         /* how long it takes, about */
    const char *needs;   /* a charm that must run on a related application first; or NULL */
    const char *blocked; /* message while there is no such relation; NULL: the step's own */
    bool starts;         /* from here on the workload runs */
};

enum juju_option_type { JUJU_OPTION_STRING, JUJU_OPTION_BOOLEAN, JUJU_OPTION_INT };
struct juju_option {
    const char *name;
    enum juju_option_type type;
    const char *value; /* default */
    const char *what;
};

struct juju_endpoint {
    const char *name, *interface;
    bool provides;
};

struct juju_charm {
    const char *name;
    const char *version; /* of the workload; NULL: that of the world's Kubernetes */
    bool subordinate;
    const char *active;                    /* message when it runs; "%" is a random octet */
    const struct juju_step *steps;         /* ends with status NULL */
    const struct juju_option *options;     /* ends with name NULL */
    const struct juju_endpoint *endpoints; /* ends with name NULL */
    uint16_t ports[4];                     /* opened when it runs, 0 ends */
    const char *port_option;               /* the option that names another first port; or NULL */
    const char *before; /* its name before it was renamed, which steps and worlds know; or NULL */
};

/* By name ("etcd"); NULL: there is no such charm. */
const struct juju_charm *juju_charm_find(const char *name);
/* The name by which the rest of the world knows what it is: that from before it was renamed. */
const char *juju_charm_role(const struct juju_charm *c);
const struct juju_option *juju_charm_option(const struct juju_charm *c, const char *name);
const struct juju_endpoint *juju_charm_endpoint(const struct juju_charm *c, const char *name);
/*
 * Splits "cs:~containers/xenial/etcd-34" or "local:etcd" into name and revision (-1: none). The
 * name is owned.
 */
char *juju_charm_url_name(const char *url, int64_t *ret_revision);

#endif
