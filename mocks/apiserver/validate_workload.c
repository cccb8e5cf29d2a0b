/* Sets of pods and jobs: selectors, templates, strategies. */
#include "mocks/apiserver/validate_parts.h"

#include "harness/core/str.h"

/* Go's %#v of a map of strings. */
static char *go_map(const json_t *labels) {
    if (json_object_size(labels) == 0)
        return xstrdup(labels ? "map[string]string{}" : "map[string]string(nil)");
    struct buf b = BUF_INIT;
    buf_adds(&b, "map[string]string{");
    const char *key;
    json_t *value;
    bool first = true;
    json_object_foreach(json_mutable(labels), key, value) {
        buf_addf(&b, "%s\"%s\":\"%s\"", first ? "" : ", ", key, json_string_value(value));
        first = false;
    }
    buf_addc(&b, '}');
    return buf_detach(&b);
}

static bool expression_holds(const json_t *e, const json_t *labels) {
    const char *op = json_str(e, "operator", NULL), *key = json_str(e, "key", NULL);
    const char *have = key ? json_string_value(json_object_get(labels, key)) : NULL;
    bool among = false;
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(e, "values"), i, value) among |=
        have && str_eq(have, json_string_value(value));
    return str_eq(op, "In")       ? among
           : str_eq(op, "NotIn")  ? !among
           : str_eq(op, "Exists") ? have != NULL
                                  : have == NULL;
}

static bool selects(const json_t *selector, const json_t *labels, bool plain) {
    const json_t *match = plain ? selector : json_object_get(selector, "matchLabels");
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(match), key,
                        value) if (!json_equal(value, json_object_get(labels, key))) return false;
    size_t i;
    if (!plain)
        json_array_foreach(json_object_get(selector, "matchExpressions"), i,
                           value) if (!expression_holds(value, labels)) return false;
    return true;
}

/* Nothing may go and nothing may come: neither a number nor a percentage. */
static bool is_zero(const json_t *amount) {
    const char *text = json_string_value(amount);
    return text ? str_eq(text, "0%") : json_is_integer(amount) && json_integer_value(amount) == 0;
}

static void check_strategy(const json_t *strategy, json_t *causes) {
    static const char *const types[] = {"Recreate", "RollingUpdate", NULL};
    const char *type = json_str(strategy, "type", NULL), *at = "spec.strategy";
    const json_t *rolling = json_object_get(strategy, "rollingUpdate");
    if (!strategy)
        return;
    validate_one_of(type, at, "type", types, causes);
    if (str_eq(type, "Recreate") && json_is_object(rolling))
        validate_tell(causes, "FieldValueForbidden", at, "rollingUpdate",
                      "Forbidden: may not be specified when strategy `type` is 'Recreate'");
    if (str_eq(type, "RollingUpdate") && is_zero(json_object_get(rolling, "maxSurge")) &&
        is_zero(json_object_get(rolling, "maxUnavailable")))
        validate_tell(causes, "FieldValueInvalid", at, "rollingUpdate.maxUnavailable",
                      "Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}: may not "
                      "be 0 when `maxSurge` is 0");
}

void validate_workload(const json_t *object, const char *kind, json_t *causes) {
    const json_t *spec = json_object_get(object, "spec");
    const json_t *selector = json_object_get(spec, "selector");
    const json_t *labels = json_at(spec, "template", "metadata", "labels", NULL);
    bool plain = str_eq(kind, "ReplicationController");
    validate_not_negative(spec, "spec", "replicas", causes);
    if (!selector)
        invalid_add(causes, "FieldValueRequired", "spec.selector", "Required value");
    else if (json_object_size(selector) == 0 ||
             (!plain && json_object_size(json_object_get(selector, "matchLabels")) == 0 &&
              json_array_size(json_object_get(selector, "matchExpressions")) == 0))
        invalid_add(causes, "FieldValueInvalid", "spec.selector",
                    "Invalid value: v1.LabelSelector{MatchLabels:map[string]string{}, "
                    "MatchExpressions:[]v1.LabelSelectorRequirement{}}: empty selector is not "
                    "valid for %s.",
                    str_eq(kind, "Deployment") ? "deployment" : "replica set");
    if (!selector || !selects(selector, labels, plain)) {
        CLEANUP(str_freep) char *shown = go_map(labels);
        invalid_add(causes, "FieldValueInvalid", "spec.template.metadata.labels",
                    "Invalid value: %s: `selector` does not match template `labels`", shown);
    }
    static const char *const always[] = {"Always", NULL};
    validate_pod_spec(json_at(spec, "template", "spec", NULL), "spec.template.spec", always,
                      causes);
    if (str_eq(kind, "Deployment"))
        check_strategy(json_object_get(spec, "strategy"), causes);
}

void validate_job(const json_t *spec, const char *at, json_t *causes) {
    static const char *const numbers[] = {"parallelism", "completions", "backoffLimit",
                                          "activeDeadlineSeconds"};
    static const char *const restarts[] = {"OnFailure", "Never", NULL};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        validate_not_negative(spec, at, numbers[i], causes);
    CLEANUP(str_freep) char *below = xasprintf("%s.template.spec", at);
    validate_pod_spec(json_at(spec, "template", "spec", NULL), below, restarts, causes);
}

static size_t count_fields(const char *text) {
    size_t count = 0;
    for (const char *p = text; *p;) {
        p += strspn(p, " \t");
        count += *p != '\0';
        p += strcspn(p, " \t");
    }
    return count;
}

void validate_cron_job(const json_t *object, json_t *causes) {
    static const char *const policies[] = {"Allow", "Forbid", "Replace", NULL};
    const json_t *spec = json_object_get(object, "spec");
    const char *schedule = json_str(spec, "schedule", NULL);
    size_t fields = count_fields(schedule ? schedule : "");
    if (fields == 0)
        invalid_add(causes, "FieldValueRequired", "spec.schedule", "Required value");
    else if (fields != 5 && schedule[0] != '@')
        invalid_add(causes, "FieldValueInvalid", "spec.schedule",
                    "Invalid value: \"%s\": Expected exactly 5 fields, found %zu: %s", schedule,
                    fields, schedule);
    if (json_str(spec, "concurrencyPolicy", NULL))
        validate_one_of(json_str(spec, "concurrencyPolicy", NULL), "spec", "concurrencyPolicy",
                        policies, causes);
    validate_not_negative(spec, "spec", "startingDeadlineSeconds", causes);
    validate_not_negative(spec, "spec", "successfulJobsHistoryLimit", causes);
    validate_not_negative(spec, "spec", "failedJobsHistoryLimit", causes);
    validate_job(json_at(spec, "jobTemplate", "spec", NULL), "spec.jobTemplate.spec", causes);
}
