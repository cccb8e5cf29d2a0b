/*
 * The truth table over made-up evidence: service b in default, federation f, zone x.org; c1 in
 * z1.r1 with the load balancer 203.0.113.1, c2 in z2.r2 with 203.0.113.9. Each row of the tables
 * changes one thing, gives one answer, and claims a verdict and the code of the reason that
 * decides.
 */
#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/model/truth.h"

#include <string.h>

#define NODE(name, zone, region)                                                               \
    "{'metadata':{'name':'" name "','labels':{'failure-domain.beta.kubernetes.io/zone':'" zone \
    "','failure-domain.beta.kubernetes.io/region':'" region "'}},'status':{'addresses':[{"     \
    "'type':'InternalIP','address':'10.9." name ".1'}]}}"
#define CLUSTER(node, zone, region, ip, lb, pod)                                              \
    "{'service':{'status':200,'json':{'spec':{'type':'LoadBalancer','clusterIP':'" ip         \
    "'},'status':{'loadBalancer':{'ingress':[{'ip':'" lb "'}]}}}},"                           \
    "'endpoints':{'status':200,'json':{'subsets':[{'addresses':[{'ip':'" pod "'}]}]}},"       \
    "'nodes':{'status':200,'json':{'items':[" NODE(                                           \
        node, zone, region) "]}},"                                                            \
                            "'config':{'status':200,'json':{'data':{'federations':'f=x.org'," \
                            "'stubDomains':'{\\\"x.org\\\":[\\\"10.3.0.5:30054\\\"]}'}}}}"
#define REGISTERED(name, zone)                                        \
    "{'metadata':{'name':'" name "'},'status':{'zones':['" zone "']," \
    "'conditions':[{'type':'Ready','status':'True'}]}}"

static const char base[] =
    "{'service':'b','namespace':'default','federation':'f','zone':'x.org',"
    "'federated':{'status':200,'json':{'spec':{'type':'LoadBalancer'}}},"
    "'registered':{'status':200,'json':{'items':[" REGISTERED("c1", "z1") "," REGISTERED(
        "c2", "z2") "]}},"
                    "'provider':{'text':'[Global]\\nzones = x.org.\\n'},"
                    "'etcd':{'endpoint':'http://10.3.0.9:4001','state':'plain','leaves':[]},"
                    "'zone_server':{'address':'10.3.0.5','port':30054},"
                    "'clusters':{'c1':" CLUSTER("n1", "z1", "r1", "10.152.183.11", "203.0.113.1",
                                                "10.1.1.2") ","
                                                            "'c2':" CLUSTER(
                                                                "n2", "z2", "r2", "10.152.183.22",
                                                                "203.0.113.9", "10.1.2.2") "}}";

/* "clusters/c1/service/status 404": the value at that path; "-" takes the member away. */
static void change(json_t *evidence, const char *what) {
    char *copy = xstrdup(what), *space = strchr(copy, ' ');
    *space = '\0';
    char *rest = copy, *key = str_next(&rest, '/');
    json_t *at = evidence;
    while (rest) {
        int64_t index;
        at = json_is_array(at) && str_to_int(key, 0, 9, &index) ? json_array_get(at, (size_t)index)
                                                                : json_object_get(at, key);
        key = str_next(&rest, '/');
    }
    assert_non_null(at);
    if (strcmp(space + 1, "-") == 0)
        assert_int_equal(json_object_del(at, key), 0);
    else
        json_object_set_new(at, key, quoted(space + 1));
    free(copy);
}

/*
 * What was answered to name: "NXDOMAIN", "NODATA", "SERVFAIL", "!why nobody answered" (with
 * "!foreign"), or words in turn: "TARGET/TTL" a CNAME, "=DATA/TTL" a record at the end, "@" once
 * more the first name (a loop), "lame" the server does not answer for itself.
 */
