/* kubefed init: the control plane's objects on the host cluster, then two waits without an end. */
#include <arpa/inet.h>

#include "harness/core/fs.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/cli/kubefed_state.h"

#define POLL_MS 2000
#define LOAD_BALANCER_POLL_MS 5000
#define LOAD_BALANCER_PATIENCE_MS 60000
#define PATIENCE_MS 600000 /* of an init that does not wait for ever */
#define ADDRESSES_MAX 1000

struct init {
    struct kubefed *k;
    const char *federation, *ns;
    json_t *config; /* the kubeconfig as it was read; owned */
    struct kubefed_cluster host;
    struct kubefed_names names;
    char *provider;      /* the text of --dns-provider-config; owned or NULL */
    json_t *ips, *hosts; /* by which the API server is reached; owned */
    char *endpoint;      /* "127.0.1.1:30229"; owned */
    struct pki_pair ca, server, manager, admin;
    char *password, *token; /* owned or NULL */
};

/* Flags */

static int check_overrides(struct kubefed *k, const char *flag) {
    CLEANUP(str_freep) char *copy = xstrdup(kubefed_flag(k, flag));
    char *rest = copy, *pair;
    while (*copy && (pair = str_next(&rest, ',')))
        if (!str_has_prefix(pair, "--") || !strchr(pair, '=') || strchr(pair, '=') == pair + 2)
            return kubefed_fail(k,
                                "error marshalling --%s: wrong format for the value %s, should be "
                                "\"--arg1=value1,--arg2=value2...\"",
                                flag, pair);
    return 0;
}

static int check_node_selector(struct kubefed *k) {
    CLEANUP(str_freep) char *copy = xstrdup(kubefed_flag(k, "node-selector"));
    char *rest = copy, *pair;
    while (*copy && (pair = str_next(&rest, ',')))
        if (!strchr(pair, '=') || pair[0] == '=')
            return kubefed_fail(k,
                                "error marshalling --node-selector: wrong format for the value "
                                "%s, should be \"arg1=value1,arg2=value2...\"",
                                pair);
    return 0;
}

static int check_port(struct kubefed *k, bool node_port) {
    int64_t port = 0;
    (void)str_to_int(kubefed_flag(k, "api-server-port"), INT32_MIN, INT32_MAX, &port);
    if (port == 0)
        return 0;
    if (!node_port)
        return kubefed_fail(k, "api-server-port should be passed only with "
                               "'api-server-service-type=NodePort'");
    if (port < 0 || port > UINT16_MAX)
        return kubefed_fail(k, "Please provide a valid port number for api-server-port");
    return 0;
}

static int check_flags(struct kubefed *k) {
    const char *type = kubefed_flag(k, "api-server-service-type");
    const char *address = kubefed_flag(k, "api-server-advertise-address");
    bool node_port = str_eq(type, "NodePort");
    unsigned char ip[sizeof(struct in6_addr)];
    if (!*kubefed_flag(k, "dns-provider"))
        return kubefed_fail(k, "--dns-provider is mandatory");
    if (json_array_size(k->args) != 1)
        return kubefed_fail_usage(k, "NAME is required");
    if (!node_port && !str_eq(type, "LoadBalancer"))
        return kubefed_fail(k,
                            "invalid api-server-service-type: %s, should be either LoadBalancer or "
                            "NodePort",
                            type);
    if (*address && inet_pton(AF_INET, address, ip) != 1 && inet_pton(AF_INET6, address, ip) != 1)
        return kubefed_fail(k,
                            "invalid api-server-advertise-address: %s, should be a valid ip "
                            "address",
                            address);
    if (*address && !node_port)
        return kubefed_fail(k, "api-server-advertise-address should be passed only with "
                               "'api-server-service-type=NodePort'");
    int code = check_port(k, node_port);
    if (code == 0)
        code = check_overrides(k, "apiserver-arg-overrides");
    if (code == 0)
        code = check_node_selector(k);
    return code ? code : check_overrides(k, "controllermanager-arg-overrides");
}

