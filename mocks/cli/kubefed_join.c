/* kubefed join: credentials of the member to the host, the Cluster object, the member's kube-dns.
 */
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/cli/kubefed_state.h"

#define ACCOUNT_POLL_MS 1000
#define ACCOUNT_POLLS_MAX 30

struct join {
    struct kubefed *k;
    const char *name, *host_name, *ns;
    json_t *config;
    struct kubefed_cluster member, host, federation_api;
    char *federation;     /* the federation's name, from the host; owned */
    char *account, *role; /* of the service account; owned or NULL */
    char *secret;         /* name of the credentials' secret on the host; owned */
};

static bool uses_account(const struct kubefed *k) {
    return str_eq(json_str(k->facts, "join_mode", NULL), "service-account");
}

static bool is_dry(const struct join *j) {
    return kubefed_flag_is(j->k, "dry-run");
}

/* POST, or nothing with --dry-run; object is stolen. */
static int create(struct join *j, struct kubefed_cluster *where, const char *path, json_t *object,
                  bool may_exist) {
    CLEANUP(json_freep) json_t *owned = object;
    CLEANUP(json_freep) json_t *answer = NULL;
    if (is_dry(j))
        return 0;
    int status = kubefed_request(where, "POST", path, owned, &answer);
    if (status / 100 == 2 || (may_exist && status == 409))
        return 0;
    return kubefed_fail_status(where, status, answer);
}

static char *secret_name(struct join *j) {
    const char *flag = kubefed_flag(j->k, "secret-name");
    char suffix[6];
    if (*flag)
        return xstrdup(flag);
    if (!str_eq(json_str(j->k->facts, "secret_name", NULL), "random-suffix"))
        return xstrdup(j->name);
    rng_name_suffix(&j->k->rng, suffix, 5);
    return xasprintf("%s-%s", j->name, suffix);
}

/* A leftover of an unjoin that ended half-way stops the join here. */
static int preflight(struct join *j) {
    kubefed_log(j->k, "join.go:134", "Performing preflight checks.");
    int code = kubefed_probe_rbac(&j->member);
    if (code != 0 || !j->member.rbac)
        return code;
    j->account = xasprintf("%s-%s", j->name, j->host_name);
    CLEANUP(str_freep)
    char *path = xasprintf("/api/v1/namespaces/%s/serviceaccounts/%s", j->ns, j->account);
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = kubefed_request(&j->member, "GET", path, NULL, &answer);
    if (status == 200 && !profile_has_quirk(j->k->env->profile, "join-leftover-account"))
        return 0;
    if (status == 200)
        return kubefed_fail(j->k, "service account already exists in joining cluster");
    return status == 404 ? 0 : kubefed_fail_status(&j->member, status, answer);
}

static int find_federation(struct join *j) {
    CLEANUP(json_freep) json_t *manager = NULL;
    int code = kubefed_find_manager(&j->host, &manager);
    if (code != 0)
        return code;
    const char *name = json_str(manager, "metadata", "annotations", KUBEFED_FEDERATION_NAME, NULL);
    if (!name)
        return kubefed_fail(j->k, "Federation control manager does not have federation name "
                                  "annotation. Please recreate the federation with a newer version "
                                  "of kubefed, or use an older version of kubefed to join this "
                                  "cluster.");
    j->federation = xstrdup(name);
    j->role = xasprintf("federation-controller-manager:%s-%s-%s", name, j->name, j->host_name);
    return 0;
}

static int post_account(struct join *j, const char *accounts, bool may_exist) {
    kubefed_log(j->k, "join.go:553", "Creating service account in joining cluster");
    return create(
        j, &j->member, accounts,
        kubefed_object(j->k, "v1", "ServiceAccount", j->account, j->ns, j->federation, j->name),
        may_exist);
}

/*
 * A user who may not grant what the account gets is refused. That ends the join, but for the quirk:
 * then the account goes again and the user's own credentials take its place.
 */