static json_t *answer_of(const char *name, const char *type, const char *text) {
    json_t *chain = json_array(), *records = json_array();
    const char *end = "nodata", *rcode = "NOERROR", *at = name;
    char words[512];
    json_t *answer = json_object();
    bool aa = true;
    snprintf(words, sizeof(words), "%s", text);
    if (text[0] == '!') {
        json_set_str(answer, "problem", text + 1);
        json_set_int(answer, "foreign", strcmp(text, "!foreign") == 0 ? 3 : 0);
        words[0] = '\0';
    }
    char *rest = words[0] ? words : NULL;
    for (char *word; (word = str_next(&rest, ' ')) != NULL;) {
        char *slash = strchr(word, '/');
        int64_t ttl = 180;
        if (slash && str_to_int(slash + 1, 0, 9999, &ttl))
            *slash = '\0';
        if (strcmp(word, "lame") == 0)
            aa = false;
        else if (strcmp(word, "NODATA") == 0)
            continue;
        else if (strcmp(word, "@") == 0)
            end = "loop";
        else if (word[0] == '=') {
            json_array_append_new(records,
                                  json_pack("{s:s, s:s, s:I, s:s}", "name", at, "type", type, "ttl",
                                            (json_int_t)ttl, "data", word + 1));
            end = "found";
        } else if (strchr(word, '.')) {
            json_array_append_new(chain, json_pack("{s:s, s:s, s:I}", "name", at, "target", word,
                                                   "ttl", (json_int_t)ttl));
            at = json_str(json_array_get(chain, json_array_size(chain) - 1), "target", NULL);
        } else {
            rcode = word;
            end = "error";
        }
    }
    json_set_str(answer, "rcode", rcode);
    json_object_set_new(answer, "way",
                        json_pack("{s:s, s:s, s:s, s:b, s:s, s:o, s:o, s:[]}", "name", name, "end",
                                  end, "rcode", rcode, "aa", aa, "final", at, "chain", chain,
                                  "records", records, "additional"));
    return answer;
}

#define SHORT "b"
#define PLAIN "b.default.svc.cluster.local."
#define FED "b.default.f.svc.cluster.local."
#define GLOBAL "b.default.f.svc.x.org."
#define R1 "b.default.f.svc.r1.x.org."
#define R2 "b.default.f.svc.r2.x.org."
#define Z1 "b.default.f.svc.z1.r1.x.org."
#define Z2 "b.default.f.svc.z2.r2.x.org."

static json_t *row_of(const char *asker, const char *name, const char *type, const char *answer) {
    const char *form = strcmp(name, PLAIN) == 0    ? "svc.ns.svc"
                       : strcmp(name, FED) == 0    ? "svc.ns.fed.svc"
                       : strcmp(name, GLOBAL) == 0 ? "global"
                       : strstr(name, ".svc.r")    ? "region"
                                                   : "zone";
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s}", "asker", asker, "form", form,
                            "name", name, "type", type, "candidates", name, "asked", name);
    if (strstr(name, ".r1.") || strstr(name, ".r2."))
        json_set_str(row, "region", strstr(name, ".r1.") ? "r1" : "r2");
    if (strcmp(form, "zone") == 0)
        json_set_str(row, "zone", strstr(name, ".z1.") ? "z1" : "z2");
    if (*answer)
        json_object_set_new(row, "answer", answer_of(name, type, answer));
    return row;
}

struct claim {
    const char *what;
    const char *changes[4];
    const char *asker, *name, *type, *answer;
    const char *zone; /* what the zone's server answers to the global name; NULL: not asked */
    const char *verdict, *code;
    bool ok;
};

#define NONE_READY \
    "clusters/c1/endpoints/json {'subsets':[{'notReadyAddresses':[{'ip':'10.1.1.2'}]}]}"
#define C2_UNREADY "clusters/c2/endpoints/json {'subsets':[]}"
#define GONE "federated {'status':404}"
#define UP "=203.0.113.1 =203.0.113.9"