static int read_provider(struct init *i) {
    const char *path = kubefed_flag(i->k, "dns-provider-config");
    struct buf text = BUF_INIT;
    if (!*path)
        return 0;
    if (fs_read(path, &text, NULL) < 0) {
        buf_release(&text);
        return kubefed_fail(i->k,
                            "Error reading file provided to --dns-provider-config flag, err: "
                            "open %s: no such file or directory",
                            path);
    }
    i->provider = buf_detach(&text);
    return 0;
}

/* The value of "coredns-endpoints" in the provider's file; owned, "" when there is none. */
static char *nameserver_of(const char *provider) {
    CLEANUP(str_freep) char *copy = xstrdup(provider ? provider : "");
    char *rest = copy, *line;
    while ((line = str_next(&rest, '\n'))) {
        char *key = line + strspn(line, " \t");
        size_t len = strcspn(key, " \t=");
        char *value = strchr(key, '=');
        if (!value || len != strlen("coredns-endpoints") ||
            strncmp(key, "coredns-endpoints", len) != 0)
            continue;
        value += 1 + strspn(value + 1, " \t\"");
        return xstrndup(value, strcspn(value, " \t\r\""));
    }
    return xstrdup("");
}

/* Steps */

/* POSTs to a collection of the system namespace, or only makes the object with --dry-run. */
static int create(struct init *i, const char *api, const char *collection, json_t *object,
                  json_t **ret) {
    CLEANUP(json_freep) json_t *owned = object;
    CLEANUP(str_freep) char *path = xasprintf("%s/namespaces/%s/%s", api, i->ns, collection);
    if (kubefed_flag_is(i->k, "dry-run"))
        return 0;
    return kubefed_must(&i->host, "POST", path, owned, ret);
}

static int create_namespace(struct init *i) {
    struct kubefed *k = i->k;
    CLEANUP(str_freep)
    char *text = xasprintf("Creating a namespace %s for federation system components...", i->ns);
    kubefed_log(k, "init.go:328", "Creating a namespace %s for federation system components",
                i->ns);
    kubefed_progress(k, text);
    if (kubefed_flag_is(k, "dry-run")) {
        kubefed_progress(k, " done\n");
        return 0;
    }
    CLEANUP(str_freep) char *path = xasprintf("/api/v1/namespaces/%s", i->ns);
    bool look = json_flag(k->facts, "namespace_may_exist", NULL);
    int status = look ? kubefed_request(&i->host, "GET", path, NULL, NULL) : 404;
    int code = 0;
    if (status == 404) {
        CLEANUP(json_freep)
        json_t *o = kubefed_object(k, "v1", "Namespace", i->ns, NULL, i->federation, NULL);
        json_object_set_new(o, "spec", json_object());
        json_object_set_new(o, "status", json_object());
        code = kubefed_must(&i->host, "POST", "/api/v1/namespaces", o, NULL);
    } else if (status != 200) {
        code = kubefed_fail_status(&i->host, status, NULL);
    }
    if (code == 0)
        kubefed_progress(k, " done\n");
    return code;
}

/* The first kind of address that any node has, of all nodes. */
static int node_addresses(struct init *i) {
    CLEANUP(json_freep) json_t *nodes = NULL;
    int code = kubefed_must(&i->host, "GET", "/api/v1/nodes", NULL, &nodes);
    size_t t, n, a;
    const json_t *type, *node, *address;
    json_array_foreach(json_object_get(i->k->facts, "node_addresses"), t, type) {
        json_array_foreach(json_object_get(nodes, "items"), n, node) json_array_foreach(
            json_at(node, "status", "addresses", NULL), a,
            address) if (str_eq(json_str(address, "type", NULL), json_string_value(type)) &&
                         json_array_size(i->ips) < ADDRESSES_MAX)
            json_array_append(i->ips, json_object_get(address, "address"));
        if (json_array_size(i->ips) > 0)
            break;
    }
    return code;
}

/*
 * Without an end: a cluster with no load balancer never answers. Without that quirk there are no
 * addresses after a while, and those of the nodes have to do.
 */
