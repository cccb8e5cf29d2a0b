#include "mocks/apiserver/table_columns.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/table_cells.h"

#include <string.h>

#define TEXT(name, path) \
    { name, "string", 0, path, NULL }
#define CELL(name, path, fn) \
    { name, "string", 0, path, table_cells_##fn }
#define WIDE(name, path, fn) \
    { name, "string", 1, path, table_cells_##fn }
#define WIDE_TEXT(name, path) \
    { name, "string", 1, path, NULL }
#define NUMBER(name, path) \
    { name, "integer", 0, path, table_cells_number }
#define AGE CELL("Age", "metadata.creationTimestamp", age)
#define TEMPLATE                                                 \
    WIDE("Containers", "spec.template.spec.containers", names),  \
        WIDE("Images", "spec.template.spec.containers", images), \
        WIDE("Selector", "spec.selector", selector)
#define BINDING                                                              \
    CELL("Role", "roleRef", role_ref), AGE, WIDE("Users", "User", subjects), \
        WIDE("Groups", "Group", subjects), WIDE("ServiceAccounts", "ServiceAccount", subjects)
#define REPLICAS                                                              \
    NUMBER("Desired", "spec.replicas"), NUMBER("Current", "status.replicas"), \
        NUMBER("Ready", "status.readyReplicas"), AGE, TEMPLATE

/* clang-format off */
static const struct table_columns tables[] = {
    {"pods", {CELL("Ready", "", pod_ready), CELL("Status", "", pod_status),
              {"Restarts", "integer", 0, "", table_cells_pod_restarts}, AGE,
              WIDE_TEXT("IP", "status.podIP"), WIDE_TEXT("Node", "spec.nodeName")}},
    {"podtemplates", {CELL("Containers", "template.spec.containers", names),
                      CELL("Images", "template.spec.containers", images),
                      CELL("Pod Labels", "template.metadata.labels", labels)}},
    {"replicationcontrollers", {REPLICAS}},
    {"replicasets", {REPLICAS}},
    {"deployments", {CELL("Ready", "readyReplicas", ready_of),
                     NUMBER("Up-to-date", "status.updatedReplicas"),
                     NUMBER("Available", "status.availableReplicas"), AGE, TEMPLATE}},
    {"statefulsets", {CELL("Ready", "readyReplicas", ready_of), AGE,
                      WIDE("Containers", "spec.template.spec.containers", names),
                      WIDE("Images", "spec.template.spec.containers", images)}},
    {"daemonsets", {NUMBER("Desired", "status.desiredNumberScheduled"),
                    NUMBER("Current", "status.currentNumberScheduled"),
                    NUMBER("Ready", "status.numberReady"),
                    NUMBER("Up-to-date", "status.updatedNumberScheduled"),
                    NUMBER("Available", "status.numberAvailable"),
                    CELL("Node Selector", "spec.template.spec.nodeSelector", labels), AGE, TEMPLATE}},
    {"jobs", {CELL("Completions", "", job_completions), CELL("Duration", "", job_duration), AGE,
              TEMPLATE}},
    {"cronjobs", {TEXT("Schedule", "spec.schedule"), CELL("Suspend", "spec.suspend", truth),
                  {"Active", "integer", 0, "status.active", table_cells_count},
                  CELL("Last Schedule", "status.lastScheduleTime", age_or_none), AGE,
                  WIDE("Containers", "spec.jobTemplate.spec.template.spec.containers", names),
                  WIDE("Images", "spec.jobTemplate.spec.template.spec.containers", images),
                  WIDE("Selector", "spec.jobTemplate.spec.selector", selector)}},
    {"horizontalpodautoscalers", {CELL("Reference", "scaleTargetRef", hpa_reference),
                                  CELL("Targets", "", hpa_targets),
                                  CELL("MinPods", "spec.minReplicas", hpa_minimum),
                                  NUMBER("MaxPods", "spec.maxReplicas"),
                                  NUMBER("Replicas", "status.currentReplicas"), AGE}},
    {"poddisruptionbudgets", {CELL("Min Available", "spec.minAvailable", budget),
                              CELL("Max Unavailable", "spec.maxUnavailable", budget),
                              NUMBER("Allowed Disruptions", "status.disruptionsAllowed"), AGE}},
    {"services", {TEXT("Type", "spec.type"), CELL("Cluster-IP", "", service_cluster_ip),
                  CELL("External-IP", "", service_external_ip), CELL("Port(s)", "", service_ports),
                  AGE, WIDE("Selector", "spec.selector", labels)}},
    {"certificatesigningrequests", {AGE, TEXT("Requestor", "spec.username"),
                                    CELL("Condition", "", request_condition)}},
    {"endpoints", {CELL("Endpoints", "subsets", endpoints), AGE}},
    {"endpointslices", {TEXT("AddressType", "addressType"), CELL("Ports", "ports", slice_ports),
                        CELL("Endpoints", "endpoints", slice_endpoints), AGE}},
    {"ingresses", {CELL("Hosts", "spec.rules", ingress_hosts), CELL("Address", "", load_balancer),
                   CELL("Ports", "spec.tls", ingress_ports), AGE}},
    {"networkpolicies", {CELL("Pod-Selector", "spec.podSelector", selector), AGE}},
    {"nodes", {CELL("Status", "", node_status), CELL("Roles", "metadata.labels", node_roles), AGE,
               TEXT("Version", "status.nodeInfo.kubeletVersion"),
               WIDE("Internal-IP", "InternalIP", node_address),
               WIDE("External-IP", "ExternalIP", node_address),
               WIDE_TEXT("OS-Image", "status.nodeInfo.osImage"),
               WIDE_TEXT("Kernel-Version", "status.nodeInfo.kernelVersion"),
               WIDE_TEXT("Container-Runtime", "status.nodeInfo.containerRuntimeVersion")}},
    {"namespaces", {TEXT("Status", "status.phase"), AGE}},
    {"secrets", {TEXT("Type", "type"), {"Data", "integer", 0, "data", table_cells_count}, AGE}},
    {"configmaps", {{"Data", "integer", 0, "data", table_cells_count}, AGE}},
    {"serviceaccounts", {{"Secrets", "integer", 0, "secrets", table_cells_count}, AGE}},
    {"events", {CELL("Last Seen", "", event_last_seen), TEXT("Type", "type"),
                TEXT("Reason", "reason"), CELL("Object", "involvedObject", event_object),
                WIDE_TEXT("Subobject", "involvedObject.fieldPath"),
                WIDE("Source", "source", event_source), TEXT("Message", "message"),
                WIDE("First Seen", "", event_first_seen),
                {"Count", "integer", 1, "count", table_cells_number},
                WIDE_TEXT("Name", "metadata.name")}},
    {"componentstatuses", {CELL("Status", "status", component_status),
                           CELL("Message", "message", component_status),
                           CELL("Error", "error", component_status)}},
    {"persistentvolumes", {TEXT("Capacity", "spec.capacity.storage"),
                           CELL("Access Modes", "spec.accessModes", access_modes),
                           TEXT("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"),
                           CELL("Status", "status.phase", claim_phase),
                           CELL("Claim", "claimRef", volume_claim),
                           TEXT("StorageClass", "spec.storageClassName"),
                           TEXT("Reason", "status.reason"), AGE}},
    {"persistentvolumeclaims", {CELL("Status", "status.phase", claim_phase),
                                TEXT("Volume", "spec.volumeName"),
                                TEXT("Capacity", "status.capacity.storage"),
                                CELL("Access Modes", "status.accessModes", access_modes),
                                TEXT("StorageClass", "spec.storageClassName"), AGE}},
    {"storageclasses", {TEXT("Provisioner", "provisioner"), TEXT("ReclaimPolicy", "reclaimPolicy"),
                        TEXT("VolumeBindingMode", "volumeBindingMode"),
                        CELL("AllowVolumeExpansion", "allowVolumeExpansion", truth), AGE}},
    {"rolebindings", {BINDING}},
    {"clusterrolebindings", {BINDING}},
    {"resourcequotas", {AGE, CELL("Request", "requests", quota), CELL("Limit", "limits", quota)}},
    {"controllerrevisions", {CELL("Controller", "metadata.ownerReferences", controller),
                             NUMBER("Revision", "revision"), AGE}},
    {"priorityclasses", {NUMBER("Value", "value"),
                         {"Global-Default", "boolean", 0, "globalDefault", table_cells_boolean},
                         AGE}},
    {"leases", {TEXT("Holder", "spec.holderIdentity"), AGE}},
    {"clusters", {CELL("Status", "status.conditions", cluster_status), AGE}},
    {NULL, {{"Created At", "date", 0, "metadata.creationTimestamp", NULL}}},
};
/* clang-format on */

const struct table_columns *table_columns_of(const struct resource *r) {
    const struct table_columns *columns = tables;
    while (columns->resource && !(r && str_eq(columns->resource, r->name)))
        columns++;
    return columns;
}

json_t *table_value_at(const json_t *object, const char *path) {
    char key[128];
    const json_t *at = object;
    while (at && *path) {
        size_t len = strcspn(path, ".");
        if (len >= sizeof(key))
            return NULL;
        memcpy(key, path, len);
        key[len] = '\0';
        at = json_object_get(at, key);
        path += len + (path[len] == '.');
    }
    return json_mutable(at);
}
