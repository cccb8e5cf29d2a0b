#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/dns/nslookup.h"

#include <string.h>

/* One line: form, server, what was resolved and what was not. */
static char *summary(const char *out, const char *err) {
    json_t *r = nslookup_parse(out, strlen(out), err, strlen(err));
    struct buf text = BUF_INIT;
    size_t i;
    json_t *v;
    buf_addf(&text, "%s %s %s", json_str(r, "form", NULL), json_str(r, "server", NULL),
             json_flag(r, "resolved", NULL) ? "yes" : "no");
    json_array_foreach(json_object_get(r, "answers"), i, v)
        buf_addf(&text, " %s=%s", json_str(v, "name", NULL), json_str(v, "address", NULL));
    json_array_foreach(json_object_get(r, "aliases"), i, v)
        buf_addf(&text, " %s->%s", json_str(v, "name", NULL), json_str(v, "target", NULL));
    json_array_foreach(json_object_get(r, "reverse"), i, v)
        buf_addf(&text, " %s:%s", json_str(v, "name", NULL), json_str(v, "target", NULL));
    json_array_foreach(json_object_get(r, "failed"), i, v)
        buf_addf(&text, " %s!%s", json_str(v, "name", NULL), json_str(v, "reason", NULL));
    json_decref(r);
    return buf_detach(&text);
}

struct row {
    const char *tag, *out, *err, *wanted;
};

static const struct row rows[] = {
    {"1.24, resolved",
     "Server:    10.152.183.10\nAddress 1: 10.152.183.10 kube-dns.kube-system.svc.cluster.local\n\n"
     "Name:      beacon\nAddress 1: 10.152.183.77 beacon.default.svc.cluster.local\n",
     "", "old 10.152.183.10 yes beacon=10.152.183.77"},
    {"1.26, two addresses without reverse names",
     "Server:    10.0.0.10\nAddress 1: 10.0.0.10\n\nName:      web\nAddress 1: 10.1.1.2\n"
     "Address 2: 10.1.1.3\n",
     "", "old 10.0.0.10 yes web=10.1.1.2 web=10.1.1.3"},
    {"1.28, not resolved: the server's own address is no answer",
     "Server:    10.152.183.10\nAddress 1: 10.152.183.10 kube-dns.kube-system.svc.cluster.local\n",
     "nslookup: can't resolve 'beacon'\n", "old 10.152.183.10 no beacon!UNRESOLVED"},
    {"1.28 on a terminal", "Server:    10.0.0.10\r\n\r\nnslookup: can't resolve 'beacon'\r\n", "",
     "old 10.0.0.10 no beacon!UNRESOLVED"},
    {"1.31, a short name",
     "Server:\t\t10.0.0.10\nAddress:\t10.0.0.10:53\n\n"
     "** server can't find kubernetes.default: NXDOMAIN\n\n"
     "*** Can't find kubernetes.default: No answer\n\n",
     "", "new 10.0.0.10 no kubernetes.default!NXDOMAIN kubernetes.default!NODATA"},
    {"1.31, resolved, no AAAA (exits 0)",
     "Server:\t\t10.0.0.10\nAddress:\t10.0.0.10:53\n\nName:\tbeacon.default.svc.cluster.local\n"
     "Address: 10.0.0.77\n\n*** Can't find beacon.default.svc.cluster.local: No answer\n\n",
     "",
     "new 10.0.0.10 yes beacon.default.svc.cluster.local=10.0.0.77 "
     "beacon.default.svc.cluster.local!NODATA"},
    {"1.35, resolved by one suffix (exits 1)",
     "Server:\t\t10.0.0.10\nAddress:\t10.0.0.10:53\n\n"
     "** server can't find beacon.cluster.local: NXDOMAIN\n\n"
     "Name:\tbeacon.default.svc.cluster.local\nAddress: 10.0.0.77\n\n",
     "",
     "new 10.0.0.10 yes beacon.default.svc.cluster.local=10.0.0.77 "
     "beacon.cluster.local!NXDOMAIN"},
    {"1.35, through an alias",
     "Server:\t\t10.0.0.10\nAddress:\t10.0.0.10:53\n\n"
     "b.default.f.svc.cluster.local\tcanonical name = b.default.svc.cluster.local\n"
     "Name:\tb.default.svc.cluster.local\nAddress: 10.0.0.77\n\n",
     "",
     "new 10.0.0.10 yes b.default.svc.cluster.local=10.0.0.77 "
     "b.default.f.svc.cluster.local->b.default.svc.cluster.local"},
    {"1.35, reverse",
     "Server:\t\t10.0.0.10\nAddress:\t10.0.0.10:53\n\n"
     "77.0.0.10.in-addr.arpa\tname = b.default.svc.cluster.local\n\n",
     "", "new 10.0.0.10 yes 77.0.0.10.in-addr.arpa:b.default.svc.cluster.local"},
    {"1.35, the server fails",
     "Server:\t\t10.0.0.10\nAddress:\t10.0.0.10:53\n\n** server can't find a.b: SERVFAIL\n\n", "",
     "new 10.0.0.10 no a.b!SERVFAIL"},
    {"1.35, nobody answers", ";; connection timed out; no servers could be reached\n\n", "",
     "new  no !TIMEOUT"},
    {"not nslookup at all", "hello\n", "sh: nslookup: not found\n", "  no"},
    {"nothing", "", "", "  no"},
};

static void nslookup__what_each_release_prints_is_understood(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *got = summary(rows[i].out, rows[i].err);
        if (strcmp(got, rows[i].wanted) != 0)
            fail_msg("%s: '%s', expected '%s'", rows[i].tag, got, rows[i].wanted);
        free(got);
    }
}

static void nslookup__output_without_end_is_bounded(void **state) {
    (void)state;
    struct buf out = BUF_INIT;
    buf_adds(&out, "Name:\tx\n");
    for (int i = 0; i < 5000; i++)
        buf_adds(&out, "Address: 10.0.0.1\n");
    for (int i = 0; i < 5000; i++)
        buf_adds(&out, "xxxxxxxxxx");
    json_t *r = nslookup_parse(out.data, out.len, NULL, 0);
    assert_int_equal(json_array_size(json_object_get(r, "answers")), NSLOOKUP_ANSWERS_MAX);
    json_decref(r);
    buf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nslookup__what_each_release_prints_is_understood),
        cmocka_unit_test(nslookup__output_without_end_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
