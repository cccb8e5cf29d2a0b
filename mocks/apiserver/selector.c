#include "mocks/apiserver/selector.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/apiserver/label.h"

#include <ctype.h>

#define TERMS_MAX 256

void selector_release(struct selector *s) {
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->terms[i].value_count; k++)
            free(s->terms[i].values[k]);
        free(s->terms[i].values);
        free(s->terms[i].key);
    }
    free(s->terms);
    *s = (struct selector){.count = 0};
}

static struct selector_term *add_term(struct selector *s, enum selector_op op, const char *key,
                                      size_t len) {
    s->terms = xgrow(s->terms, s->count, &s->cap, sizeof(*s->terms));
    struct selector_term *t = &s->terms[s->count++];
    *t = (struct selector_term){.op = op, .key = xstrndup(key, len)};
    return t;
}

static void add_value(struct selector_term *t, const char *value, size_t len) {
    t->values = xrealloc(t->values, (t->value_count + 1) * sizeof(*t->values));
    t->values[t->value_count++] = xstrndup(value, len);
}

static const char *skip_space(const char *p) {
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

/* Tokens are those of the lexer in apimachinery's labels/selector.go: signs, and words between. */
#define SIGNS "=!(),<>"

static size_t word_len(const char *p) {
    return strcspn(p, SIGNS " \t\r\n");
}

static int bad(struct err *err, const char *prefix, const char *found, const char *expected) {
    size_t len = word_len(found);
    if (len == 0 && *found && !isspace((unsigned char)*found))
        len = (found[0] == '=' || found[0] == '!') && found[1] == '=' ? 2 : 1;
    return err_set(err, ERR_INPUT, "%sfound '%.*s', expected: %s", prefix,
                   (int)(len < 64 ? len : 64), found, expected);
}

/* Of a requirement that cannot be read, and of what is between requirements. */
#define REQUIREMENT "unable to parse requirement: "
#define BETWEEN ""

/* "(a,b)"; p is behind "in" or "notin". */
static const char *parse_set(const char *p, struct selector_term *t, struct err *err) {
    p = skip_space(p);
    if (*p != '(') {
        bad(err, REQUIREMENT, p, "'('");
        return NULL;
    }
    do {
        p = skip_space(p + 1);
        size_t len = word_len(p);
        add_value(t, p, len);
        p = skip_space(p + len);
    } while (*p == ',' && t->value_count < TERMS_MAX);
    if (*p != ')') {
        bad(err, REQUIREMENT, p, "',' or ')'");
        return NULL;
    }
    return p + 1;
}

static bool is_word(const char *p, const char *word) {
    return word_len(p) == strlen(word) && strncmp(p, word, strlen(word)) == 0;
}

static const char *parse_operator(struct selector *s, const char *key, size_t key_len,
                                  const char *p, struct err *err) {
    p = skip_space(p);
    if (*p == '\0' || *p == ',') {
        add_term(s, SELECTOR_EXISTS, key, key_len);
        return p;
    }
    if (is_word(p, "in"))
        return parse_set(p + 2, add_term(s, SELECTOR_IN, key, key_len), err);
    if (is_word(p, "notin"))
        return parse_set(p + 5, add_term(s, SELECTOR_NOT_IN, key, key_len), err);

    enum selector_op op;
    if (p[0] == '!' && p[1] == '=') {
        op = SELECTOR_NOT_IN;
        p += 2;
    } else if (p[0] == '=') {
        op = SELECTOR_IN;
        p += p[1] == '=' ? 2 : 1;
    } else if (p[0] == '>' || p[0] == '<') {
        op = p[0] == '>' ? SELECTOR_GREATER : SELECTOR_LESS;
        p++;
    } else {
        bad(err, REQUIREMENT, p, "in, notin, =, ==, !=, gt, lt");
        return NULL;
    }
    p = skip_space(p);
    size_t len = word_len(p);
    add_value(add_term(s, op, key, key_len), p, len);
    return skip_space(p + len);
}

/* What NewRequirement says. */
static int check_term(const struct selector_term *t, struct err *err) {
    CLEANUP(buf_release) struct buf problems = BUF_INIT;
    label_key_problems(t->key, &problems);
    if (problems.len)
        return err_set(err, ERR_INPUT, REQUIREMENT "invalid label key \"%s\": %s", t->key,
                       buf_str(&problems));
    int64_t number;
    bool compares = t->op == SELECTOR_GREATER || t->op == SELECTOR_LESS;
    for (size_t i = 0; i < t->value_count; i++) {
        if (compares && !str_to_int(t->values[i], INT64_MIN, INT64_MAX, &number))
            return err_set(err, ERR_INPUT,
                           REQUIREMENT "for 'Gt', 'Lt' operators, the value must be an integer");
        label_value_problems(t->values[i], &problems);
        if (problems.len)
            return err_set(err, ERR_INPUT, REQUIREMENT "invalid label value: \"%s\": %s",
                           t->values[i], buf_str(&problems));
    }
    return 0;
}

/* Reads one requirement; returns what is behind it, NULL when it cannot be read. */
static const char *parse_term(struct selector *s, const char *p, struct err *err) {
    bool negated = *p == '!';
    if (negated)
        p = skip_space(p + 1);
    size_t len = word_len(p);
    if (len == 0) {
        if (negated)
            bad(err, REQUIREMENT, p, "identifier");
        else
            bad(err, BETWEEN, p, "!, identifier, or 'end of string'");
        return NULL;
    }
    if (negated)
        add_term(s, SELECTOR_NOT_EXISTS, p, len);
    const char *rest = negated ? skip_space(p + len) : parse_operator(s, p, len, p + len, err);
    return rest && check_term(&s->terms[s->count - 1], err) < 0 ? NULL : rest;
}

static int parse_terms(const char *p, struct selector *s, struct err *err) {
    while (*p && s->count < TERMS_MAX) {
        p = parse_term(s, p, err);
        if (!p)
            return ERR_INPUT;
        if (*p && *p != ',')
            return bad(err, BETWEEN, p, "',' or 'end of string'");
        if (!*p)
            return 0;
        p = skip_space(p + 1);
        if (word_len(p) == 0 && (*p != '!' || p[1] == '='))
            return bad(err, BETWEEN, p, "identifier after ','");
    }
    return *p ? err_set(err, ERR_INPUT, "more than %d requirements", TERMS_MAX) : 0;
}

int selector_parse_labels(const char *text, struct selector *ret, struct err *err) {
    *ret = (struct selector){.count = 0};
    int rc = parse_terms(skip_space(text), ret, err);
    if (rc < 0)
        selector_release(ret);
    return rc;
}

/* The fields that a resource can be selected by, besides name and namespace. */
static const struct {
    const char *resource, *fields;
} known_fields[] = {
    {"pods", " spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName"
             " status.phase status.podIP status.nominatedNodeName "},
    {"events", " involvedObject.kind involvedObject.namespace involvedObject.name"
               " involvedObject.uid involvedObject.apiVersion involvedObject.resourceVersion"
               " involvedObject.fieldPath reason source type "},
    {"secrets", " type "},
    {"namespaces", " status.phase "},
    {"nodes", " spec.unschedulable "},
    {"replicationcontrollers", " status.replicas "},
    {"replicasets", " status.replicas "},
    {"jobs", " status.successful "},
};

static int check_field(const struct resource *r, bool custom, const char *field, struct err *err) {
    if (str_eq(field, "metadata.name") || str_eq(field, "metadata.namespace"))
        return 0;
    CLEANUP(str_freep) char *padded = xasprintf(" %s ", field);
    bool own = false;
    for (size_t i = 0; i < ARRAY_LEN(known_fields) && !custom; i++)
        if (str_eq(known_fields[i].resource, r->name)) {
            own = !str_eq(r->name, "replicasets");
            if (strstr(known_fields[i].fields, padded))
                return 0;
        }
    if (own)
        return err_set(err, ERR_INPUT, "field label not supported: %s", field);
    return err_set(err, ERR_INPUT,
                   "\"%s\" is not a known field selector: only \"metadata.name\", "
                   "\"metadata.namespace\"",
                   field);
}

int selector_parse_fields(const char *text, const struct resource *r, bool custom,
                          struct selector *ret, struct err *err) {
    *ret = (struct selector){.count = 0};
    CLEANUP(str_freep) char *copy = xstrdup(text);
    char *rest = copy, *term;
    while ((term = str_next(&rest, ',')) && ret->count < TERMS_MAX) {
        if (!*term)
            continue;
        char *sign = strchr(term, '=');
        if (!sign) {
            selector_release(ret);
            return err_set(err, ERR_INPUT, "invalid selector: '%s'; can't understand '%s'", text,
                           term);
        }
        bool negated = sign > term && sign[-1] == '!';
        const char *value = sign[1] == '=' ? sign + 2 : sign + 1;
        size_t key_len = (size_t)(sign - term) - (negated ? 1 : 0);
        struct selector_term *t =
            add_term(ret, negated ? SELECTOR_NOT_IN : SELECTOR_IN, term, key_len);
        add_value(t, value, strlen(value));
        if (check_field(r, custom, t->key, err) < 0) {
            selector_release(ret);
            return ERR_INPUT;
        }
    }
    return 0;
}

static bool holds(const struct selector_term *t, const char *value) {
    bool among = false;
    int64_t have = 0, limit = 0;
    switch (t->op) {
    case SELECTOR_EXISTS:
        return value != NULL;
    case SELECTOR_NOT_EXISTS:
        return value == NULL;
    case SELECTOR_GREATER:
    case SELECTOR_LESS:
        if (!value || !str_to_int(value, INT64_MIN, INT64_MAX, &have) ||
            !str_to_int(t->values[0], INT64_MIN, INT64_MAX, &limit))
            return false;
        return t->op == SELECTOR_GREATER ? have > limit : have < limit;
    case SELECTOR_IN:
    case SELECTOR_NOT_IN:
        for (size_t i = 0; i < t->value_count && value; i++)
            among |= strcmp(t->values[i], value) == 0;
        return among == (t->op == SELECTOR_IN);
    }
    return false;
}

bool selector_matches_labels(const struct selector *s, const json_t *object) {
    if (s->count == 0)
        return true;
    const json_t *labels = json_at(object, "metadata", "labels", NULL);
    for (size_t i = 0; i < s->count; i++)
        if (!holds(&s->terms[i], json_string_value(json_object_get(labels, s->terms[i].key))))
            return false;
    return true;
}

/* The text of a.b.c; "" when it is not there, as the server's own field sets have it. */
static const char *field_text(const json_t *object, const char *path, char number[32]) {
    /* Asked of each object of each event by those who watch one: no copy for it. */
    if (str_has_prefix(path, "metadata.")) {
        const char *text = json_str(object, "metadata", path + strlen("metadata."), NULL);
        return text ? text : "";
    }
    const json_t *at = object;
    CLEANUP(str_freep) char *copy = xstrdup(path);
    char *rest = copy, *key;
    while ((key = str_next(&rest, '.')))
        at = json_object_get(at, key);
    if (str_eq(path, "source"))
        at = json_object_get(at, "component");
    if (json_is_integer(at)) {
        snprintf(number, 32, "%lld", (long long)json_integer_value(at));
        return number;
    }
    if (json_is_boolean(at))
        return json_is_true(at) ? "true" : "false";
    if (json_is_string(at))
        return json_string_value(at);
    return str_eq(path, "spec.unschedulable")                                     ? "false"
           : str_eq(path, "status.replicas") || str_eq(path, "status.successful") ? "0"
                                                                                  : "";
}

bool selector_matches_fields(const struct selector *s, const json_t *object) {
    char number[32];
    for (size_t i = 0; i < s->count; i++)
        if (!holds(&s->terms[i], field_text(object, s->terms[i].key, number)))
            return false;
    return true;
}

const char *selector_exact_name(const struct selector *s) {
    if (s->count != 1 || s->terms[0].op != SELECTOR_IN || s->terms[0].value_count != 1 ||
        !str_eq(s->terms[0].key, "metadata.name"))
        return NULL;
    return s->terms[0].values[0];
}
