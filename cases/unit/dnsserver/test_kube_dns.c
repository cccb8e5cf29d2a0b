#include "cases/unit/dnsserver/world.h"

#define D ".svc.cluster.local"
#define LOCAL "NOERROR 30 CNAME beacon.default" D ".; beacon.default" D ". 30 A 10.152.183.21"

static int set_up(void **state) {
    struct world *w = world_new();
    world_add(w, "services",
              "{'metadata':{'name':'beacon','namespace':'default'},'spec':{'type':'NodePort',"
              "'clusterIP':'10.152.183.21','ports':[{'name':'http','port':8080,'protocol':'TCP'},"
              "{'port':53,'protocol':'UDP'}]}}");
    world_add(w, "endpoints",
              "{'metadata':{'name':'beacon','namespace':'default'},'subsets':[{'addresses':[{'ip':"
              "'10.1.1.5'}],'ports':[{'name':'http','port':8080}]}]}");
    world_add(w, "services",
              "{'metadata':{'name':'db','namespace':'data'},'spec':{'clusterIP':"
              "'None','ports':[{'name':'sql','port':5432}]}}");
    world_add(w, "endpoints",
              "{'metadata':{'name':'db','namespace':'data'},'subsets':[{'addresses':[{'ip':"
              "'10.1.1.7','hostname':'db-0'},{'ip':'10.1.1.8','hostname':'db-1'}],"
              "'notReadyAddresses':[{'ip':'10.1.1.9'}],"
              "'ports':[{'name':'sql','port':5432,'protocol':'TCP'}]}]}");
    static const char *const EXTERNAL[][2] = {{"ext", "www.example.com"},
                                              {"local", "beacon.default" D},
                                              {"ring", "ring2.default" D},
                                              {"ring2", "ring.default" D}};
    for (size_t i = 0; i < ARRAY_LEN(EXTERNAL); i++) {
        char text[256];
        snprintf(text, sizeof(text),
                 "{'metadata':{'name':'%s','namespace':'default'},'spec':{'type':'ExternalName',"
                 "'externalName':'%s'}}",
                 EXTERNAL[i][0], EXTERNAL[i][1]);
        world_add(w, "services", text);
    }
    const struct kube_dns_options o = {
        .domain = "cluster.local", .upstream = "8.8.8.8", .ops = &w->ops};
    w->server = kube_dns_new(&o);
    *state = w;
    return 0;
}

static void add_elsewhere(struct world *w) {
    static const char COREFILE[] =
        ".:53 {\n  etcd juju-fed.com example.com {\n    endpoint http://10.3.0.9:2379\n  }\n}\n";
    w->elsewhere = coredns_new(COREFILE, &w->ops, NULL);
    assert_non_null(w->elsewhere);
    json_set_str(w->leaves, "/skydns/com/example/www/x1", "{\"host\":\"192.0.2.1\",\"ttl\":60}");
    json_set_str(w->leaves, "/skydns/com/juju-fed/r1/z1/svc/fed/default/beacon/x",
                 "{\"host\":\"203.0.113.11\",\"ttl\":180}");
}

static void add_federation(struct world *w, const char *federations) {
    json_t *map = json_pack("{s:{s:s,s:s},s:{s:s,s:s}}", "metadata", "name", "kube-dns",
                            "namespace", "kube-system", "data", "federations", federations,
                            "stubDomains", "{\"juju-fed.com\":[\"10.1.0.21:30053\"]}");
    json_array_append_new(json_ensure_array(w->objects, "configmaps"), map);
}