static int post_role(struct join *j, const char *roles, bool may_exist, bool *ret_refused) {
    struct kubefed *k = j->k;
    CLEANUP(json_freep)
    json_t *role =
        kubefed_cluster_role(k, j->federation, j->name, j->account, j->role, j->member.rbac, false);
    CLEANUP(json_freep) json_t *answer = NULL;
    *ret_refused = false;
    kubefed_log(k, "join.go:561", "Creating role binding for service account in joining cluster");
    if (is_dry(j))
        return 0;
    int status = kubefed_request(&j->member, "POST", roles, role, &answer);
    if (status / 100 == 2 || (may_exist && status == 409))
        return 0;
    *ret_refused = status == 403 && !profile_has_quirk(k->env->profile, "join-needs-cluster-admin");
    return *ret_refused ? 0 : kubefed_fail_status(&j->member, status, answer);
}

static int create_account(struct join *j) {
    struct kubefed *k = j->k;
    CLEANUP(str_freep) char *accounts = xasprintf("/api/v1/namespaces/%s/serviceaccounts", j->ns);
    CLEANUP(str_freep)
    char *rbac = xasprintf("/apis/rbac.authorization.k8s.io/%s", j->member.rbac);
    CLEANUP(str_freep) char *roles = xasprintf("%s/clusterroles", rbac);
    CLEANUP(str_freep) char *bindings = xasprintf("%s/clusterrolebindings", rbac);
    bool may_exist = !profile_has_quirk(k->env->profile, "join-leftover-account"), refused;
    int code = post_account(j, accounts, may_exist);
    if (code == 0)
        code = post_role(j, roles, may_exist, &refused);
    if (code != 0)
        return code;
    if (refused) {
        CLEANUP(str_freep) char *account = xasprintf("%s/%s", accounts, j->account);
        (void)kubefed_request(&j->member, "DELETE", account, NULL, NULL);
        free(j->account);
        j->account = NULL;
        return 0;
    }
    return create(
        j, &j->member, bindings,
        kubefed_cluster_role(k, j->federation, j->name, j->account, j->role, j->member.rbac, true),
        may_exist);
}

/* One look; NULL while the member's token controller has not made it, and after any error. */
static json_t *look_for_token(struct join *j, const char *path) {
    CLEANUP(json_freep) json_t *account = NULL;
    if (kubefed_request(&j->member, "GET", path, NULL, &account) != 200)
        return NULL;
    size_t s;
    const json_t *entry;
    json_array_foreach(json_object_get(account, "secrets"), s, entry) {
        const char *name = json_str(entry, "name", NULL);
        CLEANUP(str_freep)
        char *secret_path = xasprintf("/api/v1/namespaces/%s/secrets/%s", j->ns, name ? name : "");
        CLEANUP(json_freep) json_t *secret = NULL;
        if (kubefed_request(&j->member, "GET", secret_path, NULL, &secret) != 200)
            return NULL;
        if (str_eq(json_str(secret, "type", NULL), "kubernetes.io/service-account-token")) {
            kubefed_log(j->k, "join.go:681", "Using secret named: %s", name);
            return json_take(&secret);
        }
    }
    return NULL;
}

/* The secret of the account with its token. */
static int fetch_token(struct join *j, json_t **ret) {
    CLEANUP(str_freep)
    char *path = xasprintf("/api/v1/namespaces/%s/serviceaccounts/%s", j->ns, j->account);
    *ret = look_for_token(j, path);
    for (int n = 0; !*ret && n < ACCOUNT_POLLS_MAX; n++) {
        j->k->env->ops->wait(j->k->env->ops->self, ACCOUNT_POLL_MS);
        *ret = look_for_token(j, path);
    }
    return *ret ? 0 : kubefed_fail(j->k, "timed out waiting for the condition");
}

static int post_secret(struct join *j, json_t *secret) {
    CLEANUP(str_freep) char *path = xasprintf("/api/v1/namespaces/%s/secrets", j->ns);
    kubefed_log(j->k, "join.go:705", "Creating secret in host cluster named: %s", j->secret);
    return create(j, &j->host, path, secret, false);
}

