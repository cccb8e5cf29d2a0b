/* kubefed unjoin: takes the Cluster object, its credentials and its part of kube-dns away. */
#include "harness/core/base64.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/cli/kubefed_state.h"

struct unjoin {
    struct kubefed *k;
    const char *name, *ns;
    json_t *config;
    struct kubefed_cluster member, host, federation_api;
    json_t *cluster; /* as it was; owned, NULL: there was none */
};

/* Like the real one's, without a newline. */
static void warn(struct unjoin *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void warn(struct unjoin *u, const char *fmt, ...) {
    struct buf text = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_adds(&text, "WARNING: ");
    buf_vaddf(&text, fmt, ap);
    va_end(ap);
    u->k->env->ops->output(u->k->env->ops->self, 2, buf_str(&text), text.len);
    buf_release(&text);
}

/* A cluster that is not there only warns; what follows has nothing to do then. */
static int pop_cluster(struct unjoin *u) {
    CLEANUP(str_freep) char *path = xasprintf("/apis/federation/v1beta1/clusters/%s", u->name);
    int status = kubefed_request(&u->federation_api, "GET", path, NULL, &u->cluster);
    if (status == 404) {
        warn(u,
             "cluster \"%s\" not found in federation, so its credentials' secret couldn't be "
             "deleted",
             u->name);
        json_decref(u->cluster);
        u->cluster = NULL;
        return 0;
    }
    if (status != 200)
        return kubefed_fail_status(&u->federation_api, status, u->cluster);
    return kubefed_must(&u->federation_api, "DELETE", path, NULL, NULL);
}

/* The status; ret_answer is owned. */
static int delete (struct kubefed_cluster *c, const char *version, const char *path,
                   bool orphan_false, json_t **ret_answer) {
    CLEANUP(json_freep)
    json_t *options = json_pack("{s:s, s:s}", "kind", "DeleteOptions", "apiVersion", version);
    if (orphan_false)
        json_set_bool(options, "orphanDependents", false);
    return kubefed_request(c, "DELETE", path, options, ret_answer);
}

/* A secret that cannot be deleted is only a warning, as is what comes of the kube-dns below. */
static void delete_secret(struct unjoin *u, const char *name, const char *path) {
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = delete (&u->host, "v1", path, true, &answer);
    if (status / 100 == 2)
        return;
    CLEANUP(str_freep) char *why = kubefed_status_text(status, answer);
    warn(u, "secret \"%s\" could not be deleted: %s", name, why);
}

/* "a=b,c=d" without less; owned. */
static char *without_domain(const char *have, const char *less) {
    CLEANUP(str_freep) char *copy = xstrdup(have ? have : "");
    char *rest = copy, *one;
    struct buf kept = BUF_INIT;
    while (*copy && (one = str_next(&rest, ',')))
        if (!str_eq(one, less))
            buf_addf(&kept, "%s%s", kept.len ? "," : "", one);
    return buf_detach(&kept);
}

/* What went wrong, owned, or NULL. The key stays with what is left; stubDomains goes, whoever wrote
 * it. */
static char *update_kube_dns(struct unjoin *u) {
    static const char path[] = "/api/v1/namespaces/kube-system/configmaps/kube-dns";
    CLEANUP(json_freep) json_t *manager = NULL;
    CLEANUP(json_freep) json_t *map = NULL;
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = kubefed_look_for_manager(&u->host, &manager);
    if (status / 100 != 2)
        return kubefed_status_text(status, manager);
    if (!manager)
        return xstrdup(KUBEFED_NO_MANAGER);
    const char *domains = json_str(manager, "metadata", "annotations", "federations", NULL);
    if (!domains)
        return xstrdup("kube-dns config map data missing from controller manager annotations");
    status = kubefed_request(&u->member, "GET", path, NULL, &map);
    if (status != 200)
        return kubefed_status_text(status, map);
    json_t *data = json_object_get(map, "data");
    const char *have = json_str(data, "federations", NULL);
    if (!have && !json_object_get(data, "stubDomains"))
        return NULL;
    if (have) {
        CLEANUP(str_freep) char *left = without_domain(have, domains);
        json_set_str(data, "federations", left);
    }
    json_object_del(data, "stubDomains");
    status = kubefed_request(&u->member, "PUT", path, map, &answer);
    return status / 100 == 2 ? NULL : kubefed_status_text(status, answer);
}

/* Roles that are gone are no trouble, an account that is gone is (allowed: 404, or 0 for none). */
static int delete_of_member(struct unjoin *u, const char *what, const char *version,
                            const char *path, int allowed) {
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = delete (&u->member, version, path, false, &answer);
    if (status / 100 == 2 || (allowed && status == allowed))
        return 0;
    CLEANUP(str_freep) char *why = kubefed_status_text(status, answer);
    warn(u, "Encountered error in deleting %s: %s", what, why);
    return kubefed_fail_status(&u->member, status, answer);
}

static int delete_account(struct unjoin *u) {
    const json_t *notes = json_at(u->cluster, "metadata", "annotations", NULL);
    const char *account = json_str(notes, "federation.kubernetes.io/servive-account-name", NULL);
    const char *role = json_str(notes, "federation.kubernetes.io/cluster-role-name", NULL);
    if (!account || !role || !u->member.rbac)
        return 0;
    CLEANUP(str_freep) char *version = xasprintf("rbac.authorization.k8s.io/%s", u->member.rbac);
    CLEANUP(str_freep)
    char *sa = xasprintf("/api/v1/namespaces/%s/serviceaccounts/%s", u->ns, account);
    CLEANUP(str_freep) char *binding = xasprintf("/apis/%s/clusterrolebindings/%s", version, role);
    CLEANUP(str_freep) char *cluster_role = xasprintf("/apis/%s/clusterroles/%s", version, role);
    static const char roles[] = "cluster role bindings";
    int code = delete_of_member(u, "service account", "v1", sa, 0);
    if (code == 0)
        code = delete_of_member(u, roles, version, binding, 404);
    return code ? code : delete_of_member(u, roles, version, cluster_role, 404);
}

/* The credentials, the part of kube-dns and the account, once the cluster is out. */
static int clean_up(struct unjoin *u, const char *name, const char *path, const json_t *secret) {
    if (json_at(secret, "data", "token", NULL)) {
        int code = kubefed_probe_rbac(&u->member);
        if (code != 0)
            return code;
    }
    delete_secret(u, name, path);
    CLEANUP(str_freep) char *problem = update_kube_dns(u);
    if (problem)
        warn(u, "Encountered error in deleting kube-dns configmap: %s", problem);
    return delete_account(u);
}

static bool has_context(const json_t *config, const char *name) {
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(config, "contexts"), i,
                       entry) if (str_eq(json_str(entry, "name", NULL), name)) return true;
    return false;
}

