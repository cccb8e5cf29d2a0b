#include "harness/model/case_filter.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

enum { DEPTH_MAX = 50, PATTERN_LEN_MAX = 2000 };

static const char *const fields_known[] = {"id",     "area",     "title",    "why",
                                           "covers", "needs",    "after",    "verbs",
                                           "gap",    "required", "teardown", NULL};

/* Reads and evaluates in one go: an expression is short, and so every part of it is checked. */
struct filter {
    const char *whole, *at;
    const json_t *fields;
    struct err *err;
    int depth;
};

static bool any(struct filter *f); /* or */

json_t *case_filter_fields(const struct scenario *s, const json_t *gaps) {
    static const char *const lists[] = {"covers", "needs", "after"};
    json_t *fields = json_object(), *verbs = json_array();
    json_set_str(fields, "id", s->id);
    json_object_set_new(fields, "area", json_stringn(s->id, scenario_area_len(s->id)));
    json_set_str(fields, "title", s->title);
    json_set_str(fields, "why", s->why);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        json_object_set(fields, lists[i], json_object_get(s->source, lists[i]));
    for (size_t i = 0; i < s->step_count; i++)
        json_array_append_new(verbs, json_string(step_verb_name(s->steps[i].verb)));
    json_object_set_new(fields, "verbs", verbs);
    if (gaps)
        json_object_set_new(fields, "gap", json_deep_copy(gaps));
    json_set_bool(fields, "required", s->required);
    json_set_bool(fields, "teardown", s->teardown);
    return fields;
}

static void complain(struct filter *f, const char *expected) {
    if (f->err->code)
        return;
    if (*f->at)
        err_set(f->err, ERR_USAGE, "--filter \"%s\": at \"%s\": expected %s", f->whole, f->at,
                expected);
    else
        err_set(f->err, ERR_USAGE, "--filter \"%s\": at the end: expected %s", f->whole, expected);
}

static void skip_blanks(struct filter *f) {
    while (isspace((unsigned char)*f->at))
        f->at++;
}

/* Takes a word of the language when it is next. */
static bool take_word(struct filter *f, const char *word) {
    skip_blanks(f);
    size_t len = strlen(word);
    if (strncmp(f->at, word, len) != 0)
        return false;
    char next = f->at[len];
    if (isalpha((unsigned char)*word) && (isalnum((unsigned char)next) || strchr("_=!~", next)) &&
        next)
        return false;
    f->at += len;
    return true;
}

/* Owned; NULL when there is none (said). */
static char *take_text(struct filter *f) {
    char quote = *f->at;
    if (quote == '\'' || quote == '"') {
        const char *end = strchr(f->at + 1, quote);
        if (!end) {
            complain(f, "a closing quote");
            return NULL;
        }
        char *text = xstrndup(f->at + 1, (size_t)(end - f->at - 1));
        f->at = end + 1;
        return text;
    }
    size_t len = strcspn(f->at, " \t\n()");
    if (len == 0) {
        complain(f, "a text");
        return NULL;
    }
    f->at += len;
    return xstrndup(f->at - len, len);
}

static bool is_one(const json_t *value, const char *text, const regex_t *regex) {
    const char *have = json_string_value(value);
    if (json_is_boolean(value))
        have = json_is_true(value) ? "true" : "false";
    if (!have)
        return false;
    return regex ? regexec(regex, have, 0, NULL, 0) == 0 : strcmp(have, text) == 0;
}

static bool is_any(const json_t *value, const char *text, const regex_t *regex) {
    size_t i;
    json_t *element;
    if (!json_is_array(value))
        return is_one(value, text, regex);
    json_array_foreach(value, i, element) if (is_one(element, text, regex)) return true;
    return false;
}

static bool matches(struct filter *f, const json_t *value, const char *text) {
    regex_t regex;
    int rc = strlen(text) > PATTERN_LEN_MAX ? REG_ESPACE
                                            : regcomp(&regex, text, REG_EXTENDED | REG_NOSUB);
    if (rc != 0) {
        if (!f->err->code)
            err_set(f->err, ERR_USAGE, "--filter \"%s\": \"%s\" is no regular expression", f->whole,
                    text);
        return false;
    }
    bool found = is_any(value, text, &regex);
    regfree(&regex);
    return found;
}

static bool term(struct filter *f) {
    size_t len = strspn(f->at, "abcdefghijklmnopqrstuvwxyz_");
    CLEANUP(str_freep) char *field = xstrndup(f->at, len);
    bool known = false;
    for (size_t i = 0; fields_known[i]; i++)
        known |= strcmp(fields_known[i], field) == 0;
    if (!known) {
        complain(f, "id, area, title, why, covers, needs, after, verbs, gap, required, teardown, "
                    "not or (");
        return false;
    }
    f->at += len;
    const json_t *value = json_object_get(f->fields, field);
    bool no = *f->at == '!', regex = f->at[no] == '~';
    if (!regex && f->at[no] != '=') {
        if (str_eq(field, "required") || str_eq(field, "teardown"))
            return json_is_true(value);
        complain(f, "=, !=, ~ or !~");
        return false;
    }
    f->at += no + 1;
    CLEANUP(str_freep) char *text = take_text(f);
    if (!text)
        return false;
    return (regex ? matches(f, value, text) : is_any(value, text, NULL)) != no;
}

static bool unary(struct filter *f) {
    if (take_word(f, "not")) {
        if (++f->depth > DEPTH_MAX) {
            complain(f, "less nesting");
            return false;
        }
        bool holds = !unary(f);
        f->depth--;
        return holds;
    }
    if (!take_word(f, "("))
        return term(f);
    if (++f->depth > DEPTH_MAX) {
        complain(f, "less nesting");
        return false;
    }
    bool holds = any(f);
    f->depth--;
    if (!take_word(f, ")"))
        complain(f, "and, or or )");
    return holds;
}

static bool all(struct filter *f) {
    bool holds = unary(f);
    while (!f->err->code && take_word(f, "and"))
        holds &= unary(f);
    return holds;
}

static bool any(struct filter *f) {
    bool holds = all(f);
    while (!f->err->code && take_word(f, "or"))
        holds |= all(f);
    return holds;
}

int case_filter_holds(const char *expression, const json_t *fields, bool *ret, struct err *err) {
    struct err own = {0};
    struct filter f = {.whole = expression, .at = expression, .fields = fields, .err = &own};
    bool holds = any(&f);
    skip_blanks(&f);
    if (*f.at)
        complain(&f, "and, or or the end");
    if (own.code)
        return err_set(err, own.code, "%s", own.text);
    *ret = holds;
    return 0;
}
