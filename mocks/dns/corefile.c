#include "mocks/dns/corefile.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdio.h>
#include <string.h>

enum { TOKENS_MAX = 32 };

struct parser {
    char *rest; /* of the text that is being cut */
    int line;
    char *token[TOKENS_MAX];
    size_t count;
    bool opens; /* the line ends with "{" */
    struct err *err;
};

static int fail(const struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(const struct parser *p, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    return err_set(p->err, ERR_INPUT, "Corefile:%d: %s", p->line, text);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts a line into tokens in place. false: too many, or a quote that is not closed. */
static bool cut(struct parser *p, char *line) {
    p->count = 0;
    while (*line) {
        while (is_space(*line))
            *line++ = '\0';
        if (!*line || *line == '#')
            break;
        if (p->count == TOKENS_MAX)
            return false;
        if (*line == '"') {
            p->token[p->count++] = ++line;
            line += strcspn(line, "\"");
            if (!*line)
                return false;
            *line++ = '\0';
            continue;
        }
        p->token[p->count++] = line;
        while (*line && !is_space(*line))
            line++;
    }
    *line = '\0';
    p->opens = p->count > 0 && strcmp(p->token[p->count - 1], "{") == 0;
    if (p->opens)
        p->count--;
    return true;
}

/* 1: a line with tokens; 0: the end. */
static int next_line(struct parser *p) {
    for (char *line; (line = str_next(&p->rest, '\n'));) {
        p->line++;
        if (!cut(p, line))
            return fail(p, "%s", "more than 32 words, or a quote that is not closed");
        if (p->count > 0 || p->opens)
            return 1;
    }
    return 0;
}

/* "10.152.183.0/24" is its reverse zone, as in CoreDNS; other prefixes widen to whole octets. */
static bool reverse_zone(const char *text, struct dns_name *ret) {
    unsigned a, b, c, d, bits;
    char rest, name[64];
    if (sscanf(text, "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &bits, &rest) != 5 || a > 255 ||
        b > 255 || c > 255 || d > 255 || bits > 32)
        return false;
    if (bits >= 24)
        snprintf(name, sizeof(name), "%u.%u.%u.in-addr.arpa", c, b, a);
    else if (bits >= 16)
        snprintf(name, sizeof(name), "%u.%u.in-addr.arpa", b, a);
    else if (bits >= 8)
        snprintf(name, sizeof(name), "%u.in-addr.arpa", a);
    else
        snprintf(name, sizeof(name), "in-addr.arpa");
    return dns_name_from_text(name, ret);
}

static int add_zone(struct parser *p, const char *text, struct core_zones *zones) {
    CLEANUP(str_freep) char *copy = xstrdup(text);
    char *zone = copy;
    if (str_has_prefix(zone, "dns://"))
        zone += 6;
    else if (strstr(zone, "://"))
        return fail(p, "%s: only plain DNS is simulated", text);
    char *colon = strrchr(zone, ':');
    int64_t port;
    if (colon && str_to_int(colon + 1, 1, 65535, &port))
        *colon = '\0';
    struct dns_name *name = &zones->item[zones->count];
    if (zones->count == CORE_ZONES_MAX)
        return fail(p, "%s: more than 16 zones", text);
    if (!reverse_zone(zone, name) && !dns_name_from_text(zone, name))
        return fail(p, "\"%s\" is no zone", text);
    zones->count++;
    return 0;
}

static int add_zones(struct parser *p, size_t from, const struct core_zones *otherwise,
                     struct core_zones *zones) {
    for (size_t i = from; i < p->count; i++) {
        int r = add_zone(p, p->token[i], zones);
        if (r < 0)
            return r;
    }
    if (zones->count == 0)
        *zones = *otherwise;
    return 0;
}

static int add_servers(struct parser *p, size_t from, struct core_servers *servers) {
    if (from >= p->count)
        return fail(p, "%s needs at least one address", p->token[0]);
    for (size_t i = from; i < p->count; i++) {
        if (servers->count == CORE_SERVERS_MAX)
            return fail(p, "%s: more than 16 addresses", p->token[0]);
        servers->item[servers->count++] = xstrdup(p->token[i]);
    }
    return 0;
}

struct property { /* one line of a directive's own block */
    const char *name;
    int (*read)(struct parser *p, struct core_block *b); /* NULL: accepted, changes no answer */
};

static int etcd_path(struct parser *p, struct core_block *b) {
    if (p->count != 2 || p->token[1][0] != '/')
        return fail(p, "%s needs a path that begins with \"/\"", p->token[0]);
    free(b->etcd.path);
    b->etcd.path = xstrdup(p->token[1]);
    size_t len = strlen(b->etcd.path);
    if (b->etcd.path[len - 1] == '/')
        b->etcd.path[len - 1] = '\0';
    return 0;
}
static int etcd_endpoint(struct parser *p, struct core_block *b) {
    return add_servers(p, 1, &b->etcd.endpoints);
}
static int etcd_upstream(struct parser *p, struct core_block *b) {
    return p->count > 1 ? add_servers(p, 1, &b->etcd.upstream) : 0;
}
static int etcd_fallthrough(struct parser *p, struct core_block *b) {
    (void)p;
    b->etcd.fallthrough = true;
    return 0;
}
static const struct property ETCD[] = {{"path", etcd_path},
                                       {"endpoint", etcd_endpoint},
                                       {"upstream", etcd_upstream},
                                       {"stubzones", NULL},
                                       {"fallthrough", etcd_fallthrough},
                                       {"tls", NULL},
                                       {"debug", NULL},
                                       {NULL, NULL}};

static int kubernetes_pods(struct parser *p, struct core_block *b) {
    const char *mode = p->count == 2 ? p->token[1] : "";
    b->kubernetes.pods = str_eq(mode, "insecure");
    if (!b->kubernetes.pods && !str_eq(mode, "disabled"))
        return fail(p, "pods must be \"disabled\" or \"insecure\" here, not \"%s\"", mode);
    return 0;
}
static int kubernetes_fallthrough(struct parser *p, struct core_block *b) {
    (void)p;
    b->kubernetes.fallthrough = true;
    return 0;
}
static int kubernetes_ttl(struct parser *p, struct core_block *b) {
    int64_t ttl;
    if (p->count != 2 || !str_to_int(p->token[1], 5, 3600, &ttl))
        return fail(p, "%s must be a number from 5 to 3600", p->token[0]);
    b->kubernetes.ttl = (uint32_t)ttl;
    return 0;
}
static int kubernetes_upstream(struct parser *p, struct core_block *b) {
    return p->count > 1 ? add_servers(p, 1, &b->kubernetes.upstream) : 0;
}
static const struct property KUBERNETES[] = {
    {"pods", kubernetes_pods}, {"fallthrough", kubernetes_fallthrough},
    {"ttl", kubernetes_ttl},   {"upstream", kubernetes_upstream},
    {"endpoint", NULL},        {"tls", NULL},
    {"resyncperiod", NULL},    {"cidrs", NULL},
    {"kubeconfig", NULL},      {NULL, NULL}};

static int federation_upstream(struct parser *p, struct core_block *b) {
    return p->count > 1 ? add_servers(p, 1, &b->federation.upstream) : 0;
}
/* Every other line names a federation and its domain. */
static int federation_name(struct parser *p, struct core_block *b) {
    struct core_federation *f = &b->federation;
    if (p->count != 2)
        return fail(p, "a federation is \"NAME DOMAIN\", not %zu words", p->count);
    if (f->count == CORE_FEDERATIONS_MAX)
        return fail(p, "%s: more than 16 federations", p->token[0]);
    if (!dns_name_from_text(p->token[1], &f->item[f->count].domain))
        return fail(p, "\"%s\" is no domain", p->token[1]);
    f->item[f->count].name = xstrdup(p->token[0]);
    for (char *c = f->item[f->count].name; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    f->count++;
    return 0;
}
static const struct property FEDERATION[] = {
    {"upstream", federation_upstream}, {"", federation_name}, {NULL, NULL}};

static const struct property ANY[] = {{NULL, NULL}}; /* the lines are not looked at */

static int etcd_begin(struct parser *p, struct core_block *b) {
    b->serves = b->etcd.on = true;
    if (!b->etcd.path)
        b->etcd.path = xstrdup("/skydns");
    return add_zones(p, 1, &b->zones, &b->etcd.zones);
}

static int kubernetes_begin(struct parser *p, struct core_block *b) {
    b->serves = b->kubernetes.on = true;
    b->kubernetes.ttl = 5;
    return add_zones(p, 1, &b->zones, &b->kubernetes.zones);
}

static int federation_begin(struct parser *p, struct core_block *b) {
    b->federation.on = true;
    return add_zones(p, 1, &b->zones, &b->federation.zones);
}

static int loadbalance_begin(struct parser *p, struct core_block *b) {
    if (p->count > 2 || (p->count == 2 && !str_eq(p->token[1], "round_robin")))
        return fail(p, "loadbalance knows \"round_robin\" only, not \"%s\"", p->token[1]);
    b->loadbalance = true;
    return 0;
}

static int proxy_begin(struct parser *p, struct core_block *b) {
    if (b->proxy_count == CORE_PROXIES_MAX)
        return fail(p, "more than 8 times %s", p->token[0]);
    if (p->count < 3)
        return fail(p, "%s needs a zone and at least one address", p->token[0]);
    struct core_proxy *proxy = &b->proxies[b->proxy_count];
    if (!dns_name_from_text(p->token[1], &proxy->from))
        return fail(p, "\"%s\" is no zone", p->token[1]);
    b->serves = true;
    b->proxy_count++;
    return add_servers(p, 2, &proxy->to);
}

static int chaos_begin(struct parser *p, struct core_block *b) {
    free(b->chaos);
    b->chaos = xstrdup(p->count > 1 ? p->token[1] : "CoreDNS-1.0.0");
    return 0;
}

static const struct directive {
    const char *name;
    int (*begin)(struct parser *p, struct core_block *b); /* NULL: accepted, changes no answer */
    const struct property *properties;
} DIRECTIVES[] = {
    {"federation", federation_begin, FEDERATION},
    {"etcd", etcd_begin, ETCD},
    {"kubernetes", kubernetes_begin, KUBERNETES},
    {"proxy", proxy_begin, ANY},
    {"forward", proxy_begin, ANY},
    {"chaos", chaos_begin, ANY},
    {"errors", NULL, ANY},
    {"log", NULL, ANY},
    {"health", NULL, ANY},
    {"ready", NULL, ANY},
    {"prometheus", NULL, ANY},
    {"cache", NULL, ANY},
    {"loadbalance", loadbalance_begin, ANY},
    {"loop", NULL, ANY},
    {"reload", NULL, ANY},
    {"pprof", NULL, ANY},
    {"trace", NULL, ANY},
    {"debug", NULL, ANY},
    {"bind", NULL, ANY},
    {"startup", NULL, ANY},
    {"shutdown", NULL, ANY},
};
static const char *const NOT_SIMULATED[] = {
    "auto",      "autopath", "dnssec",  "erratic", "file",  "hosts",
    "import",    "nsid",     "reverse", "rewrite", "root",  "route53",
    "secondary", "template", "tls",     "whoami",  "dnstap"};

static int read_properties(struct parser *p, const struct directive *d, struct core_block *b) {
    int r, opened_at = p->line;
    while ((r = next_line(p)) == 1) {
        if (p->count == 1 && !p->opens && strcmp(p->token[0], "}") == 0)
            return 0;
        if (p->opens || p->count == 0)
            return fail(p, "%s: no block can be opened here", d->name);
        if (d->properties == ANY)
            continue;
        const struct property *property = d->properties;
        while (property->name && *property->name && strcmp(property->name, p->token[0]) != 0)
            property++;
        if (!property->name)
            return fail(p, "unknown property '%s'", p->token[0]);
        r = property->read ? property->read(p, b) : 0;
        if (r < 0)
            return r;
    }
    p->line = opened_at;
    return r < 0 ? r : fail(p, "the block of %s is not closed", d->name);
}

static int read_directive(struct parser *p, struct core_block *b) {
    if (p->count == 0)
        return fail(p, "%s", "a block without a directive");
    const char *name = p->token[0];
    for (size_t i = 0; i < ARRAY_LEN(NOT_SIMULATED); i++)
        if (strcmp(NOT_SIMULATED[i], name) == 0)
            return fail(p, "directive '%s' is not simulated", name);
    for (size_t i = 0; i < ARRAY_LEN(DIRECTIVES); i++) {
        const struct directive *d = &DIRECTIVES[i];
        if (strcmp(d->name, name) != 0)
            continue;
        bool opens = p->opens;
        int r = d->begin ? d->begin(p, b) : 0;
        return r == 0 && opens ? read_properties(p, d, b) : r;
    }
    return fail(p, "Unknown directive '%s'", name);
}

static int read_block(struct parser *p, struct core_block *b) {
    if (!p->opens || p->count == 0)
        return fail(p, "expected zones and \"{\", got \"%s\"", p->count ? p->token[0] : "{");
    for (size_t i = 0; i < p->count; i++) {
        size_t len = strlen(p->token[i]);
        if (len > 1 && p->token[i][len - 1] == ',')
            p->token[i][len - 1] = '\0';
    }
    int r = add_zones(p, 0, &b->zones, &b->zones), opened_at = p->line;
    if (r < 0)
        return r;
    while ((r = next_line(p)) == 1) {
        if (p->count == 1 && !p->opens && strcmp(p->token[0], "}") == 0) {
            if (b->etcd.on && b->etcd.endpoints.count == 0)
                b->etcd.endpoints.item[b->etcd.endpoints.count++] =
                    xstrdup("http://localhost:2379");
            return 0;
        }
        r = read_directive(p, b);
        if (r < 0)
            return r;
    }
    p->line = opened_at;
    return r < 0 ? r : fail(p, "%s", "the server block is not closed");
}

int corefile_parse(const char *text, struct corefile *ret, struct err *err) {
    CLEANUP(str_freep) char *copy = xstrdup(text);
    struct err local;
    struct parser p = {.rest = copy, .err = err ? err : &local};
    struct corefile c = {.blocks = xcalloc(CORE_BLOCKS_MAX, sizeof(*c.blocks))};
    int r;
    while ((r = next_line(&p)) == 1) {
        r = c.count == CORE_BLOCKS_MAX ? fail(&p, "%s", "more than 32 server blocks")
                                       : read_block(&p, &c.blocks[c.count++]);
        if (r < 0)
            break;
    }
    if (r == 0 && c.count == 0)
        r = fail(&p, "%s", "no server block");
    if (r < 0) {
        corefile_release(&c);
        return r;
    }
    *ret = c;
    return 0;
}

static void servers_release(struct core_servers *s) {
    for (size_t i = 0; i < s->count; i++)
        free(s->item[i]);
}

void corefile_release(struct corefile *c) {
    for (size_t i = 0; i < c->count; i++) {
        struct core_block *b = &c->blocks[i];
        free(b->chaos);
        free(b->etcd.path);
        servers_release(&b->etcd.endpoints);
        servers_release(&b->etcd.upstream);
        servers_release(&b->kubernetes.upstream);
        servers_release(&b->federation.upstream);
        for (size_t k = 0; k < b->federation.count; k++)
            free(b->federation.item[k].name);
        for (size_t k = 0; k < b->proxy_count; k++)
            servers_release(&b->proxies[k].to);
    }
    free(c->blocks);
    *c = (struct corefile){0};
}

const struct dns_name *core_zones_match(const struct core_zones *zones,
                                        const struct dns_name *name) {
    const struct dns_name *best = NULL;
    for (size_t i = 0; i < zones->count; i++)
        if (dns_name_is_below(name, &zones->item[i]) && (!best || zones->item[i].len > best->len))
            best = &zones->item[i];
    return best;
}
