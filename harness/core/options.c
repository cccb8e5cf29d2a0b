#include "harness/core/options.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_WIDTH = 90, NAME_WIDTH_MAX = 24, ROWS_MAX = 100, ROW_BASE = 1000 };

struct parse { /* the rows of all groups as one list */
    const struct options *o;
    const struct option_row *rows[ROWS_MAX];
    void *args[ROWS_MAX]; /* the struct of each row's group */
    struct option table[ROWS_MAX + 2];
    size_t count;
};

int options_wrong(const struct options *o, const char *fmt, ...) {
    struct buf text = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&text, fmt, ap);
    va_end(ap);
    (void)fflush(stdout);
    fprintf(stderr, "%s: %s (%s --help)\n", o->command, buf_str(&text), o->command);
    buf_release(&text);
    return OPTIONS_WRONG;
}

/* --- help ----------------------------------------------------------------------------------- */

static size_t width_of(const struct option_row *row) {
    return strlen("  --  ") + strlen(row->name) + (row->value ? 1 + strlen(row->value) : 0);
}

static size_t column_of(const struct options *o) {
    size_t column = 0;
    for (size_t g = 0; g < OPTION_GROUPS_MAX; g++)
        for (size_t i = 0; i < o->groups[g].count && !o->groups[g].hidden; i++) {
            size_t width = width_of(&o->groups[g].rows[i]);
            if (width > column && width <= NAME_WIDTH_MAX)
                column = width;
        }
    return column ? column : NAME_WIDTH_MAX;
}

/* The words of text from the column on, in lines of at most LINE_WIDTH. */
static void print_wrapped(const char *text, size_t column) {
    size_t at = column;
    while (*text) {
        size_t len = strcspn(text, " \n");
        if (at > column && at + 1 + len > LINE_WIDTH) {
            printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            (void)putchar(' ');
            at++;
        }
        printf("%.*s", (int)len, text);
        at += len;
        text += len;
        if (*text == '\n') {
            printf("\n%*s", (int)column, "");
            at = column;
        }
        text += *text != '\0';
    }
    printf("\n");
}

static void print_row(const struct option_row *row, size_t column) {
    int shown =
        printf("  --%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
    if ((size_t)shown + 2 > column)
        printf("\n%*s", (int)column, "");
    else
        printf("%*s", (int)column - shown, "");
    print_wrapped(row->help, column);
}

static void print_usage(const struct options *o) {
    const char *line = o->arguments, *word = "Usage:";
    do {
        size_t len = strcspn(line, "\n");
        printf("%s %s%s%.*s\n", word, o->command, len ? " " : "", (int)len, line);
        word = "      ";
        line += len + (line[len] == '\n');
    } while (*line);
}

static void print_help(const struct options *o) {
    print_usage(o);
    printf("\n%s\n", o->about);
    size_t column = column_of(o);
    for (size_t g = 0; g < OPTION_GROUPS_MAX; g++) {
        const struct option_group *group = &o->groups[g];
        if (group->count == 0 || group->hidden)
            continue;
        printf("\n%s%s", group->heading ? group->heading : "", group->heading ? "\n" : "");
        for (size_t i = 0; i < group->count; i++)
            print_row(&group->rows[i], column);
    }
    if (o->more)
        o->more();
}

/* --- parsing -------------------------------------------------------------------------------- */

static void collect(struct parse *p, void *args) {
    for (size_t g = 0; g < OPTION_GROUPS_MAX; g++) {
        const struct option_group *group = &p->o->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            assert(p->count < ROWS_MAX);
            p->rows[p->count] = &group->rows[i];
            p->args[p->count] = (char *)args + group->at;
            p->table[p->count] = (struct option){
                group->rows[i].name, group->rows[i].value ? required_argument : no_argument, NULL,
                ROW_BASE + (int)p->count};
            p->count++;
        }
    }
    p->table[p->count] = (struct option){"help", no_argument, NULL, 'h'};
}

