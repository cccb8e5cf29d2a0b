/* Which options of a list or a watch go together: ValidateListOptions of apimachinery's
 * pkg/apis/meta/internalversion/validation. */
#include "mocks/apiserver/rest.h"

#include "harness/core/str.h"

#define EXACT "Exact"
#define NOT_OLDER "NotOlderThan"
#define MATCH "resourceVersionMatch"
#define INITIAL "sendInitialEvents"

static void forbid(json_t *causes, const char *field, const char *why) {
    invalid_add(causes, "FieldValueForbidden", field, "Forbidden: %s", why);
}

static void check_watch(const char *match, bool initial, bool continues, json_t *causes) {
    if (initial && !str_eq(match, NOT_OLDER))
        forbid(causes, MATCH, INITIAL " requires setting " MATCH " to " NOT_OLDER);
    if (!match[0])
        return;
    if (!initial)
        forbid(causes, MATCH, MATCH " is forbidden for watch unless " INITIAL " is provided");
    if (!str_eq(match, NOT_OLDER))
        invalid_add(causes, "FieldValueNotSupported", MATCH,
                    "Unsupported value: \"%s\": supported values: \"" NOT_OLDER "\"", match);
    if (continues)
        forbid(causes, MATCH, MATCH " is forbidden when continue is provided");
}

static void check_list(const char *match, bool initial, bool continues, const char *version,
                       json_t *causes) {
    if (match[0] && !version[0])
        forbid(causes, MATCH, MATCH " is forbidden unless resourceVersion is provided");
    if (match[0] && continues)
        forbid(causes, MATCH, MATCH " is forbidden when continue is provided");
    if (match[0] && !str_eq(match, EXACT) && !str_eq(match, NOT_OLDER))
        invalid_add(causes, "FieldValueNotSupported", MATCH,
                    "Unsupported value: \"%s\": supported values: \"" EXACT "\", \"" NOT_OLDER
                    "\", \"\"",
                    match);
    if (str_eq(match, EXACT) && str_eq(version, "0"))
        forbid(causes, MATCH, MATCH " \"exact\" is forbidden for resourceVersion \"0\"");
    if (initial)
        forbid(causes, INITIAL, INITIAL " is forbidden for list");
}

/* "" when it is not there or the release does not know it; owned. */
static char *known_query(const struct request *q, enum feature feature, const char *name) {
    char *value = request_has(q, feature) ? request_query(q, name) : NULL;
    return value ? value : xstrdup("");
}

static bool numbers_valid(const struct request *q, struct answer *a) {
    static const struct {
        const char *name;
        unsigned needs; /* bits of enum feature */
    } numbers[] = {{"limit", FEATURE_PAGING}, {"timeoutSeconds", 0}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t number;
        CLEANUP(str_freep) char *text = request_query(q, numbers[i].name);
        if (!text || !text[0] || (q->server->o.ways.lacks & numbers[i].needs) ||
            str_to_int(text, INT64_MIN, INT64_MAX, &number))
            continue;
        answer_bad_request(a, "strconv.ParseInt: parsing \"%s\": invalid syntax", text);
        return false;
    }
    return true;
}

bool list_options_valid(struct request *q, bool watch, struct answer *a) {
    if (!numbers_valid(q, a))
        return false;
    CLEANUP(str_freep) char *match = known_query(q, FEATURE_VERSION_MATCH, MATCH);
    CLEANUP(str_freep) char *initial = known_query(q, FEATURE_STREAMING_LISTS, INITIAL);
    CLEANUP(str_freep) char *token = known_query(q, FEATURE_PAGING, "continue");
    CLEANUP(str_freep) char *version = known_query(q, FEATURE_VERSION_MATCH, "resourceVersion");
    json_t *causes = json_array();
    if (watch)
        check_watch(match, initial[0] != '\0', token[0] != '\0', causes);
    else
        check_list(match, initial[0] != '\0', token[0] != '\0', version, causes);
    if (json_array_size(causes) > 0) {
        answer_invalid_options_take(a, "ListOptions", causes);
        return false;
    }
    json_decref(causes);
    return true;
}

bool list_is_exact(const struct request *q) {
    CLEANUP(str_freep) char *match = known_query(q, FEATURE_VERSION_MATCH, MATCH);
    return str_eq(match, EXACT);
}
