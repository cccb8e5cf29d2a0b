/*
 * Where the federation keeps and serves its records: the control plane on its host cluster names
 * the federation, its zone and the DNS provider's file, and that file the etcd and the zone's
 * server.
 */
#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/truth_parts.h"
#include "harness/model/value.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMESPACE "/api/v1/namespaces/federation-system/secrets"
#define DEPLOYMENTS "/apis/extensions/v1beta1/namespaces/federation-system/deployments"

enum { CONTEXTS_MAX = 64, ETCD_DEPTH_MAX = 32 };

static void on_host(struct truth_gather *g);
static void on_secret(struct truth_gather *g);

/* The value of --flag=value among the words of a container; borrowed or NULL. */
static const char *flag_of(const json_t *container, const char *flag) {
    static const char *const lists[] = {"command", "args"};
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        size_t i;
        json_t *word;
        json_array_foreach(json_object_get(container, lists[k]), i, word) {
            const char *text = json_string_value(word);
            if (text && str_has_prefix(text, flag) && text[strlen(flag)] == '=')
                return text + strlen(flag) + 1;
        }
    }
    return NULL;
}

static void set_zone(struct truth_gather *g, const char *zone) {
    size_t len = zone ? strlen(zone) : 0;
    while (len > 0 && zone[len - 1] == '.')
        len--;
    if (len > 0 && !json_str(g->evidence, "zone", NULL))
        json_object_set_new(g->evidence, "zone", json_stringn(zone, len));
}

/* The container of a deployment that is the controller manager; borrowed or NULL. */
static const json_t *manager_of(const json_t *deployment) {
    size_t i;
    json_t *container;
    json_array_foreach(json_at(deployment, "spec", "template", "spec", "containers", NULL), i,
                       container) {
        if (flag_of(container, "--dns-provider"))
            return container;
    }
    return NULL;
}

/* kubefed mounts the file as a secret of its own name; borrowed or NULL. */
static const char *secret_of(const json_t *container) {
    const char *path = flag_of(container, "--dns-provider-config");
    const char *name = path ? strrchr(path, '/') : NULL;
    return name && name[1] ? name + 1 : NULL;
}

char *truth_provider_secret(const json_t *deployments) {
    size_t i;
    json_t *deployment;
    json_array_foreach(json_object_get(deployments, "items"), i, deployment) {
        const json_t *container = manager_of(deployment);
        const char *name = container ? secret_of(container) : NULL;
        if (name)
            return xstrdup(name);
    }
    return NULL;
}

static void get_secret(struct truth_gather *g, const char *context, const json_t *container) {
    const char *name = secret_of(container);
    json_t *provider = json_ensure_object(g->evidence, "provider");
    if (!name) {
        json_set_str(provider, "problem", "the controller manager has no --dns-provider-config");
        return;
    }
    CLEANUP(str_freep) char *whole = xasprintf(NAMESPACE "/%s", name);
    truth_get(g, context, whole, provider, "secret");
}

void truth_provider_begin(struct truth_gather *g, void (*after)(struct truth_gather *g)) {
    const char *host = json_str(g->args, "host_context", NULL);
    json_t *hosts = json_ensure_object(g->evidence, "hosts");
    g->after = after;
    if (host) {
        truth_get(g, host, DEPLOYMENTS, hosts, host);
    } else {
        CLEANUP(json_freep) json_t *config = kubeconfig_load(g->place.kubeconfig, true, NULL);
        size_t i;
        json_t *context;
        json_array_foreach(json_object_get(config, "contexts"), i, context) {
            const char *name = json_str(context, "name", NULL);
            if (name && i < CONTEXTS_MAX)
                truth_get(g, name, DEPLOYMENTS, hosts, name);
        }
    }
    truth_then(g, on_host);
}

static void on_host(struct truth_gather *g) {
    const char *context;
    json_t *seen;
    bool found = false;
    json_object_foreach(json_object_get(g->evidence, "hosts"), context, seen) {
        size_t i;
        json_t *deployment;
        json_array_foreach(json_at(seen, "json", "items", NULL), i, deployment) {
            const json_t *container = manager_of(deployment);
            const char *name = container ? flag_of(container, "--federation-name") : NULL;
            if (!container || found)
                continue;
            found = true;
            if (name && !json_str(g->evidence, "federation", NULL))
                json_set_str(g->evidence, "federation", name);
            set_zone(g, flag_of(container, "--zone-name"));
            get_secret(g, context, container);
        }
    }
    if (!found)
        json_set_str(json_ensure_object(g->evidence, "provider"), "problem",
                     "no context shows the federation's controller manager");
    json_object_del(g->evidence, "hosts");
    truth_then(g, on_secret);
}

