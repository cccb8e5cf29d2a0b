#include "harness/dns/nslookup.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2048 };

struct parse {
    json_t *result;
    char name[LINE_MAX_BYTES]; /* of the last Name: line; "": none yet */
    bool named;
};

static void add(json_t *object, const char *list, json_t *value) {
    json_t *array = json_object_get(object, list);
    if (value && json_array_size(array) < NSLOOKUP_ANSWERS_MAX)
        json_array_append_new(array, value);
    else
        json_decref(value);
}

/* Behind the prefix and the blanks after it; NULL when the line has another beginning. */
static char *behind(char *line, const char *prefix) {
    if (!str_has_prefix(line, prefix))
        return NULL;
    line += strlen(prefix);
    return line + strspn(line, " \t");
}

static void set_form(struct parse *p, const char *form) {
    if (!*json_str(p->result, "form", NULL))
        json_set_str(p->result, "form", form);
}

/* "10.1.2.3 its.reverse.name" or "10.1.2.3": of the server before the first Name, of it after. */
static void take_address(struct parse *p, char *text) {
    char *reverse = text + strcspn(text, " \t");
    if (*reverse)
        *reverse++ = '\0';
    reverse += strspn(reverse, " \t");
    if (!p->named || !*text)
        return;
    json_t *answer = json_pack("{s:s, s:s}", "name", p->name, "address", text);
    if (*reverse)
        json_set_str(answer, "reverse", reverse);
    add(p->result, "answers", answer);
    add(p->result, "addresses", json_string(text));
}

static void take_failure(struct parse *p, const char *name, size_t len, const char *reason) {
    add(p->result, "failed",
        json_pack("{s:s%, s:s}", "name", name, len, "reason", *reason ? reason : "UNRESOLVED"));
}

/* "** server can't find NAME: RCODE", "*** Can't find NAME: No answer". */
static bool take_cannot_find(struct parse *p, char *line) {
    char *rest = behind(line, "** server can't find ");
    if (!rest)
        rest = behind(line, "*** Can't find ");
    if (!rest)
        return false;
    char *colon = strrchr(rest, ':');
    if (!colon)
        return true;
    const char *reason = colon + 1 + strspn(colon + 1, " ");
    set_form(p, "new");
    take_failure(p, rest, (size_t)(colon - rest),
                 strcmp(reason, "No answer") == 0 ? "NODATA" : reason);
    return true;
}

/* "NAME<tab>canonical name = TARGET", "NAME<tab>name = TARGET". */
static void take_pair(struct parse *p, char *line) {
    static const struct {
        const char *between, *list;
    } kinds[] = {{"\tcanonical name = ", "aliases"}, {"\tname = ", "reverse"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *at = strstr(line, kinds[i].between);
        if (!at)
            continue;
        set_form(p, "new");
        add(p->result, kinds[i].list,
            json_pack("{s:s%, s:s}", "name", line, (size_t)(at - line), "target",
                      at + strlen(kinds[i].between)));
        return;
    }
}

static bool take_address_line(struct parse *p, char *line) {
    char *rest = behind(line, "Address:");
    if (rest) { /* in the new form, also of the server: "10.0.0.10:53" */
        set_form(p, "new");
        take_address(p, rest);
        return true;
    }
    rest = behind(line, "Address ");
    size_t digits = rest ? strspn(rest, "0123456789") : 0;
    if (!digits || rest[digits] != ':')
        return false;
    rest += digits + 1;
    set_form(p, "old");
    take_address(p, rest + strspn(rest, " \t"));
    return true;
}

static void take_line(struct parse *p, char *line) {
    char *rest = behind(line, "Server:");
    if (rest) {
        if (!p->named)
            json_set_str(p->result, "server", rest);
        return;
    }
    rest = behind(line, "Name:");
    if (rest) {
        (void)snprintf(p->name, sizeof(p->name), "%s", rest);
        p->named = true;
        return;
    }
    rest = behind(line, "nslookup: can't resolve '");
    if (rest) {
        char *quote = strrchr(rest, '\'');
        set_form(p, "old");
        take_failure(p, rest, quote ? (size_t)(quote - rest) : strlen(rest), "");
        return;
    }
    if (behind(line, ";; connection timed out")) {
        set_form(p, "new");
        take_failure(p, "", 0, "TIMEOUT");
        return;
    }
    if (!take_address_line(p, line) && !take_cannot_find(p, line))
        take_pair(p, line);
}

/* Bytes that no host name or address has become '?', so that every line is a text. */
static void take_text(struct parse *p, const char *text, size_t len) {
    while (len > 0) {
        char line[LINE_MAX_BYTES];
        const char *newline = memchr(text, '\n', len);
        size_t whole = newline ? (size_t)(newline - text) : len, n = 0;
        for (; n < whole && n < sizeof(line) - 1; n++) {
            unsigned char c = (unsigned char)text[n];
            line[n] = c == '\t' || (c >= ' ' && c < 127) ? (char)c : '?';
        }
        if (n > 0 && text[n - 1] == '\r') /* from a terminal: exec -it */
            n--;
        line[n] = '\0';
        take_line(p, line);
        text += whole + (newline != NULL);
        len -= whole + (newline != NULL);
    }
}

json_t *nslookup_parse(const char *out, size_t out_len, const char *err, size_t err_len) {
    struct parse p = {.result = json_pack("{s:s, s:s, s:[], s:[], s:[], s:[], s:[]}", "form", "",
                                          "server", "", "addresses", "answers", "aliases",
                                          "reverse", "failed")};
    take_text(&p, out, out_len);
    take_text(&p, err, err_len);
    bool resolved = json_array_size(json_object_get(p.result, "answers")) > 0 ||
                    json_array_size(json_object_get(p.result, "reverse")) > 0;
    json_set_bool(p.result, "resolved", resolved);
    return p.result;
}