static json_t *host_secret(struct join *j) {
    return kubefed_object(j->k, "v1", "Secret", j->secret, j->ns, j->federation, j->name);
}

static json_t *entry_of(const json_t *config, const char *list, const char *name) {
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(config, list), i,
                       entry) if (str_eq(json_str(entry, "name", NULL), name)) return entry;
    return NULL;
}

/* The member's own part of the kubeconfig, credentials embedded: 1.6, and members without RBAC. */
static int credentials_by_kubeconfig(struct join *j) {
    const struct http_target *t = &j->member.target.http;
    const char *context = kubefed_flag(j->k, "cluster-context");
    if (!*context)
        context = j->name;
    const json_t *entry = entry_of(j->config, "contexts", context);
    const char *cluster = json_str(entry, "context", "cluster", NULL);
    const char *user = json_str(entry, "context", "user", NULL);
    CLEANUP(json_freep)
    json_t *small = kubeconfig_new(cluster ? cluster : context, user ? user : context, context,
                                   t->server, t->ca_pem, t->cert_pem, t->key_pem);
    json_t *login = json_at(small, "users", "[0]", "user", NULL);
    if (t->token)
        json_set_str(login, "token", t->token);
    if (t->username) {
        json_set_str(login, "username", t->username);
        json_set_str(login, "password", t->password);
    }
    struct buf text = BUF_INIT;
    yaml_dump_to(small, &text);
    json_t *secret = host_secret(j);
    kubefed_secret_put(secret, "kubeconfig", buf_str(&text));
    buf_release(&text);
    return post_secret(j, secret);
}

static int credentials_by_account(struct join *j) {
    struct kubefed *k = j->k;
    json_t *ns = kubefed_object(k, "v1", "Namespace", j->ns, NULL, j->federation, j->name);
    json_object_set_new(ns, "spec", json_object());
    json_object_set_new(ns, "status", json_object());
    kubefed_log(k, "join.go:213", "Creating federation system namespace in joining cluster");
    int code = create(j, &j->member, "/api/v1/namespaces", ns, true);
    if (code == 0)
        code = create_account(j);
    if (code != 0 || is_dry(j))
        return code;
    if (!j->account)
        return credentials_by_kubeconfig(j);
    CLEANUP(json_freep) json_t *token = NULL;
    code = fetch_token(j, &token);
    if (code != 0)
        return code;
    json_t *secret = host_secret(j);
    json_object_set(secret, "data", json_object_get(token, "data"));
    return post_secret(j, secret);
}

/*
 * Every group version is asked for, as the create command below kubefed does. A failure is not
 * told: it knows clusters without that, and what follows fails by itself.
 */
static void discover(struct kubefed_cluster *c) {
    CLEANUP(json_freep) json_t *groups = NULL;
    if (kubefed_request(c, "GET", "/api", NULL, NULL) != 200 ||
        kubefed_request(c, "GET", "/apis", NULL, &groups) != 200)
        return;
    size_t i, n;
    const json_t *group, *version;
    json_array_foreach(json_object_get(groups, "groups"), i, group)
        json_array_foreach(json_object_get(group, "versions"), n, version) {
        const char *name = json_str(version, "groupVersion", NULL);
        CLEANUP(str_freep) char *path = xasprintf("/apis/%s", name ? name : "");
        (void)kubefed_request(c, "GET", path, NULL, NULL);
    }
    (void)kubefed_request(c, "GET", "/api/v1", NULL, NULL);
}

/*
 * In releases with the fault, this step reads the kubeconfig anew and without heeding --kubeconfig;
 * then the current context may not be there.
 */
