#include "mocks/apiserver/label.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/dns/dns_name.h"
#include "mocks/apiserver/answer.h"

#include <ctype.h>

#define NAME_MAX_LEN 63
#define ANNOTATIONS_MAX ((size_t)256 << 10)
#define QUALIFIED                                                                               \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "      \
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define VALUE                                                                                   \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or " \
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "          \
    "'my_value',  or '12345', regex used for validation is "                                    \
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

static void add(struct buf *out, const char *problem) {
    if (out->len)
        buf_adds(out, "; ");
    buf_adds(out, problem);
}

/* ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9] */
static bool is_name(const char *text) {
    size_t len = strlen(text), i = 0;
    while (i < len && (isalnum((unsigned char)text[i]) || strchr("-_.", text[i])))
        i++;
    return len > 0 && i == len && isalnum((unsigned char)text[0]) &&
           isalnum((unsigned char)text[len - 1]);
}

void label_key_problems(const char *key, struct buf *out) {
    const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;
    if (strchr(name, '/')) {
        add(out, "a qualified name " QUALIFIED
                 " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
        return;
    }
    if (slash) {
        CLEANUP(str_freep) char *prefix = xstrndup(key, (size_t)(slash - key));
        if (!prefix[0])
            add(out, "prefix part must be non-empty");
        else if (!dns_subdomain_is_1123(prefix))
            add(out, "prefix part " LABEL_DNS1123_SUBDOMAIN);
    }
    if (!name[0])
        add(out, "name part must be non-empty");
    else if (strlen(name) > NAME_MAX_LEN)
        add(out, "name part must be no more than 63 characters");
    if (!is_name(name))
        add(out, "name part " QUALIFIED);
}

void label_value_problems(const char *value, struct buf *out) {
    if (strlen(value) > NAME_MAX_LEN)
        add(out, "must be no more than 63 characters");
    if (value[0] && !is_name(value))
        add(out, VALUE);
}

static void tell(json_t *causes, const char *field, const char *value, struct buf *problems) {
    if (problems->len)
        invalid_add(causes, "FieldValueInvalid", field, "Invalid value: \"%s\": %s", value,
                    buf_str(problems));
    buf_clear(problems);
}

void label_check_map(const json_t *labels, const char *at, json_t *causes) {
    struct buf problems = BUF_INIT;
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(labels), key, value) {
        label_key_problems(key, &problems);
        tell(causes, at, key, &problems);
        const char *text = json_string_value(value);
        label_value_problems(text ? text : "", &problems);
        tell(causes, at, text, &problems);
    }
    buf_release(&problems);
}

void label_check(const json_t *object, json_t *causes) {
    struct buf problems = BUF_INIT;
    const char *key;
    json_t *value;
    size_t total = 0;
    label_check_map(json_at(object, "metadata", "labels", NULL), "metadata.labels", causes);
    json_object_foreach(json_at(object, "metadata", "annotations", NULL), key, value) {
        label_key_problems(key, &problems);
        tell(causes, "metadata.annotations", key, &problems);
        total += strlen(key) + json_string_length(value);
    }
    if (total > ANNOTATIONS_MAX)
        invalid_add(causes, "FieldValueTooLong", "metadata.annotations",
                    "Too long: must have at most %zu characters", ANNOTATIONS_MAX);
    buf_release(&problems);
}