/* Owned: a secret's value as it was before base64; NULL: not there. */
static char *secret_text(const json_t *secret, const char *key) {
    size_t len;
    const char *encoded = json_str(secret, "data", key, NULL);
    return encoded ? base64_decode(encoded, &len) : NULL;
}

/* What join put into the secret, as a kubeconfig with the one context "member"; owned or NULL. */
static json_t *config_of_secret(struct unjoin *u, const json_t *secret) {
    const char *server =
        json_str(u->cluster, "spec", "serverAddressByClientCIDRs", "[0]", "serverAddress", NULL);
    CLEANUP(str_freep) char *kubeconfig = secret_text(secret, "kubeconfig");
    if (kubeconfig)
        return yaml_parse(kubeconfig, strlen(kubeconfig), "kubeconfig", NULL);
    CLEANUP(str_freep) char *token = secret_text(secret, "token");
    CLEANUP(str_freep) char *ca = secret_text(secret, "ca.crt");
    json_t *config =
        kubeconfig_new(u->name, u->name, u->name, server ? server : "", ca, NULL, NULL);
    json_set_str(json_at(config, "users", "[0]", "user", NULL), "token", token);
    return config;
}

/* By its context, and by what is in the secret where the kubeconfig has none. */
static int open_member(struct unjoin *u, const json_t *secret) {
    const char *flag = kubefed_flag(u->k, "cluster-context");
    const char *context = *flag ? flag : u->name;
    if (has_context(u->config, context))
        return kubefed_open(u->k, u->config, context, &u->member);
    CLEANUP(json_freep) json_t *config = config_of_secret(u, secret);
    const char *current = json_str(config, "current-context", NULL);
    return kubefed_open(u->k, config, current ? current : "", &u->member);
}

/*
 * Without the secret there is nothing to reach the member with, so that its part of kube-dns (and
 * its account) stays. Releases differ in whether that is still called a success.
 */
static int leave(struct unjoin *u) {
    bool needs_secret = json_flag(u->k->facts, "unjoin_needs_secret", NULL);
    const char *name = json_str(u->cluster, "spec", "secretRef", "name", NULL);
    CLEANUP(str_freep)
    char *path = xasprintf("/api/v1/namespaces/%s/secrets/%s", u->ns, name ? name : "");
    CLEANUP(json_freep) json_t *secret = NULL;
    int status = kubefed_request(&u->host, "GET", path, NULL, &secret), code = 0;
    if (status == 404)
        warn(u, "secret \"%s\" not found in the host cluster, so it couldn't be deleted%s", name,
             needs_secret ? ". Cluster has already been removed from the federation." : "");
    else if (status != 200)
        warn(u, "Error retrieving secret from the base cluster");
    if (status != 200 && needs_secret)
        return status == 404 ? 0 : kubefed_fail_status(&u->host, status, secret);
    if (status == 200)
        code = open_member(u, secret);
    if (status == 200 && code == 0)
        code = clean_up(u, name, path, secret);
    if (code == 0)
        kubefed_out(u->k, "Successfully removed cluster \"%s\" from federation\n", u->name);
    return code;
}

static int run(struct unjoin *u) {
    struct kubefed *k = u->k;
    int code = kubefed_config_load(k, true, &u->config);
    if (code == 0)
        code = kubefed_open(k, u->config, NULL, &u->federation_api);
    if (code == 0)
        code = kubefed_open(k, u->config, kubefed_flag(k, "host-cluster-context"), &u->host);
    if (code == 0)
        code = pop_cluster(u);
    return code != 0 || !u->cluster ? code : leave(u);
}

int kubefed_unjoin(struct kubefed *k) {
    struct unjoin u = {.k = k,
                       .name = json_str(k->args, "[0]", NULL),
                       .ns = kubefed_flag(k, "federation-system-namespace"),
                       .member = {.k = k},
                       .host = {.k = k},
                       .federation_api = {.k = k}};
    if (json_array_size(k->args) != 1)
        return kubefed_fail_usage(k, "NAME is required");
    if (!*kubefed_flag(k, "host-cluster-context"))
        return kubefed_fail_usage(k, "host-cluster-context is required");
    int code = run(&u);
    json_decref(u.config);
    json_decref(u.cluster);
    kubefed_close(&u.member);
    kubefed_close(&u.host);
    kubefed_close(&u.federation_api);
    return code;
}