static int take(const struct option_row *row, void *args, const char *value, struct err *err) {
    char *member = (char *)args + row->at;
    switch (row->kind) {
    case OPTION_SWITCH: {
        bool on = true;
        memcpy(member, &on, sizeof(on));
        return 0;
    }
    case OPTION_TEXT:
        memcpy(member, &value, sizeof(value));
        return 0;
    case OPTION_LIST: {
        json_t *list;
        memcpy(&list, member, sizeof(list));
        if (!list)
            list = json_array();
        if (json_array_append_new(list, json_string(value)) < 0) {
            memcpy(member, &list, sizeof(list));
            return err_set(err, ERR_USAGE, "--%s: the value is not UTF-8", row->name);
        }
        memcpy(member, &list, sizeof(list));
        return 0;
    }
    case OPTION_NUMBER: {
        int64_t number;
        if (!str_to_int(value, row->min, row->max, &number))
            return err_set(err, ERR_USAGE, "--%s %s: expected a number from %lld to %lld",
                           row->name, value, (long long)row->min, (long long)row->max);
        memcpy(member, &number, sizeof(number));
        return 0;
    }
    case OPTION_REAL: {
        char *end;
        double number = strtod(value, &end);
        if (end == value || *end || !(number >= row->min_real && number <= row->max_real))
            return err_set(err, ERR_USAGE, "--%s %s: expected a number from %g to %g", row->name,
                           value, row->min_real, row->max_real);
        memcpy(member, &number, sizeof(number));
        return 0;
    }
    case OPTION_OTHER:
        return row->take(args, value, err);
    }
    return 0;
}

/* What getopt_long has refused: a name that is none or several, a value too many or too few. */
static int refuse(const struct parse *p, int option, const char *word) {
    if (option == ':')
        return options_wrong(p->o, "%s needs a value", word);
    if (optopt >= ROW_BASE || (optopt == 'h' && str_has_prefix(word, "--")))
        return options_wrong(p->o, "%.*s takes no value", (int)strcspn(word, "="), word);
    if (!str_has_prefix(word, "--"))
        return options_wrong(p->o, "there is no option -%c", optopt);
    CLEANUP(str_freep) char *name = xstrndup(word + 2, strcspn(word + 2, "="));
    const char *names[ROWS_MAX + 2] = {0};
    size_t begin_so = 0;
    for (size_t i = 0; i <= p->count; i++) {
        names[i] = p->table[i].name;
        begin_so += str_has_prefix(names[i], name);
    }
    if (begin_so > 1)
        return options_wrong(p->o, "--%s: several options begin so", name);
    const char *nearest = str_nearest(name, names);
    return options_wrong(p->o, "there is no option --%s%s%s%s", name,
                         nearest ? "; did you mean --" : "", nearest ? nearest : "",
                         nearest ? "?" : "");
}

static int parse_all(struct parse *p, int argc, char **argv) {
    int option;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", p->table, NULL)) != -1) {
        struct err err = {0};
        if (option == 'h') {
            print_help(p->o);
            return 0;
        }
        if (option < ROW_BASE)
            return refuse(p, option, argv[optind - 1]);
        size_t row = (size_t)(option - ROW_BASE);
        if (take(p->rows[row], p->args[row], optarg, &err) < 0)
            return options_wrong(p->o, "%s", err.text);
    }
    return OPTIONS_GO_ON;
}

int options_parse(const struct options *o, int argc, char **argv, void *args, int *ret_first) {
    struct parse *p = xcalloc(1, sizeof(*p));
    p->o = o;
    collect(p, args);
    int code = parse_all(p, argc, argv);
    free(p);
    if (code != OPTIONS_GO_ON)
        return code;
    size_t operands = (size_t)(argc - optind);
    if (operands < o->operands_min || operands > o->operands_max)
        return options_wrong(o, "expected %s", o->operands ? o->operands : "no further argument");
    *ret_first = optind;
    return OPTIONS_GO_ON;
}
