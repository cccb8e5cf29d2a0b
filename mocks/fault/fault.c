#include "mocks/fault/fault.h"

#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RULES_MAX = 1000, RULE_LEN_MAX = 1024, VERBS_MAX = 8 };

enum wire { HTTP = 1, DNS = 2, BOTH = 3 }; /* which kind of request can meet a fault */

struct rule {
    char *text;                   /* as it was given; owned */
    char *pattern;                /* owned; "*" for all */
    char *at;                     /* owned; NULL for every part */
    const char *verbs[VERBS_MAX]; /* of the table of verbs; none for all */
    size_t verb_count;
    struct fault fault;
    enum wire wire;      /* of its action */
    int64_t skip, count; /* count -1: no end */
    double probability;
    int64_t seen, struck;
};

struct fault_table {
    struct rule *rules;
    size_t count, cap;
    struct rng rng;
};

/* Which verbs of a request a word of a rule stands for: an HTTP method stands for its verbs. */
static const struct {
    const char *word;
    const char *verbs[3];
} verb_table[] = {
    {"get", {"get", "list"}},
    {"list", {"list"}},
    {"watch", {"watch"}},
    {"create", {"create", "post"}},
    {"post", {"post", "create"}},
    {"update", {"update", "put"}},
    {"put", {"put", "update"}},
    {"patch", {"patch"}},
    {"delete", {"delete", "deletecollection"}},
    {"deletecollection", {"deletecollection"}},
    {"head", {"head"}},
    {"options", {"options"}},
    {"connect", {"connect"}},
    {"query", {"query"}},
};

enum value_kind { VALUE_NONE, VALUE_NEEDED, VALUE_OPTIONAL };

static const struct {
    const char *word;
    enum fault_action action;
    enum wire wire;
    enum value_kind kind;
    int64_t min, max;
} action_table[] = {
    {"refuse", FAULT_REFUSE, HTTP, VALUE_NONE, 0, 0},
    {"reset", FAULT_RESET, HTTP, VALUE_NONE, 0, 0},
    {"drop", FAULT_DROP, BOTH, VALUE_NONE, 0, 0},
    {"delay", FAULT_DELAY, BOTH, VALUE_NEEDED, 0, 86400000},
    {"truncate", FAULT_TRUNCATE, BOTH, VALUE_OPTIONAL, 0, INT32_MAX},
    {"status", FAULT_STATUS, HTTP, VALUE_NEEDED, 200, 599},
    {"conflict", FAULT_CONFLICT, HTTP, VALUE_NONE, 0, 0},
    {"stale", FAULT_STALE, BOTH, VALUE_NONE, 0, 0},
    {"close", FAULT_CLOSE, HTTP, VALUE_NONE, 0, 0},
    {"compact", FAULT_COMPACT, HTTP, VALUE_NONE, 0, 0},
    {"garble", FAULT_GARBLE, HTTP, VALUE_NONE, 0, 0},
    {"servfail", FAULT_SERVFAIL, DNS, VALUE_NONE, 0, 0},
    {"nxdomain", FAULT_NXDOMAIN, DNS, VALUE_NONE, 0, 0},
    {"refused", FAULT_REFUSED, DNS, VALUE_NONE, 0, 0},
    {"nodata", FAULT_NODATA, DNS, VALUE_NONE, 0, 0},
    {"wrong-id", FAULT_WRONG_ID, DNS, VALUE_NONE, 0, 0},
    {"lame", FAULT_LAME, DNS, VALUE_NONE, 0, 0},
    {"loop", FAULT_LOOP, DNS, VALUE_NONE, 0, 0},
};

struct fault_table *fault_table_new(uint64_t seed) {
    struct fault_table *t = xcalloc(1, sizeof(*t));
    rng_init(&t->rng, seed);
    return t;
}

static void rule_release(struct rule *r) {
    free(r->text);
    free(r->pattern);
    free(r->at);
    *r = (struct rule){0};
}

void fault_table_clear(struct fault_table *t) {
    for (size_t i = 0; i < t->count; i++)
        rule_release(&t->rules[i]);
    t->count = 0;
}

void fault_table_free(struct fault_table *t) {
    if (!t)
        return;
    fault_table_clear(t);
    free(t->rules);
    free(t);
}

static int parse_verbs(char *words, struct rule *r, struct err *err) {
    if (str_eq(words, "*"))
        return 0;
    char *word;
    while ((word = str_next(&words, ','))) {
        size_t i = 0;
        while (i < ARRAY_LEN(verb_table) && strcasecmp(word, verb_table[i].word) != 0)
            i++;
        if (i == ARRAY_LEN(verb_table))
            return err_set(err, ERR_USAGE,
                           "\"%s\" is no verb: use *, get, list, watch, create, update, patch, "
                           "delete, deletecollection, post, put, head, options, connect or query",
                           word);
        if (r->verb_count == VERBS_MAX)
            return err_set(err, ERR_USAGE, "more than %d verbs: use *", VERBS_MAX);
        r->verbs[r->verb_count++] = verb_table[i].word;
    }
    return 0;
}

