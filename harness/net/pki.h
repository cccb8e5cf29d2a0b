/* Certificate authorities, certificates and keys (EC P-256, X.509 v3) as PEM text. */
#ifndef CONFED_NET_PKI_H
#define CONFED_NET_PKI_H

#include "harness/core/err.h"

#include <stdbool.h>
#include <stddef.h>

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
/* The subjectAltNames of a PEM certificate as "DNS:a,IP:1.2.3.4", and its subject; owned, NULL when
 * it is not a certificate. */
char *pki_cert_names(const char *cert_pem);
char *pki_cert_common_name(const char *cert_pem);

#endif
