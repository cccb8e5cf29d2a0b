/* Certificates for who asked and was approved. */
#include "cases/unit/cluster/world.h"

#include "cases/unit/support/csr_ann.h"
#include "harness/core/base64.h"
#include "harness/net/pki.h"

#include <string.h>

#define CSRS "/apis/certificates.k8s.io/v1/certificatesigningrequests"
#define CLIENT "kubernetes.io/kube-apiserver-client"
#define LEGACY "kubernetes.io/legacy-unknown"

static struct pki_pair ca;

static int setup(void **state) {
    struct cluster_options o;
    world_options(&o);
    assert_int_equal(pki_new_ca("c1", &ca, NULL), 0);
    o.ca_crt = ca.cert;
    o.ca_key = ca.key;
    *state = world_start(&o);
    return 0;
}

static int teardown(void **state) {
    world_stop(*state);
    pki_pair_release(&ca);
    return 0;
}

/* Asks as ann does. */
static void ask(struct world *w, const char *signer, const char *usages) {
    char body[2048];
    char *coded = base64_encode(csr_ann, strlen(csr_ann));
    snprintf(body, sizeof(body),
             "{'apiVersion':'certificates.k8s.io/v1','kind':'CertificateSigningRequest','metadata':"
             "{'name':'ann'},'spec':{'request':'%s','signerName':'%s','usages':[%s]}}",
             coded, signer, usages);
    free(coded);
    world_call(w, "POST", CSRS, body);
}

/* type: "Approved" or "Denied"; the rest of the conditions goes. */
static void decide(struct world *w, const char *type) {
    char body[512];
    snprintf(body, sizeof(body),
             "{'apiVersion':'certificates.k8s.io/v1','kind':'CertificateSigningRequest','metadata':"
             "{'name':'ann'},'status':{'conditions':[{'type':'%s','status':'True','reason':'r'}]}}",
             type);
    world_call(w, "PUT", CSRS "/ann/approval", body);
    sched_advance(w->sched, 1000);
}

static const json_t *status_of(struct world *w) {
    const json_t *csr =
        apiserver_peek(w->api, "certificates.k8s.io", "certificatesigningrequests", NULL, "ann");
    assert_non_null(csr);
    return json_at(csr, "status", NULL);
}

/* The certificate as PEM, owned; NULL: there is none. */
static char *cert_of(struct world *w) {
    const char *coded = json_str(status_of(w), "certificate", NULL);
    size_t len;
    return coded ? base64_decode(coded, &len) : NULL;
}

static void assert_unsigned(struct world *w) {
    assert_null(json_str(status_of(w), "certificate", NULL));
}

static void csr__that_is_approved_gets_the_certificate_it_asks_for(void **state) {
    static const char *const signers[] = {CLIENT, LEGACY};
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(signers); i++) {
        ask(w, signers[i], "'client auth'");
        sched_advance(w->sched, 1000);
        assert_unsigned(w);
        decide(w, "Approved");
        char *pem = cert_of(w), *name;
        assert_non_null(pem);
        assert_string_equal(name = pki_cert_common_name(pem), "ann");
        free(name);
        free(pem);
        assert_string_equal(json_str(status_of(w), "conditions", "[0]", "type", NULL), "Approved");
        assert_null(json_at(status_of(w), "conditions", "[1]", NULL));
        world_call(w, "DELETE", CSRS "/ann", NULL);
    }
}

static void csr__that_is_denied_gets_none(void **state) {
    struct world *w = *state;
    ask(w, CLIENT, "'client auth'");
    decide(w, "Denied");
    assert_unsigned(w);
}

static void csr__for_a_client_fails_when_it_wants_to_be_more(void **state) {
    static const struct {
        const char *usages, *problem;
    } rows[] = {
        {"'client auth','server auth'", "invalid usage for client certificate: server auth"},
        {"'digital signature'", "missing required usage for client certificate: client auth"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(w, CLIENT, rows[i].usages);
        decide(w, "Approved");
        assert_unsigned(w);
        const json_t *failed = json_at(status_of(w), "conditions", "[1]", NULL);
        assert_string_equal(json_str(failed, "type", NULL), "Failed");
        assert_string_equal(json_str(failed, "status", NULL), "True");
        assert_string_equal(json_str(failed, "reason", NULL), "SignerValidationFailure");
        assert_string_equal(json_str(failed, "message", NULL), rows[i].problem);
        world_call(w, "DELETE", CSRS "/ann", NULL);
    }
}

static void csr__of_old_may_be_for_a_server(void **state) {
    struct world *w = *state;
    ask(w, LEGACY, "'digital signature','key encipherment','server auth'");
    decide(w, "Approved");
    char *pem = cert_of(w);
    assert_non_null(pem);
    free(pem);
}

static void csr__for_another_signer_waits_for_it(void **state) {
    struct world *w = *state;
    ask(w, "example.com/mine", "'client auth'");
    decide(w, "Approved");
    assert_unsigned(w);
    assert_null(json_at(status_of(w), "conditions", "[1]", NULL));
}

static void csr__with_a_usage_that_is_none_is_not_signed(void **state) {
    struct world *w = *state;
    ask(w, LEGACY, "'client auth','to fly'");
    decide(w, "Approved");
    assert_unsigned(w);
}

static void csr__that_is_none_is_refused(void **state) {
    struct world *w = *state;
    static const char body[] =
        "{'apiVersion':'certificates.k8s.io/v1','kind':'CertificateSigningRequest','metadata':"
        "{'name':'ann'},'spec':{'request':'%s','signerName':'" CLIENT "'%s}}";
    char *coded = base64_encode(csr_ann, strlen(csr_ann)), text[2048];
    snprintf(text, sizeof(text), body, "aGVsbG8=", ",'usages':['client auth']");
    assert_int_equal(world_status(w, "POST", CSRS, text), 422);
    snprintf(text, sizeof(text), body, coded, "");
    assert_int_equal(world_status(w, "POST", CSRS, text), 422);
    snprintf(text, sizeof(text), body, coded, ",'usages':['client auth']");
    assert_int_equal(world_status(w, "POST", CSRS, text), 201);
    free(coded);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(csr__that_is_approved_gets_the_certificate_it_asks_for),
        TEST(csr__that_is_denied_gets_none),
        TEST(csr__for_a_client_fails_when_it_wants_to_be_more),
        TEST(csr__of_old_may_be_for_a_server),
        TEST(csr__for_another_signer_waits_for_it),
        TEST(csr__with_a_usage_that_is_none_is_not_signed),
        TEST(csr__that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