static void kube_dns__answers_for_services_and_pods(void **state) {
    static const struct question ROWS[] = {
        {"beacon.default" D, "A", "NOERROR 30 A 10.152.183.21"},
        {"BEACON.default" D, "A", "NOERROR 30 A 10.152.183.21"},
        {"beacon.default" D, "AAAA", "NOERROR"},
        {"beacon.default" D, "TXT", "NOERROR"},
        {"beacon.other" D, "A", "NXDOMAIN"},
        {"beacon.default.cluster.local", "A", "NXDOMAIN"},
        {"default" D, "A", "NXDOMAIN"},
        {"*.default" D, "AAAA", "NOERROR"},
        {"cluster.local", "NS", "NOERROR 60 NS ns.dns.cluster.local."},
        {"_http._tcp.beacon.default" D, "SRV", "NOERROR 30 SRV 10 100 8080 beacon.default" D "."},
        {"_https._tcp.beacon.default" D, "SRV", "NXDOMAIN"},
        {"_http._udp.beacon.default" D, "SRV", "NXDOMAIN"},
        {"db.data" D, "A", "NOERROR 30 A 10.1.1.7; 30 A 10.1.1.8"},
        {"db-1.db.data" D, "A", "NOERROR 30 A 10.1.1.8"},
        {"db-2.db.data" D, "A", "NXDOMAIN"},
        {"_sql._tcp.db.data" D, "SRV",
         "NOERROR 30 SRV 10 50 5432 db-0.db.data" D ".; 30 SRV 10 50 5432 db-1.db.data" D "."},
        {"10-1-1-5.default.pod.cluster.local", "A", "NOERROR 30 A 10.1.1.5"},
        {"10-1-1.default.pod.cluster.local", "A", "NXDOMAIN"},
        {"21.183.152.10.in-addr.arpa", "PTR", "NOERROR 30 PTR beacon.default" D "."},
        {"8.1.1.10.in-addr.arpa", "PTR", "NOERROR 30 PTR db-1.db.data" D "."},
        {"5.1.1.10.in-addr.arpa", "PTR", "SERVFAIL"}, /* has no name of its own */
        {"local.default" D, "A", LOCAL},
        {"ring.default" D, "A", "NOERROR"},
    };
    world_check(*state, ROWS, ARRAY_LEN(ROWS));
}

static void kube_dns__negative_answers_carry_the_zones_soa(void **state) {
    struct world *w = *state;
    world_ask(w, "nope.default" D, "A", false);
    assert_true(json_flag(w->reply, "aa", NULL));
    assert_string_equal(json_str(w->reply, "authority", "[0]", "type", NULL), "SOA");
    assert_string_equal(json_str(w->reply, "authority", "[0]", "name", NULL), "cluster.local.");
    assert_true(str_has_prefix(json_str(w->reply, "authority", "[0]", "data", NULL),
                               "ns.dns.cluster.local. hostmaster.cluster.local. "));
}

static void kube_dns__srv_targets_of_plain_services_resolve(void **state) {
    struct world *w = *state;
    world_ask(w, "beacon.default" D, "SRV", false);
    const char *data = json_str(w->reply, "answer", "[0]", "data", NULL);
    assert_true(str_has_prefix(data, "10 100 0 "));
    assert_string_equal(json_str(w->reply, "additional", "[0]", "data", NULL), "10.152.183.21");
    char target[256];
    snprintf(target, sizeof(target), "%s", data + strlen("10 100 0 "));
    world_ask(w, target, "A", false);
    assert_string_equal(json_str(w->reply, "answer", "[0]", "data", NULL), "10.152.183.21");
}

