/* kubefed unjoin: takes the Cluster object, its credentials and its part of kube-dns away. */
#include "harness/core/str.h"
#include "mocks/cli/kubefed_state.h"

struct unjoin {
    struct kubefed *k;
    const char *name, *ns;
    json_t *config;
    struct kubefed_cluster member, host, federation_api;
    json_t *cluster; /* as it was; owned, NULL: there was none */
};

/* A cluster that is not there only warns; what follows has nothing to do then. */
static int pop_cluster(struct unjoin *u) {
    CLEANUP(str_freep) char *path = xasprintf("/apis/federation/v1beta1/clusters/%s", u->name);
    int status = kubefed_request(&u->federation_api, "GET", path, NULL, &u->cluster);
    if (status == 404) {
        CLEANUP(str_freep)
        char *text =
            xasprintf("WARNING: cluster \"%s\" not found in federation, so its credentials' secret "
                      "couldn't be deleted",
                      u->name);
        u->k->env->ops->output(u->k->env->ops->self, 2, text, strlen(text));
        json_decref(u->cluster);
        u->cluster = NULL;
        return 0;
    }
    if (status != 200)
        return kubefed_fail_status(&u->federation_api, status, u->cluster);
    return kubefed_must(&u->federation_api, "DELETE", path, NULL, NULL);
}

static int delete (struct kubefed_cluster *c, const char *version, const char *path,
                   bool orphan_false) {
    CLEANUP(json_freep)
    json_t *options = json_pack("{s:s, s:s}", "kind", "DeleteOptions", "apiVersion", version);
    CLEANUP(json_freep) json_t *answer = NULL;
    if (orphan_false)
        json_set_bool(options, "orphanDependents", false);
    int status = kubefed_request(c, "DELETE", path, options, &answer);
    return status / 100 == 2 || status == 404 ? 0 : kubefed_fail_status(c, status, answer);
}

static int delete_secret(struct unjoin *u, bool *ret_by_account) {
    const char *name = json_str(u->cluster, "spec", "secretRef", "name", NULL);
    CLEANUP(str_freep)
    char *path = xasprintf("/api/v1/namespaces/%s/secrets/%s", u->ns, name ? name : "");
    CLEANUP(json_freep) json_t *secret = NULL;
    int status = kubefed_request(&u->host, "GET", path, NULL, &secret);
    if (status == 404) {
        CLEANUP(str_freep)
        char *text = xasprintf(
            "WARNING: secret \"%s\" not found in the host cluster, so it couldn't be deleted",
            name);
        u->k->env->ops->output(u->k->env->ops->self, 2, text, strlen(text));
        *ret_by_account = false;
        return 0;
    }
    if (status != 200)
        return kubefed_fail_status(&u->host, status, secret);
    *ret_by_account = json_at(secret, "data", "token", NULL) != NULL;
    int code = *ret_by_account ? kubefed_probe_rbac(&u->member) : 0;
    return code ? code : delete (&u->host, "v1", path, true);
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

/* The key stays with what is left; the whole of stubDomains goes, whoever wrote it. */
static int update_kube_dns(struct unjoin *u) {
    static const char path[] = "/api/v1/namespaces/kube-system/configmaps/kube-dns";
    CLEANUP(json_freep) json_t *manager = NULL;
    CLEANUP(json_freep) json_t *map = NULL;
    int code = kubefed_find_manager(&u->host, &manager);
    if (code != 0)
        return code;
    int status = kubefed_request(&u->member, "GET", path, NULL, &map);
    if (status == 404)
        return 0;
    if (status != 200)
        return kubefed_fail_status(&u->member, status, map);
    json_t *data = json_object_get(map, "data");
    if (!json_object_get(data, "federations"))
        return 0;
    CLEANUP(str_freep)
    char *left = without_domain(json_str(data, "federations", NULL),
                                json_str(manager, "metadata", "annotations", "federations", NULL));
    json_set_str(data, "federations", left);
    json_object_del(data, "stubDomains");
    return kubefed_must(&u->member, "PUT", path, map, NULL);
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
    int code = delete (&u->member, "v1", sa, false);
    if (code == 0)
        code = delete (&u->member, version, binding, false);
    return code ? code : delete (&u->member, version, cluster_role, false);
}

static int run(struct unjoin *u) {
    struct kubefed *k = u->k;
    const char *context = kubefed_flag(k, "cluster-context");
    bool by_account = false;
    int code = kubefed_config_load(k, true, &u->config);
    if (code == 0)
        code = kubefed_open(k, u->config, NULL, &u->federation_api);
    if (code == 0)
        code = kubefed_open(k, u->config, kubefed_flag(k, "host-cluster-context"), &u->host);
    if (code == 0)
        code = pop_cluster(u);
    if (code != 0 || !u->cluster)
        return code;
    code = kubefed_open(k, u->config, *context ? context : u->name, &u->member);
    if (code == 0)
        code = delete_secret(u, &by_account);
    if (code == 0)
        code = update_kube_dns(u);
    if (code == 0 && by_account)
        code = delete_account(u);
    if (code == 0)
        kubefed_out(k, "Successfully removed cluster \"%s\" from federation\n", u->name);
    return code;
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
