#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/judge/judge.h"
#include "reports/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char *verdicts_default_ledger(void) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    if (!data)
        return NULL;
    CLEANUP(str_freep) char *path = fs_join(data, "fixtures/gaps.json");
    return fs_exists(path) ? str_take(&path) : NULL;
}

json_t *verdicts_judge(const char *run_dir, const char *ledger_path, bool vanished_is_fine,
                       struct err *err) {
    CLEANUP(str_freep) char *path = ledger_path ? xstrdup(ledger_path) : verdicts_default_ledger();
    struct ledger ledger = {0};
    if (path && ledger_load(path, &ledger, err) < 0)
        return NULL;
    struct judge_options options = {.ledger = path ? &ledger : NULL,
                                    .vanished_is_fine = vanished_is_fine};
    CLEANUP(json_freep) json_t *results = judge_run(run_dir, &options, err);
    if (path)
        ledger_release(&ledger);
    if (!results)
        return NULL;
    CLEANUP(str_freep) char *file = fs_join(run_dir, "results.json");
    struct buf text = BUF_INIT;
    json_dump_to(results, true, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(file, buf_str(&text), text.len, 0644, err);
    buf_release(&text);
    return rc == 0 ? json_take(&results) : NULL;
}

int verdicts_write_reports(const char *run_dir, const json_t *results, struct err *err) {
    size_t count;
    const struct report_format *formats = report_formats(&count);
    struct report_options options = {0};
    for (size_t i = 0; i < count; i++)
        if (formats[i].file_name &&
            report_write_file(&formats[i], results, &options, run_dir, err) < 0)
            return err->code;
    return 0;
}

void verdicts_show(const json_t *results) {
    struct report_options options = {.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    report_table(results, &options, stdout);
    (void)fflush(stdout);
}

int verdicts_exit(const json_t *results) {
    return json_int(results, 1, "exit", NULL) == 0 ? 0 : 1;
}
