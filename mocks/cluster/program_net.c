/* Programs that reach other hosts: wget, nc. */
#include "mocks/cluster/files.h"
#include "mocks/cluster/pod_http.h"
#include "mocks/cluster/programs.h"
#include "mocks/cluster/resolver.h"

#include <arpa/inet.h>
#include <inttypes.h>

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

/* The first address of the host: 0 with *ret_ip owned; else what the program returns. */
static int find_host(struct call *call, const char *host, char **ret_ip) {
    CLEANUP(json_freep) json_t *found = json_array();
    switch (resolver_lookup(call_resolver(call), host, found)) {
    case RESOLVER_OK:
        *ret_ip = xstrdup(json_string_value(json_array_get(found, 0)));
        return 0;
    case RESOLVER_PENDING:
        return call_again(call);
    case RESOLVER_NODATA:
    case RESOLVER_NXDOMAIN:
    case RESOLVER_SERVFAIL:
    case RESOLVER_TIMEOUT:
        break;
    }
    call_err(call, "%s: bad address '%s'\n", call->argv[0], host);
    return 1;
}

static int fetch(struct call *call, const struct wget_options *o, const struct url *u) {
    CLEANUP(str_freep) char *ip = NULL;
    int code = find_host(call, u->host, &ip);
    if (code)
        return code;
    if (!o->quiet)
        call_err(call, "Connecting to %s (%s:%" PRId64 ")\n", u->host, ip, u->port);
    struct buf body = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    const struct pod_http_request r = {
        .agent = "Wget", .host = u->host, .remote = call->container->pod->ip};
    int status = pod_http_fetch(call->container->pod->c, ip, u->port, u->path, &r, &body);
    code = 1;
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

struct nc_options {
    const char *host;
    int64_t port;
    bool probes, verbose;
};

static bool read_nc_options(struct call *call, struct nc_options *o) {
    for (size_t i = 1; i < call->argc; i++) {
        const char *arg = call->argv[i];
        if (arg[0] != '-' || !arg[1]) {
            if (o->host && (o->port || !str_to_int(arg, 1, 65535, &o->port)))
                return false;
            o->host = o->host ? o->host : arg;
            continue;
        }
        for (const char *p = arg + 1; *p; p++) {
            o->probes = o->probes || *p == 'z';
            o->verbose = o->verbose || *p == 'v';
            if (*p == 'l' || *p == 'e' || *p == 'u')
                return false; /* listening, running programs and UDP are not simulated */
            if (*p == 'w' || *p == 'i' || *p == 'p' || *p == 's') {
                i += p[1] == '\0';
                break;
            }
        }
    }
    return o->host && o->port;
}

/* The path of "GET /path HTTP/1.0"; owned; NULL: something else. */
static char *path_of_request(const char *text) {
    if (!str_has_prefix(text, "GET /"))
        return NULL;
    return xstrndup(text + 4, strcspn(text + 4, " \r\n"));
}

/* Speaks to the HTTP servers of pods, for there are no others; a port where nobody listens refuses.
 */
static int talk(struct call *call, const struct nc_options *o, const char *ip) {
    CLEANUP(str_freep)
    char *path = o->probes ? xstrdup("/") : path_of_request(buf_str(call->state));
    struct buf body = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    const struct pod_http_request r = {.host = o->host, .remote = call->container->pod->ip};
    int status = pod_http_fetch(call->container->pod->c, ip, o->port, path ? path : "/", &r, &body);
    if (status == 0 && (o->verbose || !o->probes))
        call_err(call, "nc: can't connect to remote host (%s): Connection refused\n", ip);
    if (status && o->probes && o->verbose)
        call_err(call, "%s (%s:%" PRId64 ") open\n", o->host, ip, o->port);
    if (status && !o->probes) {
        call_out(call, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                 path ? status : 400,
                 !path           ? "Bad Request"
                 : status == 200 ? "OK"
                                 : "Error",
                 path ? body.len : 0);
        if (path)
            call_write(call, 1, buf_str(&body), body.len);
    }
    buf_release(&body);
    return status == 0;
}

int program_nc(struct call *call) {
    struct nc_options o = {0};
    if (!read_nc_options(call, &o)) {
        call_err(call, "Usage: nc [-vz] [-w SEC] HOST PORT\n");
        return 1;
    }
    CLEANUP(str_freep) char *ip = NULL;
    int code = find_host(call, o.host, &ip);
    if (code)
        return code;
    if (!o.probes && !call_read(call, call->state))
        return PROGRAM_WAIT_INPUT;
    return talk(call, &o, ip);
}
