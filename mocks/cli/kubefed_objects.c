#include "harness/core/base64.h"
#include "harness/core/str.h"
#include "mocks/cli/kubefed_state.h"

#define LABEL_APP "federated-cluster"
#define ARGS_MAX 100

/* "<fed>-apiserver" of the profile with the federation's name in it. */
static char *name_of(const struct kubefed *k, const char *key, const char *federation) {
    const char *pattern = json_str(k->facts, "objects", key, NULL);
    if (!pattern)
        pattern = key;
    const char *mark = strstr(pattern, "<fed>");
    if (!mark)
        return xstrdup(pattern);
    return xasprintf("%.*s%s%s", (int)(mark - pattern), pattern, federation,
                     mark + strlen("<fed>"));
}

void kubefed_names_init(const struct kubefed *k, const char *federation,
                        struct kubefed_names *ret) {
    *ret = (struct kubefed_names){
        .service = name_of(k, "service", federation),
        .apiserver = name_of(k, "deployment_apiserver", federation),
        .manager = name_of(k, "deployment_controller_manager", federation),
        .credentials = name_of(k, "credentials", federation),
        .kubeconfig = name_of(k, "kubeconfig", federation),
        .claim = name_of(k, "claim", federation),
        .dns_provider = name_of(k, "dns_provider", federation),
        .service_account = name_of(k, "service_account", federation),
        .role = name_of(k, "role", federation),
    };
}

void kubefed_names_release(struct kubefed_names *n) {
    free(n->service);
    free(n->apiserver);
    free(n->manager);
    free(n->credentials);
    free(n->kubeconfig);
    free(n->claim);
    free(n->dns_provider);
    free(n->service_account);
    free(n->role);
}

static bool annotates(const struct kubefed *k) {
    return json_flag(k->facts, "federation_name_annotation", NULL);
}

json_t *kubefed_object(const struct kubefed *k, const char *version, const char *kind,
                       const char *name, const char *ns, const char *federation,
                       const char *cluster) {
    json_t *metadata = json_object();
    if (name)
        json_set_str(metadata, "name", name);
    if (ns)
        json_set_str(metadata, "namespace", ns);
    json_object_set_new(metadata, "creationTimestamp", json_null());
    if (federation && annotates(k)) {
        json_t *annotations = json_ensure_object(metadata, "annotations");
        if (cluster)
            json_set_str(annotations, KUBEFED_CLUSTER_NAME, cluster);
        json_set_str(annotations, KUBEFED_FEDERATION_NAME, federation);
    }
    json_t *o = json_object();
    json_set_str(o, "kind", kind);
    json_set_str(o, "apiVersion", version);
    json_object_set_new(o, "metadata", metadata);
    return o;
}

static void label(json_t *o, const char *module) {
    json_t *labels = json_ensure_object(json_ensure_object(o, "metadata"), "labels");
    json_set_str(labels, "app", LABEL_APP);
    if (module)
        json_set_str(labels, "module", module);
}

static const char *ns_of(const struct kubefed *k) {
    return kubefed_flag(k, "federation-system-namespace");
}

json_t *kubefed_service(const struct kubefed *k, const struct kubefed_names *n,
                        const char *federation) {
    json_t *o = kubefed_object(k, "v1", "Service", n->service, ns_of(k), federation, NULL);
    label(o, NULL);
    json_t *port = json_pack("{s:s, s:s, s:i}", "name", "https", "protocol", "TCP", "port", 443);
    int64_t secure = json_int(k->facts, 443, "secure_port", NULL), node_port = 0;
    /* Where the pod's port is the service's none was given, which Go writes as 0. */
    json_object_set_new(port, "targetPort", secure == 443 ? json_integer(0) : json_string("https"));
    if (str_to_int(kubefed_flag(k, "api-server-port"), 1, UINT16_MAX, &node_port))
        json_set_int(port, "nodePort", node_port);
    json_object_set_new(o, "spec",
                        json_pack("{s:[o], s:{s:s, s:s}, s:s}", "ports", port, "selector", "app",
                                  LABEL_APP, "module", "federation-apiserver", "type",
                                  kubefed_flag(k, "api-server-service-type")));
    json_object_set_new(o, "status", json_pack("{s:{}}", "loadBalancer"));
    return o;
}

