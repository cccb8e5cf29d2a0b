#include "harness/net/pki.h"

#include "harness/core/buf.h"
#include "harness/core/mem.h"

#include <arpa/inet.h>
#include <string.h>

/* OpenSSL has a type of this name, harness/core/err.h a code. */
#define ERR_STATE openssl_ERR_STATE
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

enum { YEARS_VALID = 10, DAY_S = 24 * 60 * 60, SKEW_S = 60 * 60 };

static void pkey_freep(EVP_PKEY **p) {
    EVP_PKEY_free(*p);
}
static void x509_freep(X509 **p) {
    X509_free(*p);
}
static void x509_req_freep(X509_REQ **p) {
    X509_REQ_free(*p);
}
static void bio_freep(BIO **p) {
    BIO_free_all(*p);
}
static void bignum_freep(BIGNUM **p) {
    BN_free(*p);
}
static void names_freep(GENERAL_NAMES **p) {
    GENERAL_NAMES_free(*p);
}

void pki_pair_release(struct pki_pair *p) {
    free(p->cert);
    if (p->key)
        explicit_bzero(p->key, strlen(p->key));
    free(p->key);
    *p = (struct pki_pair){0};
}

static int openssl_err(struct err *err, const char *what) {
    char text[256] = "unknown reason";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, text, sizeof(text));
    ERR_clear_error();
    return err_set(err, ERR_STATE, "cannot %s: %s", what, text);
}

static char *bio_text(BIO *bio) {
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return len > 0 ? xstrndup(data, (size_t)len) : xstrdup("");
}

static char *cert_to_pem(X509 *cert) {
    CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || !PEM_write_bio_X509(bio, cert))
        return NULL;
    return bio_text(bio);
}

/* "EC PRIVATE KEY" would also do; PKCS #8 is what every client of any age reads. */
static char *key_to_pem(EVP_PKEY *key) {
    CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
        return NULL;
    return bio_text(bio);
}

static X509 *cert_from_pem(const char *pem) {
    if (!pem)
        return NULL;
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    ERR_clear_error();
    return cert;
}

/* Never asks on the terminal for the passphrase of an encrypted key. */
static int no_passphrase(char *text, int size, int writing, void *self) {
    (void)text, (void)size, (void)writing, (void)self;
    return -1;
}

static EVP_PKEY *key_from_pem(const char *pem) {
    if (!pem)
        return NULL;
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    ERR_clear_error();
    return key;
}

/* 127 random bits: positive, and unique for any number of certificates of one CA. */
static bool set_serial(X509 *cert) {
    CLEANUP(bignum_freep) BIGNUM *serial = BN_new();
    return serial && BN_rand(serial, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
           BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert));
}

static bool set_validity(X509 *cert) {
    return X509_gmtime_adj(X509_getm_notBefore(cert), -(long)SKEW_S) &&
           X509_time_adj_ex(X509_getm_notAfter(cert), YEARS_VALID * 365, 0, NULL);
}

static bool add_name(X509_NAME *name, const char *field, const char *text) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0);
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

/* Built by hand: names come from people and must not be parsed by OpenSSL's little language. */
static GENERAL_NAME *general_name(const char *text) {
    unsigned char address[16];
    size_t address_len = inet_pton(AF_INET, text, address) == 1    ? 4
                         : inet_pton(AF_INET6, text, address) == 1 ? 16
                                                                   : 0;
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = address_len ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    bool ok = name && value &&
              (address_len ? ASN1_STRING_set(value, address, (int)address_len)
                           : ASN1_STRING_set(value, text, (int)strlen(text)));
    if (!ok) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, address_len ? GEN_IPADD : GEN_DNS, value);
    return name;
}

static bool add_alt_names(X509 *cert, const struct pki_request *request) {
    if (!request->name_count)
        return true;
    CLEANUP(names_freep) GENERAL_NAMES *names = GENERAL_NAMES_new();
    if (!names)
        return false;

    for (size_t i = 0; i < request->name_count; i++) {
        GENERAL_NAME *name = general_name(request->names[i]);
        if (!name)
            return false;
        if (!sk_GENERAL_NAME_push(names, name)) {
            GENERAL_NAME_free(name);
            return false;
        }
    }
    return X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1;
}

