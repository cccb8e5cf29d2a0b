#include "cases/unit/support/unit.h"

#include "mocks/federation/provider.h"

static void provider__reads_the_file_of_the_walk_through(void **state) {
    (void)state;
    struct provider p;
    struct err err = {0};
    assert_int_equal(
        provider_parse(&p,
                       "# ours\n[Global]\netcd-endpoints = \"http://10.1.0.31:2379,x\" \n"
                       "zones = juju-fed.com. ; the zone\ncoredns-endpoints=10.1.0.21:53\n",
                       false, &err),
        0);
    assert_string_equal(p.etcd_endpoint, "http://10.1.0.31:2379");
    assert_string_equal(p.zones, "juju-fed.com.");
    assert_string_equal(p.dns_endpoints, "10.1.0.21:53");
    assert_true(provider_has_zone(&p, "juju-fed.com"));
    assert_true(provider_has_zone(&p, "juju-fed.com."));
    assert_false(provider_has_zone(&p, "fed.com."));
    assert_false(provider_has_zone(&p, ""));
    provider_release(&p);
}

static void provider__refuses_what_the_real_one_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text, *reason;
        bool tls;
    } rows[] = {
        {"etcd-endpoints = http://e:2379\nzones = a.\n", "1:1: expected section header", false},
        {"[Global]\netcd-endpoints = http://e:2379\n", "Need to provide at least one DNS Zone",
         false},
        {NULL, "Need to provide at least one DNS Zone", false},
        {"[Global\nzones=a.\n", "expected right bracket", false},
        {"[Other]\n", "section \"Other\"", false},
        {"[Global]\nzone = a.\n", "variable \"zone\"", false},
        {"[Global]\nzones = a.\netcd-ca-file = /ca\n", "variable \"etcd-ca-file\"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct provider p;
        struct err err = {0};
        assert_int_equal(provider_parse(&p, rows[i].text, rows[i].tls, &err), ERR_INPUT);
        if (!strstr(err.text, rows[i].reason))
            fail_msg("row %zu: %s", i, err.text);
    }
}

static void provider__knows_the_tls_keys_of_later_releases(void **state) {
    (void)state;
    struct provider p;
    struct err err = {0};
    const char *text = "[global]\nzones = a.,b.\nETCD-CA-FILE = /ca\netcd-key-file\n";
    assert_int_equal(provider_parse(&p, text, true, &err), 0);
    assert_string_equal(p.etcd_endpoint, "http://federation-dns-server-etcd:2379");
    assert_true(provider_has_zone(&p, "b"));
    provider_release(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provider__reads_the_file_of_the_walk_through),
        cmocka_unit_test(provider__refuses_what_the_real_one_refuses),
        cmocka_unit_test(provider__knows_the_tls_keys_of_later_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
