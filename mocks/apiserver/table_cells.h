/* The cells that are more than a value of the object: kubectl's pkg/printers/internalversion. All
 * have the shape of table_column.cell; each result is owned. */
#ifndef CONFED_APISERVER_TABLE_CELLS_H
#define CONFED_APISERVER_TABLE_CELLS_H

#include <jansson.h>
#include <stdint.h>

#define TABLE_CELL(name) \
    json_t *table_cells_##name(const json_t *o, const char *path, int64_t now_ms)

/* Of the value at path. */
TABLE_CELL(age);         /* of a timestamp */
TABLE_CELL(age_or_none); /* "<none>" when there is none */
TABLE_CELL(count);       /* elements of an array or object */
TABLE_CELL(number);      /* an integer, 0 when missing */
TABLE_CELL(truth);       /* "True" or "False" */
TABLE_CELL(budget);      /* of a disruption budget: number, percentage or N/A */
TABLE_CELL(boolean);     /* true or false, as JSON */
TABLE_CELL(labels);      /* "a=b,c=d" */
TABLE_CELL(selector);    /* of a LabelSelector, or of a map */
TABLE_CELL(names);       /* names of containers */
TABLE_CELL(images);      /* images of containers */
TABLE_CELL(access_modes);
TABLE_CELL(joined); /* strings of an array */

TABLE_CELL(pod_ready);
TABLE_CELL(pod_status);
TABLE_CELL(pod_restarts);
TABLE_CELL(ready_of); /* "1/3" of status.readyReplicas and spec.replicas */
TABLE_CELL(job_completions);
TABLE_CELL(job_duration);
TABLE_CELL(service_cluster_ip);
TABLE_CELL(service_external_ip);
TABLE_CELL(service_ports);
TABLE_CELL(endpoints);
TABLE_CELL(slice_ports);
TABLE_CELL(slice_endpoints);
TABLE_CELL(node_status);
TABLE_CELL(node_roles);
TABLE_CELL(node_address); /* path is the type of the address */
TABLE_CELL(cluster_status);
TABLE_CELL(component_status);
TABLE_CELL(event_object);
TABLE_CELL(event_source);
TABLE_CELL(event_last_seen);
TABLE_CELL(event_first_seen);
TABLE_CELL(hpa_reference);
TABLE_CELL(hpa_targets);
TABLE_CELL(hpa_minimum);
TABLE_CELL(ingress_hosts);
TABLE_CELL(ingress_ports);
TABLE_CELL(load_balancer);
TABLE_CELL(volume_claim);
TABLE_CELL(claim_phase);
TABLE_CELL(request_condition); /* "Approved,Issued" of a request for a certificate */
TABLE_CELL(role_ref);
TABLE_CELL(subjects); /* path is their kind */
TABLE_CELL(quota);    /* path is "requests" or "limits" */
TABLE_CELL(controller);

#endif
