#include "mocks/serve/tls_context.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

static int fail(struct err *err, const char *what) {
    char reason[256] = "malformed";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    return err_set(err, ERR_INPUT, "%s: %s", what, reason);
}

static BIO *reader(const char *pem) {
    return BIO_new_mem_buf(pem, (int)strlen(pem));
}

/* The first certificate is the server's, the others are its chain. */
static int use_certificates(SSL_CTX *ctx, const char *pem, struct err *err) {
    BIO *in = reader(pem);
    X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
    int ok = cert && SSL_CTX_use_certificate(ctx, cert) == 1;
    X509_free(cert);
    while (ok && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)))
        ok = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
    BIO_free(in);
    if (!ok)
        return fail(err, "the server certificate cannot be used (PEM, leaf first, is expected)");
    ERR_clear_error(); /* the end of the text is an error to the reader */
    return 0;
}

static int use_key(SSL_CTX *ctx, const char *pem, struct err *err) {
    BIO *in = reader(pem);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    int ok = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
    EVP_PKEY_free(key);
    return ok ? 0 : fail(err, "the key cannot be used with the server certificate");
}

/* The verdict is kept in the session; the handler decides. */
static int accept_any(int ok, X509_STORE_CTX *store) {
    (void)ok;
    (void)store;
    return 1;
}

static int use_client_ca(SSL_CTX *ctx, const char *pem, struct err *err) {
    BIO *in = reader(pem);
    int count = 0;
    X509 *ca;
    while ((ca = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca);
        SSL_CTX_add_client_CA(ctx, ca);
        X509_free(ca);
        count++;
    }
    BIO_free(in);
    if (count == 0)
        return fail(err, "the client CA has no certificate");
    ERR_clear_error();
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
    return 0;
}

/* A client that offers protocols without http/1.1 goes on without ALPN, as Go's server does. */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned int in_len, void *self) {
    (void)ssl;
    (void)self;
    static const unsigned char http11[] = "\x08http/1.1";
    unsigned char *selected;
    if (SSL_select_next_proto(&selected, out_len, http11, sizeof(http11) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

static void set_modes(SSL_CTX *ctx) {
    static const unsigned char session_name[] = "confed";
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION); /* see the header */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1); /* a record costs one read(2), not two */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets: no state here */
    SSL_CTX_set_session_id_context(ctx, session_name, sizeof(session_name) - 1);
    SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
}

SSL_CTX *tls_context_new(const char *cert_pem, const char *key_pem, const char *client_ca_pem,
                         struct err *err) {
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) {
        fail(err, "cannot start TLS");
        return NULL;
    }
    set_modes(ctx);
    if (use_certificates(ctx, cert_pem, err) < 0 || use_key(ctx, key_pem, err) < 0 ||
        (client_ca_pem && use_client_ca(ctx, client_ca_pem, err) < 0)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

void tls_context_require_client(SSL_CTX *ctx) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

static char *entry_text(const X509_NAME *name, int index) {
    const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, index);
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    char *text = NULL;
    if (len >= 0 && !memchr(utf8, '\0', (size_t)len)) /* "admin\0.example" is not admin */
        text = xstrndup((const char *)utf8, (size_t)len);
    OPENSSL_free(utf8);
    return text;
}

static void read_verdict(const X509 *cert, long verdict, struct tls_identity *ret) {
    if (verdict != X509_V_OK) {
        ret->problem = xstrdup(X509_verify_cert_error_string(verdict));
        return;
    }
    const X509_NAME *subject = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    ret->common_name = at >= 0 ? entry_text(subject, at) : NULL;
    if (!ret->common_name)
        ret->common_name = xstrdup("");
    at = -1;
    size_t cap = 0;
    while ((at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at)) >= 0) {
        char *organization = entry_text(subject, at);
        if (!organization)
            continue;
        ret->organizations =
            xgrow(ret->organizations, ret->organization_count, &cap, sizeof(*ret->organizations));
        ret->organizations[ret->organization_count++] = organization;
    }
}

void tls_identity_read(const SSL *ssl, struct tls_identity *ret) {
    *ret = (struct tls_identity){0};
    const X509 *cert = SSL_get0_peer_certificate(ssl);
    if (cert)
        read_verdict(cert, SSL_get_verify_result(ssl), ret);
}

static STACK_OF(X509) * read_all(const char *pem) {
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *in = reader(pem ? pem : "");
    X509 *cert;
    while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL)))
        if (!sk_X509_push(all, cert)) {
            X509_free(cert);
            break;
        }
    BIO_free(in);
    ERR_clear_error(); /* the end of the text is an error to the reader */
    return all;
}

void tls_identity_of(const char *cert_pem, const char *ca_pem, bool server,
                     struct tls_identity *ret) {
    *ret = (struct tls_identity){0};
    STACK_OF(X509) *chain = read_all(cert_pem), *trusted = read_all(ca_pem);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509 *leaf = sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
    if (!leaf) {
        ret->problem = xstrdup("there is no certificate in PEM");
    } else if (!ctx || X509_STORE_CTX_init(ctx, NULL, leaf, chain) != 1) {
        ret->problem = xstrdup("it cannot be verified");
    } else {
        X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
        X509_STORE_CTX_set_purpose(ctx, server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
        int ok = X509_verify_cert(ctx);
        long verdict = X509_STORE_CTX_get_error(ctx);
        read_verdict(leaf, ok == 1 || verdict != X509_V_OK ? verdict : X509_V_ERR_UNSPECIFIED, ret);
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_pop_free(chain, X509_free);
    sk_X509_pop_free(trusted, X509_free);
    ERR_clear_error();
}

void tls_identity_release(struct tls_identity *i) {
    for (size_t k = 0; k < i->organization_count; k++)
        free(i->organizations[k]);
    free(i->organizations);
    free(i->common_name);
    free(i->problem);
    *i = (struct tls_identity){0};
}