static int action_value(size_t row, const char *word, const char *value, struct rule *r,
                        struct err *err) {
    r->wire = action_table[row].wire;
    r->fault = (struct fault){.action = action_table[row].action, .value = -1, .retry_after_s = -1};
    if (!value && action_table[row].kind == VALUE_NEEDED)
        return err_set(err, ERR_USAGE, "\"%s\" needs a value: %s=N", word, word);
    if (value && action_table[row].kind == VALUE_NONE)
        return err_set(err, ERR_USAGE, "\"%s\" takes no value, got \"%s\"", word, value);
    if (value && !str_to_int(value, action_table[row].min, action_table[row].max, &r->fault.value))
        return err_set(err, ERR_USAGE, "\"%s=%s\": a number from %lld to %lld is expected", word,
                       value, (long long)action_table[row].min, (long long)action_table[row].max);
    return 0;
}

static int parse_action(char *word, struct rule *r, struct err *err) {
    char *value = strchr(word, '=');
    if (value)
        *value++ = '\0';
    for (size_t i = 0; i < ARRAY_LEN(action_table); i++)
        if (str_eq(word, action_table[i].word))
            return action_value(i, word, value, r, err);
    return err_set(
        err, ERR_USAGE,
        "\"%s\" is no action: use refuse, reset, drop, delay=MS, truncate=BYTES, "
        "status=CODE, conflict, stale, close, compact, garble, or of queries drop, delay, "
        "truncate, wrong-id, servfail, refused, nxdomain, nodata, lame, loop, stale",
        word);
}

/* A rule that could never strike is a mistake in it. */
static int check_wire(const struct rule *r, const char *action, struct err *err) {
    bool query = false, other = false;
    for (size_t i = 0; i < r->verb_count; i++) {
        bool is_query = str_eq(r->verbs[i], "query");
        query = query || is_query;
        other = other || !is_query;
    }
    if (query && !(r->wire & DNS))
        return err_set(err, ERR_USAGE,
                       "\"%s\" befalls no query: use drop, delay=MS, truncate, wrong-id, servfail, "
                       "refused, nxdomain, nodata, lame, loop or stale",
                       action);
    if (other && !(r->wire & HTTP))
        return err_set(err, ERR_USAGE, "\"%s\" befalls queries only: use the verb query", action);
    return 0;
}

/* A decimal fraction in (0, 1]; strtod alone would also take hex, inf and nan. */
static bool parse_probability(const char *text, double *ret) {
    char *end = NULL;
    if (!*text || text[strspn(text, "0123456789.")] || strlen(text) > 20)
        return false;
    double p = strtod(text, &end);
    if (end == text || *end || p <= 0 || p > 1)
        return false;
    *ret = p;
    return true;
}

static int parse_option(char *word, struct rule *r, struct err *err) {
    char *value = strchr(word, '=');
    if (value)
        *value++ = '\0';
    if (!value || !*value)
        return err_set(err, ERR_USAGE,
                       "\"%s\" is no option: use count=N, skip=N, p=0.1, at=NAME or retry-after=S",
                       word);
    bool ok;
    if (str_eq(word, "count")) {
        ok = str_to_int(value, 1, INT32_MAX, &r->count);
    } else if (str_eq(word, "skip")) {
        ok = str_to_int(value, 0, INT32_MAX, &r->skip);
    } else if (str_eq(word, "p")) {
        ok = parse_probability(value, &r->probability);
    } else if (str_eq(word, "retry-after")) {
        if (r->fault.action != FAULT_STATUS)
            return err_set(err, ERR_USAGE, "retry-after belongs to status=CODE");
        ok = str_to_int(value, 0, INT32_MAX, &r->fault.retry_after_s);
    } else if (str_eq(word, "at")) {
        free(r->at);
        r->at = xstrdup(value);
        ok = true;
    } else {
        return err_set(err, ERR_USAGE, "\"%s\" is no option: use count, skip, p, at or retry-after",
                       word);
    }
    return ok ? 0
              : err_set(err, ERR_USAGE, "\"%s=%s\": %s is expected", word, value,
                        str_eq(word, "p") ? "a fraction above 0 up to 1" : "a number");
}

/* The next word between blanks; NULL when there is none. */
static char *next_word(char **rest) {
    *rest += strspn(*rest, " \t");
    if (!**rest)
        return NULL;
    char *word = *rest;
    *rest += strcspn(word, " \t");
    if (**rest)
        *(*rest)++ = '\0';
    return word;
}

