#include "reports/truth.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { REASONS_MAX = 12 };

/* Where the cells are: rows by name and type, columns by asker, in the order of the table. */
struct grid {
    json_t *askers; /* {asker: column} */
    json_t *lines;  /* {"name type": {"name", "form", "type", "cells": {asker: row}}} */
    int name_width, cell_width;
};

static int max(int a, size_t b) {
    return (size_t)a > b ? a : (int)b;
}

/* What a line is called: the name, or its form where it cannot be formed. */
static char *label_of(const json_t *row) {
    const char *name = text_of(row, "name");
    return *name ? xstrdup(name) : xasprintf("(no %s name)", text_of(row, "form"));
}

static struct grid grid_of(const json_t *table, bool every_type) {
    struct grid g = {.askers = json_object(), .lines = json_object(), .cell_width = 4};
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        const char *asker = text_of(row, "asker"), *type = text_of(row, "type");
        if (!every_type && strcmp(type, "A") != 0)
            continue;
        CLEANUP(str_freep) char *label = label_of(row);
        CLEANUP(str_freep) char *key = xasprintf("%s %s", label, type);
        json_t *line = json_ensure_object(g.lines, key);
        json_set_str(line, "label", label);
        json_set_str(line, "type", type);
        json_object_set(json_ensure_object(line, "cells"), asker, row);
        json_object_set_new(g.askers, asker, json_true());
        g.name_width = max(g.name_width, strlen(label));
        g.cell_width = max(g.cell_width, strlen(text_of(row, "verdict")) + 1);
        g.cell_width = max(g.cell_width, strlen(asker));
    }
    return g;
}

static void grid_release(struct grid *g) {
    json_decref(g->askers);
    json_decref(g->lines);
}

/* Reason -> how many rows have it first, of those that are not as expected; owned. */
static json_t *reasons_of(const json_t *table, bool every_type) {
    json_t *reasons = json_object(), *row;
    size_t i;
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        const char *why = json_str(json_array_get(json_object_get(row, "why"), 0), "text", NULL);
        if (json_flag(row, "ok", NULL) || !why ||
            (!every_type && strcmp(text_of(row, "type"), "A") != 0))
            continue;
        json_set_int(reasons, why, json_int(reasons, 0, why, NULL) + 1);
    }
    return reasons;
}

static const char *level_of(const json_t *table, const char *level) {
    const json_t *value = json_at(table, "levels", level, NULL);
    return json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "cannot be told";
}

static void cell_text(const json_t *row, int width, FILE *out) {
    CLEANUP(str_freep)
    char *text =
        row ? xasprintf("%s%s", text_of(row, "verdict"), json_flag(row, "ok", NULL) ? "" : "!")
            : xstrdup("");
    fprintf(out, "  %-*s", width, text);
}

static void lines_text(const struct grid *g, const char *indent, FILE *out) {
    const char *key, *asker;
    json_t *line, *unused;
    fprintf(out, "%s%-*s  %-5s", indent, g->name_width, "name", "type");
    json_object_foreach(g->askers, asker, unused) fprintf(out, "  %-*s", g->cell_width, asker);
    fputc('\n', out);
    json_object_foreach(g->lines, key, line) {
        fprintf(out, "%s%-*s  %-5s", indent, g->name_width, text_of(line, "label"),
                text_of(line, "type"));
        json_object_foreach(g->askers, asker, unused)
            cell_text(json_at(line, "cells", asker, NULL), g->cell_width, out);
        fputc('\n', out);
    }
}

void truth_text(const json_t *table, bool every_type, const char *indent, FILE *out) {
    struct grid g = grid_of(table, every_type);
    CLEANUP(json_freep) json_t *reasons = reasons_of(table, every_type);
    const char *why, *type = text_of(table, "type");
    json_t *count;
    size_t shown = 0;
    fprintf(out, "%struth table of %s in %s (%s), federation %s, zone %s\n", indent,
            text_of(table, "service"), text_of(table, "namespace"), *type ? type : "no service",
            text_of(table, "federation"), text_of(table, "zone"));
    lines_text(&g, indent, out);
    json_object_foreach(reasons, why, count) {
        if (shown++ < REASONS_MAX)
            fprintf(out, "%s! %lld: %s\n", indent, (long long)json_integer_value(count), why);
    }
    if (shown > REASONS_MAX)
        fprintf(out, "%s! and %zu reasons more\n", indent, shown - REASONS_MAX);
    fprintf(out, "%spublished: %s; bridged: %s\n", indent, level_of(table, "published"),
            level_of(table, "bridged"));
    grid_release(&g);
}

void truth_markdown(const json_t *table, bool every_type, FILE *out) {
    struct grid g = grid_of(table, every_type);
    CLEANUP(json_freep) json_t *reasons = reasons_of(table, every_type);
    const char *key, *asker, *why;
    json_t *line, *unused, *count;
    fputs("| name | type |", out);
    json_object_foreach(g.askers, asker, unused) {
        fputc(' ', out);
        text_markdown_cell(out, asker);
        fputs(" |", out);
    }
    fputs("\n|---|---|", out);
    json_object_foreach(g.askers, asker, unused) fputs("---|", out);
    fputc('\n', out);
    json_object_foreach(g.lines, key, line) {
        fputs("| ", out);
        text_markdown_cell(out, text_of(line, "label"));
        fprintf(out, " | %s |", text_of(line, "type"));
        json_object_foreach(g.askers, asker, unused) {
            const json_t *row = json_at(line, "cells", asker, NULL);
            bool wrong = row && !json_flag(row, "ok", NULL);
            fprintf(out, " %s%s%s |", wrong ? "**" : "", row ? text_of(row, "verdict") : "",
                    wrong ? "**" : "");
        }
        fputc('\n', out);
    }
    fputc('\n', out);
    json_object_foreach(reasons, why, count) {
        fprintf(out, "- %lld: ", (long long)json_integer_value(count));
        text_markdown_cell(out, why);
        fputc('\n', out);
    }
    fprintf(out, "- published: %s; bridged: %s\n", level_of(table, "published"),
            level_of(table, "bridged"));
    grid_release(&g);
}

static void addresses_text(const json_t *row, FILE *out) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(row, "addresses"), i, one) {
        fprintf(out, "%s%s", i ? ", " : " ", json_string_value(one));
    }
}

void truth_text_rows(const json_t *table, FILE *out) {
    size_t i, k;
    json_t *row, *why;
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        CLEANUP(str_freep) char *label = label_of(row);
        fprintf(out, "%s %s %s: %s%s", text_of(row, "asker"), label, text_of(row, "type"),
                text_of(row, "verdict"), json_flag(row, "ok", NULL) ? "" : "!");
        addresses_text(row, out);
        json_array_foreach(json_object_get(row, "why"), k, why)
            fprintf(out, "%s%s", k ? "; " : " -- ", text_of(why, "text"));
        fputc('\n', out);
    }
}

bool truth_is_in(const json_t *result) {
    return json_array_size(json_object_get(result, "truth_tables")) > 0;
}

void truth_told(const json_t *result, FILE *out) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(result, "findings"), i, one) {
        if (json_is_string(one))
            fprintf(out, "%s\n", json_string_value(one));
    }
    json_array_foreach(json_object_get(result, "truth_tables"), i, one)
        truth_text(one, true, "", out);
}