static X509 *new_cert(EVP_PKEY *key, const char *common_name, const char *organization) {
    CLEANUP(x509_freep) X509 *cert = X509_new();
    if (!cert || !X509_set_version(cert, X509_VERSION_3) || !set_serial(cert) ||
        !set_validity(cert) || !X509_set_pubkey(cert, key))
        return NULL;

    X509_NAME *subject = X509_get_subject_name(cert);
    if (organization && !add_name(subject, "O", organization))
        return NULL;
    if (!add_name(subject, "CN", common_name))
        return NULL;
    X509 *taken = cert;
    cert = NULL;
    return taken;
}

static int to_pair(X509 *cert, EVP_PKEY *key, struct pki_pair *ret, struct err *err) {
    struct pki_pair pair = {.cert = cert_to_pem(cert), .key = key_to_pem(key)};
    if (!pair.cert || !pair.key) {
        pki_pair_release(&pair);
        return openssl_err(err, "write a certificate as PEM");
    }
    *ret = pair;
    return 0;
}

int pki_new_ca(const char *common_name, struct pki_pair *ret, struct err *err) {
    ERR_clear_error();
    CLEANUP(pkey_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        return openssl_err(err, "make a key for a certificate authority");
    CLEANUP(x509_freep) X509 *cert = new_cert(key, common_name, NULL);
    if (!cert || !X509_set_issuer_name(cert, X509_get_subject_name(cert)) ||
        !add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE") ||
        !add_extension(cert, cert, NID_key_usage,
                       "critical,digitalSignature,keyCertSign,cRLSign") ||
        !add_extension(cert, cert, NID_subject_key_identifier, "hash") ||
        !add_extension(cert, cert, NID_authority_key_identifier, "keyid:always") ||
        !X509_sign(cert, key, EVP_sha256()))
        return openssl_err(err, "make a certificate authority");
    return to_pair(cert, key, ret, err);
}

static const char *extended_usage(const struct pki_request *request) {
    if (request->server && request->client)
        return "serverAuth,clientAuth";
    if (request->server)
        return "serverAuth";
    return request->client ? "clientAuth" : NULL;
}

/* The CA's certificate and key; the caller owns both. */
static int read_ca(const struct pki_pair *ca, X509 **ret_cert, EVP_PKEY **ret_key,
                   struct err *err) {
    CLEANUP(x509_freep) X509 *cert = cert_from_pem(ca->cert);
    CLEANUP(pkey_freep) EVP_PKEY *key = key_from_pem(ca->key);
    if (!cert || !key)
        return err_set(err, ERR_INPUT,
                       "the certificate authority is not a PEM certificate and key");
    if (X509_check_private_key(cert, key) != 1) {
        ERR_clear_error();
        return err_set(err, ERR_INPUT, "the certificate authority's key is not its certificate's");
    }
    *ret_cert = cert;
    *ret_key = key;
    cert = NULL;
    key = NULL;
    return 0;
}

int pki_issue(const struct pki_pair *ca, const struct pki_request *request, struct pki_pair *ret,
              struct err *err) {
    ERR_clear_error();
    CLEANUP(x509_freep) X509 *issuer = NULL;
    CLEANUP(pkey_freep) EVP_PKEY *issuer_key = NULL;
    int e = read_ca(ca, &issuer, &issuer_key, err);
    if (e < 0)
        return e;

    CLEANUP(pkey_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        return openssl_err(err, "make a key");
    const char *usage = extended_usage(request);
    CLEANUP(x509_freep) X509 *cert = new_cert(key, request->common_name, request->organization);
    if (!cert || !X509_set_issuer_name(cert, X509_get_subject_name(issuer)) ||
        !add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment") ||
        (usage && !add_extension(cert, issuer, NID_ext_key_usage, usage)) ||
        !add_extension(cert, issuer, NID_subject_key_identifier, "hash") ||
        !add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always") ||
        !add_alt_names(cert, request) || !X509_sign(cert, issuer_key, EVP_sha256()))
        return openssl_err(err, "issue a certificate");
    return to_pair(cert, key, ret, err);
}

/* --- requests of others --------------------------------------------------------------------- */

static void extensions_freep(STACK_OF(X509_EXTENSION) * *p) {
    sk_X509_EXTENSION_pop_free(*p, X509_EXTENSION_free);
}

static bool copy_alt_names(X509 *cert, X509_REQ *request) {
    CLEANUP(extensions_freep) STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(request);
    int at = X509v3_get_ext_by_NID(asked, NID_subject_alt_name, -1);
    return at < 0 || X509_add_ext(cert, X509v3_get_ext(asked, at), -1);
}

static bool set_times(X509 *cert, const X509 *issuer, const struct pki_signing *signing) {
    const ASN1_TIME *last = X509_get0_notAfter(issuer);
    if (!ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)signing->not_before_s) ||
        !ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)signing->not_after_s))
        return false;
    return ASN1_TIME_compare(X509_get0_notAfter(cert), last) <= 0 || X509_set1_notAfter(cert, last);
}

