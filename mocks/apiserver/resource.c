/* The built-in rows. A new resource is one line here; everything else it does is generic. */
#include "mocks/apiserver/resource.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/apiserver/feature.h"

#define NS RESOURCE_NAMESPACED
#define ST RESOURCE_STATUS
#define SC RESOURCE_SCALE
#define NG RESOURCE_NO_GENERATION
#define CO RESOURCE_CREATE_ONLY
#define NW RESOURCE_NO_WRITE
#define FED RESOURCE_FEDERATED

#define CORE         \
    {                \
        { "", "v1" } \
    }
#define RBAC                                                                             \
    {                                                                                    \
        {"rbac.authorization.k8s.io", "v1"}, {"rbac.authorization.k8s.io", "v1beta1"}, { \
            "rbac.authorization.k8s.io", "v1alpha1"                                      \
        }                                                                                \
    }
#define AUTHORIZATION                         \
    {                                         \
        {"authorization.k8s.io", "v1"}, {     \
            "authorization.k8s.io", "v1beta1" \
        }                                     \
    }
#define AUTHENTICATION                         \
    {                                          \
        {"authentication.k8s.io", "v1"}, {     \
            "authentication.k8s.io", "v1beta1" \
        }                                      \
    }
#define STORAGE                         \
    {                                   \
        {"storage.k8s.io", "v1"}, {     \
            "storage.k8s.io", "v1beta1" \
        }                               \
    }

/* Workloads are at home in extensions first: that is what Kubernetes 1.6 stores, and what kubectl
 * prefers there because extensions precedes apps in /apis. */
#define WORKLOAD                                          \
    {                                                     \
        {"extensions", "v1beta1"}, {"apps", "v1beta2"}, { \
            "apps", "v1"                                  \
        }                                                 \
    }
#define DEPLOYMENT                                                             \
    {                                                                          \
        {"extensions", "v1beta1"}, {"apps", "v1beta1"}, {"apps", "v1beta2"}, { \
            "apps", "v1"                                                       \
        }                                                                      \
    }
#define STATEFUL                                    \
    {                                               \
        {"apps", "v1beta1"}, {"apps", "v1beta2"}, { \
            "apps", "v1"                            \
        }                                           \
    }

