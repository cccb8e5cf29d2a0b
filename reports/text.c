#include "reports/text.h"

#include <stdbool.h>
#include <string.h>

/* Behind a terminal's escape sequence that begins at s. */
static const char *skip_escape(const char *s) {
    s++;
    if (*s == '[')
        s++;
    while (*s && !(*s >= '@' && *s <= '~'))
        s++;
    return *s ? s + 1 : s;
}

static bool is_forbidden(const char *s) { /* U+FFFE and U+FFFF */
    const unsigned char *p = (const unsigned char *)s;
    return p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

void text_xml(FILE *out, const char *s) {
    while (*s) {
        unsigned char c = (unsigned char)*s;
        if (c == 0x1b) {
            s = skip_escape(s);
            continue;
        }
        if (is_forbidden(s)) {
            s += 3;
            continue;
        }
        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out); /* also in "]]>" */
        else if (c == '"')
            fputs("&quot;", out);
        else if (c == '\n')
            fputs("&#10;", out);
        else if (c >= 0x20 || c == '\t')
            fputc(c, out);
        s++;
    }
}

void text_json(FILE *out, const char *s) {
    fputc('"', out);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

void text_markdown_cell(FILE *out, const char *s) {
    for (; *s; s++) {
        if (*s == '|' || *s == '<' || *s == '`')
            fprintf(out, "\\%c", *s);
        else
            fputc(*s == '\n' ? ' ' : *s, out);
    }
}

void text_markdown_list(FILE *out, const char *title, const json_t *texts) {
    size_t i;
    json_t *line;
    if (!json_array_size(texts))
        return;
    fprintf(out, "### %s\n\n", title);
    json_array_foreach(texts, i, line) {
        fputs("- ", out);
        text_markdown_cell(out, json_string_value(line));
        fputc('\n', out);
    }
    fputc('\n', out);
}

void text_seconds(FILE *out, int64_t ms) {
    fprintf(out, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

const char *text_slug(const char *case_id, int *ret_area_len) {
    const char *dot = strchr(case_id, '.');
    *ret_area_len = dot ? (int)(dot - case_id) : 0;
    return dot ? dot + 1 : case_id;
}

const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
