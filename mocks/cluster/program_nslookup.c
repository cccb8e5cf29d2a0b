/*
 * nslookup, which every few releases of busybox was another program: up to 1.28 libc's resolver
 * with the reverse name of each address; from 1.29 on its own, which sends all questions at once
 * and prints the answers as they come. What is said here of 1.35 is held against the real one by
 * cases/unit/cluster/test_busybox.c. Source: busybox networking/nslookup.c.
 */
#include "mocks/cluster/programs.h"
#include "mocks/cluster/resolver.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <strings.h>

enum { DNS_PORT = 53, QUERIES_MAX = 128, SEARCHES_SINCE = 33, OWN_RESOLVER_SINCE = 29 };

/* --- up to 1.28 ----------------------------------------------------------------------------- */

/* "Address 1: 10.1.2.3 its.name"; true: the name is still to come. */
static bool add_address(struct call *call, size_t number, const char *ip, struct buf *out) {
    CLEANUP(str_freep) char *name = NULL;
    if (resolver_lookup_address(call_resolver(call), ip, &name) == RESOLVER_PENDING)
        return true;
    buf_addf(out, "Address %zu: %s%s%s\n", number, ip, name ? " " : "", name ? name : "");
    return false;
}

static int nslookup_old(struct call *call, const char *name, const char *server) {
    struct buf out = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    CLEANUP(json_freep) json_t *found = json_array();
    buf_addf(&out, "Server:    %s\n", server);
    bool pending = add_address(call, 1, server, &out);
    buf_addf(&out, "\n");
    enum resolver_result r =
        pending ? RESOLVER_PENDING : resolver_lookup(call_resolver(call), name, found);
    pending = r == RESOLVER_PENDING;
    if (r == RESOLVER_OK)
        buf_addf(&out, "Name:      %s\n", name);
    size_t i;
    json_t *address;
    json_array_foreach(found, i, address) {
        pending = pending || add_address(call, i + 1, json_string_value(address), &out);
    }
    if (!pending)
        call_write(call, 1, out.data, out.len);
    buf_release(&out);
    if (pending)
        return call_again(call);
    if (r != RESOLVER_OK)
        call_err(call, "nslookup: can't resolve '%s'\n", name);
    return r != RESOLVER_OK;
}

/* --- from 1.29 on --------------------------------------------------------------------------- */

static const char *const TYPES[] = {"SOA", "NS",  "A",   "AAAA", "CNAME",
                                    "MX",  "TXT", "SRV", "PTR",  "ANY"};

struct ask { /* one question of a run */
    char *name;
    const char *type;
    const struct resolver_answer *answer;
    bool lost; /* its answer is taken for another one's */
};

struct nslookup {
    struct call *call;
    struct resolver_policy policy;
    unsigned types; /* bits of TYPES; 0: addresses, or a name for an address */
    int64_t port;
    const char *host, *server;
    int minor;
    struct ask asks[QUERIES_MAX];
    size_t count;
    bool debug;
    struct buf out;
    int code;
};

static void add_ask(struct nslookup *n, const char *type, char *name_owned) {
    if (n->count == QUERIES_MAX)
        free(name_owned);
    else
        n->asks[n->count++] = (struct ask){.name = name_owned, .type = type};
}

static void add_asks(struct nslookup *n, const char *type) {
    struct container *k = n->call->container;
    /* A server on the command line leaves /etc/resolv.conf unread. */
    char *domain =
        n->server || n->minor < SEARCHES_SINCE || strchr(n->host, '.') || str_eq(type, "PTR")
            ? NULL
            : resolver_search(k, 0);
    if (!domain || str_eq(domain, ".")) {
        add_ask(n, type, xstrdup(n->host));
        free(domain);
        return;
    }
    for (size_t i = 1; domain; i++) {
        add_ask(n, type, xasprintf("%s.%s", n->host, domain));
        free(domain);
        domain = resolver_search(k, i);
    }
}

static void add_all_asks(struct nslookup *n) {
    char *reverse = n->types ? NULL : resolver_reverse_name(n->host);
    if (reverse) {
        add_ask(n, "PTR", reverse);
    } else if (n->types == 0) {
        add_asks(n, "A");
        size_t first = n->count;
        add_asks(n, "AAAA");
        /* Both queries had the same id then, and the second answer passed for a duplicate. */
        for (size_t i = first; n->minor < SEARCHES_SINCE && i < n->count; i++)
            n->asks[i].lost = true;
    }
    for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
        if (n->types & 1u << i)
            add_asks(n, TYPES[i]);
}

static void add_name(struct buf *out, const char *name) {
    size_t len = strlen(name);
    buf_add(out, name, len > 1 && name[len - 1] == '.' ? len - 1 : len);
}

/* Words of rdata with the names in it without their last dots: "10 100 80 a.b." */
static void add_words(struct buf *out, const char *data) {
    CLEANUP(str_freep) char *copy = xstrdup(data);
    char *rest = copy;
    const char *space = "";
    for (const char *word; (word = str_next(&rest, ' ')); space = " ") {
        buf_adds(out, space);
        add_name(out, word);
    }
}