static int open_federation(struct join *j) {
    if (!profile_has_quirk(j->k->env->profile, "join-ignores-kubeconfig"))
        return kubefed_open(j->k, j->config, NULL, &j->federation_api);
    CLEANUP(json_freep) json_t *config = NULL;
    int code = kubefed_config_load(j->k, false, &config);
    return code ? code : kubefed_open(j->k, config, NULL, &j->federation_api);
}

static json_t *cluster_object(struct join *j) {
    json_t *o = kubefed_object(j->k, "federation/v1beta1", "Cluster", j->name, NULL, NULL, NULL);
    if (j->account) {
        json_t *annotations = json_ensure_object(json_object_get(o, "metadata"), "annotations");
        json_set_str(annotations, "federation.kubernetes.io/servive-account-name", j->account);
        json_set_str(annotations, "federation.kubernetes.io/cluster-role-name", j->role);
    }
    json_object_set_new(o, "spec",
                        json_pack("{s:[{s:s, s:s}], s:{s:s}}", "serverAddressByClientCIDRs",
                                  "clientCIDR", "0.0.0.0/0", "serverAddress",
                                  j->member.target.http.server, "secretRef", "name", j->secret));
    json_object_set_new(o, "status", json_object());
    return o;
}

/* What kubectl apply compares with later. */
static void save_config(json_t *cluster) {
    CLEANUP(str_freep) char *text = json_text(cluster);
    CLEANUP(str_freep) char *line = xasprintf("%s\n", text);
    json_set_str(json_ensure_object(json_object_get(cluster, "metadata"), "annotations"),
                 "kubectl.kubernetes.io/last-applied-configuration", line);
}

static int create_cluster(struct join *j) {
    json_t *cluster = cluster_object(j);
    if (kubefed_flag_is(j->k, "save-config"))
        save_config(cluster);
    kubefed_log(j->k, "join.go:287",
                "Running create cluster command against the federation API server");
    int code = open_federation(j);
    if (code == 0)
        discover(&j->federation_api);
    if (code == 0)
        code = create(j, &j->federation_api, "/apis/federation/v1beta1/clusters",
                      json_incref(cluster), false);
    json_decref(cluster);
    if (code == 0 && *kubefed_flag(j->k, "output"))
        kubefed_out(j->k, "cluster/%s\n", j->name);
    else if (code == 0)
        kubefed_out(j->k, "cluster \"%s\" created%s\n", j->name, is_dry(j) ? " (dry run)" : "");
    return code;
}

/* "a=b,c=d" with more, once. */
static char *append_domain(const char *have, const char *more) {
    CLEANUP(str_freep) char *copy = xstrdup(have ? have : "");
    char *rest = copy, *one;
    while (*copy && (one = str_next(&rest, ',')))
        if (str_eq(one, more))
            return xstrdup(have);
    return have && *have ? xasprintf("%s,%s", have, more) : xstrdup(more);
}

/* {"juju-fed.com": ["10.1.2.3"]} where the provider names a DNS server. */
static void add_stub_domains(struct join *j, const json_t *manager, json_t *data, bool fresh) {
    const char *when = json_str(j->k->facts, "stub_domains", NULL);
    const json_t *notes = json_at(manager, "metadata", "annotations", NULL);
    const char *server = json_str(notes, "nameserver", NULL),
               *zone = json_str(notes, "dns-zone-name", NULL);
    bool wanted = str_eq(when, "always") || (fresh && str_eq(when, "new-configmap-only"));
    if (!wanted || !server || !*server || !zone ||
        !str_eq(json_str(notes, "dns-provider", NULL), "coredns"))
        return;
    CLEANUP(json_freep) json_t *stubs = json_pack("{s:[s]}", zone, server);
    CLEANUP(str_freep) char *text = json_text(stubs);
    json_set_str(data, "stubDomains", text);
}