static bool add_usages(X509 *cert, X509 *issuer, const struct pki_signing *signing) {
    char critical[512];
    snprintf(critical, sizeof(critical), "critical,%s", signing->key_usage);
    return (!signing->key_usage[0] || add_extension(cert, issuer, NID_key_usage, critical)) &&
           (!signing->extended_key_usage[0] ||
            add_extension(cert, issuer, NID_ext_key_usage, signing->extended_key_usage));
}

static X509_REQ *read_request(const char *pem) {
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    CLEANUP(x509_req_freep)
    X509_REQ *request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = request ? X509_REQ_get0_pubkey(request) : NULL;
    bool proven = key && X509_REQ_verify(request, key) == 1;
    ERR_clear_error();
    X509_REQ *taken = proven ? request : NULL;
    if (taken)
        request = NULL;
    return taken;
}

int pki_sign(const struct pki_pair *ca, const struct pki_signing *signing, char **ret,
             struct err *err) {
    ERR_clear_error();
    CLEANUP(x509_freep) X509 *issuer = NULL;
    CLEANUP(pkey_freep) EVP_PKEY *issuer_key = NULL;
    int e = read_ca(ca, &issuer, &issuer_key, err);
    if (e < 0)
        return e;
    CLEANUP(x509_req_freep) X509_REQ *request = read_request(signing->request);
    if (!request)
        return err_set(err, ERR_INPUT,
                       "this is no PEM certificate signing request that its own key has signed");

    CLEANUP(x509_freep) X509 *cert = X509_new();
    if (!cert || !X509_set_version(cert, X509_VERSION_3) || !set_serial(cert) ||
        !set_times(cert, issuer, signing) ||
        !X509_set_subject_name(cert, X509_REQ_get_subject_name(request)) ||
        !X509_set_pubkey(cert, X509_REQ_get0_pubkey(request)) ||
        !X509_set_issuer_name(cert, X509_get_subject_name(issuer)) ||
        !add_usages(cert, issuer, signing) ||
        !add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always") ||
        !copy_alt_names(cert, request) || !X509_sign(cert, issuer_key, EVP_sha256()))
        return openssl_err(err, "sign a certificate");
    char *pem = cert_to_pem(cert);
    if (!pem)
        return openssl_err(err, "write a certificate as PEM");
    *ret = pem;
    return 0;
}

/* --- what a certificate says ----------------------------------------------------------------- */

static void add_alt_name(const GENERAL_NAME *name, struct buf *out) {
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    const unsigned char *data =
        type == GEN_DNS || type == GEN_IPADD ? ASN1_STRING_get0_data(value) : NULL;
    if (!data)
        return;
    int len = ASN1_STRING_length(value);
    char address[INET6_ADDRSTRLEN];
    const char *comma = out->len ? "," : "";
    if (type == GEN_DNS)
        buf_addf(out, "%sDNS:%.*s", comma, len, (const char *)data);
    else if (len == 4 || len == 16)
        buf_addf(out, "%sIP:%s", comma,
                 inet_ntop(len == 4 ? AF_INET : AF_INET6, data, address, sizeof(address)));
}

char *pki_cert_names(const char *cert_pem) {
    CLEANUP(x509_freep) X509 *cert = cert_from_pem(cert_pem);
    if (!cert)
        return NULL;
    CLEANUP(names_freep)
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    struct buf out = BUF_INIT;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++)
        add_alt_name(sk_GENERAL_NAME_value(names, i), &out);
    return buf_detach(&out);
}

char *pki_cert_common_name(const char *cert_pem) {
    CLEANUP(x509_freep) X509 *cert = cert_from_pem(cert_pem);
    if (!cert)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return NULL;
    unsigned char *text = NULL;
    int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    char *owned = len >= 0 ? xstrndup((const char *)text, (size_t)len) : NULL;
    OPENSSL_free(text);
    return owned;
}