static void add_soa(struct buf *out, const char *data) {
    static const char *const NAMES[] = {"origin", "mail addr", "serial", "refresh",
                                        "retry",  "expire",    "minimum"};
    CLEANUP(str_freep) char *copy = xstrdup(data);
    char *rest = copy;
    const char *word;
    for (size_t i = 0; i < ARRAY_LEN(NAMES) && (word = str_next(&rest, ' ')); i++) {
        buf_addf(out, "\t%s = ", NAMES[i]);
        add_name(out, word);
        buf_addc(out, '\n');
    }
}

/* *format is what the first of NS, CNAME and PTR sets for all of them, as there. */
static void add_record(struct buf *out, const json_t *record, const char **format) {
    const char *owner = json_str(record, "name", NULL), *type = json_str(record, "type", NULL);
    const char *data = json_str(record, "data", NULL);
    if (!owner || !type || !data)
        return;
    if (str_eq(type, "A") || str_eq(type, "AAAA")) {
        buf_adds(out, "Name:\t");
        add_name(out, owner);
        buf_addf(out, "\nAddress: %s\n", data);
        return;
    }
    const char *is = str_eq(type, "NS")      ? "nameserver"
                     : str_eq(type, "CNAME") ? "canonical name"
                     : str_eq(type, "PTR")   ? "name"
                                             : NULL;
    if (is && !*format)
        *format = is;
    is = is                    ? *format
         : str_eq(type, "MX")  ? "mail exchanger"
         : str_eq(type, "TXT") ? "text"
         : str_eq(type, "SRV") ? "service"
                               : NULL;
    if (is || str_eq(type, "SOA"))
        add_name(out, owner);
    if (is) {
        buf_addf(out, "\t%s = ", is);
        str_eq(type, "TXT") ? (void)buf_adds(out, data) : add_words(out, data);
        buf_addc(out, '\n');
    } else if (str_eq(type, "SOA")) {
        buf_addc(out, '\n');
        add_soa(out, data);
    }
}

static void print_answer(struct nslookup *n, const struct ask *a) {
    const json_t *reply = a->answer->reply;
    const char *rcode = json_str(reply, "rcode", NULL);
    if (reply && !str_eq(rcode, "NOERROR")) {
        buf_addf(&n->out, "** server can't find %s: %s\n\n", a->name, rcode);
        n->code = 1;
        return;
    }
    if (!reply) {
        buf_addf(&n->out, "*** Can't find %s: Parse error\n\n", a->name);
        n->code = 1;
        return;
    }
    if (!json_flag(reply, "aa", NULL))
        buf_adds(&n->out, "Non-authoritative answer:\n");
    const char *format = NULL;
    const json_t *answer = json_object_get(reply, "answer");
    size_t i;
    json_t *record;
    json_array_foreach(answer, i, record) add_record(&n->out, record, &format);
    if (json_array_size(answer) == 0 && n->minor < SEARCHES_SINCE)
        buf_addf(&n->out, "*** Can't find %s: No answer\n", a->name);
    buf_addc(&n->out, '\n');
}

static void print_missing(struct nslookup *n) {
    bool missing = false;
    for (size_t i = 0; i < n->count; i++) {
        const struct ask *a = &n->asks[i];
        if (!a->lost && a->answer->result != RESOLVER_TIMEOUT)
            continue;
        buf_addf(&n->out, "*** Can't find %s: No answer\n", a->name);
        missing = true;
    }
    if (missing)
        buf_addc(&n->out, '\n');
}

enum outcome { WAITS, ANSWERED, SILENT };

/* All questions to one server, and what it says in the order in which it comes. */
static enum outcome ask_server(struct nslookup *n, const char *server, const char *shown_server) {
    bool waits = false, heard = false;
    size_t answers = 0;
    for (size_t i = 0; i < n->count; i++) {
        struct ask *a = &n->asks[i];
        if (resolver_ask(call_resolver(n->call), &n->policy, server, a->name, a->type,
                         &a->answer) == RESOLVER_PENDING) {
            waits = true;
            continue;
        }
        heard = heard || a->answer->heard;
        answers += a->answer->result != RESOLVER_TIMEOUT && !a->lost;
    }
    if (waits)
        return WAITS;
    if (heard)
        buf_addf(&n->out, "Server:\t\t%s\nAddress:\t%s\n\n", shown_server, server);
    if (answers == 0)
        return SILENT;
    for (unsigned order = 0, last = 0; answers > 0; answers--, last = order) {
        const struct ask *next = NULL;
        for (size_t i = 0; i < n->count; i++) {
            const struct ask *a = &n->asks[i];
            if (!a->lost && a->answer->order > last &&
                (!next || a->answer->order < next->answer->order))
                next = a;
        }
        if (!next)
            break;
        order = next->answer->order;
        print_answer(n, next);
    }
    print_missing(n);
    return ANSWERED;
}

static char *with_port(const char *server, int64_t port) {
    const char *colon = strrchr(server, ':');
    struct in6_addr a;
    if (inet_pton(AF_INET6, server, &a) == 1)
        return xasprintf("[%s]:%" PRId64, server, port);
    return colon ? xstrdup(server) : xasprintf("%s:%" PRId64, server, port);
}

