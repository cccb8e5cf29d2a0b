/* Programs that ask the network: nslookup in its three forms, wget. */
#include "mocks/cluster/files.h"
#include "mocks/cluster/pod_http.h"
#include "mocks/cluster/programs.h"
#include "mocks/cluster/resolver.h"

#include <arpa/inet.h>
#include <inttypes.h>

/* " name" of the address for busybox's old form, "" when it has none; owned. */
static char *name_behind(struct call *call, const char *ip) {
    CLEANUP(str_freep) char *reverse = resolver_reverse_name(ip);
    CLEANUP(json_freep) json_t *names = json_array();
    if (!reverse || resolver_ask(call->container, reverse, "PTR", names, NULL) != RESOLVER_OK)
        return xstrdup("");
    const char *name = json_string_value(json_array_get(names, 0));
    size_t len = strlen(name);
    return xasprintf(" %.*s", (int)(len && name[len - 1] == '.' ? len - 1 : len), name);
}

/* busybox up to 1.28: libc's resolver, and the reverse name of each address. */
static int nslookup_old(struct call *call, const char *name, const char *server) {
    CLEANUP(str_freep) char *server_name = name_behind(call, server);
    call_out(call, "Server:    %s\nAddress 1: %s%s\n\n", server, server, server_name);
    CLEANUP(json_freep) json_t *found = json_array();
    if (resolver_lookup(call->container, name, found) != RESOLVER_OK) {
        call_err(call, "nslookup: can't resolve '%s'\n", name);
        return 1;
    }
    call_out(call, "Name:      %s\n", name);
    size_t i;
    json_t *address;
    json_array_foreach(found, i, address) {
        const char *ip = json_string_value(address);
        CLEANUP(str_freep) char *behind = name_behind(call, ip);
        call_out(call, "Address %zu: %s%s\n", i + 1, ip, behind);
    }
    return 0;
}

/* One name of the new form, A and AAAA. Returns whether anything was NXDOMAIN or worse. */
static bool ask_new(struct call *call, const char *name) {
    bool bad = false;
    const char *const types[] = {"A", "AAAA"};
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        CLEANUP(json_freep) json_t *found = json_array();
        CLEANUP(str_freep) char *final = NULL;
        enum resolver_result r = resolver_ask(call->container, name, types[t], found, &final);
        size_t i, len = final ? strlen(final) : 0;
        json_t *address;
        if (len && final[len - 1] == '.')
            final[len - 1] = '\0';
        switch (r) {
        case RESOLVER_OK:
            json_array_foreach(found, i, address) call_out(
                call, "Name:\t%s\nAddress: %s\n", final ? final : name, json_string_value(address));
            call_out(call, "\n");
            break;
        case RESOLVER_NODATA:
            call_out(call, "*** Can't find %s: No answer\n\n", name);
            break;
        case RESOLVER_NXDOMAIN:
        case RESOLVER_SERVFAIL:
            call_out(call, "** server can't find %s: %s\n\n", name,
                     r == RESOLVER_NXDOMAIN ? "NXDOMAIN" : "SERVFAIL");
            bad = true;
            break;
        case RESOLVER_TIMEOUT:
            call_out(call, ";; connection timed out; no servers could be reached\n\n");
            return true;
        }
    }
    return bad;
}

static bool is_ip(const char *text) {
    struct in_addr a;
    return inet_pton(AF_INET, text, &a) == 1;
}

static int nslookup_reverse(struct call *call, const char *ip) {
    CLEANUP(str_freep) char *reverse = resolver_reverse_name(ip);
    CLEANUP(json_freep) json_t *names = json_array();
    reverse[strlen(reverse) - 1] = '\0';
    if (resolver_ask(call->container, reverse, "PTR", names, NULL) != RESOLVER_OK) {
        call_out(call, "** server can't find %s: NXDOMAIN\n\n", reverse);
        return 1;
    }
    const char *name = json_string_value(json_array_get(names, 0));
    size_t len = strlen(name);
    call_out(call, "%s\tname = %.*s\n\n", reverse,
             (int)(len && name[len - 1] == '.' ? len - 1 : len), name);
    return 0;
}

/* 1.29 and later: its own resolver; from 1.33 on with the search list for names without a dot. */
static int nslookup_new(struct call *call, const char *name, const char *server, int minor) {
    call_out(call, "Server:\t\t%s\nAddress:\t%s:53\n\n", server, server);
    if (is_ip(name))
        return nslookup_reverse(call, name);
    if (minor < 33 || strchr(name, '.'))
        return ask_new(call, name);
    bool bad = false;
    char *domain;
    for (size_t i = 0; i < 6 && (domain = resolver_search(call->container, i)); i++) {
        CLEANUP(str_freep) char *full = xasprintf("%s.%s", name, domain);
        free(domain);
        bad = ask_new(call, full) || bad;
    }
    return bad;
}

