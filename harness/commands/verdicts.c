#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/judge/judge.h"
#include "reports/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *default_ledger(void) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    if (!data)
        return NULL;
    CLEANUP(str_freep) char *path = fs_join(data, "fixtures/gaps.json");
    return fs_exists(path) ? str_take(&path) : NULL;
}

json_t *verdicts_ledger_paths(const struct ledger_choice *choice) {
    CLEANUP(str_freep)
    char *first = choice->ledger ? xstrdup(choice->ledger) : default_ledger();
    json_t *paths = json_array();
    if (first)
        json_array_append_new(paths, json_string(first));
    size_t i;
    json_t *path;
    json_array_foreach(choice->beside, i, path) json_array_append(paths, path);
    return paths;
}

int verdicts_ledger(const struct ledger_choice *choice, struct ledger *ret, struct err *err) {
    CLEANUP(json_freep) json_t *paths = verdicts_ledger_paths(choice);
    size_t i;
    json_t *path;
    json_array_foreach(paths, i, path) {
        if (ledger_add(ret, json_string_value(path), err) < 0)
            return err->code;
    }
    return 0;
}

int verdicts_write(const char *run_dir, const json_t *results, struct err *err) {
    CLEANUP(str_freep) char *file = fs_join(run_dir, "results.json");
    struct buf text = BUF_INIT;
    json_dump_to(results, true, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(file, buf_str(&text), text.len, 0644, err);
    buf_release(&text);
    return rc;
}

json_t *verdicts_judge(const char *run_dir, const struct ledger_choice *choice,
                       bool vanished_is_fine, struct err *err) {
    static const struct ledger_choice usual = {0};
    struct ledger ledger = {0};
    json_t *results = NULL;
    if (verdicts_ledger(choice ? choice : &usual, &ledger, err) == 0) {
        struct judge_options options = {.ledger = &ledger, .vanished_is_fine = vanished_is_fine};
        results = judge_run(run_dir, &options, err);
    }
    ledger_release(&ledger);
    if (results && verdicts_write(run_dir, results, err) < 0) {
        json_decref(results);
        return NULL;
    }
    return results;
}

int verdicts_write_reports(const char *run_dir, const json_t *results, struct err *err) {
    return report_write_all(results, &(struct report_options){.run_dir = run_dir}, run_dir, err);
}

void verdicts_show(const json_t *results) {
    struct report_options options = {.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    report_table(results, &options, stdout);
    size_t i;
    json_t *reason;
    json_array_foreach(json_at(results, "truth", "reasons", NULL), i, reason)
        printf("RED because %s\n", json_string_value(reason));
    (void)fflush(stdout);
}

int verdicts_exit(const json_t *results) {
    return json_int(results, 1, "exit", NULL) == 0 ? 0 : 1;
}
