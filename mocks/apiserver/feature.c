#include "mocks/apiserver/feature.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

static const struct {
    const char *name;
    enum feature bit;
} features[] = {
    {"discovery-names", FEATURE_DISCOVERY_NAMES},
    {"openapi-protobuf", FEATURE_OPENAPI_PROTOBUF},
    {"transforms-v1alpha1", FEATURE_TRANSFORMS_V1ALPHA1},
    {"discovery-groups", FEATURE_DISCOVERY_GROUPS},
    {"paging", FEATURE_PAGING},
    {"transforms-v1beta1", FEATURE_TRANSFORMS_V1BETA1},
    {"openapi-v2", FEATURE_OPENAPI_V2},
    {"all-once", FEATURE_ALL_ONCE},
    {"token-request", FEATURE_TOKEN_REQUEST},
    {"inconsistent-continue", FEATURE_INCONSISTENT_CONTINUE},
    {"patch-refusals", FEATURE_PATCH_REFUSALS},
    {"dry-run", FEATURE_DRY_RUN},
    {"transforms-v1", FEATURE_TRANSFORMS_V1},
    {"bookmarks", FEATURE_BOOKMARKS},
    {"gzip", FEATURE_GZIP},
    {"livez", FEATURE_LIVEZ},
    {"version-match", FEATURE_VERSION_MATCH},
    {"openapi-v3", FEATURE_OPENAPI_V3},
    {"aggregated-discovery", FEATURE_AGGREGATED_DISCOVERY},
    {"whoami", FEATURE_WHOAMI},
    {"websocket-v5", FEATURE_WEBSOCKET_V5},
    {"streaming-lists", FEATURE_STREAMING_LISTS},
    {"fields-1.7", FEATURE_FIELDS_1_7},
    {"fields-1.8", FEATURE_FIELDS_1_8},
    {"fields-1.9", FEATURE_FIELDS_1_9},
    {"fields-later", FEATURE_FIELDS_LATER},
};

static unsigned bit_of(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        if (str_eq(features[i].name, name))
            return features[i].bit;
    return 0;
}

int feature_lacks(const json_t *names, unsigned *ret, struct err *err) {
    unsigned lacks = 0;
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        lacks |= features[i].bit;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        unsigned bit = name ? bit_of(name) : 0;
        if (!bit)
            return err_set(err, ERR_INPUT, "no feature of an API server is called \"%s\"",
                           name ? name : "(not a string)");
        lacks &= ~bit;
    }
    *ret = lacks;
    return 0;
}
