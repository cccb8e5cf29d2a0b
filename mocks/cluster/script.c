#include "mocks/cluster/script.h"

#include "harness/core/str.h"

#include <ctype.h>

enum token { TOKEN_END, TOKEN_WORD, TOKEN_OPERATOR };

struct parser {
    const char *at;
    enum token token;
    char *text; /* of the token; owned */
    bool incomplete, failed;
    int depth;
};

void script_free(struct script *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->kid_count; i++)
        script_free(s->kids[i]);
    for (size_t i = 0; i < s->word_count; i++)
        free(s->words[i]);
    for (size_t i = 0; i < s->redirect_count; i++)
        free(s->redirects[i].target);
    free(s->kids);
    free(s->words);
    free(s->redirects);
    free(s);
}

static struct script *node(enum script_type type) {
    struct script *s = xcalloc(1, sizeof(*s));
    s->type = type;
    return s;
}

static void add_kid(struct script *s, struct script *kid) {
    s->kids = xgrow(s->kids, s->kid_count, &s->kid_cap, sizeof(struct script *));
    s->kids[s->kid_count++] = kid;
}

static void add_word(struct script *s, char *word) {
    s->words = xgrow(s->words, s->word_count, &s->word_cap, sizeof(char *));
    s->words[s->word_count++] = word;
}

/* Past a quoted or nested part that begins at p; NULL when it does not end. */
static const char *skip_part(const char *p) {
    if (*p == '\\')
        return p[1] ? p + 2 : NULL;
    if (*p == '\'') {
        const char *end = strchr(p + 1, '\'');
        return end ? end + 1 : NULL;
    }
    if (*p == '"' || *p == '`') {
        char quote = *p++;
        while (*p && *p != quote) {
            if (*p == '\\' && p[1])
                p++;
            p++;
        }
        return *p ? p + 1 : NULL;
    }
    if (p[0] == '$' && (p[1] == '(' || p[1] == '{')) {
        char open = p[1], close = open == '(' ? ')' : '}';
        int depth = 0;
        for (p++; *p; p++) {
            if (*p == '\'' || *p == '"') {
                p = skip_part(p);
                if (!p)
                    return NULL;
                p--;
                continue;
            }
            depth += (*p == open) - (*p == close);
            if (depth == 0)
                return p + 1;
        }
        return NULL;
    }
    return p + 1;
}

static bool is_word_char(char c) {
    return c && !strchr(" \t\r\n;&|()<>", c);
}

static void skip_blanks(struct parser *p) {
    for (;;) {
        if (*p->at == ' ' || *p->at == '\t' || *p->at == '\r')
            p->at++;
        else if (p->at[0] == '\\' && p->at[1] == '\n')
            p->at += 2;
        else if (*p->at == '#')
            p->at += strcspn(p->at, "\n");
        else
            return;
    }
}

static void next(struct parser *p) {
    static const char *const operators[] = {"2>&1", "1>&2", "2>>", "1>>", "2>", "1>", ">&2",
                                            ">&1",  "&>",   "&&",  "||",  ">>", ";;", "\n",
                                            ";",    "&",    "|",   "(",   ")",  "<",  ">"};
    free(p->text);
    p->text = NULL;
    skip_blanks(p);
    if (!*p->at) {
        p->token = TOKEN_END;
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (str_has_prefix(p->at, operators[i])) {
            p->token = TOKEN_OPERATOR;
            p->text = xstrdup(operators[i]);
            p->at += strlen(operators[i]);
            return;
        }
    }
    const char *from = p->at;
    while (is_word_char(*p->at)) {
        const char *after = skip_part(p->at);
        if (!after) {
            p->incomplete = p->failed = true;
            p->at += strlen(p->at);
            break;
        }
        p->at = after;
    }
    p->token = TOKEN_WORD;
    p->text = xstrndup(from, (size_t)(p->at - from));
}

static bool is(const struct parser *p, const char *text) {
    return p->token != TOKEN_END && str_eq(p->text, text);
}

static bool is_any(const struct parser *p, const char *const *texts) {
    for (; *texts; texts++) {
        if (is(p, *texts))
            return true;
    }
    return false;
}

static void fail(struct parser *p) {
    p->failed = true;
    p->incomplete = p->incomplete || p->token == TOKEN_END;
}

static void expect(struct parser *p, const char *text) {
    if (p->failed)
        return;
    if (is(p, text))
        next(p);
    else
        fail(p);
}

static struct script *parse_list(struct parser *p, const char *const *until);

static void skip_newlines(struct parser *p) {
    while (!p->failed && is(p, "\n"))
        next(p);
}

static bool is_redirect(const struct parser *p) {
    return p->token == TOKEN_OPERATOR && strpbrk(p->text, "<>");
}

static void parse_redirect(struct parser *p, struct script *s) {
    struct redirect r = {.fd = 1, .from_fd = -1, .append = strstr(p->text, ">>") != NULL};
    if (strchr(p->text, '<'))
        r.fd = 0;
    else if (p->text[0] == '2')
        r.fd = 2;
    else if (p->text[0] == '&')
        r.fd = 3;
    if (str_has_suffix(p->text, "&1"))
        r.from_fd = 1;
    else if (str_has_suffix(p->text, "&2"))
        r.from_fd = 2;
    next(p);
    if (r.from_fd < 0) {
        if (p->token != TOKEN_WORD) {
            fail(p);
            return;
        }
        r.target = xstrdup(p->text);
        next(p);
    }
    s->redirects = xgrow(s->redirects, s->redirect_count, &s->redirect_cap, sizeof(r));
    s->redirects[s->redirect_count++] = r;
}