/* name, kind, singular, short names, categories, flags, group in validation errors, homes */
static const struct resource rows[] = {
    {"bindings", "Binding", "binding", "", "", NS | CO, "", CORE},
    {"componentstatuses", "ComponentStatus", "componentstatus", "cs", "", NG | NW, "", CORE},
    {"configmaps", "ConfigMap", "configmap", "cm", "", NS | NG | FED, "", CORE},
    {"endpoints", "Endpoints", "endpoints", "ep", "", NS | NG, "", CORE},
    {"events", "Event", "event", "ev", "", NS | NG | FED, "", CORE},
    {"limitranges", "LimitRange", "limitrange", "limits", "", NS | NG, "", CORE},
    {"namespaces", "Namespace", "namespace", "ns", "", ST | NG | FED, "", CORE},
    {"nodes", "Node", "node", "no", "", ST | NG, "", CORE},
    {"persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", "pvc", "",
     NS | ST | NG, "", CORE},
    {"persistentvolumes", "PersistentVolume", "persistentvolume", "pv", "", ST | NG, "", CORE},
    {"pods", "Pod", "pod", "po", "all", NS | ST | NG, "", CORE},
    {"podtemplates", "PodTemplate", "podtemplate", "", "", NS | NG, "", CORE},
    {"replicationcontrollers", "ReplicationController", "replicationcontroller", "rc", "all",
     NS | ST | SC, "", CORE},
    {"resourcequotas", "ResourceQuota", "resourcequota", "quota", "", NS | ST | NG, "", CORE},
    {"secrets", "Secret", "secret", "", "", NS | NG | FED, "", CORE},
    {"serviceaccounts", "ServiceAccount", "serviceaccount", "sa", "", NS | NG, "", CORE},
    {"services", "Service", "service", "svc", "all", NS | ST | NG | FED, "", CORE},

    {"daemonsets", "DaemonSet", "daemonset", "ds", "all", NS | ST | FED, "apps", WORKLOAD},
    {"deployments", "Deployment", "deployment", "deploy", "all", NS | ST | SC | FED, "apps",
     DEPLOYMENT},
    {"replicasets", "ReplicaSet", "replicaset", "rs", "all", NS | ST | SC | FED, "apps", WORKLOAD},
    {"statefulsets", "StatefulSet", "statefulset", "sts", "all", NS | ST | SC, "apps", STATEFUL},
    {"controllerrevisions", "ControllerRevision", "controllerrevision", "", "", NS | NG, "apps",
     STATEFUL},
    {"ingresses",
     "Ingress",
     "ingress",
     "ing",
     "",
     NS | ST | FED,
     "extensions",
     {{"extensions", "v1beta1"}, {"networking.k8s.io", "v1beta1"}, {"networking.k8s.io", "v1"}}},
    {"networkpolicies",
     "NetworkPolicy",
     "networkpolicy",
     "netpol",
     "",
     NS,
     "networking.k8s.io",
     {{"extensions", "v1beta1"}, {"networking.k8s.io", "v1"}}},
    {"podsecuritypolicies",
     "PodSecurityPolicy",
     "podsecuritypolicy",
     "psp",
     "",
     NG,
     "policy",
     {{"extensions", "v1beta1"}}},

    {"jobs", "Job", "job", "", "all", NS | ST | NG | FED, "batch", {{"batch", "v1"}}},
    {"cronjobs",
     "CronJob",
     "cronjob",
     "cj",
     "all",
     NS | ST | NG,
     "batch",
     {{"batch", "v1beta1"}, {"batch", "v1"}}},
    {"horizontalpodautoscalers",
     "HorizontalPodAutoscaler",
     "horizontalpodautoscaler",
     "hpa",
     "all",
     NS | ST | NG | FED,
     "autoscaling",
     {{"autoscaling", "v1"}, {"autoscaling", "v2"}}},
    {"poddisruptionbudgets",
     "PodDisruptionBudget",
     "poddisruptionbudget",
     "pdb",
     "",
     NS | ST,
     "policy",
     {{"policy", "v1beta1"}, {"policy", "v1"}}},
    {"priorityclasses",
     "PriorityClass",
     "priorityclass",
     "pc",
     "",
     NG,
     "scheduling.k8s.io",
     {{"scheduling.k8s.io", "v1beta1"}, {"scheduling.k8s.io", "v1"}}},

    {"clusterroles", "ClusterRole", "clusterrole", "", "", NG, "rbac.authorization.k8s.io", RBAC},
    {"clusterrolebindings", "ClusterRoleBinding", "clusterrolebinding", "", "", NG,
     "rbac.authorization.k8s.io", RBAC},
    {"roles", "Role", "role", "", "", NS | NG, "rbac.authorization.k8s.io", RBAC},
    {"rolebindings", "RoleBinding", "rolebinding", "", "", NS | NG, "rbac.authorization.k8s.io",
     RBAC},

    {"certificatesigningrequests",
     "CertificateSigningRequest",
     "certificatesigningrequest",
     "csr",
     "",
     ST,
     "certificates.k8s.io",
     {{"certificates.k8s.io", "v1beta1"}, {"certificates.k8s.io", "v1"}}},
    {"endpointslices",
     "EndpointSlice",
     "endpointslice",
     "",
     "",
     NS | NG,
     "discovery.k8s.io",
     {{"discovery.k8s.io", "v1"}}},
    {"mutatingwebhookconfigurations",
     "MutatingWebhookConfiguration",
     "mutatingwebhookconfiguration",
     "",
     "",
     0,
     "admissionregistration.k8s.io",
     {{"admissionregistration.k8s.io", "v1beta1"}}},
    {"validatingwebhookconfigurations",
     "ValidatingWebhookConfiguration",
     "validatingwebhookconfiguration",
     "",
     "",
     0,
     "admissionregistration.k8s.io",
     {{"admissionregistration.k8s.io", "v1beta1"}}},

    {"storageclasses", "StorageClass", "storageclass", "sc", "", NG, "storage.k8s.io", STORAGE},

    {"tokenreviews", "TokenReview", "tokenreview", "", "", CO, "authentication.k8s.io",
     AUTHENTICATION},
    {"selfsubjectreviews",
     "SelfSubjectReview",
     "selfsubjectreview",
     "",
     "",
     CO,
     "authentication.k8s.io",
     {{"authentication.k8s.io", "v1"}}},
    {"subjectaccessreviews", "SubjectAccessReview", "subjectaccessreview", "", "", CO,
     "authorization.k8s.io", AUTHORIZATION},
    {"selfsubjectaccessreviews", "SelfSubjectAccessReview", "selfsubjectaccessreview", "", "", CO,
     "authorization.k8s.io", AUTHORIZATION},
    {"localsubjectaccessreviews", "LocalSubjectAccessReview", "localsubjectaccessreview", "", "",
     NS | CO, "authorization.k8s.io", AUTHORIZATION},
    {"selfsubjectrulesreviews", "SelfSubjectRulesReview", "selfsubjectrulesreview", "", "", CO,
     "authorization.k8s.io", AUTHORIZATION},

    {"customresourcedefinitions",
     "CustomResourceDefinition",
     "customresourcedefinition",
     "crd,crds",
     "",
     ST,
     "apiextensions.k8s.io",
     {{"apiextensions.k8s.io", "v1beta1"}, {"apiextensions.k8s.io", "v1"}}},
    {"leases",
     "Lease",
     "lease",
     "",
     "",
     NS | NG,
     "coordination.k8s.io",
     {{"coordination.k8s.io", "v1beta1"}, {"coordination.k8s.io", "v1"}}},

    {"clusters",
     "Cluster",
     "cluster",
     "",
     "",
     ST | NG | FED,
     "federation",
     {{"federation", "v1beta1"}}},
};

