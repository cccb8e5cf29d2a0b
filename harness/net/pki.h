/* Certificate authorities, certificates and keys (EC P-256, X.509 v3) as PEM text. */
#ifndef CONFED_NET_PKI_H
#define CONFED_NET_PKI_H

#include "harness/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pki_pair { /* PEM texts, owned */
    char *cert;
    char *key;
};
void pki_pair_release(struct pki_pair *p);

/* A self-signed CA that is valid for ten years from an hour ago. */
int pki_new_ca(const char *common_name, struct pki_pair *ret, struct err *err);

struct pki_request {
    const char *common_name;
    const char *organization; /* NULL: none */
    const char *const *names; /* subjectAltNames; an IP address becomes an IP SAN */
    size_t name_count;
    bool server, client; /* extended key usages */
};
int pki_issue(const struct pki_pair *ca, const struct pki_request *request, struct pki_pair *ret,
              struct err *err);

/* What a signer makes of a certificate signing request (PKCS #10). */
struct pki_signing {
    const char *request;               /* PEM */
    const char *key_usage;             /* in OpenSSL's words, "digitalSignature,..."; "" for none */
    const char *extended_key_usage;    /* "clientAuth,..."; "" for none */
    int64_t not_before_s, not_after_s; /* since 1970; it ends with its CA at the latest */
};
/* Certifies the key that the request proves to have for the subject and the subjectAltNames that it
 * asks for; what else it asks for is left out. PEM, owned. ERR_INPUT: it is no request, or not
 * signed by its own key. */
int pki_sign(const struct pki_pair *ca, const struct pki_signing *signing, char **ret,
             struct err *err);

/* The subjectAltNames of a PEM certificate as "DNS:a,IP:1.2.3.4", and its subject; owned, NULL when
 * it is not a certificate. */
char *pki_cert_names(const char *cert_pem);
char *pki_cert_common_name(const char *cert_pem);

#endif
