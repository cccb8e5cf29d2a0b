#include "cases/unit/dnsserver/world.h"

static const char COREFILE[] = "# the federation's zone and the cluster's\n"
                               ".:53 {\n"
                               "    errors\n"
                               "    etcd juju-fed.com {\n"
                               "        stubzones\n"
                               "        path /skydns\n"
                               "        endpoint http://10.3.0.9:2379\n"
                               "        upstream 8.8.8.8:53\n"
                               "    }\n"
                               "    kubernetes cluster.local 10.152.183.0/24 {\n"
                               "        pods insecure\n"
                               "    }\n"
                               "    cache 30 {\n"
                               "        success 100\n"
                               "    }\n"
                               "}\n";

#define B "/skydns/com/juju-fed"
#define NAME "beacon.default.fed.svc"
#define C ".svc.cluster.local"

static int set_up(void **state) {
    struct world *w = world_new();
    static const char *const LEAVES[][2] = {
        {B "/svc/fed/default/beacon/389da9d9",
         "{\"host\":\"203.0.113.11\",\"ttl\":180,\"group\":\"" NAME ".juju-fed.com.\"}"},
        {B "/svc/fed/default/beacon/cf9ac5f7",
         "{\"host\":\"203.0.113.22\",\"ttl\":180,\"group\":\"" NAME ".juju-fed.com.\"}"},
        {B "/r1/svc/fed/default/beacon/389da9d9", "{\"host\":\"203.0.113.11\",\"ttl\":180}"},
        {B "/r2/svc/fed/default/beacon/2a21b70b",
         "{\"host\":\"" NAME ".juju-fed.com.\",\"ttl\":180}"},
        {B "/r2/z2/svc/fed/default/beacon/c8656bb4",
         "{\"host\":\"" NAME ".r2.juju-fed.com.\",\"ttl\":180}"},
        {B "/out/x", "{\"host\":\"www.example.com\"}"},
        {B "/exact", "{\"host\":\"www.example.com\",\"ttl\":5}"},
        {B "/loop/x", "{\"host\":\"loop.juju-fed.com\"}"},
        {B "/six/x", "{\"host\":\"2001:db8::1\"}"},
        {B "/text/x", "{\"text\":\"hello world\",\"ttl\":9}"},
        {B "/mixed/a", "{\"host\":\"192.0.2.1\",\"group\":\"g1\"}"},
        {B "/mixed/b/c", "{\"host\":\"192.0.2.2\",\"group\":\"g2\"}"},
        {B "/mixed/b/d", "{\"host\":\"192.0.2.3\",\"group\":\"g1\"}"},
        {B "/srv/a", "{\"host\":\"192.0.2.5\",\"port\":80,\"priority\":20,\"weight\":10}"},
        {B "/srv/b", "{\"host\":\"192.0.2.6\",\"port\":81,\"priority\":20,\"weight\":30}"},
        {B "/srv/c", "{\"host\":\"" NAME ".r1.juju-fed.com\",\"port\":82}"},
        {B "/bad/x", "not json"},
    };
    for (size_t i = 0; i < ARRAY_LEN(LEAVES); i++)
        json_set_str(w->leaves, LEAVES[i][0], LEAVES[i][1]);
    world_add(w, "services",
              "{'metadata':{'name':'beacon','namespace':'default'},'spec':{"
              "'clusterIP':'10.152.183.21','ports':[{'name':'http','port':80}]}}");
    world_add(w, "services",
              "{'metadata':{'name':'db','namespace':'data'},'spec':{'clusterIP':'None'}}");
    world_add(w, "endpoints",
              "{'metadata':{'name':'db','namespace':'data'},'subsets':[{'addresses':[{'ip':"
              "'10.1.1.7'}],'ports':[{'name':'sql','port':5432}]}]}");
    world_add(w, "namespaces", "{'metadata':{'name':'default'}}");
    struct err err = {0};
    w->server = coredns_new(COREFILE, &w->ops, &err);
    if (!w->server)
        fail_msg("%s", err.text);
    *state = w;
    return 0;
}

