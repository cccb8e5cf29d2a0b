#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "harness/dns/dns_name.h"

#include <stdio.h>
#include <string.h>

#define L10 "aaaaaaaaaa"
#define L60 L10 L10 L10 L10 L10 L10

static void dns_name__texts_become_names_and_back(void **state) {
    (void)state;
    static const struct {
        const char *text, *back; /* NULL: refused */
    } rows[] = {
        {"a.example.com", "a.example.com."},
        {"a.example.com.", "a.example.com."},
        {".", "."},
        {"", "."},
        {"A.b", "A.b."},
        {"a\\.b.c", "a\\.b.c."},
        {"a\\046b", "a\\.b."},
        {"\\000x", "\\000x."},
        {"a..b", NULL},
        {".a", NULL},
        {"a\\", NULL},
        {"a\\25", NULL},
        {"a\\256", NULL},
        {L60 "aaa", L60 "aaa."},
        {L60 "aaaa", NULL},
        {L60 "." L60 "." L60 "." L60 "." L10, NULL},
        {L60 "." L60 "." L60 "." L60 ".aaaaaaaaa", L60 "." L60 "." L60 "." L60 ".aaaaaaaaa."},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct dns_name name = {0};
        char text[DNS_NAME_TEXT_SIZE];
        bool ok = dns_name_from_text(rows[i].text, &name);
        if (ok != (rows[i].back != NULL))
            fail_msg("\"%s\" was %s", rows[i].text, ok ? "taken" : "refused");
        if (ok)
            assert_string_equal(dns_name_to_text(&name, text), rows[i].back);
    }
}

static void dns_name__belonging_respects_label_borders_and_not_case(void **state) {
    (void)state;
    static const struct {
        const char *name, *zone;
        bool below;
    } rows[] = {{"a.juju-fed.com", "juju-fed.com", true},
                {"juju-fed.com", "JUJU-FED.com", true},
                {"xjuju-fed.com", "juju-fed.com", false},
                {"com", "juju-fed.com", false},
                {"a.b", ".", true},
                {"juju-fed.com.org", "juju-fed.com", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct dns_name name, zone;
        assert_true(dns_name_from_text(rows[i].name, &name));
        assert_true(dns_name_from_text(rows[i].zone, &zone));
        if (dns_name_is_below(&name, &zone) != rows[i].below)
            fail_msg("%s below %s", rows[i].name, rows[i].zone);
    }
}

static void dns_name__labels_are_lower_case_and_strange_ones_equal_nothing(void **state) {
    (void)state;
    struct dns_name name;
    struct dns_labels labels;
    assert_true(dns_name_from_text("Beacon.De\\.fault.x\\000y.SVC", &name));
    dns_name_split(&name, &labels);
    assert_int_equal(labels.count, 4);
    assert_string_equal(labels.label[0], "beacon");
    assert_int_equal(labels.label[1][0], '\1');
    assert_int_equal(labels.label[2][0], '\1');
    assert_string_equal(labels.label[3], "svc");
}

static void dns_name__prefixes_are_added_while_they_fit(void **state) {
    (void)state;
    struct dns_name name;
    char text[DNS_NAME_TEXT_SIZE];
    assert_true(dns_name_from_text("svc.cluster.local", &name));
    assert_true(dns_name_prepend(&name, "beacon.default"));
    assert_string_equal(dns_name_to_text(&name, text), "beacon.default.svc.cluster.local.");
    while (dns_name_prepend(&name, L60))
        ;
    assert_true(name.len <= DNS_NAME_SIZE && name.len > DNS_NAME_SIZE - 61);
}

static void dns_name__kubernetes_takes_only_the_names_of_rfc_1123(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool label, subdomain;
    } table[] = {
        {"a", true, true},      {"0", true, true},       {"a-b-0", true, true},
        {"", false, false},     {"-a", false, false},    {"a-", false, false},
        {"A", false, false},    {"a_b", false, false},   {"a.b", false, true},
        {"a..b", false, false}, {".a", false, false},    {"a.", false, false},
        {"a.-b", false, false}, {"a\xc3", false, false}, {L60 "aaaaaaaa", true, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const char *name = table[i].name;
        if (dns_label_is_1123(name, strlen(name)) != table[i].label ||
            dns_subdomain_is_1123(name) != table[i].subdomain)
            fail_msg("\"%s\"", name);
    }
    assert_false(dns_label_is_1123("a\0b", 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_name__texts_become_names_and_back),
        cmocka_unit_test(dns_name__belonging_respects_label_borders_and_not_case),
        cmocka_unit_test(dns_name__labels_are_lower_case_and_strange_ones_equal_nothing),
        cmocka_unit_test(dns_name__prefixes_are_added_while_they_fit),
        cmocka_unit_test(dns_name__kubernetes_takes_only_the_names_of_rfc_1123),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
