#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/truth_ask.h"
#include "harness/model/truth.h"
#include "harness/net/kubeconfig.h"
#include "harness/world/tools.h"
#include "reports/truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_S = 120 };

struct dns_args { /* borrowed from argv; lists are owned */
    const char *kubeconfig, *ns, *federation_context, *host_context, *zone_server, *etcd;
    json_t *contexts, *servers, *types;
    int64_t timeout_s;
    bool json, markdown, rows;
};

static const struct option_row rows[] = {
    OPTION_ROW_LIST("context", "NAME", struct dns_args, contexts,
                    "a member cluster (again for more; default: all that are registered)"),
    OPTION_ROW_TEXT("kubeconfig", "FILE", struct dns_args, kubeconfig,
                    "where the contexts are (default $KUBECONFIG, ~/.kube/config)"),
    OPTION_ROW_TEXT("namespace", "NAME", struct dns_args, ns, "of the service (default default)"),
    OPTION_ROW_TEXT("federation-context", "NAME", struct dns_args, federation_context,
                    "the federation's API (default federation)"),
    OPTION_ROW_TEXT("host-context", "NAME", struct dns_args, host_context,
                    "the cluster of its control plane (default: looked for)"),
    OPTION_ROW_TEXT(
        "zone-server", "ADDRESS[:PORT]", struct dns_args, zone_server,
        "the server of its zone (default: what the DNS provider or a stub domain says)"),
    OPTION_ROW_TEXT("etcd", "URL", struct dns_args, etcd,
                    "the etcd of its DNS provider (default: what the provider's file says)"),
    OPTION_ROW_LIST("dns", "CLUSTER=ADDRESS[:PORT]", struct dns_args, servers,
                    "ask a cluster's DNS there, over UDP (default: kubectl port-forward)"),
    OPTION_ROW_LIST("type", "TYPE", struct dns_args, types,
                    "only this type: A, AAAA, SRV or CNAME (again for more)"),
    OPTION_ROW_NUMBER("timeout", "SECONDS", struct dns_args, timeout_s, 1, 3600,
                      "for the whole table (default 120)"),
    OPTION_ROW_SWITCH("json", struct dns_args, json, "the table as JSON"),
    OPTION_ROW_SWITCH("markdown", struct dns_args, markdown, "the table as Markdown"),
    OPTION_ROW_SWITCH("rows", struct dns_args, rows, "one line a row, with every reason"),
};
static const struct options options = {
    .command = "confed dns",
    .arguments = "[OPTION...] SERVICE",
    .about =
        "Asks every name of a federated service of each cluster's DNS and of the zone's server,\n"
        "and says what was expected, what came back, and why. Exit codes: 0 all is as expected,\n"
        "1 not, 2 wrong usage, 3 nothing could be asked.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one SERVICE",
};

/* {"c1": "127.0.0.1:5353"} of "c1=127.0.0.1:5353"; owned, NULL: one is no such thing. */
static json_t *servers_of(const json_t *list) {
    json_t *servers = json_object();
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        const char *text = json_string_value(one), *equals = strchr(text, '=');
        if (!equals || equals == text || !equals[1]) {
            json_decref(servers);
            return NULL;
        }
        CLEANUP(str_freep) char *name = xstrndup(text, (size_t)(equals - text));
        json_set_str(servers, name, equals + 1);
    }
    return servers;
}

static json_t *args_of(const struct dns_args *a, const char *service) {
    json_t *args = json_object(), *servers = servers_of(a->servers);
    if (!servers) {
        json_decref(args);
        return NULL;
    }
    json_object_set_new(args, "dns", servers);
    json_set_str(args, "service", service);
    json_set_str(args, "namespace", a->ns);
    json_set_str(args, "federation_context", a->federation_context);
    json_set_str(args, "host_context", a->host_context);
    json_set_str(args, "zone_server", a->zone_server);
    json_set_str(args, "etcd", a->etcd);
    if (!a->ns)
        json_object_del(args, "namespace");
    if (a->contexts)
        json_object_set(args, "clusters", a->contexts);
    if (a->types)
        json_object_set(args, "types", a->types);
    return args;
}

static int show(const struct dns_args *a, const json_t *table) {
    if (a->json) {
        struct buf text = BUF_INIT;
        json_dump_to(table, true, &text);
        printf("%s\n", buf_str(&text));
        buf_release(&text);
    } else if (a->markdown)
        truth_markdown(table, true, stdout);
    else if (a->rows)
        truth_text_rows(table, stdout);
    else
        truth_text(table, true, "", stdout);
    size_t i;
    json_t *row;
    bool asked = false;
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        asked |= !str_eq(json_str(row, "verdict", NULL), "NOT_ASKED");
    }
    if (!asked)
        fprintf(stderr, "confed dns: nothing could be asked; --rows says what stood in the way\n");
    return !asked                                  ? COMMAND_TROUBLE
           : json_int(table, 0, "wrong", NULL) > 0 ? COMMAND_RED
                                                   : COMMAND_GREEN;
}

static int run(const struct dns_args *a, const char *service) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *args = args_of(a, service);
    if (!args)
        return options_wrong(&options, "--dns: expected CLUSTER=ADDRESS[:PORT]");
    CLEANUP(str_freep)
    char *kubeconfig = a->kubeconfig ? xstrdup(a->kubeconfig) : kubeconfig_own_path();
    CLEANUP(json_freep) json_t *env = tools_own_env();
    json_set_str(env, "KUBECONFIG", kubeconfig);
    if (access(kubeconfig, R_OK) < 0) {
        err_set(&err, ERR_NOT_FOUND, "%s: no kubeconfig that can be read: say --kubeconfig FILE",
                kubeconfig);
        return commands_fail("dns", &err);
    }
    CLEANUP(json_freep)
    json_t *table = truth_ask_now(args, env, kubeconfig, "/", a->timeout_s * 1000, &err);
    return table ? show(a, table) : commands_fail("dns", &err);
}

int dns_main(int argc, char **argv) {
    struct dns_args args = {.timeout_s = TIMEOUT_S};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON)
        code = run(&args, argv[first]);
    json_decref(args.contexts);
    json_decref(args.servers);
    json_decref(args.types);
    return code;
}
