/* Why a row is as it is, from evidence; the reason that decides comes first. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/truth_parts.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

void truth_why_add(json_t *why, const char *code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    size_t i;
    json_t *one;
    json_array_foreach(why, i, one) {
        if (str_eq(json_str(one, "text", NULL), text))
            return;
    }
    json_array_append_new(why, json_pack("{s:s, s:s}", "code", code, "text", text));
}

bool truth_why_unseen(json_t *why, const json_t *seen, const char *fmt, ...) {
    int64_t status = truth_status(seen);
    if (status == 200 || status == 404)
        return false;
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *what = xvasprintf(fmt, ap);
    va_end(ap);
    const char *problem = json_str(seen, "problem", NULL);
    if (status)
        truth_why_add(why, "unseen", "could not see %s: HTTP status %d", what, (int)status);
    else
        truth_why_add(why, "unseen", "could not see %s: %s", what,
                      problem ? problem : "it was not asked for");
    return true;
}

/* --- the cluster's own DNS -------------------------------------------------------------------- */

/* What kube-dns makes of its federations text: NULL when it knows federation=zone. */
static const char *federations_fault(const struct truth *t, const char *text) {
    CLEANUP(str_freep) char *copy = xstrdup(text);
    char *rest = copy;
    bool found = false;
    for (char *pair; (pair = str_next(&rest, ',')) != NULL;) {
        char *domain = strchr(pair, '=');
        if (!domain)
            return "federations-malformed";
        *domain++ = '\0';
        pair += strspn(pair, " \t\n");
        pair[strcspn(pair, " \t\n")] = '\0';
        domain += strspn(domain, " \t\n");
        domain[strcspn(domain, " \t\n")] = '\0';
        if (str_has_suffix(domain, "."))
            return "federations-dot";
        if (!*pair || !*domain)
            return "federations-malformed";
        found |= str_eq(pair, t->federation) && strcasecmp(domain, t->zone) == 0;
    }
    return found ? NULL : "federations-missing";
}

static bool say_coredns(const struct truth_cluster *c, json_t *why) {
    const char *corefile = json_str(c->evidence, "corefile", "json", "data", "Corefile", NULL);
    if (!corefile)
        return false;
    if (!strstr(corefile, "federation"))
        truth_why_add(why, "coredns-no-federation",
                      "the cluster DNS of %s is CoreDNS, whose Corefile has no federation",
                      c->name);
    return true;
}

/* Whether the cluster's DNS knows the federation; else says why not. */
static void say_federations(const struct truth *t, const struct truth_cluster *c, json_t *why) {
    const json_t *config = json_object_get(c->evidence, "config");
    if (say_coredns(c, why) ||
        truth_why_unseen(why, config, "the ConfigMap kube-dns of %s", c->name))
        return;
    const char *text = json_str(config, "json", "data", "federations", NULL);
    const char *fault = text ? federations_fault(t, text) : "federations-missing";
    if (!fault)
        return;
    if (str_eq(fault, "federations-dot"))
        truth_why_add(why, fault,
                      "the ConfigMap kube-dns of %s is ignored for the trailing dot in "
                      "federations: \"%s\"",
                      c->name, text);
    else if (str_eq(fault, "federations-malformed"))
        truth_why_add(why, fault,
                      "the ConfigMap kube-dns of %s is ignored: federations \"%s\" is no "
                      "list of name=domain",
                      c->name, text);
    else
        truth_why_add(why, fault, "kube-dns of %s does not know %s=%s (federations: %s%s%s)",
                      c->name, t->federation, t->zone, text ? "\"" : "", text ? text : "none",
                      text ? "\"" : "");
}

static void say_labels(const struct truth_cluster *c, json_t *why) {
    if (c->zone ||
        truth_why_unseen(why, json_object_get(c->evidence, "nodes"), "the nodes of %s", c->name))
        return;
    const char *label = c->node_without_zone ? "zone" : "region";
    truth_why_add(why, c->node_without_zone ? "no-zone-label" : "no-region-label",
                  "no node of %s has both labels, zone and region (%s has no %s), so its kube-dns "
                  "cannot say where to go on",
                  c->name, c->node_without_zone ? c->node_without_zone : c->node_without_region,
                  label);
}

