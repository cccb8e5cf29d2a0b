#include "mocks/sim/member_login.h"

#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/net/kubeconfig.h"
#include "mocks/serve/tls_context.h"

#include <stdlib.h>
#include <string.h>

struct member_login {
    char *ca_pem, *cert_pem;
    char *authorization; /* NULL: no header */
    bool insecure;

    char *seen_cert; /* the server certificate that the rest is about; NULL: none yet */
    bool trusts;
    struct tls_identity identity; /* of cert_pem, as that server takes it */
    struct apiserver_login shown;
};

void member_login_free(struct member_login *l) {
    if (!l)
        return;
    tls_identity_release(&l->identity);
    free(l->seen_cert);
    free(l->ca_pem);
    free(l->cert_pem);
    free(l->authorization);
    free(l);
}

/* NULL: there is no such key. */
static char *data_of(const json_t *secret, const char *key) {
    const char *coded = json_str(secret, "data", key, NULL);
    size_t len;
    return coded ? base64_decode(coded, &len) : NULL;
}

/* Files that a kubeconfig names are not in the controllers' pod. */
static void forget_files(const json_t *config) {
    static const char *const files[][3] = {{"clusters", "cluster", "certificate-authority"},
                                           {"users", "user", "client-certificate"},
                                           {"users", "user", "client-key"},
                                           {"users", "user", "tokenFile"}};
    for (size_t f = 0; f < ARRAY_LEN(files); f++) {
        size_t i;
        json_t *entry;
        json_array_foreach(json_object_get(config, files[f][0]), i, entry)
            json_object_del(json_object_get(entry, files[f][1]), files[f][2]);
    }
}

static int read_kubeconfig(struct member_login *l, const char *text, struct err *err) {
    CLEANUP(json_freep) json_t *config = yaml_parse(text, strlen(text), "kubeconfig", err);
    if (!config)
        return err->code;
    forget_files(config);
    struct kubeconfig_target target = {0};
    int r = kubeconfig_target(config, NULL, &target, err);
    if (r < 0)
        return r;
    const struct http_target *t = &target.http;
    l->ca_pem = t->ca_pem ? xstrdup(t->ca_pem) : NULL;
    l->cert_pem = t->cert_pem ? xstrdup(t->cert_pem) : NULL;
    l->insecure = t->insecure;
    if (t->token) {
        l->authorization = xasprintf("Bearer %s", t->token);
    } else if (t->username) {
        CLEANUP(str_freep)
        char *pair = xasprintf("%s:%s", t->username, t->password ? t->password : "");
        CLEANUP(str_freep) char *coded = base64_encode(pair, strlen(pair));
        l->authorization = xasprintf("Basic %s", coded);
    }
    kubeconfig_target_release(&target);
    return 0;
}

static int read_secret(struct member_login *l, const json_t *secret, struct err *err) {
    CLEANUP(str_freep) char *token = data_of(secret, "token");
    l->ca_pem = data_of(secret, "ca.crt");
    if (!token != !l->ca_pem)
        return err_set(err, ERR_INPUT,
                       "secret should have values for either both 'ca.crt' and 'token' in its "
                       "Data, or neither: %s",
                       json_str(secret, "metadata", "name", NULL));
    if (token) {
        l->authorization = xasprintf("Bearer %s", token);
        return 0;
    }
    CLEANUP(str_freep) char *kubeconfig = data_of(secret, "kubeconfig");
    if (!kubeconfig)
        return err_set(err, ERR_INPUT, "secret does not have data with key kubeconfig");
    return read_kubeconfig(l, kubeconfig, err);
}

struct member_login *member_login_new(const json_t *secret, struct err *err) {
    struct err local = {0};
    CLEANUP(member_login_freep) struct member_login *l = xcalloc(1, sizeof(*l));
    if (secret && read_secret(l, secret, err ? err : &local) < 0)
        return NULL;
    return member_login_take(&l);
}

/* With no CA of their own clients have those of the system, which know no private one. */
static bool trusts(const struct member_login *l, const char *server_cert_pem) {
    if (l->insecure)
        return true;
    struct tls_identity server;
    tls_identity_of(server_cert_pem, l->ca_pem, true, &server);
    bool trusted = !server.problem;
    tls_identity_release(&server);
    return trusted;
}

const struct apiserver_login *member_login_to(struct member_login *l, const char *server_cert_pem,
                                              const char *client_ca_pem) {
    if (!str_eq(l->seen_cert, server_cert_pem)) {
        free(l->seen_cert);
        l->seen_cert = xstrdup(server_cert_pem);
        l->trusts = trusts(l, server_cert_pem);
        tls_identity_release(&l->identity);
        if (l->cert_pem)
            tls_identity_of(l->cert_pem, client_ca_pem, false, &l->identity);
        l->shown = (struct apiserver_login){
            .authorization = l->authorization,
            .peer = {.cert_cn = l->identity.common_name,
                     .cert_orgs = (const char *const *)l->identity.organizations,
                     .cert_org_count = l->identity.organization_count,
                     .cert_problem = l->identity.problem,
                     .tls = true}};
    }
    return l->trusts ? &l->shown : NULL;
}