int program_nslookup(struct call *call) {
    size_t i = 1;
    while (i < call->argc && call->argv[i][0] == '-')
        i++;
    if (i >= call->argc) {
        call_err(call, "Usage: nslookup HOST [DNS_SERVER]\n");
        return 1;
    }
    const char *name = call->argv[i];
    CLEANUP(str_freep)
    char *server =
        i + 1 < call->argc ? xstrdup(call->argv[i + 1]) : resolver_server(call->container);
    int minor = image_busybox_minor(call->container->image);
    if (minor <= 28)
        return nslookup_old(call, name, server ? server : "(null)");
    return nslookup_new(call, name, server ? server : "0.0.0.0", minor);
}

struct url {
    char *host;
    int64_t port;
    const char *path; /* borrowed from the text */
};

static bool parse_url(const char *text, struct url *ret) {
    const char *at = str_has_prefix(text, "http://") ? text + 7 : text;
    if (strstr(text, "://") && at == text)
        return false;
    size_t len = strcspn(at, "/?");
    CLEANUP(str_freep) char *host = xstrndup(at, len);
    char *colon = strrchr(host, ':');
    ret->port = 80;
    if (colon) {
        *colon = '\0';
        if (!str_to_int(colon + 1, 1, 65535, &ret->port))
            return false;
    }
    ret->path = at[len] ? at + len : "/";
    ret->host = str_take(&host);
    return ret->host[0] != '\0';
}

struct wget_options {
    const char *url, *output;
    bool quiet, spider;
};

static void read_options(struct call *call, struct wget_options *o) {
    for (size_t i = 1; i < call->argc; i++) {
        const char *arg = call->argv[i];
        if (str_has_prefix(arg, "--")) {
            o->spider = o->spider || str_eq(arg, "--spider");
            continue;
        }
        if (arg[0] != '-') {
            o->url = arg;
            continue;
        }
        for (const char *p = arg + 1; *p; p++) {
            o->quiet = o->quiet || *p == 'q';
            o->spider = o->spider || *p == 's';
            if (*p != 'O' && *p != 'T' && *p != 'U' && *p != 'Y' && *p != 'P')
                continue;
            const char *value = p[1] ? p + 1 : i + 1 < call->argc ? call->argv[++i] : "";
            if (*p == 'O')
                o->output = value;
            break;
        }
    }
}

static int save(struct call *call, const struct wget_options *o, const struct url *u,
                const struct buf *body) {
    if (o->spider)
        return 0;
    if (str_eq(o->output, "-")) {
        call_write(call, 1, buf_str(body), body->len);
        return 0;
    }
    const char *slash = strrchr(u->path, '/');
    const char *name = o->output ? o->output : slash && slash[1] ? slash + 1 : "index.html";
    CLEANUP(str_freep) char *path = call_path(call, name);
    const char *why = files_write(call->container, path, buf_str(body), body->len, false);
    if (why)
        call_err(call, "wget: can't open '%s': %s\n", name, why);
    else if (!o->quiet)
        call_err(call, "%-20s 100%% |*******************************| %5zu   0:00:00 ETA\n", name,
                 body->len);
    return why != NULL;
}

static int fetch(struct call *call, const struct wget_options *o, const struct url *u) {
    CLEANUP(json_freep) json_t *found = json_array();
    if (resolver_lookup(call->container, u->host, found) != RESOLVER_OK) {
        call_err(call, "wget: bad address '%s'\n", u->host);
        return 1;
    }
    const char *ip = json_string_value(json_array_get(found, 0));
    if (!o->quiet)
        call_err(call, "Connecting to %s (%s:%" PRId64 ")\n", u->host, ip, u->port);
    struct buf body = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    const struct pod_http_request r = {
        .agent = "Wget", .host = u->host, .remote = call->container->pod->ip};
    int status = pod_http_fetch(call->container->pod->c, ip, u->port, u->path, &r, &body);
    int code = 1;
    if (status == 0)
        call_err(call, "wget: can't connect to remote host (%s): Connection refused\n", ip);
    else if (status >= 400)
        call_err(call, "wget: server returned error: HTTP/1.1 %d %s\n", status,
                 status == 404 ? "Not Found" : "Error");
    else
        code = save(call, o, u, &body);
    buf_release(&body);
    return code;
}

int program_wget(struct call *call) {
    struct wget_options o = {0};
    struct url u = {0};
    read_options(call, &o);
    if (!o.url || !parse_url(o.url, &u)) {
        call_err(call,
                 o.url ? "wget: not an http or ftp url: %s\n" : "Usage: wget [OPTION]... URL%s\n",
                 o.url ? o.url : "");
        free(u.host);
        return 1;
    }
    int code = fetch(call, &o, &u);
    free(u.host);
    return code;
}
