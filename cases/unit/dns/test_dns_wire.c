#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/dns/dns_query.h"
#include "harness/dns/dns_wire.h"

#include <string.h>

struct fixture {
    struct buf query, out;
    json_t *reply;
    struct dns_query q;
};

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->query = f->out = (struct buf)BUF_INIT;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    buf_release(&f->query);
    buf_release(&f->out);
    json_decref(f->reply);
    free(f);
    return 0;
}

static struct dns_name name_of(const char *text) {
    struct dns_name name;
    assert_true(dns_name_from_text(text, &name));
    return name;
}

static void begin(struct fixture *f, struct dns_reply *r, const char *name, const char *type,
                  bool tcp) {
    assert_int_equal(dns_query_build(name, type, 0x1234, &f->query, NULL), 0);
    assert_int_equal(dns_query_read(f->query.data, f->query.len, &f->q), DNS_QUERY_OK);
    dns_reply_begin(r, &f->q, tcp, &f->out);
}

static void end(struct fixture *f, struct dns_reply *r) {
    dns_reply_end(r);
    struct err err = {0};
    f->reply = dns_reply_parse(f->out.data, f->out.len, &err);
    if (!f->reply)
        fail_msg("%s", err.text);
}

static void dns_wire__every_record_is_read_back_by_ldns(void **state) {
    struct fixture *f = *state;
    struct dns_reply r;
    begin(f, &r, "beacon.default.svc.cluster.local", "ANY", true);
    struct dns_name target = name_of("a.b.svc.cluster.local");
    struct dns_soa soa = {
        name_of("ns.dns.cluster.local"), name_of("hostmaster.cluster.local"), 1, 2, 3, 4, 5};
    struct dns_srv srv = {10, 100, 8080, &target};
    static const uint8_t V6[16] = {0xfd, [15] = 1};
    char text[301];
    memset(text, 'x', 300);
    text[300] = '\0';
    dns_reply_a(&r, DNS_ANSWER, &f->q.name, 30, (const uint8_t[]){10, 152, 183, 21});
    dns_reply_aaaa(&r, DNS_ANSWER, &f->q.name, 30, V6);
    dns_reply_name(&r, DNS_ANSWER, &f->q.name, DNS_CNAME, 180, &target);
    dns_reply_srv(&r, DNS_ANSWER, &f->q.name, 30, &srv);
    dns_reply_txt(&r, &f->q.name, DNS_IN, 30, text);
    dns_reply_txt(&r, &f->q.name, DNS_IN, 30, "");
    dns_reply_soa(&r, DNS_AUTHORITY, &target, 60, &soa);
    dns_reply_a(&r, DNS_ADDITIONAL, &target, 30, (const uint8_t[]){1, 2, 3, 4});
    end(f, &r);

    static const char *const DATA[] = {"10.152.183.21",
                                       "fd00::1",
                                       "a.b.svc.cluster.local.",
                                       "10 100 8080 a.b.svc.cluster.local.",
                                       NULL,
                                       "\"\""};
    json_t *answer = json_object_get(f->reply, "answer");
    assert_int_equal(json_array_size(answer), ARRAY_LEN(DATA));
    for (size_t i = 0; i < ARRAY_LEN(DATA); i++) {
        const json_t *record = json_array_get(answer, i);
        assert_string_equal(json_str(record, "name", NULL), "beacon.default.svc.cluster.local.");
        if (DATA[i])
            assert_string_equal(json_str(record, "data", NULL), DATA[i]);
    }
    assert_int_equal(strlen(json_str(json_array_get(answer, 4), "data", NULL)), 300 + 5);
    assert_string_equal(json_str(f->reply, "authority", "[0]", "data", NULL),
                        "ns.dns.cluster.local. hostmaster.cluster.local. 1 2 3 4 5");
    assert_string_equal(json_str(f->reply, "additional", "[0]", "data", NULL), "1.2.3.4");
}

static void dns_wire__names_are_compressed(void **state) {
    struct fixture *f = *state;
    struct dns_reply r;
    begin(f, &r, "beacon.default.svc.cluster.local", "A", false);
    dns_reply_a(&r, DNS_ANSWER, &f->q.name, 30, (const uint8_t[]){1, 2, 3, 4});
    end(f, &r);
    assert_int_equal(f->out.len, f->query.len + 2 + 10 + 4);
}

static void dns_wire__the_case_of_the_question_is_kept(void **state) {
    struct fixture *f = *state;
    struct dns_reply r;
    begin(f, &r, "BeaCon.example", "A", false);
    dns_reply_a(&r, DNS_ANSWER, &f->q.name, 30, (const uint8_t[]){1, 2, 3, 4});
    end(f, &r);
    assert_string_equal(json_str(f->reply, "question", "name", NULL), "BeaCon.example.");
    assert_string_equal(json_str(f->reply, "answer", "[0]", "name", NULL), "BeaCon.example.");
}