static void coredns__skydns_records_become_answers(void **state) {
    static const struct question ROWS[] = {
        {NAME ".juju-fed.com", "A", "NOERROR 180 A 203.0.113.11; 180 A 203.0.113.22"},
        {NAME ".juju-fed.com", "AAAA", "NOERROR"},
        {NAME ".juju-fed.com", "MX", "NOERROR"},
        {NAME ".nope.juju-fed.com", "A", "NXDOMAIN"},
        {NAME ".z2.r2.juju-fed.com", "A",
         "NOERROR 180 CNAME " NAME ".r2.juju-fed.com.; " NAME ".r2.juju-fed.com. 180 CNAME " NAME
         ".juju-fed.com.; " NAME ".juju-fed.com. 180 A 203.0.113.11; " NAME
         ".juju-fed.com. 180 A 203.0.113.22"},
        /* a name above has all that is below */
        {"default.fed.svc.r1.juju-fed.com", "A", "NOERROR 180 A 203.0.113.11"},
        {"*.default.fed.svc.r1.juju-fed.com", "A", "NOERROR 180 A 203.0.113.11"},
        {"*.other.fed.svc.r1.juju-fed.com", "A", "NXDOMAIN"},
        {"beacon.*.fed.svc.r1.juju-fed.com", "A", "NOERROR 180 A 203.0.113.11"},
        {"nope.*.fed.svc.r1.juju-fed.com", "A", "NXDOMAIN"},
        {"loop.juju-fed.com", "A", "NOERROR"},
        {"out.juju-fed.com", "A", "NOERROR"},     /* nobody answers for example.com */
        {"out.juju-fed.com", "CNAME", "NOERROR"}, /* it stands one key below */
        {"exact.juju-fed.com", "CNAME", "NOERROR 5 CNAME www.example.com."},
        {"six.juju-fed.com", "AAAA", "NOERROR 300 AAAA 2001:db8::1"},
        {"text.juju-fed.com", "TXT", "NOERROR 9 TXT \"hello world\""},
        {"mixed.juju-fed.com", "A", "NOERROR 300 A 192.0.2.1; 300 A 192.0.2.3"},
        {"srv.juju-fed.com", "SRV",
         "NOERROR 300 SRV 20 25 80 a.srv.juju-fed.com.; 300 SRV 20 75 81 b.srv.juju-fed.com."
         "; 300 SRV 10 100 82 " NAME ".r1.juju-fed.com."},
        {"bad.juju-fed.com", "A", "SERVFAIL"},
    };
    world_check(*state, ROWS, ARRAY_LEN(ROWS));
}

static void coredns__srv_answers_carry_addresses(void **state) {
    struct world *w = *state;
    world_ask(w, "srv.juju-fed.com", "SRV", false);
    static const char *const WANT[] = {"192.0.2.5", "192.0.2.6", "203.0.113.11"};
    json_t *additional = json_object_get(w->reply, "additional");
    assert_int_equal(json_array_size(additional), ARRAY_LEN(WANT));
    for (size_t i = 0; i < ARRAY_LEN(WANT); i++)
        assert_string_equal(json_str(json_array_get(additional, i), "data", NULL), WANT[i]);
}

static void coredns__an_etcd_that_is_away_is_a_failure(void **state) {
    struct world *w = *state;
    w->etcd_down = true;
    static const struct question ROW = {NAME ".juju-fed.com", "A", "SERVFAIL"};
    world_check(w, &ROW, 1);
}

static void coredns__fanned_out_cnames_cost_a_bounded_time(void **state) {
    struct world *w = *state;
    for (int i = 0; i < 200; i++) {
        char key[64];
        snprintf(key, sizeof(key), B "/fan/x%d", i);
        json_set_str(w->leaves, key, "{\"host\":\"fan2.juju-fed.com\"}");
        snprintf(key, sizeof(key), B "/fan2/x%d", i);
        json_set_str(w->leaves, key, "{\"host\":\"fan.juju-fed.com\"}");
    }
    static const struct question ROW = {"fan.juju-fed.com", "A", "NOERROR"};
    world_check(w, &ROW, 1);
}