json_t *kubefed_claim(const struct kubefed *k, const struct kubefed_names *n,
                      const char *federation) {
    json_t *o =
        kubefed_object(k, "v1", "PersistentVolumeClaim", n->claim, ns_of(k), federation, NULL);
    label(o, NULL);
    if (json_flag(k->facts, "alpha_storage_class", NULL))
        json_set_str(json_ensure_object(json_object_get(o, "metadata"), "annotations"),
                     "volume.alpha.kubernetes.io/storage-class", "yes");
    json_t *spec = json_pack("{s:[s], s:{s:{s:s}}}", "accessModes", "ReadWriteOnce", "resources",
                             "requests", "storage", kubefed_flag(k, "etcd-pv-capacity"));
    if (*kubefed_flag(k, "etcd-pv-storage-class"))
        json_set_str(spec, "storageClassName", kubefed_flag(k, "etcd-pv-storage-class"));
    json_object_set_new(o, "spec", spec);
    json_object_set_new(o, "status", json_object());
    return o;
}

/* Puts "--a=1,--b=2" of an override flag over the arguments. */
static void override_args(json_t *args, const char *list) {
    CLEANUP(str_freep) char *copy = xstrdup(list);
    char *rest = copy, *pair;
    while (*list && (pair = str_next(&rest, ','))) {
        char *equals = strchr(pair, '=');
        if (!equals)
            continue; /* checked before */
        *equals = '\0';
        json_set_str(args, pair, equals + 1);
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The command and "--key=value" of each argument, sorted. */
static json_t *command_of(const struct kubefed *k, size_t component, const json_t *args) {
    json_t *command = json_array();
    const char *program = json_str(k->facts, "command", NULL);
    json_array_append_new(command, json_string(program ? program : "/hyperkube"));
    json_array_append(command,
                      json_array_get(json_object_get(k->facts, "component_args"), component));
    char *texts[ARGS_MAX];
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(args), key, value) if (count < ARGS_MAX) texts[count++] =
        xasprintf("%s=%s", key, json_string_value(value));
    qsort(texts, count, sizeof(texts[0]), by_text);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(command, json_string(texts[i]));
        free(texts[i]);
    }
    return command;
}

static json_t *secret_volume(const char *name, const char *secret) {
    return json_pack("{s:s, s:{s:s}}", "name", name, "secret", "secretName", secret);
}

static json_t *mount(const char *name, const char *path, bool read_only) {
    json_t *m = json_object();
    json_set_str(m, "name", name);
    if (read_only)
        json_set_bool(m, "readOnly", true);
    json_set_str(m, "mountPath", path);
    return m;
}

static json_t *deployment(const struct kubefed *k, const char *name, const char *module,
                          const char *federation, json_t *pod_spec) {
    json_t *o =
        kubefed_object(k, "extensions/v1beta1", "Deployment", name, ns_of(k), federation, NULL);
    label(o, NULL);
    json_t *template = kubefed_object(k, "", "", name, NULL, federation, NULL);
    json_object_del(template, "kind");
    json_object_del(template, "apiVersion");
    label(template, module);
    const json_t *selector = json_object_get(k->facts, "image_pull_secrets");
    if (json_is_true(selector))
        json_object_set_new(pod_spec, "imagePullSecrets", json_pack("[{}]"));
    if (*kubefed_flag(k, "node-selector"))
        override_args(json_ensure_object(pod_spec, "nodeSelector"),
                      kubefed_flag(k, "node-selector"));
    json_object_set_new(template, "spec", pod_spec);
    json_object_set_new(
        o, "spec", json_pack("{s:i, s:o, s:{}}", "replicas", 1, "template", template, "strategy"));
    json_object_set_new(o, "status", json_object());
    return o;
}

static json_t *apiserver_args(const struct kubefed *k) {
    char port[16];
    snprintf(port, sizeof(port), "%d", (int)json_int(k->facts, 443, "secure_port", NULL));
    json_t *args = json_object();
    const char *admission = json_str(k->facts, "admission_flag", NULL);
    json_set_str(args, admission ? admission : "--admission-control", "NamespaceLifecycle");
    json_set_str(args, "--bind-address", "0.0.0.0");
    json_set_str(args, "--etcd-servers", "http://localhost:2379");
    json_set_str(args, "--secure-port", port);
    json_set_str(args, "--client-ca-file", "/etc/federation/apiserver/ca.crt");
    json_set_str(args, "--tls-cert-file", "/etc/federation/apiserver/server.crt");
    json_set_str(args, "--tls-private-key-file", "/etc/federation/apiserver/server.key");
    if (*kubefed_flag(k, "api-server-advertise-address"))
        json_set_str(args, "--advertise-address", kubefed_flag(k, "api-server-advertise-address"));
    if (kubefed_flag_is(k, "apiserver-enable-basic-auth"))
        json_set_str(args, "--basic-auth-file", "/etc/federation/apiserver/basicauth.csv");
    if (kubefed_flag_is(k, "apiserver-enable-token-auth"))
        json_set_str(args, "--token-auth-file", "/etc/federation/apiserver/token.csv");
    override_args(args, kubefed_flag(k, "apiserver-arg-overrides"));
    return args;
}

