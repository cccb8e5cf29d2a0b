/*
 * What is collected when a case goes wrong, as a table: each row is a question to a model, a
 * cluster, a namespace and so on, and the file that its answer goes to. What else there is to ask
 * (the units of a model, the containers of a pod) follows from the answer of an earlier row.
 */
#ifndef CONFED_EVIDENCE_SOURCES_H
#define CONFED_EVIDENCE_SOURCES_H

#include "harness/model/scenario.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What a row is asked of, and the names that its texts may use. */
enum source_scope {
    SOURCE_RUN,          /* the run: nothing */
    SOURCE_MODEL,        /* each model that the run has made: model */
    SOURCE_CONTEXT,      /* each context of the run's kubeconfig: context */
    SOURCE_SERVER,       /* the API server of each: context, address, port */
    SOURCE_QUESTION,     /* each name that the case has asked for: question */
    SOURCE_UNITS,        /* a model with units: units[] */
    SOURCE_PORT,         /* each port that a unit has opened: address, port */
    SOURCE_FOUND,        /* what the earlier row was asked of, when it was there */
    SOURCE_NAMESPACE,    /* each namespace in question that is there: namespace */
    SOURCE_SERVICE_PORT, /* each port at which a service is reached from outside: address, port */
    SOURCE_FEDERATED,    /* each federated service in question: service, namespace */
    SOURCE_CONTAINER,    /* each container of a pod: pod, container, previous */
    SOURCE_PROVIDER,     /* the federation's DNS provider: namespace, config */
    SOURCE_ETCD,         /* the etcd that it names: address, port */
};

struct source {
    const char *name;
    enum source_scope scope;
    const char *after;  /* the row from whose answer this one follows; NULL: from nothing */
    const char *beside; /* a row of the same cluster whose answer it needs too; or NULL */
    enum ask_kind ask;
    const char *args; /* JSON with ${...}: of the world, and the names of the scope */
    const char *file; /* with ${...}; ".jsonl": a line of it; NULL: the answer is not kept */
    const char *juju; /* the first release of Juju that knows it; NULL: any */
    bool once;        /* only for the first case of a run */
};

/* Ends with name NULL. */
extern const struct source sources[];

/* Whether the world can be asked: facts are ${world}. */
bool sources_apply(const struct source *s, const json_t *facts, bool has_juju);
/*
 * What a row that follows is asked of: a list of names, owned, in a bounded number. names and
 * answer are those of the row before, beside is the answer of the other one (or no object: there is
 * none); namespaces is the list of those in question.
 */
json_t *sources_follow(const struct source *s, const json_t *names, const json_t *answer,
                       const json_t *beside, const json_t *namespaces);
/* The {address, port} of a URL, port where it has none; owned; NULL: it names nobody. */
json_t *sources_address(const char *url, const char *port);
/* The row's args and file with the names in it; owned or NULL when they cannot be formed. */
json_t *sources_args(const struct source *s, const json_t *visible, const json_t *names);
char *sources_file(const struct source *s, const json_t *visible, const json_t *names);
/* A name that is safe in a path: other letters become '_'. Owned. */
char *sources_safe(const char *name);

/* The namespaces that a case speaks of, besides those where a federation lives; owned. */
json_t *sources_namespaces(const struct scenario *s, const json_t *visible);
/* The models that the steps of a case add; appended to ret. */
void sources_models(const struct scenario *s, const json_t *visible, json_t *ret);

#endif
