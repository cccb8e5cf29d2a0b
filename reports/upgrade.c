#include "reports/upgrade.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_LEN_MAX = 120 };

/* A value of the evidence in one line, cut where it is long; owned. */
static char *short_value(const json_t *value) {
    if (!value || json_is_null(value))
        return xstrdup("nothing");
    char *text = json_is_string(value) ? xstrdup(json_string_value(value)) : json_text(value);
    if (strlen(text) > VALUE_LEN_MAX) {
        size_t len = VALUE_LEN_MAX;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) /* not within a character */
            len--;
        text[len] = '\0';
        char *cut = xasprintf("%s...", text);
        free(text);
        text = cut;
    }
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    return text;
}

static const char *state_words(const json_t *point) {
    const char *state = text_of(point, "state");
    if (str_eq(state, "shown"))
        return "shown";
    return str_eq(state, "not-shown") ? "not shown" : "NOT AS LISTED";
}

/* --- text ---------------------------------------------------------------------------- */

static void entries(const char *title, const json_t *list, const char *none, FILE *out) {
    size_t i;
    json_t *e;
    fprintf(out, "%s\n", title);
    if (!json_array_size(list))
        fprintf(out, "  %s\n", none);
    json_array_foreach(list, i, e) {
        const char *gap = text_of(e, "gap");
        fprintf(out, "  - %s%s%s: %s\n    %s\n", text_of(e, "case"), *gap ? " " : "", gap,
                text_of(e, "title"), text_of(e, "text"));
    }
    fputc('\n', out);
}

static void point_text(const json_t *point, FILE *out) {
    size_t i;
    json_t *e;
    fprintf(out, "  %s  %-13s  %s\n", text_of(point, "id"), state_words(point),
            text_of(point, "title"));
    json_array_foreach(json_object_get(point, "evidence"), i, e) {
        CLEANUP(str_freep) char *before = short_value(json_object_get(e, "before"));
        CLEANUP(str_freep) char *after = short_value(json_object_get(e, "after"));
        if (strcmp(before, after) == 0)
            fprintf(out, "        %s %s: %s, before and after\n", text_of(e, "case"),
                    text_of(e, "name"), after);
        else
            fprintf(out, "        %s %s: %s, then %s\n", text_of(e, "case"), text_of(e, "name"),
                    before, after);
    }
    if (*text_of(point, "text"))
        fprintf(out, "        %s\n", text_of(point, "text"));
    fprintf(out, "        to do: %s\n", text_of(point, "do"));
}

static void lines(const json_t *list, const char *word, FILE *out) {
    size_t i;
    json_t *line;
    json_array_foreach(list, i, line) fprintf(out, "%s %s\n", word, json_string_value(line));
}

void upgrade_text(const json_t *a, bool color, FILE *out) {
    const char *to = text_of(a, "to");
    bool go = json_int(a, 1, "exit", NULL) == 0;
    fprintf(out, "From %s to %s\n\n", text_of(a, "from"), to);
    CLEANUP(str_freep) char *mends = xasprintf("What %s mends", to);
    CLEANUP(str_freep) char *remains = xasprintf("What %s does not mend", to);
    CLEANUP(str_freep) char *breaks = xasprintf("What %s newly breaks", to);
    entries(mends, json_object_get(a, "mends"), "nothing that the runs show", out);
    entries(breaks, json_object_get(a, "breaks"), "nothing that the runs show", out);
    entries(remains, json_object_get(a, "remains"), "no known gap is left", out);
    const json_t *points = json_object_get(a, "points");
    size_t i;
    json_t *point;
    if (json_array_size(points))
        fprintf(out, "The upgrade list: %s\n", text_of(a, "list"));
    json_array_foreach(points, i, point) point_text(point, out);
    fputc('\n', out);
    lines(json_object_get(a, "notes"), "note:   ", out);
    lines(json_object_get(a, "warnings"), "warning:", out);
    lines(json_object_get(a, "reasons"), "reason: ", out);
    fprintf(out, "%s%s%s: from %s to %s\n", color ? go ? "\033[32m" : "\033[31m" : "",
            go ? "GO" : "NO-GO", color ? "\033[0m" : "", text_of(a, "from"), to);
}

/* --- Markdown ------------------------------------------------------------------------ */

static void list_markdown(const char *what, const char *to, const json_t *list, FILE *out) {
    size_t i;
    json_t *e;
    if (!json_array_size(list))
        return;
    fprintf(out, "### What %s %s\n\n", to, what);
    json_array_foreach(list, i, e) {
        fprintf(out, "- `%s` %s: ", text_of(e, "case"), text_of(e, "gap"));
        text_markdown_cell(out, text_of(e, "title"));
        fputs(". ", out);
        text_markdown_cell(out, text_of(e, "text"));
        fputc('\n', out);
    }
    fputc('\n', out);
}

static void point_markdown(const json_t *point, FILE *out) {
    size_t i;
    json_t *e;
    fprintf(out, "| [%s](%s) | ", text_of(point, "id"), text_of(point, "url"));
    text_markdown_cell(out, text_of(point, "title"));
    fprintf(out, " | %s | ", state_words(point));
    json_array_foreach(json_object_get(point, "evidence"), i, e) {
        CLEANUP(str_freep) char *before = short_value(json_object_get(e, "before"));
        CLEANUP(str_freep) char *after = short_value(json_object_get(e, "after"));
        CLEANUP(str_freep)
        char *text = xasprintf("%s: %s, then %s", text_of(e, "name"), before, after);
        fputs(i ? "; " : "", out);
        text_markdown_cell(out, text);
    }
    text_markdown_cell(out, text_of(point, "text"));
    fputs(" | ", out);
    text_markdown_cell(out, text_of(point, "do"));
    fputs(" |\n", out);
}

void upgrade_markdown(const json_t *a, FILE *out) {
    bool go = json_int(a, 1, "exit", NULL) == 0;
    const char *to = text_of(a, "to");
    fprintf(out, "## %s: from %s to %s\n\n", go ? "GO" : "NO-GO", text_of(a, "from"), to);
    text_markdown_list(out, "Reasons", json_object_get(a, "reasons"));
    text_markdown_list(out, "Warnings", json_object_get(a, "warnings"));
    list_markdown("mends", to, json_object_get(a, "mends"), out);
    list_markdown("newly breaks", to, json_object_get(a, "breaks"), out);
    list_markdown("does not mend", to, json_object_get(a, "remains"), out);
    const json_t *points = json_object_get(a, "points");
    size_t i;
    json_t *point;
    if (json_array_size(points))
        fprintf(out, "### %s\n\n| point | what | | evidence | to do |\n|---|---|---|---|---|\n",
                text_of(a, "list"));
    json_array_foreach(points, i, point) point_markdown(point, out);
    if (json_array_size(points))
        fputc('\n', out);
    text_markdown_list(out, "Notes", json_object_get(a, "notes"));
}
