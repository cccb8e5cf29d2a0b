/*
 * What validate.c asks of each kind, part by part: metadata, pod specs, workloads, services. The
 * rules and their texts are those of kubernetes: pkg/apis/core/validation, apps, batch, extensions;
 * apimachinery/pkg/api/validation. Private to this folder.
 *
 * Each part appends a cause (invalid_add) for what is wrong, in the order of the real server.
 */
#ifndef CONFED_APISERVER_VALIDATE_PARTS_H
#define CONFED_APISERVER_VALIDATE_PARTS_H

#include "mocks/apiserver/answer.h"
#include "mocks/apiserver/server.h"

/* invalid_add for the member field of what stands at at. */
void validate_tell(json_t *causes, const char *reason, const char *at, const char *field,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A label of DNS, as containers, volumes and named ports of services have them. */
void validate_label(const char *value, const char *at, const char *field, json_t *causes);
void validate_port(int64_t port, const char *at, const char *field, json_t *causes);
/* The name of a port of a container (RFC 6335), or where a service or a probe sends to. */
void validate_port_name(const char *name, const char *at, const char *field, json_t *causes);
/* A string that is none of those allowed, a list that ends with NULL. */
void validate_one_of(const char *value, const char *at, const char *field,
                     const char *const allowed[], json_t *causes);
/* Numbers that may be zero; a member that is not there is none. */
void validate_not_negative(const json_t *object, const char *at, const char *field, json_t *causes);

/* Name, labels, annotations, finalizers, owner references. */
void validate_metadata(const struct kind *k, const json_t *object, json_t *causes);
/* An object that is being deleted takes no more finalizers. */
void validate_metadata_update(const json_t *object, const json_t *old, json_t *causes);

/* restarts: the policies that are allowed, a list that ends with NULL. */
void validate_pod_spec(const json_t *spec, const char *at, const char *const restarts[],
                       json_t *causes);

/* Sets of pods: ReplicaSet, Deployment, DaemonSet, StatefulSet, ReplicationController. */
void validate_workload(const json_t *object, const char *kind, json_t *causes);
void validate_job(const json_t *spec, const char *at, json_t *causes);
void validate_cron_job(const json_t *object, json_t *causes);

void validate_service(const json_t *object, json_t *causes);

#endif