static int parse_rule(char *rest, struct rule *r, struct err *err) {
    char *verbs = next_word(&rest), *pattern = next_word(&rest), *action = next_word(&rest);
    if (!action)
        return err_set(err, ERR_USAGE,
                       "VERB PATTERN ACTION is expected, such as "
                       "\"get /api/v1/nodes status=500 count=2\"");
    r->pattern = xstrdup(pattern);
    r->count = -1;
    r->probability = 1;
    int code = parse_verbs(verbs, r, err);
    if (code == 0)
        code = parse_action(action, r, err);
    if (code == 0)
        code = check_wire(r, action, err);
    char *word;
    while (code == 0 && (word = next_word(&rest)))
        code = parse_option(word, r, err);
    return code;
}

int fault_table_add(struct fault_table *t, const char *rule, struct err *err) {
    if (t->count == RULES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d fault rules", RULES_MAX);
    if (strlen(rule) > RULE_LEN_MAX)
        return err_set(err, ERR_USAGE, "a fault rule is longer than %d bytes", RULE_LEN_MAX);
    struct rule r = {.text = xstrdup(rule)};
    char *words = xstrdup(rule);
    int code = parse_rule(words, &r, err);
    free(words);
    if (code < 0) {
        rule_release(&r);
        err_prefix(err, "fault rule \"%s\"", rule);
        return code;
    }
    t->rules = xgrow(t->rules, t->count, &t->cap, sizeof(*t->rules));
    t->rules[t->count++] = r;
    return 0;
}

static bool word_means(const char *word, const char *verb) {
    for (size_t i = 0; i < ARRAY_LEN(verb_table); i++) {
        if (verb_table[i].word != word)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(verb_table[i].verbs) && verb_table[i].verbs[k]; k++)
            if (strcasecmp(verb_table[i].verbs[k], verb) == 0)
                return true;
    }
    return false;
}

static bool verb_matches(const struct rule *r, const char *verb) {
    for (size_t i = 0; i < r->verb_count; i++)
        if (word_means(r->verbs[i], verb))
            return true;
    return r->verb_count == 0;
}

/* "c1" is meant by "c1", and "c1/kube-dns" by both. */
static bool part_matches(const struct rule *r, const char *part) {
    if (!r->at)
        return true;
    size_t len = strlen(r->at);
    return part && str_has_prefix(part, r->at) && (part[len] == '\0' || part[len] == '/');
}

static bool name_matches(const struct rule *r, const char *name) {
    if (str_eq(r->pattern, "*"))
        return true;
    size_t len = strlen(name), wanted = strlen(r->pattern);
    len -= len > 1 && name[len - 1] == '.';
    wanted -= wanted > 1 && r->pattern[wanted - 1] == '.';
    return len >= wanted && strncasecmp(name + len - wanted, r->pattern, wanted) == 0 &&
           (len == wanted || name[len - wanted - 1] == '.');
}

static bool pattern_matches(const struct rule *r, const char *path, const char *resource) {
    if (str_eq(r->pattern, "*"))
        return true;
    if (r->pattern[0] == '/')
        return path && str_has_prefix(path, r->pattern);
    return resource && str_eq(r->pattern, resource);
}

static bool strikes(struct fault_table *t, struct rule *r) {
    if (++r->seen <= r->skip || (r->count >= 0 && r->struck >= r->count))
        return false;
    /* Drawn only when it matters, so that a certain rule does not shift the others' luck. */
    if (r->probability < 1 && rng_unit(&t->rng) >= r->probability)
        return false;
    r->struck++;
    return true;
}

static const struct fault none = {.action = FAULT_NONE, .value = -1, .retry_after_s = -1};

struct fault fault_table_next(struct fault_table *t, const char *part, const char *verb,
                              const char *path, const char *resource) {
    for (size_t i = 0; i < t->count; i++) {
        struct rule *r = &t->rules[i];
        if ((r->wire & HTTP) && part_matches(r, part) && verb_matches(r, verb) &&
            pattern_matches(r, path, resource) && strikes(t, r))
            return r->fault;
    }
    return none;
}

struct fault fault_table_next_query(struct fault_table *t, const char *part, const char *name) {
    for (size_t i = 0; i < t->count; i++) {
        struct rule *r = &t->rules[i];
        if ((r->wire & DNS) && part_matches(r, part) && verb_matches(r, "query") &&
            name_matches(r, name) && strikes(t, r))
            return r->fault;
    }
    return none;
}

bool fault_table_is_empty(const struct fault_table *t) {
    return t->count == 0;
}

json_t *fault_table_report(const struct fault_table *t) {
    json_t *report = json_array();
    for (size_t i = 0; i < t->count; i++) {
        const struct rule *r = &t->rules[i];
        json_t *row = json_object();
        json_set_str(row, "rule", r->text);
        json_set_int(row, "seen", r->seen);
        json_set_int(row, "struck", r->struck);
        json_array_append_new(report, row);
    }
    return report;
}
