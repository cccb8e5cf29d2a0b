#include "mocks/fault/fault.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RULES_MAX = 1000, RULE_LEN_MAX = 1024, VERBS_MAX = 8 };

/* What can meet a fault, as bits; those of Juju are the header's events. */
enum wire {
    HTTP = 1,
    DNS = 2,
    BOTH = HTTP | DNS,
    PROVISION = FAULT_OF_PROVISION,
    HOOK = FAULT_OF_HOOK,
    PRESENCE = FAULT_OF_MACHINE | FAULT_OF_AGENT,
    COMMAND = FAULT_OF_COMMAND,
    PORT = FAULT_OF_PORT,
    ANY = BOTH | PROVISION | HOOK | PRESENCE | COMMAND | PORT,
};

struct rule {
    char *text;              /* as it was given; owned */
    char *pattern;           /* owned; "*" for all */
    char *at;                /* owned; NULL for every part */
    size_t verbs[VERBS_MAX]; /* rows of the table of verbs; none for requests and queries */
    size_t verb_count;
    struct fault fault;
    unsigned wire;       /* of its action and its verbs */
    int64_t skip, count; /* count -1: no end */
    int64_t after_ms;    /* 0: from the beginning on */
    int64_t for_ms;      /* from its first strike on; -1: no end */
    int64_t first_ms;    /* when that was; -1: it has not struck */
    double probability;
    int64_t seen, struck;
};

struct fault_table {
    struct rule *rules;
    size_t count, cap;
    struct rng rng;
    const struct sched *clock; /* borrowed or NULL */
};

/* Which verbs of a request a word of a rule stands for: an HTTP method stands for its verbs. */
static const struct {
    const char *word;
    const char *verbs[3];
    unsigned wire;
} verb_table[] = {
    {"get", {"get", "list"}, HTTP},
    {"list", {"list"}, HTTP},
    {"watch", {"watch"}, HTTP},
    {"create", {"create", "post"}, HTTP},
    {"post", {"post", "create"}, HTTP},
    {"update", {"update", "put"}, HTTP},
    {"put", {"put", "update"}, HTTP},
    {"patch", {"patch"}, HTTP},
    {"delete", {"delete", "deletecollection"}, HTTP},
    {"deletecollection", {"deletecollection"}, HTTP},
    {"head", {"head"}, HTTP},
    {"options", {"options"}, HTTP},
    {"connect", {"connect"}, HTTP},
    {"query", {"query"}, DNS},
    {"juju", {"juju"}, COMMAND},
    {"machine", {"machine"}, PROVISION | FAULT_OF_MACHINE},
    {"hook", {"hook"}, HOOK},
    {"port", {"port"}, PORT},
    {"agent", {"agent"}, FAULT_OF_AGENT},
};

enum value_kind { VALUE_NONE, VALUE_NEEDED, VALUE_OPTIONAL };

static const struct {
    const char *word;
    enum fault_action action;
    unsigned wire;
    enum value_kind kind;
    int64_t min, max;
} action_table[] = {
    {"refuse", FAULT_REFUSE, HTTP | COMMAND, VALUE_NONE, 0, 0},
    {"reset", FAULT_RESET, HTTP | COMMAND, VALUE_NONE, 0, 0},
    {"drop", FAULT_DROP, BOTH | COMMAND | PROVISION | HOOK | PORT, VALUE_NONE, 0, 0},
    {"delay", FAULT_DELAY, BOTH | COMMAND | PROVISION | HOOK, VALUE_NEEDED, 0, 86400000},
    {"truncate", FAULT_TRUNCATE, BOTH | COMMAND, VALUE_OPTIONAL, 0, INT32_MAX},
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
    {"expire", FAULT_EXPIRE, HTTP | COMMAND, VALUE_NONE, 0, 0},
    {"warn", FAULT_WARN, COMMAND, VALUE_NONE, 0, 0},
    {"fail", FAULT_FAIL, PROVISION | HOOK, VALUE_NONE, 0, 0},
    {"block", FAULT_BLOCK, HOOK, VALUE_NONE, 0, 0},
    {"lost", FAULT_LOST, PRESENCE, VALUE_NONE, 0, 0},
};

