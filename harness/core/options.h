/*
 * The options of a command as tables. What is parsed and what --help shows come from the same
 * rows, so they cannot differ.
 *
 *     struct list_args { const char *cases_dir; bool ids; };
 *     static const struct option_row rows[] = {
 *         OPTION_ROW_TEXT("cases", "DIR", struct list_args, cases_dir, "the folder of the cases"),
 *         OPTION_ROW_SWITCH("ids", struct list_args, ids, "only the ids, one a line"),
 *     };
 *     static const struct options options = {
 *         .command = "confed list", .arguments = "[OPTION...] [CASE...]", .about = "Lists the
 * cases.", .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}}, .operands_max = SIZE_MAX};
 *     ...
 *     int code = options_parse(&options, argc, argv, &args, &first);
 *     if (code != OPTIONS_GO_ON)
 *         return code;
 *
 * Options may stand behind operands, "--" ends them, an unambiguous beginning of a name will do,
 * and --help is there without being said.
 */
#ifndef CONFED_CORE_OPTIONS_H
#define CONFED_CORE_OPTIONS_H

#include "harness/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_SWITCH, /* bool, set to true */
    OPTION_TEXT,   /* const char *, borrowed from argv; said twice, the last counts */
    OPTION_LIST,   /* json_t *: an array of texts, made when it is NULL; owned by the args */
    OPTION_NUMBER, /* int64_t from min to max */
    OPTION_REAL,   /* double from min_real to max_real */
    OPTION_OTHER,  /* whatever take does with it */
};

/* Takes one value (NULL for a switch) into args; ERR_USAGE says what is wrong with it. */
typedef int option_take_fn(void *args, const char *value, struct err *err);

struct option_row {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, as --help shows it: "FILE"; NULL: nothing */
    const char *help;  /* wrapped by --help; '\n' begins a new line */
    enum option_kind kind;
    size_t at; /* of its member in the args of its group */
    int64_t min, max;
    double min_real, max_real;
    option_take_fn *take;
};

#define OPTION_ROW_SWITCH(name_, type, member, help_) \
    { .name = (name_), .help = (help_), .kind = OPTION_SWITCH, .at = offsetof(type, member) }
#define OPTION_ROW_TEXT(name_, value_, type, member, help_)                       \
    {                                                                             \
        .name = (name_), .value = (value_), .help = (help_), .kind = OPTION_TEXT, \
        .at = offsetof(type, member)                                              \
    }
#define OPTION_ROW_LIST(name_, value_, type, member, help_)                       \
    {                                                                             \
        .name = (name_), .value = (value_), .help = (help_), .kind = OPTION_LIST, \
        .at = offsetof(type, member)                                              \
    }
#define OPTION_ROW_NUMBER(name_, value_, type, member, min_, max_, help_)           \
    {                                                                               \
        .name = (name_), .value = (value_), .help = (help_), .kind = OPTION_NUMBER, \
        .at = offsetof(type, member), .min = (min_), .max = (max_)                  \
    }
#define OPTION_ROW_REAL(name_, value_, type, member, min_, max_, help_)           \
    {                                                                             \
        .name = (name_), .value = (value_), .help = (help_), .kind = OPTION_REAL, \
        .at = offsetof(type, member), .min_real = (min_), .max_real = (max_)      \
    }
#define OPTION_ROW_OTHER(name_, value_, take_, help_) \
    { .name = (name_), .value = (value_), .help = (help_), .kind = OPTION_OTHER, .take = (take_) }

struct option_group {
    const char *heading; /* a line above its rows in --help, or NULL */
    const struct option_row *rows;
    size_t count;
    size_t at;   /* where the struct of these rows begins in the args of the command */
    bool hidden; /* parsed, but not in --help */
};

enum { OPTION_GROUPS_MAX = 4 };

struct options {
    const char *command;   /* as a user types it: "confed run" */
    const char *arguments; /* of the usage line: "[OPTION...] RUN"; '\n' begins another */
    const char *about;     /* what the command does; lines as they are to be shown */
    struct option_group groups[OPTION_GROUPS_MAX];
    size_t operands_min, operands_max;
    const char *operands; /* what is expected where there are too few or too many: "one RUN" */
    void (*more)(void);   /* prints what --help says behind the options; or NULL */
};

enum { OPTIONS_GO_ON = -1, OPTIONS_WRONG = 2 };

/*
 * Parses argv into args; *ret_first is the index of the first operand (they are moved to the end).
 * OPTIONS_GO_ON, or the exit code: 0 after --help, OPTIONS_WRONG when one line on stderr has said
 * what is wrong. What args own by then is still theirs to release.
 */
int options_parse(const struct options *o, int argc, char **argv, void *args, int *ret_first);

/* One line on stderr, "<command>: ...", and the exit code OPTIONS_WRONG. */
int options_wrong(const struct options *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