/* kube-dns keeps the zone that it found first. */
static void say_cached_labels(const struct truth *t, const struct truth_cluster *c,
                              const json_t *rows, json_t *why) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const json_t *records = json_at(row, "answer", "way", "records", NULL);
        const char *target = json_str(json_array_get(records, 0), "data", NULL);
        if (!str_eq(json_str(row, "asker", NULL), c->name) || !c->zone ||
            !str_eq(json_str(row, "type", NULL), "CNAME") ||
            !str_eq(json_str(row, "form", NULL), "svc.ns.fed.svc") ||
            truth_level_of(t, target) != TRUTH_ZONE_LEVEL)
            continue;
        CLEANUP(str_freep) char *now = xasprintf(".svc.%s.%s.", c->zone, c->region);
        if (!strcasestr(target, now))
            truth_why_add(why, "labels-kept",
                          "kube-dns of %s still goes to %s; its nodes now say %s.%s: it keeps the "
                          "zone that it found first until it is restarted",
                          c->name, target, c->zone, c->region);
    }
}

static bool has_server(const json_t *servers, const struct truth *t) {
    const char *address = json_str(t->evidence, "zone_server", "address", NULL);
    int64_t port = json_int(t->evidence, 53, "zone_server", "port", NULL);
    CLEANUP(str_freep)
    char *whole = xasprintf("%s:%d", address ? address : "", (int)port);
    return !address || truth_has(servers, whole) || (port == 53 && truth_has(servers, address));
}

/* Whether the cluster's DNS asks the zone's server for the zone; else says why not. */
static void say_stub_domain(const struct truth *t, const struct truth_cluster *c, json_t *why) {
    const json_t *config = json_object_get(c->evidence, "config");
    if (json_str(c->evidence, "corefile", "json", "data", "Corefile", NULL) ||
        truth_why_unseen(why, config, "the ConfigMap kube-dns of %s", c->name))
        return;
    const char *text = json_str(config, "json", "data", "stubDomains", NULL);
    CLEANUP(json_freep) json_t *stubs = text ? json_parse(text, strlen(text), "", NULL) : NULL;
    CLEANUP(str_freep) char *dotted = xasprintf("%s.", t->zone);
    const json_t *servers = json_object_get(stubs, t->zone);
    CLEANUP(str_freep) char *shown = servers ? json_text(servers) : NULL;
    if (text && !stubs)
        truth_why_add(why, "stub-domain-malformed", "stubDomains of %s's kube-dns is no JSON",
                      c->name);
    else if (!servers && json_object_get(stubs, dotted))
        truth_why_add(why, "stub-domain-dot",
                      "the stub domain of %s's kube-dns is \"%s\", and its trailing dot is refused",
                      c->name, dotted);
    else if (!servers)
        truth_why_add(why, "stub-domain-missing",
                      "stub domain missing: kube-dns of %s is not told where %s is served", c->name,
                      t->zone);
    else if (!has_server(servers, t))
        truth_why_add(why, "stub-domain-elsewhere",
                      "kube-dns of %s asks %s for %s, which is served at %s:%d", c->name, shown,
                      t->zone, json_str(t->evidence, "zone_server", "address", NULL),
                      (int)json_int(t->evidence, 53, "zone_server", "port", NULL));
}

/* --- by verdict ------------------------------------------------------------------------------- */

static bool is_form(const json_t *row, const char *a, const char *b, const char *c) {
    const char *form = json_str(row, "form", NULL);
    return str_eq(form, a) || str_eq(form, b) || (c && str_eq(form, c));
}
static bool is_plain(const json_t *row) {
    return is_form(row, "svc", "svc.ns", "svc.ns.svc");
}