static int load_balancer_addresses(struct init *i) {
    CLEANUP(str_freep)
    char *path = xasprintf("/api/v1/namespaces/%s/services/%s", i->ns, i->names.service);
    bool for_ever = profile_has_quirk(i->k->env->profile, "init-loadbalancer-hang");
    for (int64_t waited = 0; for_ever || waited <= LOAD_BALANCER_PATIENCE_MS;
         waited += LOAD_BALANCER_POLL_MS) {
        CLEANUP(json_freep) json_t *service = NULL;
        int code = kubefed_must(&i->host, "GET", path, NULL, &service);
        if (code != 0)
            return code;
        size_t n;
        const json_t *ingress;
        json_array_foreach(json_at(service, "status", "loadBalancer", "ingress", NULL), n,
                           ingress) {
            if (json_str(ingress, "ip", NULL))
                json_array_append(i->ips, json_object_get(ingress, "ip"));
            if (json_str(ingress, "hostname", NULL))
                json_array_append(i->hosts, json_object_get(ingress, "hostname"));
        }
        if (json_array_size(i->ips) + json_array_size(i->hosts) > 0)
            return 0;
        kubefed_progress(i->k, ".");
        i->k->env->ops->wait(i->k->env->ops->self, LOAD_BALANCER_POLL_MS);
    }
    return 0;
}

static int create_service(struct init *i) {
    struct kubefed *k = i->k;
    bool node_port = str_eq(kubefed_flag(k, "api-server-service-type"), "NodePort");
    const char *advertised = kubefed_flag(k, "api-server-advertise-address");
    CLEANUP(json_freep) json_t *made = NULL;
    kubefed_log(k, "init.go:337", "Creating federation control plane service");
    kubefed_progress(k, "Creating federation control plane service...");
    int code =
        create(i, "/api/v1", "services", kubefed_service(k, &i->names, i->federation), &made);
    if (code != 0 || kubefed_flag_is(k, "dry-run"))
        return code;
    if (*advertised)
        json_array_append_new(i->ips, json_string(advertised));
    else if (!node_port)
        code = load_balancer_addresses(i);
    if (code == 0 && json_array_size(i->ips) + json_array_size(i->hosts) == 0) {
        node_port = true;
        code = node_addresses(i);
    }
    if (code != 0)
        return code;
    const char *address = json_str(i->ips, "[0]", NULL);
    if (!address)
        address = json_str(i->hosts, "[0]", NULL);
    if (node_port)
        i->endpoint =
            xasprintf("%s:%lld", address ? address : "",
                      (long long)json_int(made, 0, "spec", "ports", "[0]", "nodePort", NULL));
    else
        i->endpoint = xstrdup(address);
    kubefed_log(k, "init.go:343", "Created service named %s with IP addresses [%s], hostnames []",
                i->names.service, address ? address : "");
    kubefed_progress(k, " done\n");
    return 0;
}

static int issue_all(struct init *i, struct err *err) {
    const char *service = i->names.service;
    CLEANUP(str_freep) char *in_ns = xasprintf("%s.%s", service, i->ns);
    CLEANUP(str_freep) char *in_svc = xasprintf("%s.svc", in_ns);
    CLEANUP(str_freep) char *full = xasprintf("%s.cluster.local", in_svc);
    const char *names[4 + 2 * ADDRESSES_MAX] = {service, in_ns, in_svc, full};
    size_t count = 4, n;
    const json_t *one;
    json_array_foreach(i->ips, n, one) names[count++] = json_string_value(one);
    json_array_foreach(i->hosts, n, one) if (n < ADDRESSES_MAX) names[count++] =
        json_string_value(one);
    const struct pki_request server = {
        .common_name = "federation-apiserver", .names = names, .name_count = count, .server = true};
    const struct pki_request manager = {.common_name = "federation-controller-manager",
                                        .client = true};
    const struct pki_request admin = {.common_name = "admin", .client = true};
    int rc = pki_new_ca(i->federation, &i->ca, err);
    if (rc == 0)
        rc = pki_issue(&i->ca, &server, &i->server, err);
    if (rc == 0)
        rc = pki_issue(&i->ca, &manager, &i->manager, err);
    return rc == 0 ? pki_issue(&i->ca, &admin, &i->admin, err) : rc;
}

