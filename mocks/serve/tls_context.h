/*
 * The server side of TLS, from PEM texts: TLS 1.2 alone, as what it stands for (kubernetes 1.6
 * to 1.9 set MinVersion tls.VersionTLS12 in k8s.io/apiserver/pkg/server/serve.go, and are built
 * with Go 1.7 to 1.9; Go knows 1.3 since 1.12), ALPN http/1.1 only, sessions resumed by ticket. A
 * client certificate is asked for and its verdict kept, but a bad one does not end the handshake: a
 * Kubernetes API server answers it with 401, not with an alert.
 */
#ifndef CONFED_SERVE_TLS_CONTEXT_H
#define CONFED_SERVE_TLS_CONTEXT_H

#include "harness/core/err.h"
#include "mocks/serve/openssl.h"

#include <stdbool.h>
#include <stddef.h>

/* client_ca_pem may be NULL: no certificate is asked for. Owned (SSL_CTX_free) or NULL. */
SSL_CTX *tls_context_new(const char *cert_pem, const char *key_pem, const char *client_ca_pem,
                         struct err *err);

/* From now on a client without a certificate of the client CA does not get past the handshake. */
void tls_context_require_client(SSL_CTX *ctx);

struct tls_identity {  /* owned */
    char *common_name; /* NULL without a certificate that verified */
    char **organizations;
    size_t organization_count;
    char *problem; /* why the certificate that was sent did not verify, or NULL */
};
void tls_identity_read(const SSL *ssl, struct tls_identity *ret);
/* Of a certificate in PEM as that CA (PEM; NULL: none is trusted) sees it, for a server's or a
 * client's use; problem says why it does not hold. The leaf comes first, its chain after it. */
void tls_identity_of(const char *cert_pem, const char *ca_pem, bool server,
                     struct tls_identity *ret);
void tls_identity_release(struct tls_identity *i);

#endif