/* The first of a key's values, as gcfg reads it; owned or NULL. */
static char *first_value(const char *text, const char *key) {
    CLEANUP(str_freep) char *copy = xstrdup(text ? text : "");
    char *rest = copy;
    for (char *line; (line = str_next(&rest, '\n')) != NULL;) {
        line += strspn(line, " \t");
        char *equals = strchr(line, '=');
        size_t len = strlen(key);
        if (strncasecmp(line, key, len) != 0 || !equals ||
            line + len + strspn(line + len, " \t") != equals)
            continue;
        char *value = equals + 1 + strspn(equals + 1, " \t\"");
        return xstrndup(value, strcspn(value, " \t\r\",;#"));
    }
    return NULL;
}

/* The provider's file: what the secret has in its first member; a new value or NULL. */
static json_t *file_of(const json_t *secret) {
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(secret, "data"), name, value) {
        size_t len;
        CLEANUP(str_freep)
        char *text = json_is_string(value) ? base64_decode(json_string_value(value), &len) : NULL;
        if (text)
            return value_from_bytes(text, len);
    }
    return NULL;
}

char *truth_provider_entry(const json_t *secret, const char *key) {
    CLEANUP(json_freep) json_t *file = file_of(secret);
    return first_value(json_string_value(file), key);
}

static void take_secret(struct truth_gather *g) {
    json_t *provider = json_ensure_object(g->evidence, "provider");
    const json_t *seen = json_object_get(provider, "secret");
    if (!seen)
        return;
    json_t *file = file_of(json_object_get(seen, "json"));
    if (file) {
        json_object_set_new(provider, "text", file);
    } else {
        const char *problem = json_str(seen, "problem", NULL);
        json_set_str(provider, "problem", problem ? problem : "its secret cannot be read");
    }
    json_object_del(provider, "secret");
}

/* A stub domain for the zone, of any cluster; borrowed from ret_config, which is owned; or NULL. */
static const char *stub_server(const struct truth_gather *g, json_t **ret_config) {
    const char *name, *zone = json_str(g->evidence, "zone", NULL);
    json_t *c;
    json_object_foreach(json_object_get(g->evidence, "clusters"), name, c) {
        const char *text = json_str(c, "config", "json", "data", "stubDomains", NULL);
        json_t *stubs = text ? json_parse(text, strlen(text), "", NULL) : NULL;
        const char *server =
            json_string_value(json_array_get(zone ? json_object_get(stubs, zone) : NULL, 0));
        if (server) {
            *ret_config = stubs;
            return server;
        }
        json_decref(stubs);
    }
    return NULL;
}

static void find_zone_server(struct truth_gather *g) {
    const char *given = json_str(g->args, "zone_server", NULL);
    CLEANUP(str_freep)
    char *provided =
        first_value(json_str(g->evidence, "provider", "text", NULL), "coredns-endpoints");
    CLEANUP(json_freep) json_t *config = NULL;
    const char *text = given ? given : provided && *provided ? provided : stub_server(g, &config);
    json_t *server = json_ensure_object(g->evidence, "zone_server");
    CLEANUP(str_freep) char *address = NULL;
    int64_t port;
    if (!truth_split(text, 53, &address, &port)) {
        json_set_str(server, "problem", "neither the provider nor a stub domain names it");
        return;
    }
    json_set_str(server, "address", address);
    json_set_int(server, "port", port);
}

/* The zone of a federation that the host does not show, from a member's kube-dns. */
static void guess_federation(struct truth_gather *g) {
    const char *name;
    json_t *c;
    json_object_foreach(json_object_get(g->evidence, "clusters"), name, c) {
        const char *text = json_str(c, "config", "json", "data", "federations", NULL);
        const char *equals = text ? strchr(text, '=') : NULL;
        if (!equals || json_str(g->evidence, "zone", NULL))
            continue;
        if (!json_str(g->evidence, "federation", NULL))
            json_object_set_new(g->evidence, "federation",
                                json_stringn(text, (size_t)(equals - text)));
        CLEANUP(str_freep) char *zone = xstrndup(equals + 1, strcspn(equals + 1, ","));
        set_zone(g, zone);
    }
}

/* --- etcd ------------------------------------------------------------------------------------- */