static char *random_secret(struct kubefed *k) {
    char text[37];
    rng_uuid(&k->rng, text);
    return xstrdup(text);
}

/* "secret,admin,uuid" as the API server reads basicauth.csv and token.csv. */
static void put_auth(struct init *i, json_t *secret, const char *file, const char *text) {
    CLEANUP(str_freep) char *uid = random_secret(i->k);
    CLEANUP(str_freep) char *line = xasprintf("%s,admin,%s\n", text, uid);
    kubefed_secret_put(secret, file, line);
}

static json_t *credentials_secret(struct init *i) {
    struct kubefed *k = i->k;
    json_t *o = kubefed_object(k, "v1", "Secret", i->names.credentials, i->ns, i->federation, NULL);
    kubefed_secret_put(o, "ca.crt", i->ca.cert);
    kubefed_secret_put(o, "server.crt", i->server.cert);
    kubefed_secret_put(o, "server.key", i->server.key);
    if (kubefed_flag_is(k, "apiserver-enable-basic-auth")) {
        i->password = random_secret(k);
        put_auth(i, o, "basicauth.csv", i->password);
    }
    if (kubefed_flag_is(k, "apiserver-enable-token-auth")) {
        i->token = random_secret(k);
        put_auth(i, o, "token.csv", i->token);
    }
    return o;
}

static json_t *manager_secret(struct init *i) {
    CLEANUP(str_freep) char *server = xasprintf("https://%s", i->names.service);
    CLEANUP(json_freep)
    json_t *config = kubeconfig_new(i->federation, "controller-manager", "controller-manager",
                                    server, i->ca.cert, i->manager.cert, i->manager.key);
    struct buf text = BUF_INIT;
    yaml_dump_to(config, &text);
    json_t *o =
        kubefed_object(i->k, "v1", "Secret", i->names.kubeconfig, i->ns, i->federation, NULL);
    kubefed_secret_put(o, "kubeconfig", buf_str(&text));
    buf_release(&text);
    return o;
}

static int create_credentials(struct init *i) {
    struct kubefed *k = i->k;
    struct err err = {0};
    kubefed_log(k, "init.go:346",
                "Generating TLS certificates and credentials for communicating with "
                "the federation API server");
    kubefed_progress(k, "Creating federation control plane objects (credentials, persistent volume "
                        "claim)...");
    if (issue_all(i, &err) < 0)
        return kubefed_fail(k, "%s", err.text);
    kubefed_log(k, "init.go:357", "Certificates and credentials generated");
    int code = create(i, "/api/v1", "secrets", credentials_secret(i), NULL);
    if (code == 0)
        code = create(i, "/api/v1", "secrets", manager_secret(i), NULL);
    if (code == 0 && kubefed_flag_is(k, "etcd-persistent-storage"))
        code = create(i, "/api/v1", "persistentvolumeclaims",
                      kubefed_claim(k, &i->names, i->federation), NULL);
    if (code == 0) {
        kubefed_log(k, "init.go:364", "Credentials secret successfully created");
        kubefed_progress(k, " done\n");
    }
    return code;
}

static int create_accounts(struct init *i) {
    struct kubefed *k = i->k;
    const char *version = i->host.rbac;
    CLEANUP(str_freep) char *api = xasprintf("/apis/rbac.authorization.k8s.io/%s", version);
    json_t *account = kubefed_object(k, "v1", "ServiceAccount", i->names.service_account, i->ns,
                                     i->federation, NULL);
    json_set_str(json_ensure_object(json_object_get(account, "metadata"), "labels"), "app",
                 "federated-cluster");
    kubefed_log(k, "init.go:398",
                "Creating service account for federation controller manager in the host cluster");
    int code = create(i, "/api/v1", "serviceaccounts", account, NULL);
    if (code == 0)
        code = create(i, api, "roles", kubefed_role(k, &i->names, i->federation, version, false),
                      NULL);
    if (code == 0)
        code = create(i, api, "rolebindings",
                      kubefed_role(k, &i->names, i->federation, version, true), NULL);
    return code;
}