/* A server that was given by name is looked up as libc does. */
static enum resolver_result find_server(struct nslookup *n, char **ret) {
    CLEANUP(str_freep) char *host = xstrdup(n->server);
    char *colon = strchr(host, ':') == strrchr(host, ':') ? strchr(host, ':') : NULL;
    if (colon)
        *colon = '\0';
    CLEANUP(json_freep) json_t *found = json_array();
    enum resolver_result r = resolver_lookup(call_resolver(n->call), host, found);
    if (r != RESOLVER_OK)
        return r;
    const char *ip = json_string_value(json_array_get(found, 0));
    *ret = colon ? xasprintf("%s:%s", ip, colon + 1) : with_port(ip, n->port);
    return r;
}

static enum outcome ask_all(struct nslookup *n) {
    char *server = NULL;
    if (n->server) {
        enum resolver_result r = find_server(n, &server);
        if (r == RESOLVER_PENDING)
            return WAITS;
        if (r != RESOLVER_OK) {
            call_err(n->call, "nslookup: bad address '%s'\n", n->server);
            n->code = 1;
            return ANSWERED;
        }
        enum outcome one = ask_server(n, server, n->server);
        free(server);
        return one;
    }
    enum outcome outcome = SILENT;
    struct container *k = n->call->container;
    for (size_t i = 0; outcome == SILENT && (server = resolver_server(k, i)); i++) {
        CLEANUP(str_freep) char *address = with_port(server, n->port);
        outcome = ask_server(n, address, server);
        free(server);
    }
    return outcome;
}

static int nslookup_new(struct nslookup *n) {
    n->out = (struct buf)BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    add_all_asks(n);
    enum outcome outcome = ask_all(n);
    if (outcome == SILENT) {
        buf_adds(&n->out, ";; connection timed out; no servers could be reached\n\n");
        n->code = 1;
    }
    if (outcome != WAITS)
        call_write(n->call, 1, buf_str(&n->out), n->out.len);
    for (size_t i = 0; i < n->count; i++)
        free(n->asks[i].name);
    buf_release(&n->out);
    return outcome == WAITS ? call_again(n->call) : n->code;
}

/* --- arguments ------------------------------------------------------------------------------ */

static int usage(struct call *call, bool is_old) {
    call_err(call, is_old ? "Usage: nslookup [HOST] [SERVER]\n"
                          : "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n");
    return 1;
}

/* 0, or the exit code. Words may be cut short: the first that begins so counts. */
static int read_option(struct nslookup *n, const char *arg) {
    static const char *const WORDS[] = {"type",  "querytype", "port",   "retry",
                                        "debug", "t",         "timeout"};
    size_t len = strcspn(arg, "="), i = 0;
    const char *value = arg[len] ? arg + len + 1 : "";
    int64_t number;
    while (i < ARRAY_LEN(WORDS) && (len == 0 || strncmp(WORDS[i], arg, len) != 0))
        i++;
    if (i == ARRAY_LEN(WORDS))
        return usage(n->call, false);
    if (i == 4) {
        n->debug = true;
        return 0;
    }
    if (i <= 1) {
        for (i = 0; i < ARRAY_LEN(TYPES); i++)
            if (strcasecmp(TYPES[i], value) == 0) {
                n->types |= 1u << i;
                return 0;
            }
        call_err(n->call, "nslookup: invalid query type \"%s\"\n", value);
        return 1;
    }
    if (!str_to_int(value, 1, i == 2 ? 65535 : 3600, &number)) {
        call_err(n->call, "nslookup: invalid number '%s'\n", value);
        return 1;
    }
    if (i == 2)
        n->port = number;
    else if (i == 3)
        n->policy.tries = (unsigned)number;
    else
        n->policy.interval_ms = number * 1000;
    return 0;
}

int program_nslookup(struct call *call) {
    struct nslookup n = {.call = call,
                         .policy = resolver_busybox,
                         .port = DNS_PORT,
                         .minor = image_busybox_minor(call->container->image)};
    bool is_old = n.minor < OWN_RESOLVER_SINCE;
    size_t i = 1;
    n.policy.interval_ms *= n.policy.tries; /* of all tries together, until they are counted */
    for (; i < call->argc && call->argv[i][0] == '-'; i++) {
        int code = is_old ? usage(call, true) : read_option(&n, call->argv[i] + 1);
        if (code)
            return code;
    }
    n.policy.interval_ms /= n.policy.tries;
    if (i >= call->argc || call->argc - i > 2)
        return usage(call, is_old);
    n.host = call->argv[i];
    n.server = i + 1 < call->argc ? call->argv[i + 1] : NULL;
    if (!is_old)
        return nslookup_new(&n);
    CLEANUP(str_freep) char *server = resolver_server(call->container, 0);
    if (n.server)
        resolver_use_server(call_resolver(call), n.server);
    const char *shown = n.server ? n.server : server;
    return nslookup_old(call, n.host, shown ? shown : "127.0.0.1");
}