static const char *etcd_image(const struct kubefed *k) {
    const char *flag = kubefed_flag(k, "etcd-image"),
               *fact = json_str(k->facts, "etcd_image", NULL);
    return *flag ? flag : fact ? fact : "gcr.io/google_containers/etcd:3.0.17";
}

json_t *kubefed_apiserver_deployment(const struct kubefed *k, const struct kubefed_names *n,
                                     const char *federation) {
    CLEANUP(json_freep) json_t *args = apiserver_args(k);
    json_t *api = json_pack("{s:s, s:s, s:o, s:[{s:s, s:I}, {s:s, s:i}], s:{}, s:[o]}", "name",
                            "apiserver", "image", kubefed_flag(k, "image"), "command",
                            command_of(k, 0, args), "ports", "name", "https", "containerPort",
                            (json_int_t)json_int(k->facts, 443, "secure_port", NULL), "name",
                            "local", "containerPort", 8080, "resources", "volumeMounts",
                            mount(n->credentials, "/etc/federation/apiserver", true));
    json_set_str(api, "imagePullPolicy", "IfNotPresent");
    json_t *etcd =
        json_pack("{s:s, s:s, s:[s, s, s], s:{}}", "name", "etcd", "image", etcd_image(k),
                  "command", "/usr/local/bin/etcd", "--data-dir", "/var/etcd/data", "resources");
    json_t *volumes = json_pack("[o]", secret_volume(n->credentials, n->credentials));
    if (kubefed_flag_is(k, "etcd-persistent-storage")) {
        json_object_set_new(etcd, "volumeMounts",
                            json_pack("[o]", mount("etcddata", "/var/etcd", false)));
        json_array_append_new(volumes, json_pack("{s:s, s:{s:s}}", "name", "etcddata",
                                                 "persistentVolumeClaim", "claimName", n->claim));
    }
    return deployment(k, n->apiserver, "federation-apiserver", federation,
                      json_pack("{s:o, s:[o, o]}", "volumes", volumes, "containers", api, etcd));
}

static json_t *manager_args(const struct kubefed *k, const struct kubefed_names *n,
                            const char *federation) {
    json_t *args = json_object();
    CLEANUP(str_freep) char *master = xasprintf("https://%s", n->service);
    json_set_str(args, "--master", master);
    json_set_str(args, "--kubeconfig", "/etc/federation/controller-manager/kubeconfig");
    json_set_str(args, "--dns-provider", kubefed_flag(k, "dns-provider"));
    json_set_str(args, "--federation-name", federation);
    json_set_str(args, "--zone-name", kubefed_flag(k, "dns-zone-name"));
    override_args(args, kubefed_flag(k, "controllermanager-arg-overrides"));
    return args;
}

static void annotate_manager(const struct kubefed *k, json_t *o, const char *federation,
                             const char *nameserver) {
    CLEANUP(str_freep) char *zone = xstrdup(kubefed_flag(k, "dns-zone-name"));
    for (size_t len = strlen(zone); len > 0 && zone[len - 1] == '.'; len--)
        zone[len - 1] = '\0';
    CLEANUP(str_freep) char *domains = xasprintf("%s=%s", federation, zone);
    json_t *annotations = json_ensure_object(json_object_get(o, "metadata"), "annotations");
    json_set_str(annotations, "federations", domains);
    const char *stubs = json_str(k->facts, "stub_domains", NULL);
    if (stubs && !str_eq(stubs, "never")) { /* what join needs for stub domains */
        json_set_str(annotations, "dns-provider", kubefed_flag(k, "dns-provider"));
        json_set_str(annotations, "dns-zone-name", zone);
        json_set_str(annotations, "nameserver", nameserver);
    }
}