static const struct claim verdicts[] = {
    {"the plain name",
     {0},
     "c1",
     PLAIN,
     "A",
     "=10.152.183.11/30",
     NULL,
     "LOCAL_PLAIN",
     "own-dns",
     true},
    {"the federation's name with a healthy shard",
     {0},
     "c1",
     FED,
     "A",
     PLAIN "/30 =10.152.183.11/30",
     NULL,
     "LOCAL_VIA_FED",
     "local-shard",
     true},
    {"the same from CoreDNS, which puts no CNAME there",
     {0},
     "c1",
     FED,
     "A",
     "=10.152.183.11/30",
     NULL,
     "LOCAL_VIA_FED",
     "local-shard",
     true},
    {"another zone's pods",
     {NONE_READY},
     "c1",
     FED,
     "A",
     Z1 "/30 " R1 " " GLOBAL " =203.0.113.9",
     UP,
     "REMOTE_GLOBAL",
     "remote",
     true},
    {"another cluster of the region",
     {NONE_READY, "clusters/c2/nodes/json {'items':[" NODE("n2", "z2", "r1") "]}"},
     "c1",
     FED,
     "A",
     Z1 "/30 " R1 " =203.0.113.9",
     UP,
     "REMOTE_REGION",
     "remote",
     true},
    {"another cluster of the zone",
     {NONE_READY, "clusters/c2/nodes/json {'items':[" NODE("n2", "z1", "r1") "]}"},
     "c1",
     FED,
     "A",
     Z1 "/30 =203.0.113.9",
     UP,
     "REMOTE_ZONE",
     "remote",
     true},
    {"the zone's name at its server",
     {0},
     "zone",
     Z1,
     "A",
     "=203.0.113.1",
     NULL,
     "REMOTE_ZONE",
     "published",
     true},
    {"the region's name",
     {0},
     "zone",
     R2,
     "A",
     "=203.0.113.9",
     NULL,
     "REMOTE_REGION",
     "published",
     true},
    {"the global name", {0}, "zone", GLOBAL, "A", UP, NULL, "REMOTE_GLOBAL", "published", true},
    {"one address is missing",
     {0},
     "zone",
     GLOBAL,
     "A",
     "=203.0.113.1",
     NULL,
     "REMOTE_GLOBAL",
     "undecided",
     false},
    {"an empty zone points to the region",
     {NONE_READY},
     "zone",
     Z1,
     "A",
     R1 " " GLOBAL " =203.0.113.9",
     NULL,
     "REMOTE_GLOBAL",
     "published",
     true},
    {"no IPv6", {0}, "c1", PLAIN, "AAAA", "NODATA", NULL, "NODATA", "no-ipv6", true},
    {"a name with addresses is no alias",
     {0},
     "zone",
     GLOBAL,
     "CNAME",
     "NODATA",
     NULL,
     "NODATA",
     "no-alias",
     true},
    {"no service here",
     {"clusters/c1/service {'status':404}"},
     "c1",
     PLAIN,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "no-shard",
     true},
    {"nobody is ready",
     {NONE_READY, C2_UNREADY},
     "c1",
     FED,
     "A",
     "NODATA",
     NULL,
     "NODATA",
     "no-ready-endpoint",
     true},
    {"the server fails", {0}, "c1", GLOBAL, "A", "SERVFAIL", UP, "SERVFAIL", "server-error", false},
    {"the server refuses",
     {0},
     "zone",
     GLOBAL,
     "A",
     "REFUSED",
     NULL,
     "SERVFAIL",
     "zone-server-error",
     false},
    {"silence", {0}, "c1", PLAIN, "A", "!no answer in time", NULL, "TIMEOUT", "no-answer", false},
    {"answers to other questions",
     {0},
     "c1",
     PLAIN,
     "A",
     "!foreign",
     NULL,
     "TIMEOUT",
     "foreign",
     false},
    {"a circle", {0}, "zone", Z1, "A", R1 " @", NULL, "LOOP", "loop", false},
    {"an address of a cluster that is Offline",
     {"registered/json/items/1/status {'conditions':[{'type':'Offline','status':'True'}]}"},
     "zone",
     GLOBAL,
     "A",
     UP,
     NULL,
     "STALE",
     "stale-offline",
     false},
    {"an address of a cluster without a ready endpoint",
     {C2_UNREADY},
     "zone",
     GLOBAL,
     "A",
     UP,
     NULL,
     "STALE",
     "stale-unready",
     false},
    {"an address that nobody has",
     {0},
     "zone",
     GLOBAL,
     "A",
     "=198.51.100.7",
     NULL,
     "STALE",
     "stale-unknown",
     false},
    {"a ClusterIP in the zone",
     {0},
     "zone",
     GLOBAL,
     "A",
     "=10.152.183.22",
     NULL,
     "LEAKED",
     "cluster-address",
     false},
    {"another cluster's ClusterIP",
     {0},
     "c1",
     PLAIN,
     "A",
     "=10.152.183.22/30",
     NULL,
     "LEAKED",
     "cluster-address",
     false},
    {"records of a deleted service",
     {GONE},
     "zone",
     Z1,
     "A",
     R1 " " GLOBAL " NXDOMAIN",
     NULL,
     "LEAKED",
     "service-deleted",
     false},
    {"an hour instead of three minutes",
     {0},
     "zone",
     GLOBAL,
     "A",
     "=203.0.113.1/3600 =203.0.113.9/3600",
     NULL,
     "WRONG_TTL",
     "ttl",
     false},
    {"no time at all", {0}, "c1", PLAIN, "A", "=10.152.183.11/0", NULL, "WRONG_TTL", "ttl", false},
    {"a resolver may have counted down",
     {NONE_READY},
     "c1",
     FED,
     "A",
     Z1 "/9 " R1 "/9 " GLOBAL "/9 =203.0.113.9/9",
     UP,
     "REMOTE_GLOBAL",
     "remote",
     true},
    {"an alias to nothing",
     {NONE_READY},
     "c1",
     FED,
     "CNAME",
     "=" Z1 "/30",
     NULL,
     "NODATA",
     "undecided",
     false},
    {"never asked",
     {"clusters/c1/dns {'problem':'no pod'}"},
     "c1",
     PLAIN,
     "A",
     "",
     NULL,
     "NOT_ASKED",
     "unseen",
     false},
};