const struct resource *resource_table(size_t *ret_count) {
    *ret_count = ARRAY_LEN(rows);
    return rows;
}

static bool lives_in(const struct resource *r, const char *group, const char *version) {
    for (const struct resource_home *h = r->homes; h->group; h++)
        if (str_eq(h->group, group) && (!version || str_eq(h->version, version)))
            return true;
    return false;
}

/* Groups that these releases had for other resources; policy/v1 is of those that only a profile for
 * the clients of today has. */
static bool came_later(const struct resource *r, const char *group, const char *version) {
    return (str_eq(r->name, "cronjobs") && str_eq(group, "batch") && str_eq(version, "v1")) ||
           (str_eq(r->name, "ingresses") && str_eq(group, "networking.k8s.io"));
}

bool resource_is_served(const struct resource *r, const char *group, const char *version,
                        const json_t *group_versions) {
    return !came_later(r, group, version) || json_has_text(group_versions, "policy/v1");
}

const struct resource *resource_find(const char *group, const char *version, const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(rows[i].name, name) && lives_in(&rows[i], group, version))
            return &rows[i];
    return NULL;
}

const struct resource *resource_find_kind(const char *group, const char *version,
                                          const char *kind) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(rows[i].kind, kind) && lives_in(&rows[i], group, version))
            return &rows[i];
    return NULL;
}

const struct resource *resource_find_any(const char *group, const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(rows[i].name, name) && lives_in(&rows[i], group, NULL))
            return &rows[i];
    return NULL;
}

bool resource_is_later(const struct resource *r, unsigned lacks) {
    return (lacks & FEATURE_WHOAMI) && str_eq(r->name, "selfsubjectreviews");
}