static int update_kube_dns(struct join *j) {
    static const char maps[] = "/api/v1/namespaces/kube-system/configmaps";
    CLEANUP(json_freep) json_t *manager = NULL;
    kubefed_log(j->k, "join.go:303", "Creating configmap in host cluster");
    int code = kubefed_find_manager(&j->host, &manager);
    if (code != 0)
        return code;
    const char *domains = json_str(manager, "metadata", "annotations", "federations", NULL);
    if (!domains)
        return kubefed_fail(j->k, "kube-dns config map data missing from controller manager "
                                  "annotations");
    CLEANUP(json_freep) json_t *map = NULL;
    int status = kubefed_request(&j->member, "GET",
                                 "/api/v1/namespaces/kube-system/configmaps/kube-dns", NULL, &map);
    if (status == 404) {
        json_t *o = kubefed_object(j->k, "v1", "ConfigMap", "kube-dns", "kube-system",
                                   j->federation, j->name);
        json_t *data = json_ensure_object(o, "data");
        json_set_str(data, "federations", domains);
        add_stub_domains(j, manager, data, true);
        return create(j, &j->member, maps, o, false);
    }
    if (status != 200)
        return kubefed_fail_status(&j->member, status, map);
    json_t *data = json_ensure_object(map, "data");
    CLEANUP(str_freep) char *all = append_domain(json_str(data, "federations", NULL), domains);
    json_set_str(data, "federations", all);
    add_stub_domains(j, manager, data, false);
    return is_dry(j)
               ? 0
               : kubefed_must(&j->member, "PUT",
                              "/api/v1/namespaces/kube-system/configmaps/kube-dns", map, NULL);
}

static int run(struct join *j) {
    struct kubefed *k = j->k;
    const char *context = kubefed_flag(k, "cluster-context");
    int code = kubefed_config_load(k, true, &j->config);
    if (code == 0)
        code = kubefed_open(k, j->config, *context ? context : j->name, &j->member);
    if (code == 0)
        code = kubefed_open(k, j->config, j->host_name, &j->host);
    if (code == 0 && uses_account(k))
        code = preflight(j);
    if (code == 0 && uses_account(k))
        code = find_federation(j);
    if (code != 0)
        return code;
    kubefed_log(k, "join.go:234", "Creating cluster credentials secret");
    j->secret = secret_name(j);
    code = j->account ? credentials_by_account(j) : credentials_by_kubeconfig(j);
    if (code == 0)
        kubefed_log(k, "join.go:277", "Cluster credentials secret created");
    if (code == 0)
        code = create_cluster(j);
    if (code == 0)
        code = update_kube_dns(j);
    return code;
}

int kubefed_join(struct kubefed *k) {
    struct join j = {.k = k,
                     .name = json_str(k->args, "[0]", NULL),
                     .host_name = kubefed_flag(k, "host-cluster-context"),
                     .ns = kubefed_flag(k, "federation-system-namespace"),
                     .member = {.k = k},
                     .host = {.k = k},
                     .federation_api = {.k = k}};
    if (json_array_size(k->args) != 1)
        return kubefed_fail_usage(k, "NAME is required");
    if (!*j.host_name)
        return kubefed_fail_usage(k, "host-cluster-context is required");
    if (*kubefed_flag(k, "output") && !str_eq(kubefed_flag(k, "output"), "name"))
        return kubefed_fail(k, "this simulated kubefed prints no objects: give -o name or no -o");
    kubefed_log(k, "join.go:132",
                "Args and flags: name %s, host: %s, host-system-namespace: %s, kubeconfig: %s, "
                "cluster-context: %s, secret-name: %s, dry-run: %%!s(bool=%s)",
                j.name, j.host_name, j.ns, kubefed_flag(k, "kubeconfig"),
                *kubefed_flag(k, "cluster-context") ? kubefed_flag(k, "cluster-context") : j.name,
                kubefed_flag(k, "secret-name"), is_dry(&j) ? "true" : "false");
    int code = run(&j);
    json_decref(j.config);
    kubefed_close(&j.member);
    kubefed_close(&j.host);
    kubefed_close(&j.federation_api);
    free(j.federation);
    free(j.account);
    free(j.role);
    free(j.secret);
    return code;
}
