/*
 * The signers of kube-controller-manager (pkg/controller/certificates/signer): who was approved
 * gets his certificate. Each signerName has its own rules; before 1.18 there was none, and one
 * signer for all, which is legacy-unknown today. The signers of kubelets are not here: the
 * simulated ones ask for no certificates.
 */
#include "mocks/cluster/controllers.h"

#include "harness/core/base64.h"
#include "harness/net/pki.h"

#define LEGACY "kubernetes.io/legacy-unknown"
#define CLIENT "kubernetes.io/kube-apiserver-client"

enum {
    TTL_S = 365 * 24 * 3600, /* --cluster-signing-duration */
    TTL_MIN_S = 600,
    BACKDATE_S = 300,      /* for clocks that differ */
    SHORT_S = 8 * 3600,    /* what lives shorter is not made shorter by that */
    USAGES_TEXT_MAX = 512, /* more than all of the table */
};

/* KeyUsage of the API -> OpenSSL's. */
static const struct {
    const char *usage, *key, *extended;
} usages[] = {
    {"signing", "digitalSignature", NULL},
    {"digital signature", "digitalSignature", NULL},
    {"content commitment", "nonRepudiation", NULL},
    {"key encipherment", "keyEncipherment", NULL},
    {"key agreement", "keyAgreement", NULL},
    {"data encipherment", "dataEncipherment", NULL},
    {"cert sign", "keyCertSign", NULL},
    {"crl sign", "cRLSign", NULL},
    {"encipher only", "encipherOnly", NULL},
    {"decipher only", "decipherOnly", NULL},
    {"any", NULL, "anyExtendedKeyUsage"},
    {"server auth", NULL, "serverAuth"},
    {"client auth", NULL, "clientAuth"},
    {"code signing", NULL, "codeSigning"},
    {"email protection", NULL, "emailProtection"},
    {"s/mime", NULL, "emailProtection"},
    {"ipsec end system", NULL, "ipsecEndSystem"},
    {"ipsec tunnel", NULL, "ipsecTunnel"},
    {"ipsec user", NULL, "ipsecUser"},
    {"timestamping", NULL, "timeStamping"},
    {"ocsp signing", NULL, "OCSPSigning"},
    {"microsoft sgc", NULL, "msSGC"},
    {"netscape sgc", NULL, "nsSGC"},
};

static bool asks_for(const json_t *spec, const char *usage) {
    return json_has_text(json_object_get(spec, "usages"), usage);
}

static void add_word(char list[USAGES_TEXT_MAX], const char *word) {
    size_t len = strlen(list);
    if (word && !strstr(list, word))
        snprintf(list + len, USAGES_TEXT_MAX - len, "%s%s", len ? "," : "", word);
}

static bool is_known(const char *usage) {
    for (size_t i = 0; i < ARRAY_LEN(usages); i++)
        if (str_eq(usages[i].usage, usage))
            return true;
    return false;
}

/* false: one of the usages is none, and nobody signs that. */
static bool translate(const json_t *spec, char key[USAGES_TEXT_MAX],
                      char extended[USAGES_TEXT_MAX]) {
    size_t at;
    json_t *usage;
    json_array_foreach(json_object_get(spec, "usages"), at, usage) {
        if (!is_known(json_string_value(usage)))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(usages); i++) {
        if (!asks_for(spec, usages[i].usage))
            continue;
        add_word(key, usages[i].key);
        add_word(extended, usages[i].extended);
    }
    return true;
}

/* Why the signer of clients does not sign that, or NULL; owned. */
static char *client_problem(const json_t *spec) {
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(spec, "usages"), at, item) {
        const char *usage = json_string_value(item);
        if (!str_eq(usage, "digital signature") && !str_eq(usage, "key encipherment") &&
            !str_eq(usage, "client auth"))
            return xasprintf("invalid usage for client certificate: %s", usage ? usage : "");
    }
    if (!asks_for(spec, "client auth"))
        return xstrdup("missing required usage for client certificate: client auth");
    return NULL;
}

static bool has_condition(const json_t *csr, const char *type) {
    size_t at;
    json_t *condition;
    json_array_foreach(json_at(csr, "status", "conditions", NULL), at, condition) {
        const char *status = json_str(condition, "status", NULL);
        if (str_eq(json_str(condition, "type", NULL), type) && !str_eq(status, "False"))
            return true;
    }
    return false;
}

static json_t *failed(struct cluster *c, const json_t *csr, const char *problem) {
    char now[32];
    json_t *status = json_deep_copy(json_at(csr, "status", NULL));
    cluster_now_text(c, now);
    json_array_append_new(json_ensure_array(status, "conditions"),
                          json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "type", "Failed", "status", "True",
                                    "reason", "SignerValidationFailure", "message", problem,
                                    "lastUpdateTime", now, "lastTransitionTime", now));
    return status;
}

/* The status with the certificate; NULL: it cannot be signed, which is tried again and again there
 * and changes nothing. */
static json_t *issued(struct cluster *c, const json_t *csr) {
    const json_t *spec = json_at(csr, "spec", NULL);
    char key[USAGES_TEXT_MAX] = "", extended[USAGES_TEXT_MAX] = "";
    size_t len = 0;
    CLEANUP(str_freep) char *request = base64_decode(json_str(spec, "request", NULL), &len);
    if (!request || !translate(spec, key, extended))
        return NULL;

    int64_t ttl_s = json_int(spec, TTL_S, "expirationSeconds", NULL), now_s;
    ttl_s = ttl_s > TTL_S ? TTL_S : ttl_s < TTL_MIN_S ? TTL_MIN_S : ttl_s;
    now_s = cluster_wall_ms(c) / 1000;
    const struct pki_signing signing = {.request = request,
                                        .key_usage = key,
                                        .extended_key_usage = extended,
                                        .not_before_s = now_s - BACKDATE_S,
                                        .not_after_s =
                                            now_s + ttl_s - (ttl_s < SHORT_S ? 0 : BACKDATE_S)};
    const struct pki_pair ca = {.cert = c->ca_crt, .key = c->ca_key};
    CLEANUP(str_freep) char *cert = NULL;
    if (pki_sign(&ca, &signing, &cert, NULL) < 0)
        return NULL;
    CLEANUP(str_freep) char *coded = base64_encode(cert, strlen(cert));
    json_t *status = json_deep_copy(json_at(csr, "status", NULL));
    json_set_str(status, "certificate", coded);
    return status;
}

void csr_reconcile(struct cluster *c, const char *ns, const char *name) {
    const json_t *csr = cluster_peek(c, WORK_CSR, ns, name);
    const char *signer = json_str(csr, "spec", "signerName", NULL);
    const char *cert = json_str(csr, "status", "certificate", NULL);
    bool client = str_eq(signer, CLIENT);
    if (!csr || !c->ca_key || !(client || !signer || str_eq(signer, LEGACY)) || (cert && cert[0]) ||
        !has_condition(csr, "Approved") || has_condition(csr, "Denied") ||
        has_condition(csr, "Failed"))
        return;
    CLEANUP(str_freep)
    char *problem = client ? client_problem(json_at(csr, "spec", NULL)) : NULL;
    json_t *status = problem ? failed(c, csr, problem) : issued(c, csr);
    if (status)
        (void)cluster_put_status(c, WORK_CSR, ns, name, status);
}