/* Every leaf below node that is a record of the service, by its key. */
static void add_leaves(const json_t *node, const char *within, json_t *leaves, int depth) {
    size_t i;
    json_t *child;
    const char *key = json_str(node, "key", NULL), *value = json_str(node, "value", NULL);
    if (key && value && strstr(key, within) && !json_flag(node, "dir", NULL))
        json_array_append_new(leaves, json_pack("{s:s, s:s}", "key", key, "value", value));
    json_array_foreach(json_object_get(node, "nodes"), i, child) {
        if (depth < ETCD_DEPTH_MAX)
            add_leaves(child, within, leaves, depth + 1);
    }
}

/* Whether it spoke plain HTTP to us. */
static bool is_plain(const json_t *plain) {
    int64_t status = json_int(plain, 0, "status", NULL);
    return status == 200 || (status == 404 && json_object_get(plain, "json"));
}

static void on_etcd(struct truth_gather *g) {
    json_t *etcd = json_ensure_object(g->evidence, "etcd");
    const json_t *plain = json_object_get(etcd, "plain"), *tls = json_object_get(etcd, "tls");
    const char *problem = json_str(plain, "problem", NULL);
    const char *over_tls = json_str(tls, "problem", NULL);
    bool speaks_tls = json_int(tls, 0, "status", NULL) != 0 ||
                      (over_tls && (strcasestr(over_tls, "ssl") || strcasestr(over_tls, "tls") ||
                                    strcasestr(over_tls, "certificate")));
    if (is_plain(plain)) {
        CLEANUP(str_freep)
        char *within = xasprintf("/svc/%s/%s/%s/", json_str(g->evidence, "federation", NULL),
                                 json_str(g->evidence, "namespace", NULL),
                                 json_str(g->evidence, "service", NULL));
        json_set_str(etcd, "state", "plain");
        add_leaves(json_at(plain, "json", "node", NULL), within, json_ensure_array(etcd, "leaves"),
                   0);
    } else if (speaks_tls) {
        json_set_str(etcd, "state", "tls");
    } else if (str_eq(json_str(plain, "state", NULL), "refused") ||
               str_eq(json_str(plain, "state", NULL), "timeout")) {
        json_set_str(etcd, "state", "closed");
        json_set_str(etcd, "problem", problem ? problem : json_str(plain, "state", NULL));
    } else if (problem) {
        json_set_str(etcd, "problem", problem);
    }
    json_object_del(etcd, "plain");
    json_object_del(etcd, "tls");
    truth_then(g, g->after);
}

static void probe_etcd(struct truth_gather *g, const char *url, bool tls) {
    json_t *etcd = json_ensure_object(g->evidence, "etcd");
    const char *host = strstr(url, "://");
    CLEANUP(str_freep) char *authority = xstrdup(host ? host + 3 : url);
    CLEANUP(str_freep) char *address = NULL;
    int64_t port;
    authority[strcspn(authority, "/")] = '\0';
    json_set_str(etcd, "endpoint", url);
    if (!truth_split(authority, 2379, &address, &port) || strspn(address, "0123456789.") == 0) {
        json_set_str(etcd, "problem", "its name is known inside of the host cluster only");
        return;
    }
    json_t *args = json_pack("{s:s, s:I, s:s, s:b}", "address", address, "port", (json_int_t)port,
                             "http", "/v2/keys/skydns?recursive=true", "tls", tls);
    truth_ask(g, ASK_PROBE, args, etcd, tls ? "tls" : "plain");
}

/* The provider speaks plain HTTP, so that is tried first; TLS only to say why it was not heard. */
static void on_plain(struct truth_gather *g) {
    const json_t *etcd = json_object_get(g->evidence, "etcd");
    const json_t *plain = json_object_get(etcd, "plain");
    CLEANUP(str_freep)
    char *url = json_str(etcd, "endpoint", NULL) ? xstrdup(json_str(etcd, "endpoint", NULL)) : NULL;
    if (url && plain && !is_plain(plain) && str_eq(json_str(plain, "state", NULL), "open"))
        probe_etcd(g, url, true);
    truth_then(g, on_etcd);
}

static void on_secret(struct truth_gather *g) {
    take_secret(g);
    guess_federation(g);
    find_zone_server(g);
    const char *given = json_str(g->args, "etcd", NULL);
    CLEANUP(str_freep)
    char *endpoint = first_value(json_str(g->evidence, "provider", "text", NULL), "etcd-endpoints");
    if (given || (endpoint && *endpoint))
        probe_etcd(g, given ? given : endpoint, false);
    truth_then(g, on_plain);
}