struct fault_table *fault_table_new(uint64_t seed) {
    struct fault_table *t = xcalloc(1, sizeof(*t));
    rng_init(&t->rng, seed);
    return t;
}

void fault_table_use_clock(struct fault_table *t, const struct sched *clock) {
    t->clock = clock;
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

/* A list of words for people, while it is made. */
struct words {
    struct buf text;   /* "get, list, watch" */
    size_t last_comma; /* 0: there is none */
};
#define WORDS_INIT \
    { .text = BUF_INIT }

static void words_add(struct words *w, const char *word, const char *behind) {
    w->last_comma = w->text.len;
    buf_addf(&w->text, "%s%s%s", w->text.len ? ", " : "", word, behind);
}

/* "get, list or watch"; owned. */
static char *words_detach(struct words *w) {
    if (w->last_comma == 0)
        return buf_detach(&w->text);
    const char *all = buf_str(&w->text);
    char *text = xasprintf("%.*s or %s", (int)w->last_comma, all, all + w->last_comma + 2);
    buf_release(&w->text);
    return text;
}

/* The verbs of what is of wire; owned. */
static char *verb_words(unsigned wire) {
    struct words w = WORDS_INIT;
    for (size_t i = 0; i < ARRAY_LEN(verb_table); i++)
        if (verb_table[i].wire & wire)
            words_add(&w, verb_table[i].word, "");
    return words_detach(&w);
}

/* "drop, delay=N or lame": what can befall one of wire; owned. */
static char *action_words(unsigned wire) {
    struct words w = WORDS_INIT;
    for (size_t i = 0; i < ARRAY_LEN(action_table); i++)
        if (action_table[i].wire & wire)
            words_add(&w, action_table[i].word, action_table[i].kind == VALUE_NEEDED ? "=N" : "");
    return words_detach(&w);
}

static int parse_verbs(char *words, struct rule *r, struct err *err) {
    if (str_eq(words, "*"))
        return 0;
    char *word;
    while ((word = str_next(&words, ','))) {
        size_t i = 0;
        while (i < ARRAY_LEN(verb_table) && strcasecmp(word, verb_table[i].word) != 0)
            i++;
        if (i == ARRAY_LEN(verb_table)) {
            CLEANUP(str_freep) char *known = verb_words(ANY);
            return err_set(err, ERR_USAGE, "\"%s\" is no verb: use *, %s", word, known);
        }
        if (r->verb_count == VERBS_MAX)
            return err_set(err, ERR_USAGE, "more than %d verbs: use *", VERBS_MAX);
        r->verbs[r->verb_count++] = i;
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
    unsigned wire = 0;
    for (size_t i = 0; i < r->verb_count; i++)
        wire |= verb_table[r->verbs[i]].wire;
    CLEANUP(str_freep) char *known = action_words(wire ? wire : BOTH);
    return err_set(err, ERR_USAGE, "\"%s\" is no action: use %s", word, known);
}

/* A rule that could never strike is a mistake in it. */
static int check_wire(struct rule *r, const char *action, struct err *err) {
    unsigned wire = r->verb_count ? 0 : BOTH;
    for (size_t i = 0; i < r->verb_count; i++) {
        unsigned own = verb_table[r->verbs[i]].wire;
        wire |= own;
        if (r->wire & own)
            continue;
        CLEANUP(str_freep) char *actions = action_words(own);
        CLEANUP(str_freep) char *verbs = verb_words(r->wire);
        return err_set(err, ERR_USAGE,
                       "\"%s\" befalls no %s: that takes %s; or use it with the verb %s", action,
                       verb_table[r->verbs[i]].word, actions, verbs);
    }
    r->wire &= wire;
    if (r->wire)
        return 0;
    return err_set(err, ERR_USAGE, "\"*\" means requests and queries, which \"%s\" does not befall",
                   action);
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
        return err_set(
            err, ERR_USAGE,
            "\"%s\" is no option: use count=N, skip=N, after=MS, for=MS, p=0.1, at=NAME or "
            "retry-after=S",
            word);
    bool ok;
    if (str_eq(word, "count")) {
        ok = str_to_int(value, 1, INT32_MAX, &r->count);
    } else if (str_eq(word, "skip")) {
        ok = str_to_int(value, 0, INT32_MAX, &r->skip);
    } else if (str_eq(word, "after")) {
        ok = str_to_int(value, 0, INT32_MAX, &r->after_ms);
    } else if (str_eq(word, "for")) {
        ok = str_to_int(value, 1, INT32_MAX, &r->for_ms);
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
        return err_set(err, ERR_USAGE,
                       "\"%s\" is no option: use count, skip, after, for, p, at or retry-after",
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

static int parse_rule(const struct fault_table *t, char *rest, struct rule *r, struct err *err) {
    char *verbs = next_word(&rest), *pattern = next_word(&rest), *action = next_word(&rest);
    if (!action)
        return err_set(err, ERR_USAGE,
                       "VERB PATTERN ACTION is expected, such as "
                       "\"get /api/v1/nodes status=500 count=2\"");
    r->pattern = xstrdup(pattern);
    r->count = r->for_ms = r->first_ms = -1;
    r->probability = 1;
    int code = parse_verbs(verbs, r, err);
    if (code == 0)
        code = parse_action(action, r, err);
    if (code == 0)
        code = check_wire(r, action, err);
    char *word;
    while (code == 0 && (word = next_word(&rest)))
        code = parse_option(word, r, err);
    if (code == 0 && !t->clock && (r->after_ms > 0 || r->for_ms > 0))
        code = err_set(err, ERR_USAGE, "after and for need a world's clock, and there is none");
    return code;
}

int fault_table_add(struct fault_table *t, const char *rule, struct err *err) {
    if (t->count == RULES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d fault rules", RULES_MAX);
    if (strlen(rule) > RULE_LEN_MAX)
        return err_set(err, ERR_USAGE, "a fault rule is longer than %d bytes", RULE_LEN_MAX);
    struct rule r = {.text = xstrdup(rule)};
    char *words = xstrdup(rule);
    int code = parse_rule(t, words, &r, err);
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

static bool verb_matches(const struct rule *r, const char *verb) {
    for (size_t i = 0; i < r->verb_count; i++) {
        const char *const *means = verb_table[r->verbs[i]].verbs;
        for (size_t k = 0; k < ARRAY_LEN(verb_table[0].verbs) && means[k]; k++)
            if (strcasecmp(means[k], verb) == 0)
                return true;
    }
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
    int64_t now = t->clock ? sched_now_ms(t->clock) : 0;
    if (now < r->after_ms || (r->for_ms >= 0 && r->first_ms >= 0 && now >= r->first_ms + r->for_ms))
        return false;
    if (++r->seen <= r->skip || (r->count >= 0 && r->struck >= r->count))
        return false;
    /* Drawn only when it matters, so that a certain rule does not shift the others' luck. */
    if (r->probability < 1 && rng_unit(&t->rng) >= r->probability)
        return false;
    r->struck++;
    if (r->first_ms < 0)
        r->first_ms = now;
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

static const char *event_verb(enum fault_event event) {
    switch (event) {
    case FAULT_OF_COMMAND:
        return "juju";
    case FAULT_OF_HOOK:
        return "hook";
    case FAULT_OF_PORT:
        return "port";
    case FAULT_OF_AGENT:
        return "agent";
    case FAULT_OF_PROVISION:
    case FAULT_OF_MACHINE:
        return "machine";
    }
    return "";
}

struct fault fault_table_next_event(struct fault_table *t, const char *part, enum fault_event event,
                                    const char *name, const char *of) {
    for (size_t i = 0; i < t->count; i++) {
        struct rule *r = &t->rules[i];
        if ((r->wire & event) && part_matches(r, part) && verb_matches(r, event_verb(event)) &&
            (pattern_matches(r, NULL, name) || pattern_matches(r, NULL, of)) && strikes(t, r))
            return r->fault;
    }
    return none;
}

bool fault_table_has_event(const struct fault_table *t, enum fault_event event) {
    for (size_t i = 0; i < t->count; i++)
        if (t->rules[i].wire & event)
            return true;
    return false;
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
