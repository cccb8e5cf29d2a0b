#include "harness/model/gap.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/predicate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const required[] = {"id",        "title", "url", "cases",    "versions",
                                       "review_by", "owner", "why", "signature"};
static const char *const optional[] = {"registry", "message", "quirk", "expect_after"};

int gap_version_compare(const char *a, const char *b) {
    while (*a || *b) {
        char *end_a, *end_b;
        unsigned long part_a = strtoul(a, &end_a, 10), part_b = strtoul(b, &end_b, 10);
        if (part_a != part_b)
            return part_a < part_b ? -1 : 1;
        a = end_a + (*end_a == '.');
        b = end_b + (*end_b == '.');
        if ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b)))
            return 0; /* a suffix such as -beta.1 does not order */
    }
    return 0;
}

/* One bound such as ">=1.6"; false when it is malformed or does not hold. */
static bool bound_holds(const char *bound, const char *version) {
    size_t op_len = strspn(bound, "<>=");
    int order = gap_version_compare(version, bound + op_len);
    if (!isdigit((unsigned char)bound[op_len]))
        return false;
    if (op_len == 2 && strncmp(bound, ">=", 2) == 0)
        return order >= 0;
    if (op_len == 2 && strncmp(bound, "<=", 2) == 0)
        return order <= 0;
    if (op_len == 1)
        return *bound == '>' ? order > 0 : *bound == '<' ? order < 0 : order == 0;
    return false;
}

bool gap_window_has(const char *window, const char *version) {
    CLEANUP(str_freep) char *copy = xstrdup(window);
    char *rest = copy, *bound;
    while ((bound = str_next(&rest, ' ')))
        if (*bound && !bound_holds(bound, version))
            return false;
    return true;
}

static bool window_is_sound(const char *window) {
    CLEANUP(str_freep) char *copy = xstrdup(window);
    char *rest = copy, *bound;
    while ((bound = str_next(&rest, ' '))) {
        size_t op_len = strspn(bound, "<>=");
        if (*bound && (op_len == 0 || op_len > 2 || !isdigit((unsigned char)bound[op_len])))
            return false;
    }
    return true;
}

bool gap_excuses_case(const struct gap *g, const char *case_id) {
    size_t i;
    json_t *id;
    json_array_foreach(g->cases, i, id) {
        if (str_eq(json_string_value(id), case_id))
            return true;
    }
    return false;
}

/* Where an entry of the ledger stands, for messages. */
struct place {
    const char *name;
    const json_t *lines; /* of the entry */
    struct err *err;
};

static int complain(const struct place *p, const char *key, const char *problem) {
    int64_t line = json_int(p->lines, 0, key, "", NULL);
    if (!line)
        line = json_int(p->lines, 1, "", NULL);
    return err_set(p->err, ERR_INPUT, "%s:%d: %s: %s", p->name, (int)line, key, problem);
}

static bool is_known(const char *key) {
    for (size_t i = 0; i < ARRAY_LEN(required); i++)
        if (strcmp(key, required[i]) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        if (strcmp(key, optional[i]) == 0)
            return true;
    return false;
}

static int check_keys(json_t *entry, const struct place *p) {
    const char *key;
    json_t *value;
    json_object_foreach(entry, key, value) {
        if (!is_known(key))
            return complain(p, key,
                            "not a field of a gap; expected id, registry, title, url, cases, "
                            "signature, versions, review_by, owner, why, message, quirk, "
                            "expect_after");
    }
    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        value = json_object_get(entry, required[i]);
        bool is_list = strcmp(required[i], "cases") == 0;
        bool is_predicate = strcmp(required[i], "signature") == 0;
        if (!value)
            return complain(p, required[i], "missing in this entry");
        if (is_list        ? !json_is_array(value) || json_array_size(value) == 0
            : is_predicate ? !json_is_object(value) || json_object_size(value) == 0
                           : !json_is_string(value))
            return complain(p, required[i],
                            is_list        ? "expected a list of case ids"
                            : is_predicate ? "expected a predicate over the case's evidence"
                                           : "expected a text");
    }
    return 0;
}

static int read_gap(json_t *entry, const struct place *p, struct gap *ret) {
    if (!json_is_object(entry))
        return err_set(p->err, ERR_INPUT, "%s:%d: expected an object per gap", p->name,
                       (int)json_int(p->lines, 1, "", NULL));
    if (check_keys(entry, p) < 0)
        return ERR_INPUT;
    *ret = (struct gap){.id = json_str(entry, "id", NULL),
                        .registry = json_str(entry, "registry", NULL),
                        .title = json_str(entry, "title", NULL),
                        .url = json_str(entry, "url", NULL),
                        .owner = json_str(entry, "owner", NULL),
                        .why = json_str(entry, "why", NULL),
                        .review_by = json_str(entry, "review_by", NULL),
                        .versions = json_str(entry, "versions", NULL),
                        .message = json_str(entry, "message", NULL),
                        .cases = json_object_get(entry, "cases"),
                        .signature = json_object_get(entry, "signature")};
    CLEANUP(str_freep) char *end_of_day = xasprintf("%sT23:59:59Z", ret->review_by);
    ret->review_by_ms = clock_parse_utc(end_of_day);
    if (ret->review_by_ms < 0)
        return complain(p, "review_by", "expected a date such as 2027-06-30");
    if (!window_is_sound(ret->versions))
        return complain(p, "versions", "expected bounds such as \">=1.6 <1.9\"");
    struct err why = {0};
    if (predicate_check(ret->signature, NULL, false, &why) < 0)
        return complain(p, "signature", why.text);
    return 0;
}

static int read_gaps(struct ledger *l, const json_t *lines, const char *name, struct err *err) {
    l->gaps = xcalloc(json_array_size(l->json), sizeof(struct gap));
    size_t i;
    json_t *entry;
    json_array_foreach(l->json, i, entry) {
        struct place p = {name, json_array_get(lines, i), err};
        if (read_gap(entry, &p, &l->gaps[i]) < 0)
            return ERR_INPUT;
        for (size_t j = 0; j < i; j++)
            if (strcmp(l->gaps[i].id, l->gaps[j].id) == 0)
                return complain(&p, "id", "another entry has the same id");
        l->count = i + 1;
    }
    return 0;
}

int ledger_parse(const char *text, size_t len, const char *name, struct ledger *ret,
                 struct err *err) {
    *ret = (struct ledger){.json = json_parse(text, len, name, err)};
    if (!ret->json)
        return ERR_INPUT;
    /* JSON is YAML too, and the YAML reader knows the lines. */
    CLEANUP(json_freep) json_t *lines = NULL;
    CLEANUP(json_freep) json_t *again = yaml_parse_with_lines(text, len, name, &lines, NULL);
    (void)again; /* only its lines are wanted */
    int rc = json_is_array(ret->json)
                 ? read_gaps(ret, lines, name, err)
                 : err_set(err, ERR_INPUT, "%s:1: expected a list of gaps", name);
    if (rc < 0)
        ledger_release(ret);
    return rc;
}

int ledger_load(const char *path, struct ledger *ret, struct err *err) {
    struct buf text = BUF_INIT;
    *ret = (struct ledger){0};
    int rc = fs_read(path, &text, err);
    if (rc == 0)
        rc = ledger_parse(buf_str(&text), text.len, path, ret, err);
    buf_release(&text);
    return rc;
}

void ledger_release(struct ledger *l) {
    free(l->gaps);
    json_decref(l->json);
    *l = (struct ledger){0};
}