static void coredns__services_of_the_cluster(void **state) {
    static const struct question ROWS[] = {
        {"beacon.default" C, "A", "NOERROR 5 A 10.152.183.21"},
        {"_http._tcp.beacon.default" C, "SRV", "NOERROR 5 SRV 0 100 80 beacon.default" C "."},
        {"db.data" C, "A", "NOERROR 5 A 10.1.1.7"},
        {"10-1-1-7.db.data" C, "A", "NOERROR 5 A 10.1.1.7"},
        {"dns-version.cluster.local", "TXT", "NOERROR 5 TXT \"1.0.1\""},
        {"svc.cluster.local", "A", "NOERROR"},
        {"default" C, "A", "NOERROR"},
        {"nope" C, "A", "NXDOMAIN"},
        {"nope.default" C, "A", "NXDOMAIN"},
        {"10-1-1-5.default.pod.cluster.local", "A", "NOERROR 5 A 10.1.1.5"},
        {"21.183.152.10.in-addr.arpa", "PTR", "NOERROR 5 PTR beacon.default" C "."},
        {"www.example.com", "A", "SERVFAIL"}, /* no proxy */
    };
    world_check(*state, ROWS, ARRAY_LEN(ROWS));
}

static void coredns__the_longest_zone_decides_and_others_are_refused(void **state) {
    struct world *w = *state;
    dns_server_free(w->server);
    w->server = coredns_new("juju-fed.com:53 dns://example.org {\n"
                            "  etcd {\n endpoint http://10.3.0.9:2379\n }\n}\n"
                            "r1.juju-fed.com {\n  proxy . 9.9.9.9\n}\n",
                            &w->ops, NULL);
    assert_non_null(w->server);
    static const struct question ROWS[] = {
        {"exact.juju-fed.com", "CNAME", "NOERROR 5 CNAME www.example.com."},
        {"a.r1.juju-fed.com", "A", "SERVFAIL"},
        {"www.example.com", "A", "REFUSED"},
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
    assert_string_equal(w->last_server, "9.9.9.9");
}

static void coredns__mistakes_in_a_corefile_are_told_with_their_line(void **state) {
    struct world *w = *state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"", "Corefile:1: no server block"},
        {". {\n  nope\n}\n", "Corefile:2: Unknown directive 'nope'"},
        {". {\n  federation x {\n  a b c\n }\n}\n", "Corefile:3: a federation is"},
        {". {\n  federation x {\n  a b..c\n }\n}\n", "Corefile:3: \"b..c\" is no domain"},
        {". {\n  loadbalance random\n}\n", "Corefile:2: loadbalance knows"},
        {". {\n  rewrite x\n}\n", "Corefile:2: directive 'rewrite' is not simulated"},
        {".\n", "Corefile:1: expected zones and \"{\", got \".\""},
        {". {\n  errors\n", "Corefile:1: the server block is not closed"},
        {". {\n  etcd x {\n", "Corefile:2: the block of etcd is not closed"},
        {". {\n  etcd {\n    nope 1\n  }\n}\n", "Corefile:3: unknown property 'nope'"},
        {". {\n  etcd {\n    endpoint\n  }\n}\n", "Corefile:3: endpoint needs at least one"},
        {". {\n  etcd a..b\n}\n", "Corefile:2: \"a..b\" is no zone"},
        {". {\n  proxy .\n}\n", "Corefile:2: proxy needs a zone and at least one address"},
        {". {\n  kubernetes {\n pods maybe\n }\n}\n", "Corefile:3: pods must be"},
        {"tls://. {\n}\n", "Corefile:1: tls://.: only plain DNS is simulated"},
        {". {\n  etcd \"a\n}\n", "Corefile:2: more than 32 words, or a quote"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        struct dns_server *s = coredns_new(rows[i].text, &w->ops, &err);
        dns_server_free(s);
        assert_null(s);
        if (!str_has_prefix(err.text, rows[i].problem))
            fail_msg("row %zu: %s", i, err.text);
    }
}