/* Adds an OPT record to the query that is in the fixture. */
static void add_opt(struct fixture *f, uint16_t size) {
    const char opt[] = {0, 0, DNS_OPT, (char)(size >> 8), (char)size, 0, 0, 0, 0, 0, 0};
    buf_add(&f->query, opt, sizeof(opt));
    f->query.data[11] = 1;
}

static void dns_wire__what_does_not_fit_is_cut_and_marked(void **state) {
    struct fixture *f = *state;
    static const struct {
        uint16_t edns_size; /* 0: no EDNS */
        bool tcp;
        size_t len_max;
        bool cut;
    } rows[] = {{0, false, 512, true},      {100, false, 512, true},     {1232, false, 1232, true},
                {4096, false, 4096, false}, {65535, false, 4096, false}, {0, true, 65535, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&f->query);
        buf_clear(&f->out);
        assert_int_equal(dns_query_build("a.example", "A", 7, &f->query, NULL), 0);
        if (rows[i].edns_size)
            add_opt(f, rows[i].edns_size);
        assert_int_equal(dns_query_read(f->query.data, f->query.len, &f->q), DNS_QUERY_OK);
        struct dns_reply r;
        dns_reply_begin(&r, &f->q, rows[i].tcp, &f->out);
        for (uint8_t n = 0; n < 200; n++)
            dns_reply_a(&r, DNS_ANSWER, &f->q.name, 30, (const uint8_t[]){10, 0, 0, n});
        json_decref(f->reply);
        end(f, &r);
        assert_true(f->out.len <= rows[i].len_max);
        assert_int_equal(json_flag(f->reply, "tc", NULL), rows[i].cut);
        if (!rows[i].cut)
            assert_int_equal(json_array_size(json_object_get(f->reply, "answer")), 200);
    }
}

static void dns_wire__malformed_queries_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        enum dns_query_kind kind;
    } rows[] = {
#define ROW(text, kind) {text, sizeof(text) - 1, kind}
        ROW("", DNS_QUERY_DROP),
        ROW("\0\1\0\0\0\1\0\0\0\0\0", DNS_QUERY_DROP),
        ROW("\0\1\x80\0\0\1\0\0\0\0\0\0\0\0\1\0\1", DNS_QUERY_DROP),   /* a reply */
        ROW("\0\1\x28\0\0\1\0\0\0\0\0\0\0\0\6\0\1", DNS_QUERY_NOTIMP), /* an update */
        ROW("\0\1\0\0\0\0\0\0\0\0\0\0", DNS_QUERY_MALFORMED),          /* no question */
        ROW("\0\1\0\0\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1", DNS_QUERY_MALFORMED),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\3ab", DNS_QUERY_MALFORMED),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\1a\xc0\x0c\0\1\0\1", DNS_QUERY_MALFORMED), /* a loop */
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", DNS_QUERY_MALFORMED),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\x40"
            "a\0\0\1\0\1",
            DNS_QUERY_MALFORMED),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\0\0\1\0", DNS_QUERY_MALFORMED),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\1\0\0\1\0\1", DNS_QUERY_MALFORMED), /* no OPT there */
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\0\0\1\0\1", DNS_QUERY_OK),
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct dns_query q;
        char *exact = xmemdup(rows[i].bytes, rows[i].len ? rows[i].len : 1);
        enum dns_query_kind kind = dns_query_read(exact, rows[i].len, &q);
        free(exact);
        if (kind != rows[i].kind)
            fail_msg("row %zu: %d", i, kind);
    }
}

static void dns_wire__replies_are_read_record_by_record(void **state) {
    struct fixture *f = *state;
    struct dns_reply r;
    begin(f, &r, "a.example", "A", false);
    struct dns_name target = name_of("b.example");
    dns_reply_name(&r, DNS_ANSWER, &f->q.name, DNS_CNAME, 180, &target);
    dns_reply_a(&r, DNS_ANSWER, &target, 30, (const uint8_t[]){1, 2, 3, 4});
    dns_reply_end(&r);

    struct dns_reader d;
    struct dns_record record;
    assert_true(dns_reader_init(&d, f->out.data, f->out.len));
    assert_true(dns_reader_next(&d, &record));
    assert_int_equal(record.type, DNS_CNAME);
    assert_true(dns_name_equal(&record.target, &target));
    assert_true(dns_reader_next(&d, &record));
    assert_true(dns_name_equal(&record.owner, &target));
    assert_memory_equal(record.data, "\1\2\3\4", 4);
    assert_false(dns_reader_next(&d, &record));
    assert_false(dns_reader_init(&d, f->query.data, f->query.len));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(dns_wire__every_record_is_read_back_by_ldns),
        CASE(dns_wire__names_are_compressed),
        CASE(dns_wire__the_case_of_the_question_is_kept),
        CASE(dns_wire__what_does_not_fit_is_cut_and_marked),
        CASE(dns_wire__malformed_queries_are_told_apart),
        CASE(dns_wire__replies_are_read_record_by_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
