/* The options of a command: what is taken, and the one line that says what is wrong. */
#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/options.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct args {
    const char *text;
    json_t *list;
    int64_t number;
    double real;
    bool on, odd;
};

static int take_odd(void *into, const char *value, struct err *err) {
    struct args *a = into;
    a->odd = strcmp(value, "odd") == 0;
    return a->odd ? 0 : err_set(err, ERR_USAGE, "--odd %s: expected odd", value);
}

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("text", "TEXT", struct args, text, "a text"),
    OPTION_ROW_LIST("list", "TEXT", struct args, list, "texts"),
    OPTION_ROW_NUMBER("number", "N", struct args, number, -3, 7, "a whole number"),
    OPTION_ROW_REAL("real", "N", struct args, real, 0.5, 1000, "a number"),
    OPTION_ROW_SWITCH("switch", struct args, on, "a switch"),
    OPTION_ROW_SWITCH("swivel", struct args, on, "begins like the switch"),
    OPTION_ROW_OTHER("odd", "TEXT", take_odd, "something else"),
};
static const struct options options = {.command = "tool verb",
                                       .arguments = "[OPTION...] ONE",
                                       .about = "For the test.",
                                       .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
                                       .operands_min = 1,
                                       .operands_max = 2,
                                       .operands = "one or two"};

enum { WORDS_MAX = 20, LINE_LEN_MAX = 300 };
struct call {
    struct args args;
    char words[LINE_LEN_MAX], *argv[WORDS_MAX + 1], said[LINE_LEN_MAX];
    int first, code;
};

/* Parses the words of line; what goes to stderr is kept. */
static void parse(struct call *c, const char *line) {
    *c = (struct call){0};
    snprintf(c->words, sizeof(c->words), "%s", line);
    int argc = 0;
    char *rest = c->words;
    while ((c->argv[argc] = strsep(&rest, " ")) != NULL)
        assert_true(++argc <= WORDS_MAX);
    int kept = dup(STDERR_FILENO), file = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(kept >= 0 && file >= 0);
    dup2(file, STDERR_FILENO);
    c->code = options_parse(&options, argc, c->argv, &c->args, &c->first);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_true(pread(file, c->said, sizeof(c->said) - 1, 0) >= 0);
    close(file);
}

static void options__take_each_kind_of_value_in_any_order(void **state) {
    (void)state;
    struct call c;
    parse(&c, "verb one --text a --number -3 --list x two --real=0.5 --list y --switch --odd odd");
    assert_string_equal(c.said, "");
    assert_int_equal(c.code, OPTIONS_GO_ON);
    assert_string_equal(c.args.text, "a");
    assert_int_equal(c.args.number, -3);
    assert_true(c.args.real >= 0.5 && c.args.real <= 0.5);
    assert_true(c.args.on && c.args.odd);
    assert_int_equal(json_array_size(c.args.list), 2);
    assert_string_equal(json_str(c.args.list, "[1]", NULL), "y");
    assert_string_equal(c.argv[c.first], "one");
    assert_string_equal(c.argv[c.first + 1], "two");
    json_decref(c.args.list);
}

static void options__that_are_wrong_say_so_in_one_line(void **state) {
    (void)state;
    static const struct {
        const char *line, *said;
    } table[] = {
        {"verb", "expected one or two"},
        {"verb a b c", "expected one or two"},
        {"verb a --number 8", "--number 8: expected a number from -3 to 7"},
        {"verb a --number 3x", "--number 3x: expected a number from -3 to 7"},
        {"verb a --real 0.4", "--real 0.4: expected a number from 0.5 to 1000"},
        {"verb a --real nan", "--real nan: expected a number from 0.5 to 1000"},
        {"verb a --odd even", "--odd even: expected odd"},
        {"verb a --text", "--text needs a value"},
        {"verb a --switch=on", "--switch takes no value"},
        {"verb a --sw", "--sw: several options begin so"},
        {"verb a --nubmer 3", "there is no option --nubmer; did you mean --number?"},
        {"verb a --zzzzzzzz", "there is no option --zzzzzzzz"},
        {"verb a -x", "there is no option -x"},
        {"verb a --list \xff", "--list: the value is not UTF-8"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct call c;
        char expected[LINE_LEN_MAX];
        parse(&c, table[i].line);
        snprintf(expected, sizeof(expected), "tool verb: %s (tool verb --help)\n", table[i].said);
        assert_string_equal(c.said, expected);
        assert_int_equal(c.code, OPTIONS_WRONG);
        json_decref(c.args.list);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__take_each_kind_of_value_in_any_order),
        cmocka_unit_test(options__that_are_wrong_say_so_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