static void say_not_asked(const struct truth *t, const json_t *row, json_t *why) {
    const char *asker = json_str(row, "asker", NULL);
    const struct truth_cluster *c = truth_find(t, asker);
    if (json_array_size(json_object_get(row, "candidates")) == 0) {
        for (size_t i = 0; i < t->cluster_count; i++)
            say_labels(&t->clusters[i], why);
        if (!*t->zone)
            truth_why_add(why, "unseen", "could not see the federation's zone");
        if (json_array_size(why) == 0 &&
            !truth_why_unseen(why, json_object_get(t->evidence, "registered"),
                              "the clusters of the federation"))
            truth_why_add(why, "unseen",
                          "no cluster is known whose zone and region could be named");
        return;
    }
    const char *problem = c ? json_str(c->evidence, "dns", "problem", NULL)
                            : json_str(t->evidence, "zone_server", "problem", NULL);
    if (c)
        truth_why_add(why, "unseen", "could not ask the DNS of %s: %s", asker,
                      problem ? problem : "nobody said how to reach it");
    else
        truth_why_add(why, "unseen", "could not ask the server of %s: %s", t->zone,
                      problem ? problem : "nobody said where it is");
}

static void say_no_answer(const json_t *row, json_t *why) {
    const json_t *answer = json_object_get(row, "answer");
    int64_t foreign = json_int(answer, 0, "foreign", NULL);
    const char *problem = json_str(answer, "problem", NULL);
    if (foreign > 0)
        truth_why_add(why, "foreign",
                      "%d packets came that answer another question (wrong id or name), and none "
                      "that answers this one",
                      (int)foreign);
    truth_why_add(why, "no-answer", "%s", problem);
}

static void say_loop(const json_t *row, json_t *why) {
    const json_t *chain = json_at(row, "answer", "way", "chain", NULL);
    struct buf text = BUF_INIT;
    size_t i;
    json_t *hop;
    json_array_foreach(chain, i, hop) {
        if (i < 4)
            buf_addf(&text, "%s -> ", json_str(hop, "name", NULL));
    }
    truth_why_add(why, "loop", "the CNAMEs lead in a circle or without end: %s%s", buf_str(&text),
                  json_str(row, "answer", "way", "final", NULL));
    buf_release(&text);
}

static void say_address(const struct truth *t, const char *address, json_t *why) {
    for (size_t i = 0; i < t->cluster_count; i++) {
        const struct truth_cluster *c = &t->clusters[i];
        if (str_eq(c->cluster_ip, address) || truth_has(c->endpoint_addresses, address)) {
            truth_why_add(why, "cluster-address",
                          "%s is an address inside of %s, of no use anywhere else", address,
                          c->name);
            return;
        }
        if (!truth_has(c->ingress, address) && !truth_has(c->node_addresses, address))
            continue;
        if (c->offline)
            truth_why_add(why, "stale-offline", "%s belongs to %s, which is Offline", address,
                          c->name);
        else if (!truth_is_healthy(c))
            truth_why_add(why, "stale-unready", "%s belongs to %s, which has no ready endpoint",
                          address, c->name);
        return;
    }
    truth_why_add(why, "stale-unknown", "no cluster has the address %s now", address);
}

static void say_wrong_address(const struct truth *t, const json_t *row, json_t *why) {
    size_t i;
    json_t *address;
    if (t->federated_seen && !t->federated)
        truth_why_add(why, "service-deleted",
                      "the federation has no service %s any more, and its records are still there",
                      t->service);
    if (json_str(row, "type", NULL)[0] != 'A') {
        truth_why_add(why, "target", "what it points to is not as it should be (see the A row)");
        return;
    }
    json_array_foreach(json_object_get(row, "addresses"), i, address)
        say_address(t, json_string_value(address), why);
}

static void say_ttl(const struct truth *t, const json_t *row, json_t *why) {
    const json_t *way = json_at(row, "answer", "way", NULL);
    const json_t *hop = json_array_get(json_object_get(way, "chain"), 0);
    const json_t *record = json_array_get(json_object_get(way, "records"), 0);
    truth_why_add(why, "ttl", "the TTL is %d%s, expected %d for records of the zone",
                  (int)json_int(record, 0, "ttl", NULL), hop ? " at the end of a chain" : "",
                  (int)t->ttl);
}