static int create_deployments(struct init *i) {
    struct kubefed *k = i->k;
    static const char api[] = "/apis/extensions/v1beta1";
    bool rbac = i->host.rbac != NULL;
    kubefed_log(k, "init.go:386", "Creating federation control plane components");
    kubefed_progress(k, "Creating federation component deployments...");
    int code = create(i, api, "deployments",
                      kubefed_apiserver_deployment(k, &i->names, i->federation), NULL);
    if (code == 0)
        kubefed_log(k, "init.go:391", "Successfully created federation API server");
    if (code == 0 && rbac)
        code = create_accounts(i);
    if (code == 0 && i->provider) {
        json_t *secret =
            kubefed_object(k, "v1", "Secret", i->names.dns_provider, i->ns, i->federation, NULL);
        kubefed_secret_put(secret, i->names.dns_provider, i->provider);
        code = create(i, "/api/v1", "secrets", secret, NULL);
    }
    CLEANUP(str_freep) char *nameserver = nameserver_of(i->provider);
    if (code == 0)
        code =
            create(i, api, "deployments",
                   kubefed_manager_deployment(k, &i->names, i->federation, nameserver, rbac), NULL);
    if (code == 0) {
        kubefed_log(k, "init.go:404", "Successfully created federation controller manager");
        kubefed_progress(k, " done\n");
    }
    return code;
}

/* The new entries go into the file alone: another file of $KUBECONFIG keeps its own. */
static int write_kubeconfig(struct init *i) {
    struct kubefed *k = i->k;
    struct err err = {0};
    const char *name = i->federation;
    kubefed_progress(k, "Updating kubeconfig...");
    CLEANUP(str_freep) char *path = kubefed_config_path(k);
    CLEANUP(json_freep) json_t *config = kubeconfig_load(path, true, &err);
    if (!config)
        return kubefed_fail(k, "%s", err.text);
    CLEANUP(str_freep) char *server = xasprintf("https://%s", i->endpoint);
    CLEANUP(json_freep)
    json_t *fresh =
        kubeconfig_new(name, name, name, server, i->ca.cert, i->admin.cert, i->admin.key);
    json_t *user = json_at(fresh, "users", "[0]", "user", NULL);
    if (i->token)
        json_set_str(user, "token", i->token);
    kubeconfig_set(config, "clusters", "cluster", name,
                   json_at(fresh, "clusters", "[0]", "cluster", NULL));
    kubeconfig_set(config, "users", "user", name, user);
    kubeconfig_set(config, "contexts", "context", name,
                   json_at(fresh, "contexts", "[0]", "context", NULL));
    if (i->password) {
        CLEANUP(str_freep) char *basic = xasprintf("%s-basic-auth", name);
        CLEANUP(json_freep)
        json_t *login = json_pack("{s:s, s:s}", "username", "admin", "password", i->password);
        kubeconfig_set(config, "users", "user", basic, login);
    }
    if (kubeconfig_save(path, config, &err) < 0)
        return kubefed_fail(k, "%s", err.text);
    kubefed_log(k, "init.go:413", "Successfully updated kubeconfig");
    kubefed_progress(k, " done\n");
    return 0;
}

/* Waiting */

static bool has_running(const json_t *pods, const char *prefix) {
    size_t n;
    const json_t *pod;
    json_array_foreach(json_object_get(pods, "items"), n, pod) {
        const char *name = json_str(pod, "metadata", "name", NULL);
        if (name && str_has_prefix(name, prefix) &&
            str_eq(json_str(pod, "status", "phase", NULL), "Running"))
            return true;
    }
    return false;
}

static bool is_patient(const struct init *i, int64_t waited_ms) {
    return waited_ms < PATIENCE_MS || profile_has_quirk(i->k->env->profile, "init-waits-for-ever");
}