#define LEAF "etcd/leaves [{'key':'/skydns/org/x/svc/f/default/b/1','value':'{}'}]"
#define TYPE(t) "federated/json/spec/type '" t "'"
#define CONFIG "clusters/c1/config/json/data"

static const struct claim whys[] = {
    {"NodePort",
     {TYPE("NodePort")},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "service-type",
     false},
    {"ClusterIP",
     {TYPE("ClusterIP")},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "service-type",
     false},
    {"NodePort, seen from a cluster",
     {TYPE("NodePort"), NONE_READY},
     "c1",
     FED,
     "A",
     "NODATA",
     "NXDOMAIN",
     "NODATA",
     "service-type",
     false},
    {"a NodePort with records is not why",
     {TYPE("NodePort"), LEAF},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "not-served",
     false},
    {"the federation's service is not to be seen",
     {"federated {'status':0,'problem':'refused'}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "unseen",
     false},
    {"no zone label on a node",
     {"registered/json/items/0/status {}", "registered/json/items/1/status {}",
      "clusters/c1/nodes/json {'items':[{'metadata':{'name':'n1','labels':{"
      "'failure-domain.beta.kubernetes.io/region':'r1'}}}]}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "no-zone-label",
     false},
    {"no region label on a node",
     {"registered/json/items/0/status {}",
      "clusters/c1/nodes/json {'items':[{'metadata':{'name':'n1','labels':{"
      "'failure-domain.beta.kubernetes.io/zone':'z1'}}}]}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "no-region-label",
     false},
    {"labelled, but not polled since",
     {"registered/json/items/0/status {}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "zones-not-read",
     false},
    {"a load balancer that is pending",
     {"clusters/c1/service/json/status {'loadBalancer':{}}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "no-ingress",
     false},
    {"a member that has not joined",
     {"registered/json {'items':[]}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "not-joined",
     false},
    {"a provider without [Global]",
     {"provider/text 'zones = x.org.'"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "provider-section",
     false},
    {"a provider for another zone",
     {"provider/text '[Global]\\nzones = y.org., z.org'"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "provider-zone",
     false},
    {"an etcd with TLS",
     {"etcd {'endpoint':'http://10.3.0.9:2379','state':'tls'}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "etcd-tls",
     false},
    {"an etcd that is down",
     {"etcd {'endpoint':'http://10.3.0.9:2379','state':'closed'}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "etcd-closed",
     false},
    {"an etcd that cannot be seen",
     {"etcd {}"},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "unseen",
     false},
    {"records that are not served",
     {LEAF},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "not-served",
     false},
    {"nobody serves the zone",
     {NONE_READY},
     "c1",
     FED,
     "A",
     "NODATA",
     "!refused",
     "NODATA",
     "zone-server-silent",
     false},
    {"a lame server", {0}, "zone", GLOBAL, "A", "lame", NULL, "NODATA", "lame", false},
    {"nothing explains it",
     {0},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "undecided",
     false},
    {"the stub domain is missing",
     {NONE_READY, CONFIG "/stubDomains -"},
     "c1",
     FED,
     "A",
     "NODATA",
     UP,
     "NODATA",
     "stub-domain-missing",
     false},
    {"the stub domain is no JSON",
     {NONE_READY, CONFIG "/stubDomains 'x.org:10.3.0.5'"},
     "c1",
     FED,
     "A",
     "NODATA",
     UP,
     "NODATA",
     "stub-domain-malformed",
     false},
    {"the stub domain has a dot",
     {NONE_READY, CONFIG "/stubDomains '{\\\"x.org.\\\":[\\\"10.3.0.5:30054\\\"]}'"},
     "c1",
     FED,
     "A",
     "NODATA",
     UP,
     "NODATA",
     "stub-domain-dot",
     false},
    {"the stub domain is elsewhere",
     {CONFIG "/stubDomains '{\\\"x.org\\\":[\\\"10.3.0.6\\\"]}'"},
     "c1",
     Z2,
     "A",
     "SERVFAIL",
     UP,
     "SERVFAIL",
     "stub-domain-elsewhere",
     false},
    {"kube-dns does not know the federation",
     {CONFIG "/federations -"},
     "c1",
     FED,
     "A",
     "NXDOMAIN",
     UP,
     "NXDOMAIN",
     "federations-missing",
     false},
    {"kube-dns knows another one",
     {CONFIG "/federations 'g=x.org,f=y.org'"},
     "c1",
     FED,
     "A",
     "NXDOMAIN",
     UP,
     "NXDOMAIN",
     "federations-missing",
     false},
    {"its federations end in a dot",
     {CONFIG "/federations 'f=x.org.'"},
     "c1",
     FED,
     "A",
     "NXDOMAIN",
     UP,
     "NXDOMAIN",
     "federations-dot",
     false},
    {"its federations are nonsense",
     {CONFIG "/federations 'f:x.org'"},
     "c1",
     FED,
     "A",
     "NXDOMAIN",
     UP,
     "NXDOMAIN",
     "federations-malformed",
     false},
    {"its ConfigMap is not to be seen",
     {"clusters/c1/config {'status':403}"},
     "c1",
     FED,
     "A",
     "NXDOMAIN",
     UP,
     "NXDOMAIN",
     "unseen",
     false},
    {"CoreDNS without federation",
     {"clusters/c1/corefile {'status':200,'json':{'data':{'Corefile':'.:53 { kubernetes }'}}}"},
     "c1",
     FED,
     "A",
     "NXDOMAIN",
     UP,
     "NXDOMAIN",
     "coredns-no-federation",
     false},
    {"kube-dns finds no labels",
     {NONE_READY, "clusters/c1/nodes/json {'items':[{'metadata':{'name':'n1'}}]}"},
     "c1",
     FED,
     "A",
     "NODATA",
     UP,
     "NODATA",
     "no-zone-label",
     false},
    {"kube-dns keeps the zone that it found first",
     {NONE_READY},
     "c1",
     FED,
     "CNAME",
     "=b.default.f.svc.z0.r0.x.org./30",
     UP,
     "NODATA",
     "labels-kept",
     false},
    {"endpoints that are not ready count for kube-dns",
     {NONE_READY},
     "c1",
     FED,
     "A",
     PLAIN "/30 =10.152.183.11/30",
     UP,
     "LOCAL_VIA_FED",
     "not-ready-counts",
     false},
    {"there never was such a service",
     {GONE},
     "zone",
     GLOBAL,
     "A",
     "NXDOMAIN",
     NULL,
     "NXDOMAIN",
     "no-service",
     true},
};

static json_t *table_of(const struct claim *c) {
    json_t *evidence = quoted(base), *answers = json_array();
    for (size_t i = 0; i < ARRAY_LEN(c->changes) && c->changes[i]; i++)
        change(evidence, c->changes[i]);
    json_array_append_new(answers, row_of(c->asker, c->name, c->type, c->answer));
    if (c->zone)
        json_array_append_new(answers, row_of("zone", GLOBAL, "A", c->zone));
    json_t *table = truth_table(evidence, answers);
    json_decref(evidence);
    json_decref(answers);
    return table;
}

static void check(const struct claim *c) {
    json_t *table = table_of(c);
    const json_t *row = json_array_get(json_object_get(table, "rows"), 0);
    const char *verdict = json_str(row, "verdict", NULL);
    const char *code = json_str(json_array_get(json_object_get(row, "why"), 0), "code", NULL);
    char *shown = json_text(row);
    if (!str_eq(verdict, c->verdict) || !str_eq(code, c->code) ||
        json_flag(row, "ok", NULL) != c->ok)
        fail_msg("%s: %s because of %s, expected %s because of %s (%s): %s", c->what, verdict, code,
                 c->verdict, c->code, c->ok ? "as it should be" : "wrong", shown);
    free(shown);
    json_decref(table);
}

static void truth__every_answer_gets_its_verdict(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
        check(&verdicts[i]);
}

static void truth__every_missing_precondition_gives_its_own_reason(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(whys); i++)
        check(&whys[i]);
}

static void truth__questions_cover_every_form_asker_and_type(void **state) {
    (void)state;
    json_t *evidence = quoted(base), *questions = truth_questions(evidence);
    /* Five inside forms, one global, two regions, two zones; two clusters; and outside at the
     * zone's server; four types. */
    assert_int_equal(json_array_size(questions), (10 * 2 + 5) * 4);
    const json_t *first = json_array_get(questions, 0);
    assert_string_equal(json_str(first, "name", NULL), "b");
    assert_int_equal(json_array_size(json_object_get(first, "candidates")), 3);
    assert_string_equal(json_string_value(json_array_get(json_object_get(first, "candidates"), 0)),
                        PLAIN);
    json_decref(questions);
    change(evidence, "clusters/c1/nodes {'status':0}");
    change(evidence, "clusters/c2/nodes {'status':0}");
    change(evidence, "types ['A']");
    questions = truth_questions(evidence);
    assert_int_equal(json_array_size(questions), 8 * 2 + 3); /* names that cannot be formed stay */
    json_decref(questions);
    json_decref(evidence);
}

static void truth__a_search_list_remembers_what_says_most(void **state) {
    (void)state;
    json_t *nx = answer_of(SHORT, "A", "NXDOMAIN"), *nodata = answer_of(SHORT, "A", "NODATA");
    json_t *found = answer_of(SHORT, "A", "=10.0.0.1"), *silent = answer_of(SHORT, "A", "!no");
    assert_false(truth_search_ends(nx));
    assert_false(truth_search_ends(nodata));
    assert_true(truth_search_ends(found));
    assert_true(truth_search_ends(silent));
    assert_true(truth_search_prefers(nodata, nx));
    assert_false(truth_search_prefers(nx, nodata));
    json_decref(nx);
    json_decref(nodata);
    json_decref(found);
    json_decref(silent);
}

static void truth__the_walk_throughs_last_step_is_one_line(void **state) {
    (void)state;
    const struct claim c = {.changes = {TYPE("NodePort")},
                            .asker = "c2",
                            .name = PLAIN,
                            .type = "A",
                            .answer = "=10.152.183.22/30"};
    json_t *table = table_of(&c);
    char *line = truth_line(table, "c2", "svc.ns.svc", "A");
    assert_string_equal(line, "b: asked b.default.svc.cluster.local of c2's kube-dns, got "
                              "10.152.183.22 (service network of c2): LOCAL_PLAIN; no federation "
                              "record exists because the service is a NodePort");
    assert_null(truth_line(table, "c9", "svc", "A"));
    free(line);
    json_decref(table);
}

static void truth__evidence_of_any_shape_is_borne(void **state) {
    (void)state;
    static const char *const shapes[] = {"{}", "{'clusters':{'c1':null}}",
                                         "{'clusters':{'c1':{'service':7,'nodes':[]}},'zone':3}"};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        json_t *evidence = quoted(shapes[i]), *questions = truth_questions(evidence);
        json_t *table = truth_table(evidence, questions);
        assert_int_equal(json_array_size(json_object_get(table, "rows")),
                         json_array_size(questions));
        size_t at;
        json_t *row;
        json_array_foreach(json_object_get(table, "rows"), at, row)
            assert_true(json_array_size(json_object_get(row, "why")) > 0);
        json_decref(table);
        json_decref(questions);
        json_decref(evidence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth__every_answer_gets_its_verdict),
        cmocka_unit_test(truth__every_missing_precondition_gives_its_own_reason),
        cmocka_unit_test(truth__questions_cover_every_form_asker_and_type),
        cmocka_unit_test(truth__a_search_list_remembers_what_says_most),
        cmocka_unit_test(truth__the_walk_throughs_last_step_is_one_line),
        cmocka_unit_test(truth__evidence_of_any_shape_is_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
