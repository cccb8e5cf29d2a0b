/* What kubefed was like, with the quirks that concern flags and values switched as asked for. */
#include "harness/core/str.h"
#include "mocks/cli/kubefed_state.h"

static void api_server_port(json_t *facts, bool missing) {
    json_t *flags = json_ensure_object(json_ensure_object(facts, "flags"), "init");
    json_set_bool(facts, "api_server_port", !missing);
    if (missing)
        json_object_del(flags, "api-server-port");
    else if (!json_object_get(flags, "api-server-port"))
        json_object_set_new(flags, "api-server-port",
                            json_pack("{s:s, s:i, s:s}", "type", "int", "default", 0, "help",
                                      "Preferred port to use for api server nodeport service (0 "
                                      "for random port assignment). Valid only if "
                                      "'api-server-service-type=NodePort'."));
}

/* Between the pull requests 44830 and 46960 nothing but an ExternalIP would do. */
static void only_external_addresses(json_t *facts) {
    json_t *types = json_object_get(facts, "node_addresses");
    for (size_t i = json_array_size(types); i-- > 0;)
        if (!str_eq(json_string_value(json_array_get(types, i)), "ExternalIP"))
            json_array_remove(types, i);
}

json_t *kubefed_facts(const struct profile *p) {
    json_t *facts = json_deep_copy(json_object_get(profile_json(p), "kubefed"));
    api_server_port(facts, profile_has_quirk(p, "kubefed-no-api-server-port"));
    if (profile_has_quirk(p, "advertise-address-no-internal-ip"))
        only_external_addresses(facts);
    if (!profile_has_quirk(p, "init-not-repeatable"))
        json_set_bool(facts, "namespace_may_exist", true);
    if (!profile_has_quirk(p, "kube-dns-stub-domains"))
        json_set_str(facts, "stub_domains", "always");
    return facts;
}