static int wait_for_pods(struct init *i) {
    struct kubefed *k = i->k;
    CLEANUP(str_freep) char *path = xasprintf("/api/v1/namespaces/%s/pods", i->ns);
    for (int64_t waited = 0; is_patient(i, waited); waited += POLL_MS) {
        k->env->ops->wait(k->env->ops->self, POLL_MS);
        kubefed_progress(k, ".");
        CLEANUP(json_freep) json_t *pods = NULL;
        int code = kubefed_must(&i->host, "GET", path, NULL, &pods);
        if (code != 0)
            return code;
        if (has_running(pods, i->names.apiserver) && has_running(pods, i->names.manager))
            return 0;
    }
    return kubefed_fail(k, "the pods of the control plane do not run: timed out waiting for the "
                           "condition");
}

/* Through the new context; whatever goes wrong, it asks again. */
static int wait_for_health(struct init *i) {
    struct kubefed *k = i->k;
    struct kubefed_cluster federation = {.k = k};
    CLEANUP(json_freep) json_t *config = NULL;
    int code = kubefed_config_load(k, true, &config);
    if (code == 0)
        code = kubefed_open(k, config, i->federation, &federation);
    for (int64_t waited = 0; code == 0; waited += POLL_MS) {
        CLEANUP(json_freep) json_t *body = NULL;
        if (!is_patient(i, waited)) {
            code = kubefed_fail(k,
                                "https://%s/healthz does not answer: timed out waiting for the "
                                "condition",
                                i->endpoint);
            break;
        }
        k->env->ops->wait(k->env->ops->self, POLL_MS);
        kubefed_progress(k, ".");
        (void)kubefed_request(&federation, "GET", "/healthz", NULL, &body);
        if (json_string_value(body) && strcasecmp(json_string_value(body), "ok") == 0)
            break;
    }
    kubefed_close(&federation);
    return code;
}

static int run(struct init *i) {
    struct kubefed *k = i->k;
    bool dry = kubefed_flag_is(k, "dry-run");
    int code = kubefed_config_load(k, true, &i->config);
    const char *context = kubefed_flag(k, "host-cluster-context");
    if (code == 0)
        code = kubefed_open(k, i->config, *context ? context : NULL, &i->host);
    if (code == 0)
        code = kubefed_probe_rbac(&i->host);
    if (code == 0)
        code = create_namespace(i);
    if (code == 0)
        code = create_service(i);
    if (code == 0)
        code = create_credentials(i);
    if (code == 0)
        code = create_deployments(i);
    if (code == 0 && dry) {
        kubefed_out(k, "Federation control plane runs (dry run)\n");
        return 0;
    }
    if (code == 0)
        code = write_kubeconfig(i);
    if (code != 0)
        return code;
    kubefed_progress(k, "Waiting for federation control plane to come up...");
    code = wait_for_pods(i);
    if (code == 0)
        code = wait_for_health(i);
    if (code == 0) {
        kubefed_progress(k, " done\n");
        kubefed_out(k, "Federation API server is running at: %s\n", i->endpoint);
    }
    return code;
}

static void release(struct init *i) {
    json_decref(i->config);
    json_decref(i->ips);
    json_decref(i->hosts);
    kubefed_close(&i->host);
    kubefed_names_release(&i->names);
    pki_pair_release(&i->ca);
    pki_pair_release(&i->server);
    pki_pair_release(&i->manager);
    pki_pair_release(&i->admin);
    free(i->provider);
    free(i->endpoint);
    free(i->password);
    free(i->token);
}

int kubefed_init(struct kubefed *k) {
    int code = check_flags(k);
    if (code != 0)
        return code;
    struct init i = {.k = k,
                     .federation = json_str(k->args, "[0]", NULL),
                     .ns = kubefed_flag(k, "federation-system-namespace"),
                     .host = {.k = k},
                     .ips = json_array(),
                     .hosts = json_array()};
    kubefed_names_init(k, i.federation, &i.names);
    code = read_provider(&i);
    if (code == 0)
        code = run(&i);
    release(&i);
    return code;
}