json_t *kubefed_manager_deployment(const struct kubefed *k, const struct kubefed_names *n,
                                   const char *federation, const char *nameserver, bool rbac) {
    CLEANUP(json_freep) json_t *args = manager_args(k, n, federation);
    json_t *command = command_of(k, 1, args);
    json_t *volumes = json_pack("[o]", secret_volume(n->kubeconfig, n->kubeconfig));
    json_t *mounts =
        json_pack("[o]", mount(n->kubeconfig, "/etc/federation/controller-manager", true));
    if (*kubefed_flag(k, "dns-provider-config")) {
        CLEANUP(str_freep)
        char *arg =
            xasprintf("--dns-provider-config=/etc/federation/dns-provider/%s", n->dns_provider);
        json_array_append_new(command, json_string(arg));
        json_array_append_new(volumes, secret_volume("config-volume", n->dns_provider));
        json_array_append_new(mounts, mount("config-volume", "/etc/federation/dns-provider", true));
    }
    json_t *container = json_pack(
        "{s:s, s:s, s:o, s:[{s:s, s:{s:{s:s}}}], s:{}, s:o}", "name", "controller-manager", "image",
        kubefed_flag(k, "image"), "command", command, "env", "name", "POD_NAMESPACE", "valueFrom",
        "fieldRef", "fieldPath", "metadata.namespace", "resources", "volumeMounts", mounts);
    json_set_str(container, "imagePullPolicy", "IfNotPresent");
    json_t *spec = json_pack("{s:o, s:[o]}", "volumes", volumes, "containers", container);
    if (rbac) {
        json_set_str(spec, "serviceAccountName", n->service_account);
        json_set_str(spec, "serviceAccount", n->service_account);
    }
    json_t *o = deployment(k, n->manager, "federation-controller-manager", federation, spec);
    annotate_manager(k, o, federation, nameserver);
    return o;
}

static void bind_role(json_t *o, const char *kind, const char *role, const char *account,
                      const char *ns) {
    json_object_set_new(
        o, "subjects",
        json_pack("[{s:s, s:s, s:s}]", "kind", "ServiceAccount", "name", account, "namespace", ns));
    json_object_set_new(o, "roleRef",
                        json_pack("{s:s, s:s, s:s}", "apiGroup", "rbac.authorization.k8s.io",
                                  "kind", kind, "name", role));
}

json_t *kubefed_role(const struct kubefed *k, const struct kubefed_names *n, const char *federation,
                     const char *version, bool binding) {
    CLEANUP(str_freep) char *api = xasprintf("rbac.authorization.k8s.io/%s", version);
    json_t *o = kubefed_object(k, api, binding ? "RoleBinding" : "Role", n->role, ns_of(k),
                               federation, NULL);
    label(o, NULL);
    if (binding)
        bind_role(o, "Role", n->role, n->service_account, ns_of(k));
    else
        json_object_set_new(o, "rules",
                            json_pack("[{s:[s, s, s], s:[s], s:[s]}]", "verbs", "get", "list",
                                      "watch", "apiGroups", "", "resources", "secrets"));
    return o;
}

json_t *kubefed_cluster_role(const struct kubefed *k, const char *federation, const char *cluster,
                             const char *account, const char *role, const char *version,
                             bool binding) {
    CLEANUP(str_freep) char *api = xasprintf("rbac.authorization.k8s.io/%s", version);
    json_t *o = kubefed_object(k, api, binding ? "ClusterRoleBinding" : "ClusterRole", role,
                               ns_of(k), federation, cluster);
    if (binding)
        bind_role(o, "ClusterRole", role, account, ns_of(k));
    else if (!profile_has_quirk(k->env->profile, "join-account-all-rights"))
        json_object_set_new(
            o, "rules",
            json_pack(
                "[{s:[s,s,s,s,s,s], s:[s,s,s,s], s:[s,s,s,s,s,s,s,s,s,s,s,s]}, {s:[s], s:[s]}]",
                "verbs", "get", "list", "watch", "create", "update", "delete", "apiGroups", "",
                "extensions", "autoscaling", "batch", "resources", "configmaps", "daemonsets",
                "deployments", "events", "horizontalpodautoscalers", "ingresses", "jobs",
                "namespaces", "nodes", "replicasets", "secrets", "services", "verbs", "get",
                "nonResourceURLs", "/healthz"));
    else
        json_object_set_new(o, "rules",
                            json_pack("[{s:[s], s:[s], s:[s]}, {s:[s], s:[s]}]", "verbs", "*",
                                      "apiGroups", "*", "resources", "*", "verbs", "get",
                                      "nonResourceURLs", "/healthz"));
    return o;
}

void kubefed_secret_put(json_t *secret, const char *key, const char *text) {
    CLEANUP(str_freep) char *encoded = base64_encode(text, strlen(text));
    json_set_str(json_ensure_object(secret, "data"), key, encoded);
}
