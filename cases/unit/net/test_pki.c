#include "cases/unit/support/unit.h"

#include "cases/unit/support/csr_ann.h"
#include "harness/core/clock.h"
#include "harness/core/mem.h"
#include "harness/net/pki.h"

#include <string.h>

/* OpenSSL has a type of this name, harness/core/err.h a code. */
#define ERR_STATE openssl_ERR_STATE
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

struct fixture {
    struct pki_pair ca, leaf;
};

static const char *const NAMES[] = {"127.7.11.11", "kubernetes.default.svc", "::1", "10.152.183.1"};

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct pki_request request = {.common_name = "127.7.11.11",
                                  .organization = "system:masters",
                                  .names = NAMES,
                                  .name_count = ARRAY_LEN(NAMES),
                                  .server = true,
                                  .client = true};
    assert_int_equal(pki_new_ca("127.7.11.11", &f->ca, NULL), 0);
    assert_int_equal(pki_issue(&f->ca, &request, &f->leaf, NULL), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    pki_pair_release(&f->ca);
    pki_pair_release(&f->leaf);
    free(f);
    return 0;
}

static X509 *read_cert(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(cert);
    return cert;
}

/* The strict flag holds the extensions against RFC 5280. */
static int verify(const char *ca_pem, const char *leaf_pem, int purpose) {
    X509 *ca = read_cert(ca_pem), *leaf = read_cert(leaf_pem);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_CTX_init(ctx, store, leaf, NULL);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_purpose(ctx, purpose);
    int result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(ca);
    X509_free(leaf);
    return result;
}

static void pki__issued_certificates_verify_for_both_uses(void **state) {
    const struct fixture *f = *state;
    assert_int_equal(verify(f->ca.cert, f->leaf.cert, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    assert_int_equal(verify(f->ca.cert, f->leaf.cert, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
}

static void pki__another_authority_of_the_same_name_does_not_verify(void **state) {
    const struct fixture *f = *state;
    struct pki_pair other;
    assert_int_equal(pki_new_ca("127.7.11.11", &other, NULL), 0);
    assert_int_not_equal(verify(other.cert, f->leaf.cert, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    pki_pair_release(&other);
}

static void pki__addresses_become_address_names(void **state) {
    const struct fixture *f = *state;
    char *names = pki_cert_names(f->leaf.cert);
    assert_string_equal(names, "IP:127.7.11.11,DNS:kubernetes.default.svc,IP:::1,IP:10.152.183.1");
    free(names);
    char *name = pki_cert_common_name(f->leaf.cert);
    assert_string_equal(name, "127.7.11.11");
    free(name);
}

static void pki__a_client_certificate_carries_its_organization(void **state) {
    const struct fixture *f = *state;
    X509 *cert = read_cert(f->leaf.cert);
    char text[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_organizationName, text,
                              sizeof(text));
    X509_free(cert);
    assert_string_equal(text, "system:masters");
}

static void pki__serial_numbers_differ(void **state) {
    const struct fixture *f = *state;
    X509 *ca = read_cert(f->ca.cert), *leaf = read_cert(f->leaf.cert);
    int cmp = ASN1_INTEGER_cmp(X509_get_serialNumber(ca), X509_get_serialNumber(leaf));
    X509_free(ca);
    X509_free(leaf);
    assert_int_not_equal(cmp, 0);
}

static void pki__what_is_no_certificate_is_refused(void **state) {
    const struct fixture *f = *state;
    assert_null(pki_cert_names("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    assert_null(pki_cert_common_name(NULL));
    struct pki_pair mixed = {.cert = f->ca.cert, .key = f->leaf.key}, ret = {0};
    struct pki_request request = {.common_name = "x"};
    struct err err = {0};
    assert_int_equal(pki_issue(&mixed, &request, &ret, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "key is not its certificate's"));
    assert_null(ret.cert);
}

enum { YEAR_S = 365 * 24 * 3600 };

static struct pki_signing signing_for(const char *request) {
    return (struct pki_signing){.request = request,
                                .key_usage = "digitalSignature,keyEncipherment",
                                .extended_key_usage = "clientAuth",
                                .not_before_s = clock_wall_ms() / 1000 - 300,
                                .not_after_s = clock_wall_ms() / 1000 + YEAR_S};
}

static void pki_sign__keeps_subject_and_names_and_no_other_wish(void **state) {
    const struct fixture *f = *state;
    const struct pki_signing signing = signing_for(csr_ann);
    char *pem = NULL, *text;
    assert_int_equal(pki_sign(&f->ca, &signing, &pem, NULL), 0);
    assert_int_equal(verify(f->ca.cert, pem, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
    assert_int_not_equal(verify(f->ca.cert, pem, X509_PURPOSE_SSL_SERVER), X509_V_OK);
    assert_string_equal(text = pki_cert_common_name(pem), "ann");
    free(text);
    assert_string_equal(text = pki_cert_names(pem), "DNS:ann.example,IP:10.1.2.3");
    free(text);
    X509 *cert = read_cert(pem);
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_get_key_usage(cert),
                     X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_KEY_ENCIPHERMENT);
    X509_free(cert);
    free(pem);
}

static void pki_sign__ends_with_its_authority_at_the_latest(void **state) {
    const struct fixture *f = *state;
    struct pki_signing signing = signing_for(csr_ann);
    char *pem = NULL;
    signing.not_after_s += (int64_t)100 * YEAR_S;
    assert_int_equal(pki_sign(&f->ca, &signing, &pem, NULL), 0);
    X509 *cert = read_cert(pem), *ca = read_cert(f->ca.cert);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(cert), X509_get0_notAfter(ca)), 0);
    assert_int_equal(X509_cmp_time(X509_get0_notBefore(cert), &(time_t){signing.not_before_s + 1}),
                     -1);
    X509_free(cert);
    X509_free(ca);
    free(pem);
}

static void pki_sign__refuses_what_its_own_key_has_not_signed(void **state) {
    const struct fixture *f = *state;
    struct err err = {0};
    char *pem = NULL, *changed = xstrdup(csr_ann);
    strstr(changed, "U1ICI")[4] = 'J'; /* in the signature */
    const char *const requests[] = {changed, "no request", f->leaf.cert};
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        const struct pki_signing signing = signing_for(requests[i]);
        assert_int_equal(pki_sign(&f->ca, &signing, &pem, &err), ERR_INPUT);
        assert_null(pem);
    }
    free(changed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pki__issued_certificates_verify_for_both_uses),
        cmocka_unit_test(pki__another_authority_of_the_same_name_does_not_verify),
        cmocka_unit_test(pki__addresses_become_address_names),
        cmocka_unit_test(pki__a_client_certificate_carries_its_organization),
        cmocka_unit_test(pki__serial_numbers_differ),
        cmocka_unit_test(pki__what_is_no_certificate_is_refused),
        cmocka_unit_test(pki_sign__keeps_subject_and_names_and_no_other_wish),
        cmocka_unit_test(pki_sign__ends_with_its_authority_at_the_latest),
        cmocka_unit_test(pki_sign__refuses_what_its_own_key_has_not_signed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
