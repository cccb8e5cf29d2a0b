/* Metadata: names, labels, finalizers, owner references. */
#include "mocks/apiserver/validate_parts.h"

#include "harness/core/str.h"
#include "harness/dns/dns_name.h"
#include "mocks/apiserver/label.h"

#include <ctype.h>
#include <stdarg.h>

#define DNS1123_LABEL                                                                             \
    "a DNS-1123 label must consist of lower case alphanumeric characters or '-', and must start " \
    "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "      \
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define DNS1035_LABEL                                                                            \
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an " \
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or "         \
    "'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

enum { LABEL_MAX_LEN = 63, SUBDOMAIN_MAX_LEN = 253, CRON_JOB_MAX_LEN = 52, PORT_NAME_MAX_LEN = 15 };

void validate_tell(json_t *causes, const char *reason, const char *at, const char *field,
                   const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *message = xvasprintf(fmt, ap);
    va_end(ap);
    CLEANUP(str_freep) char *place = xasprintf("%s%s%s", at, at[0] ? "." : "", field);
    invalid_add(causes, reason, place, "%s", message);
}

static void bad(json_t *causes, const char *at, const char *field, const char *value,
                const char *why) {
    validate_tell(causes, "FieldValueInvalid", at, field, "Invalid value: \"%s\": %s", value, why);
}

void validate_label(const char *value, const char *at, const char *field, json_t *causes) {
    if (strlen(value) > LABEL_MAX_LEN)
        bad(causes, at, field, value, "must be no more than 63 characters");
    if (!dns_label_is_1123(value, strlen(value)))
        bad(causes, at, field, value, DNS1123_LABEL);
}

void validate_port(int64_t port, const char *at, const char *field, json_t *causes) {
    if (port < 1 || port > 65535)
        validate_tell(causes, "FieldValueInvalid", at, field,
                      "Invalid value: %lld: must be between 1 and 65535, inclusive",
                      (long long)port);
}