static void coredns__addresses_take_turns_with_loadbalance(void **state) {
    struct world *w = *state;
    dns_server_free(w->server);
    w->server = coredns_new(". {\n etcd juju-fed.com {\n  endpoint http://10.3.0.9:2379\n }\n"
                            " loadbalance round_robin\n}\n",
                            &w->ops, NULL);
    assert_non_null(w->server);
    static const struct question ROWS[] = {
        {NAME ".juju-fed.com", "A", "NOERROR 180 A 203.0.113.11; 180 A 203.0.113.22"},
        {NAME ".juju-fed.com", "A", "NOERROR 180 A 203.0.113.22; 180 A 203.0.113.11"},
        {NAME ".r1.juju-fed.com", "A", "NOERROR 180 A 203.0.113.11"}, /* takes no turn */
        {NAME ".juju-fed.com", "A", "NOERROR 180 A 203.0.113.11; 180 A 203.0.113.22"},
        {NAME ".r2.juju-fed.com", "A",
         "NOERROR 180 CNAME " NAME ".juju-fed.com.; " NAME
         ".juju-fed.com. 180 A 203.0.113.22; " NAME ".juju-fed.com. 180 A 203.0.113.11"},
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
}

/* coredns plugin/federation: no CNAME for local answers, and nobody looks at endpoints. */
static void coredns__federation_asks_without_its_label_first(void **state) {
    struct world *w = *state;
    dns_server_free(w->server);
    w->server = coredns_new("cluster.local {\n kubernetes\n federation {\n  fed juju-fed.com\n"
                            "  upstream 10.1.0.21:30053\n }\n}\n",
                            &w->ops, NULL);
    assert_non_null(w->server);
    w->elsewhere = coredns_new(
        ". {\n etcd juju-fed.com {\n  endpoint http://10.3.0.9:2379\n }\n}\n", &w->ops, NULL);
    json_set_str(w->leaves, B "/r1/z1/svc/fed/default/nope/x",
                 "{\"host\":\"203.0.113.7\",\"ttl\":180}");
    static const struct question NO_LABELS[] = {
        {"beacon.default.fed" C, "A", "NOERROR 5 A 10.152.183.21"},
        {"nope.default.fed" C, "A", "SERVFAIL"}, /* no node tells where the cluster is */
    };
    world_check(w, NO_LABELS, ARRAY_LEN(NO_LABELS));
    world_add(w, "nodes",
              "{'metadata':{'name':'n1','labels':{'failure-domain.beta.kubernetes.io/zone':'z1',"
              "'failure-domain.beta.kubernetes.io/region':'r1'}}}");
    static const struct question ROWS[] = {
        {"beacon.default.fed" C, "A", "NOERROR 5 A 10.152.183.21"},
        {"beacon.default.fed" C, "AAAA", "NOERROR"},
        {"_http._tcp.beacon.default.fed" C, "SRV", "NOERROR 5 SRV 0 100 80 beacon.default" C "."},
        {"nope.default.fed" C, "A",
         "NOERROR 0 CNAME nope.default.fed.svc.z1.r1.juju-fed.com."
         "; nope.default.fed.svc.z1.r1.juju-fed.com. 180 A 203.0.113.7"},
        {"gone.default.fed" C, "A", "NOERROR 0 CNAME gone.default.fed.svc.z1.r1.juju-fed.com."},
        {"beacon.default.other" C, "A", "NXDOMAIN"},
        {"beacon.default" C, "A", "NOERROR 5 A 10.152.183.21"},
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, world_free)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(coredns__addresses_take_turns_with_loadbalance),
        CASE(coredns__federation_asks_without_its_label_first),
        CASE(coredns__skydns_records_become_answers),
        CASE(coredns__srv_answers_carry_addresses),
        CASE(coredns__an_etcd_that_is_away_is_a_failure),
        CASE(coredns__fanned_out_cnames_cost_a_bounded_time),
        CASE(coredns__services_of_the_cluster),
        CASE(coredns__the_longest_zone_decides_and_others_are_refused),
        CASE(coredns__mistakes_in_a_corefile_are_told_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