static const char *const ends_then[] = {"then", NULL};
static const char *const ends_if[] = {"elif", "else", "fi", NULL};
static const char *const ends_fi[] = {"fi", NULL};
static const char *const ends_do[] = {"do", NULL};
static const char *const ends_done[] = {"done", NULL};
static const char *const ends_brace[] = {"}", NULL};
static const char *const ends_paren[] = {")", NULL};

static struct script *parse_if(struct parser *p) {
    struct script *s = node(SCRIPT_IF);
    do {
        next(p);
        add_kid(s, parse_list(p, ends_then));
        expect(p, "then");
        add_kid(s, parse_list(p, ends_if));
    } while (!p->failed && is(p, "elif"));
    if (!p->failed && is(p, "else")) {
        next(p);
        add_kid(s, parse_list(p, ends_fi));
    }
    expect(p, "fi");
    return s;
}

static struct script *parse_loop(struct parser *p) {
    struct script *s = node(is(p, "while") ? SCRIPT_WHILE : SCRIPT_UNTIL);
    next(p);
    add_kid(s, parse_list(p, ends_do));
    expect(p, "do");
    add_kid(s, parse_list(p, ends_done));
    expect(p, "done");
    return s;
}

static struct script *parse_for(struct parser *p) {
    struct script *s = node(SCRIPT_FOR);
    next(p);
    if (p->token != TOKEN_WORD) {
        fail(p);
        return s;
    }
    add_word(s, xstrdup(p->text));
    next(p);
    if (is(p, "in")) {
        next(p);
        while (!p->failed && p->token == TOKEN_WORD) {
            add_word(s, xstrdup(p->text));
            next(p);
        }
    }
    if (is(p, ";"))
        next(p);
    skip_newlines(p);
    expect(p, "do");
    add_kid(s, parse_list(p, ends_done));
    expect(p, "done");
    return s;
}

static struct script *parse_group(struct parser *p) {
    bool brace = is(p, "{");
    next(p);
    struct script *s = parse_list(p, brace ? ends_brace : ends_paren);
    expect(p, brace ? "}" : ")");
    return s;
}

static struct script *parse_simple(struct parser *p) {
    struct script *s = node(SCRIPT_SIMPLE);
    while (!p->failed) {
        if (is_redirect(p)) {
            parse_redirect(p, s);
        } else if (p->token == TOKEN_WORD) {
            add_word(s, xstrdup(p->text));
            next(p);
        } else {
            break;
        }
    }
    if (!s->word_count && !s->redirect_count)
        fail(p);
    return s;
}

static struct script *parse_command(struct parser *p) {
    static const char *const reserved[] = {"then", "elif", "else", "fi", "do", "done", "}", NULL};
    struct script *s;
    if (p->depth++ > SCRIPT_DEPTH_MAX || is_any(p, reserved)) {
        fail(p);
        p->depth--;
        return node(SCRIPT_SEQUENCE);
    }
    if (is(p, "if"))
        s = parse_if(p);
    else if (is(p, "while") || is(p, "until"))
        s = parse_loop(p);
    else if (is(p, "for"))
        s = parse_for(p);
    else if (is(p, "{") || is(p, "("))
        s = parse_group(p);
    else
        s = parse_simple(p);
    while (!p->failed && is_redirect(p))
        parse_redirect(p, s);
    p->depth--;
    return s;
}

static struct script *parse_pipeline(struct parser *p) {
    bool not = is(p, "!");
    if (not )
        next(p);
    struct script *s = parse_command(p);
    if (!p->failed && is(p, "|")) {
        struct script *pipe = node(SCRIPT_PIPE);
        add_kid(pipe, s);
        while (!p->failed && is(p, "|")) {
            next(p);
            skip_newlines(p);
            add_kid(pipe, parse_command(p));
        }
        s = pipe;
    }
    if (!not )
        return s;
    struct script *negated = node(SCRIPT_NOT);
    add_kid(negated, s);
    return negated;
}

static struct script *parse_and_or(struct parser *p) {
    struct script *s = parse_pipeline(p);
    while (!p->failed && (is(p, "&&") || is(p, "||"))) {
        struct script *both = node(is(p, "&&") ? SCRIPT_AND : SCRIPT_OR);
        next(p);
        skip_newlines(p);
        add_kid(both, s);
        add_kid(both, parse_pipeline(p));
        s = both;
    }
    return s;
}

static struct script *parse_list(struct parser *p, const char *const *until) {
    struct script *s = node(SCRIPT_SEQUENCE);
    for (;;) {
        skip_newlines(p);
        if (p->failed || (until && is_any(p, until)))
            break;
        if (p->token == TOKEN_END) {
            if (until)
                fail(p);
            break;
        }
        add_kid(s, parse_and_or(p));
        if (p->failed)
            break;
        /* "&" is as ";": in the world nothing runs beside the shell. */
        if (is(p, ";") || is(p, "&") || is(p, "\n"))
            next(p);
        else if (p->token != TOKEN_END && !(until && is_any(p, until)))
            fail(p);
    }
    return s;
}

enum script_result script_parse(const char *text, struct script **ret, char **ret_near) {
    struct parser p = {.at = text};
    *ret = NULL;
    next(&p);
    struct script *s = parse_list(&p, NULL);
    enum script_result result = !p.failed      ? SCRIPT_OK
                                : p.incomplete ? SCRIPT_INCOMPLETE
                                               : SCRIPT_ERROR;
    if (result == SCRIPT_OK)
        *ret = s;
    else
        script_free(s);
    if (result == SCRIPT_ERROR)
        *ret_near = xstrdup(p.text && p.text[0] != '\n' ? p.text : "newline");
    free(p.text);
    return result;
}
