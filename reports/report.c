#include "reports/report.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct report_format formats[] = {
    {"junit", "junit.xml", report_junit},     {"tap", "results.tap", report_tap},
    {"ctrf", "ctrf.json", report_ctrf},       {"markdown", "summary.md", report_markdown},
    {"html", "report.html", report_html},     {"table", "table.txt", report_table},
};

const struct report_format *report_formats(size_t *ret_count) {
    *ret_count = ARRAY_LEN(formats);
    return formats;
}

const struct report_format *report_find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

int report_write_file(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *dir, struct err *err) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return err_errno(err, "cannot write %s", f->file_name);
    f->write(results, o, out);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    CLEANUP(str_freep) char *owned = text;
    CLEANUP(str_freep) char *path = fs_join(dir, f->file_name);
    if (failed)
        return err_set(err, ERR_IO, "%s: could not be put together", path);
    return fs_write_atomic(path, owned, len, 0644, err);
}