static void kube_dns__external_names_are_chased_or_left_out(void **state) {
    struct world *w = *state;
    static const struct question ALONE = {"ext.default" D, "A", "NOERROR"};
    world_check(w, &ALONE, 1);
    add_elsewhere(w);
    static const struct question ROWS[] = {
        {"ext.default" D, "A",
         "NOERROR 30 CNAME www.example.com.; www.example.com. 60 A 192.0.2.1"},
        {"ext.default" D, "CNAME", "NOERROR 30 CNAME www.example.com."},
        {"www.example.com", "A", "NOERROR 60 A 192.0.2.1"},
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
    assert_string_equal(w->last_server, "8.8.8.8");
}

static void kube_dns__a_federated_name_is_local_with_endpoints(void **state) {
    struct world *w = *state;
    add_federation(w, "fed=juju-fed.com");
    static const struct question ROWS[] = {
        {"beacon.default.fed" D, "A", LOCAL},
        {"beacon.default.other" D, "A", "NXDOMAIN"},
        {"nope.default.fed" D, "A", "NOERROR"}, /* no node has a zone and a region */
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
}

static void kube_dns__a_federated_name_leads_to_the_zone_without_endpoints(void **state) {
    struct world *w = *state;
    add_federation(w, "fed=juju-fed.com");
    world_add(w, "nodes", "{'metadata':{'name':'n1','labels':{}}}");
    world_add(w, "nodes",
              "{'metadata':{'name':'n2','labels':{'failure-domain.beta.kubernetes.io/zone':'z1',"
              "'failure-domain.beta.kubernetes.io/region':'r1'}}}");
    add_elsewhere(w);
    json_array_clear(json_object_get(w->objects, "endpoints"));
    static const struct question ROWS[] = {
        {"beacon.default.fed" D, "A",
         "NOERROR 30 CNAME beacon.default.fed.svc.z1.r1.juju-fed.com."
         "; beacon.default.fed.svc.z1.r1.juju-fed.com. 180 A 203.0.113.11"},
        {"nope.default.fed" D, "A", "NOERROR"}, /* the chain is not complete */
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
    assert_string_equal(w->last_server, "10.1.0.21:30053"); /* the stub domain's */
    w->quirk_off = "kube-dns-zone-nodata";
    static const struct question OFF = {"nope.default.fed" D, "A", "NXDOMAIN"};
    world_check(w, &OFF, 1);
}

static void kube_dns__unready_endpoints_count_as_healthy(void **state) {
    struct world *w = *state;
    add_federation(w, "fed=juju-fed.com");
    json_object_del(json_at(w->objects, "endpoints", "[0]", "subsets", "[0]", NULL), "addresses");
    static const struct question ROW = {"beacon.default.fed" D, "A", LOCAL};
    world_check(w, &ROW, 1);
}

static void kube_dns__a_trailing_dot_makes_it_ignore_all_federations(void **state) {
    struct world *w = *state;
    add_federation(w, "fed=juju-fed.com,other=example.com.");
    static const struct question ON = {"beacon.default.fed" D, "A", "NXDOMAIN"};
    world_check(w, &ON, 1);
    w->quirk_off = "kube-dns-federations-dot";
    kube_dns_notice(w->server, NULL); /* looks at it anew */
    static const struct question OFF = {"beacon.default.fed" D, "A", LOCAL};
    world_check(w, &OFF, 1);
}

static void set_config(struct world *w, const char *key, const char *value) {
    json_t *maps = json_ensure_array(w->objects, "configmaps");
    json_array_clear(maps);
    json_t *map = json_pack("{s:{s:s,s:s},s:{s:s}}", "metadata", "name", "kube-dns", "namespace",
                            "kube-system", "data", "federations", "fed=juju-fed.com");
    if (key)
        json_set_str(json_object_get(map, "data"), key, value);
    json_array_append_new(maps, map);
}

/* kubernetes/dns pkg/dns/config/config.go: one mistake, and nothing of the update counts. */
static void kube_dns__an_update_with_a_mistake_is_ignored_as_a_whole(void **state) {
    struct world *w = *state;
    static const struct {
        const char *key, *value;
        bool taken;
    } rows[] = {
        {NULL, NULL, true},
        {"federations", "fed=juju-fed.com,other=example.com", true},
        {"federations", " fed = juju-fed.com ", true},
        {"federations", "fed=juju-fed.com.", false},
        {"federations", "fed", false},
        {"federations", "fed=juju-fed.com,", false},
        {"federations", "Fed=juju-fed.com", false},
        {"federations", "fed=juju_fed.com", false},
        {"federations", "{\"fed\":\"juju-fed.com\"}", false}, /* as the migration notes have it */
        {"stubDomains", "{\"juju-fed.com\":[\"10.1.0.21:30053\",\"10.1.0.22\"]}", true},
        {"stubDomains", "{}", true},
        {"stubDomains", "juju-fed.com", false},
        {"stubDomains", "{\"juju-fed.com\":\"10.1.0.21\"}", false},
        {"stubDomains", "{\"juju-fed.com.\":[\"10.1.0.21\"]}", false},
        {"stubDomains", "{\"juju-fed.com\":[\"dns.example.com\"]}", false},
        {"stubDomains", "{\"juju-fed.com\":[\"10.1.0.21:x\"]}", false},
        {"stubDomains", "{\"juju-fed.com\":[21]}", false},
        {"upstreamNameservers", "[\"8.8.8.8\",\"8.8.4.4:53\",\"2001:db8::1\"]", true},
        {"upstreamNameservers", "[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]", false},
        {"upstreamNameservers", "8.8.8.8", false},
        {"upstreamNameservers", "[\"dns.example.com\"]", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        kube_dns_notice(w->server, NULL);
        set_config(w, rows[i].key, rows[i].value);
        world_ask(w, "beacon.default.fed" D, "A", false);
        bool taken = str_eq(json_str(w->reply, "rcode", NULL), "NOERROR");
        if (taken != rows[i].taken)
            fail_msg("row %zu: %s: %s", i, rows[i].key, rows[i].value);
    }
}

static void kube_dns__what_was_valid_stays_in_force(void **state) {
    struct world *w = *state;
    static const struct question LOCALLY = {"beacon.default.fed" D, "A", LOCAL};
    static const struct question NOWHERE = {"beacon.default.fed" D, "A", "NXDOMAIN"};
    set_config(w, NULL, NULL);
    kube_dns_notice(w->server, json_at(w->objects, "configmaps", "[0]", NULL));
    set_config(w, "federations", "other=juju-fed.com.");
    world_check(w, &LOCALLY, 1); /* the update is ignored, also when nobody asked in between */
    set_config(w, "federations", "other=juju-fed.com");
    world_check(w, &NOWHERE, 1);
    set_config(w, NULL, NULL);
    world_check(w, &LOCALLY, 1);
    json_array_clear(json_object_get(w->objects, "configmaps"));
    world_check(w, &NOWHERE, 1); /* without a ConfigMap there is nothing */
}

/* 4 + n labels, the first as services have it, "svc" behind the federation. */
static void kube_dns__only_the_right_form_is_a_federations_name(void **state) {
    struct world *w = *state;
    set_config(w, NULL, NULL);
    static const struct question ROWS[] = {
        {"beacon.default.fed" D, "A", LOCAL},
        {"BEACON.Default.FED" D, "A", LOCAL},
        {"beacon.default.fed.pod.cluster.local", "A", "NXDOMAIN"},
        {"*.default.fed" D, "A", "NXDOMAIN"},
        {"beacon.*.fed" D, "A", "NXDOMAIN"},
        {"1beacon.default.fed" D, "A", "NXDOMAIN"},
        {"be_acon.default.fed" D, "A", "NXDOMAIN"},
        {"_http._tcp.beacon.default.fed" D, "SRV", "NXDOMAIN"},
        {"beacon.default.fed", "A", "SERVFAIL"}, /* outside, and nobody answers there */
    };
    world_check(w, ROWS, ARRAY_LEN(ROWS));
}

/* The zone is found once: labels that change later are not seen until a restart. */
static void kube_dns__keeps_the_first_zone_for_ever(void **state) {
    struct world *w = *state;
    set_config(w, "stubDomains", "{\"juju-fed.com\":[\"10.1.0.21:30053\"]}");
    json_array_clear(json_object_get(w->objects, "endpoints"));
    world_add(w, "nodes",
              "{'metadata':{'name':'n1','labels':{'failure-domain.beta.kubernetes.io/zone':'z1',"
              "'failure-domain.beta.kubernetes.io/region':'r1'}}}");
    add_elsewhere(w);
    static const struct question ROW = {
        "beacon.default.fed" D, "A",
        "NOERROR 30 CNAME beacon.default.fed.svc.z1.r1.juju-fed.com."
        "; beacon.default.fed.svc.z1.r1.juju-fed.com. 180 A 203.0.113.11"};
    world_check(w, &ROW, 1);
    json_t *labels = json_at(w->objects, "nodes", "[0]", "metadata", "labels", NULL);
    json_set_str(labels, "failure-domain.beta.kubernetes.io/zone", "z9");
    world_check(w, &ROW, 1);
}

static void kube_dns__long_answers_are_cut_on_udp_only(void **state) {
    struct world *w = *state;
    json_t *addresses =
        json_at(w->objects, "endpoints", "[1]", "subsets", "[0]", "addresses", NULL);
    for (int i = 0; i < 100; i++)
        json_array_append_new(addresses, json_pack("{s:s}", "ip", "10.1.2.3"));
    world_ask(w, "db.data" D, "A", false);
    assert_true(json_flag(w->reply, "tc", NULL));
    assert_true(w->out.len <= 512);
    world_ask(w, "db.data" D, "A", true);
    assert_false(json_flag(w->reply, "tc", NULL));
    assert_int_equal(json_array_size(json_object_get(w->reply, "answer")), 102);
}

static void kube_dns__answers_what_it_cannot_do_with_a_code(void **state) {
    struct world *w = *state;
    static const struct {
        const char *bytes;
        size_t len;
        int rcode; /* -1: no answer */
    } rows[] = {
#define ROW(text, rcode) {text, sizeof(text) - 1, rcode}
        ROW("\0\1", -1),
        ROW("\0\1\x80\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", -1),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\1a", DNS_FORMERR),
        ROW("\0\1\x28\0\0\1\0\0\0\0\0\0\0\0\6\0\1", DNS_NOTIMP),
        /* EDNS version 1: the upper bits of BADVERS are in the OPT record */
        ROW("\0\1\0\0\0\1\0\0\0\0\0\1\1a\0\0\1\0\1\0\0\x29\x10\0\0\1\0\0\0\0", DNS_NOERROR),
        ROW("\0\1\0\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\4", DNS_NOTIMP),
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&w->out);
        bool answered = dns_server_answer(w->server, rows[i].bytes, rows[i].len, false, &w->out);
        assert_int_equal(answered, rows[i].rcode >= 0);
        if (answered)
            assert_int_equal(w->out.data[3] & 15, rows[i].rcode);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, world_free)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(kube_dns__answers_for_services_and_pods),
        CASE(kube_dns__negative_answers_carry_the_zones_soa),
        CASE(kube_dns__srv_targets_of_plain_services_resolve),
        CASE(kube_dns__external_names_are_chased_or_left_out),
        CASE(kube_dns__a_federated_name_is_local_with_endpoints),
        CASE(kube_dns__a_federated_name_leads_to_the_zone_without_endpoints),
        CASE(kube_dns__unready_endpoints_count_as_healthy),
        CASE(kube_dns__a_trailing_dot_makes_it_ignore_all_federations),
        CASE(kube_dns__an_update_with_a_mistake_is_ignored_as_a_whole),
        CASE(kube_dns__what_was_valid_stays_in_force),
        CASE(kube_dns__only_the_right_form_is_a_federations_name),
        CASE(kube_dns__keeps_the_first_zone_for_ever),
        CASE(kube_dns__long_answers_are_cut_on_udp_only),
        CASE(kube_dns__answers_what_it_cannot_do_with_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