void validate_port_name(const char *name, const char *at, const char *field, json_t *causes) {
    size_t len = strlen(name);
    bool letter = false, other = false;
    for (size_t i = 0; i < len; i++) {
        letter |= name[i] >= 'a' && name[i] <= 'z';
        other |= !(name[i] >= 'a' && name[i] <= 'z') && !isdigit((unsigned char)name[i]) &&
                 name[i] != '-';
    }
    if (len > PORT_NAME_MAX_LEN)
        bad(causes, at, field, name, "must be no more than 15 characters");
    if (other || len == 0)
        bad(causes, at, field, name,
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    if (!letter)
        bad(causes, at, field, name, "must contain at least one letter or number (a-z, 0-9)");
    if (strstr(name, "--"))
        bad(causes, at, field, name, "must not contain consecutive hyphens");
    if (len > 0 && (name[0] == '-' || name[len - 1] == '-'))
        bad(causes, at, field, name, "must not begin or end with a hyphen");
}

void validate_one_of(const char *value, const char *at, const char *field,
                     const char *const allowed[], json_t *causes) {
    struct buf list = BUF_INIT;
    bool found = false;
    for (size_t i = 0; allowed[i]; i++) {
        found |= str_eq(value, allowed[i]);
        buf_addf(&list, "%s\"%s\"", i ? ", " : "", allowed[i]);
    }
    if (!found)
        validate_tell(causes, "FieldValueNotSupported", at, field,
                      "Unsupported value: \"%s\": supported values: %s", value ? value : "",
                      buf_str(&list));
    buf_release(&list);
}

void validate_not_negative(const json_t *object, const char *at, const char *field,
                           json_t *causes) {
    int64_t value = json_int(object, 0, field, NULL);
    if (value < 0)
        validate_tell(causes, "FieldValueInvalid", at, field,
                      "Invalid value: %lld: must be greater than or equal to 0", (long long)value);
}

static void check_name(const struct kind *k, const char *name, json_t *causes) {
    const char *kind = k->resource->kind, *at = "metadata", *field = "name";
    if (str_has_suffix(kind, "Role") || str_has_suffix(kind, "RoleBinding")) {
        if (str_eq(name, ".") || str_eq(name, ".."))
            bad(causes, at, field, name, "may not be '.' or '..'");
        else if (strpbrk(name, "/%"))
            bad(causes, at, field, name,
                strchr(name, '/') ? "may not contain '/'" : "may not contain '%'");
    } else if (str_eq(kind, "Service")) {
        if (strlen(name) > LABEL_MAX_LEN)
            bad(causes, at, field, name, "must be no more than 63 characters");
        if (!dns_label_is_1123(name, strlen(name)) || isdigit((unsigned char)name[0]))
            bad(causes, at, field, name, DNS1035_LABEL);
    } else if (str_eq(kind, "Namespace")) {
        validate_label(name, at, field, causes);
    } else {
        if (strlen(name) > SUBDOMAIN_MAX_LEN)
            bad(causes, at, field, name, "must be no more than 253 characters");
        if (!dns_subdomain_is_1123(name))
            bad(causes, at, field, name, LABEL_DNS1123_SUBDOMAIN);
        if (str_eq(kind, "CronJob") && strlen(name) > CRON_JOB_MAX_LEN)
            bad(causes, at, field, name, "must be no more than 52 characters");
    }
}

static const char *text_of(const json_t *value) {
    const char *text = json_string_value(value);
    return text ? text : "";
}

static void check_owners(const json_t *owners, json_t *causes) {
    static const struct {
        const char *field, *why;
    } needed[] = {{"apiVersion", "version must not be empty"},
                  {"kind", "kind must not be empty"},
                  {"name", "name must not be empty"},
                  {"uid", "uid must not be empty"}};
    const char *controller = NULL;
    for (size_t i = 0; i < json_array_size(owners); i++) {
        const json_t *owner = json_array_get(owners, i);
        for (size_t f = 0; f < ARRAY_LEN(needed); f++) {
            const char *value = json_str(owner, needed[f].field, NULL);
            if (!value || !value[0])
                bad(causes, "metadata.ownerReferences", needed[f].field, "", needed[f].why);
        }
        if (!json_is_true(json_object_get(owner, "controller")))
            continue;
        const char *name = json_str(owner, "name", NULL);
        if (controller)
            validate_tell(causes, "FieldValueInvalid", "metadata", "ownerReferences",
                          "Invalid value: []v1.OwnerReference{...}: Only one reference can have "
                          "Controller set to true. Found \"true\" in references for %s and %s",
                          controller, name ? name : "");
        controller = name ? name : "";
    }
}

/* Custom resources may have a finalizer without a domain: only the kinds of the core ask for one.
 */
static void check_finalizers(const struct kind *k, const json_t *finalizers, json_t *causes) {
    static const char *const standard[] = {"kubernetes", "orphan", "foregroundDeletion"};
    struct buf problems = BUF_INIT;
    for (size_t i = 0; i < json_array_size(finalizers); i++) {
        const char *name = text_of(json_array_get(finalizers, i));
        bool known = k->custom || strchr(name, '/');
        label_key_problems(name, &problems);
        if (problems.len)
            bad(causes, "metadata", "finalizers", name, buf_str(&problems));
        buf_clear(&problems);
        for (size_t s = 0; s < ARRAY_LEN(standard); s++)
            known |= str_eq(name, standard[s]);
        CLEANUP(str_freep) char *field = xasprintf("finalizers[%zu]", i);
        if (!known)
            bad(causes, "metadata", field, name,
                "name is neither a standard finalizer name nor is it fully qualified");
    }
    buf_release(&problems);
}

void validate_metadata(const struct kind *k, const json_t *object, json_t *causes) {
    const json_t *meta = json_object_get(object, "metadata");
    const char *name = json_str(meta, "name", NULL);
    if (!name || !name[0])
        invalid_add(causes, "FieldValueRequired", "metadata.name",
                    "Required value: name or generateName is required");
    else
        check_name(k, name, causes);
    label_check(object, causes);
    check_owners(json_object_get(meta, "ownerReferences"), causes);
    check_finalizers(k, json_object_get(meta, "finalizers"), causes);
}

static bool has(const json_t *list, const json_t *value) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return true;
    return false;
}

void validate_metadata_update(const json_t *object, const json_t *old, json_t *causes) {
    const json_t *now = json_at(object, "metadata", "finalizers", NULL);
    const json_t *before = json_at(old, "metadata", "finalizers", NULL);
    if (!json_str(old, "metadata", "deletionTimestamp", NULL))
        return;
    struct buf added = BUF_INIT;
    for (size_t i = 0; i < json_array_size(now); i++)
        if (!has(before, json_array_get(now, i)))
            buf_addf(&added, "%s\"%s\"", added.len ? ", " : "", text_of(json_array_get(now, i)));
    if (added.len)
        invalid_add(causes, "FieldValueForbidden", "metadata.finalizers",
                    "Forbidden: no new finalizers can be added if the object is being deleted, "
                    "found new finalizers []string{%s}",
                    buf_str(&added));
    buf_release(&added);
}