/* What is as it should be has a reason too. */
static void say_fine(const struct truth *t, const json_t *row, const json_t *rows, json_t *why) {
    const char *verdict = json_str(row, "verdict", NULL), *asker = json_str(row, "asker", NULL);
    const struct truth_cluster *c = truth_find(t, asker);
    bool remote = str_has_prefix(verdict, "REMOTE");
    if (is_plain(row)) {
        if (c && c->service_seen && !c->has_service)
            truth_why_add(why, "no-shard", "%s has no service %s", asker, t->service);
        else if (str_eq(verdict, "LOCAL_PLAIN")) {
            truth_why_published(t, rows, why);
            truth_why_add(why, "own-dns", "the name asks only %s's own DNS", asker);
        } else
            truth_why_add(why, str_eq(json_str(row, "type", NULL), "AAAA") ? "no-ipv6" : "no-alias",
                          "the service of %s has %s", asker,
                          str_eq(json_str(row, "type", NULL), "AAAA") ? "no IPv6 address"
                                                                      : "addresses, not an alias");
    } else if (str_eq(verdict, "LOCAL_VIA_FED")) {
        truth_why_add(why, "local-shard", "%s has a healthy shard, which its own DNS prefers",
                      asker);
    } else if (remote && c) {
        truth_why_add(why, "remote", "%s has no ready endpoint, so another cluster answers", asker);
    } else if (remote) {
        truth_why_add(why, "published", "the federation has written the addresses");
    } else if (t->federated_seen && !t->federated) {
        truth_why_add(why, "no-service", "the federation has no service %s in %s", t->service,
                      t->ns);
    } else if (truth_is_healthy_in(t, NULL, NULL)) {
        bool alias = str_eq(json_str(row, "type", NULL), "CNAME");
        truth_why_add(why, alias ? "no-alias" : "no-ipv6",
                      alias ? "the server gives addresses here, not an alias alone"
                            : "there is no IPv6 address");
    } else {
        truth_why_add(why, "no-ready-endpoint", "no cluster has a ready endpoint of %s",
                      t->service);
    }
}

/* Something should be there and is not, or not in full. */
static void say_missing(const struct truth *t, const json_t *row, const json_t *rows, json_t *why) {
    const struct truth_cluster *c = truth_find(t, json_str(row, "asker", NULL));
    const char *rcode = json_str(row, "answer", "way", "rcode", NULL);
    bool error = str_eq(json_str(row, "verdict", NULL), "SERVFAIL");
    if (str_has_prefix(json_str(row, "verdict", NULL), "LOCAL") && c && c->ready == 0)
        truth_why_add(why, "not-ready-counts",
                      "kube-dns of %s counts endpoints that are not ready (%d of them)", c->name,
                      (int)c->not_ready);
    if (c && is_form(row, "svc.ns.fed", "svc.ns.fed.svc", NULL)) {
        say_federations(t, c, why);
        if (c->ready == 0 || !c->has_service) {
            say_labels(c, why);
            say_cached_labels(t, c, rows, why);
        }
    }
    if (!is_plain(row))
        truth_why_published(t, rows, why);
    if (c && !is_plain(row))
        say_stub_domain(t, c, why);
    if (error)
        truth_why_add(why, "server-error", "the server answers %s", rcode ? rcode : "nothing");
    if (json_array_size(why) == 0)
        truth_why_add(why, "undecided",
                      "every condition that was looked at holds: what is here does not say why");
}

json_t *truth_why(const struct truth *t, const json_t *row, const json_t *rows) {
    const char *verdict = json_str(row, "verdict", NULL);
    json_t *why = json_array();
    if (str_eq(verdict, "NOT_ASKED"))
        say_not_asked(t, row, why);
    else if (str_eq(verdict, "TIMEOUT"))
        say_no_answer(row, why);
    else if (str_eq(verdict, "LOOP"))
        say_loop(row, why);
    else if (str_eq(verdict, "LEAKED") || str_eq(verdict, "STALE"))
        say_wrong_address(t, row, why);
    else if (str_eq(verdict, "WRONG_TTL"))
        say_ttl(t, row, why);
    else if (json_flag(row, "ok", NULL))
        say_fine(t, row, rows, why);
    else
        say_missing(t, row, rows, why);
    return why;
}
