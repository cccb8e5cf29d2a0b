#include "reports/report.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct report_format formats[] = {
    {"junit", "junit.xml", report_junit}, {"tap", "results.tap", report_tap},
    {"ctrf", "ctrf.json", report_ctrf},   {"markdown", "summary.md", report_markdown},
    {"html", "report.html", report_html}, {"table", "table.txt", report_table},
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

/* Streamed into a temporary neighbour, so that a report of any size needs no memory of its size. */
int report_write_file(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *dir, struct err *err) {
    CLEANUP(str_freep) char *path = fs_join(dir, f->file_name);
    CLEANUP(str_freep) char *temporary = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        int rc = err_errno(err, "cannot write %s", path);
        if (fd >= 0) {
            (void)close(fd);
            (void)unlink(temporary);
        }
        return rc;
    }
    f->write(results, o, out);
    bool failed = fflush(out) != 0 || ferror(out) || fchmod(fd, 0644) < 0 || fdatasync(fd) < 0;
    failed = fclose(out) != 0 || failed;
    if (!failed && rename(temporary, path) == 0)
        return 0;
    int rc = err_errno(err, "cannot write %s", path);
    (void)unlink(temporary);
    return rc;
}
