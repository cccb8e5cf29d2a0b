#include "reports/report.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "reports/whole.h"

#include <string.h>
#include <sys/stat.h>

static const struct report_format formats[] = {
    {"junit", "junit.xml", report_junit, "Jenkins, GitLab, Spyglass, actions of GitHub"},
    {"junit-strict", "junit-strict.xml", report_junit_strict,
     "readers that validate: Jenkins's xUnit plugin, Surefire"},
    {"tap", "results.tap", report_tap, "TAP 14"},
    {"ctrf", "ctrf.json", report_ctrf, "the Common Test Report Format"},
    {"conformance", "conformance.yaml", report_conformance,
     "profiles, features and known gaps, in the style of Gateway API"},
    {"markdown", "summary.md", report_markdown, "the page of a CI job ($GITHUB_STEP_SUMMARY)"},
    {"html", "report.html", report_html, "a person: one page, no network"},
    {"table", "table.txt", report_table, "plain text"},
    {"prometheus", "metrics.prom", report_prometheus, "node_exporter's textfile collector"},
    {"mail", "mail.txt", report_mail, "a mail under 4 KB, its subject first"},
};

const struct report_format *report_formats(size_t *ret_count) {
    *ret_count = ARRAY_LEN(formats);
    return formats;
}

const struct report_format *report_find(const char *name) {
    if (str_eq(name, "text"))
        name = "table";
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* A format with what it writes of. */
struct written {
    const struct report_format *format;
    const json_t *results;
    const struct report_options *options;
};

static void write_format(void *self, FILE *out) {
    const struct written *w = self;
    w->format->write(w->results, w->options, out);
}

int report_write_stream(const struct report_format *f, const json_t *results,
                        const struct report_options *o, FILE *out, const char *name,
                        struct err *err) {
    return whole_write_stream(out, name, write_format, &(struct written){f, results, o}, err);
}

static int write_device(const struct report_format *f, const json_t *results,
                        const struct report_options *o, const char *path, struct err *err) {
    FILE *out = fopen(path, "we");
    if (!out)
        return err_errno(err, "cannot write %s", path);
    int rc = report_write_stream(f, results, o, out, path, err);
    if (fclose(out) != 0 && rc == 0)
        rc = err_errno(err, "cannot write %s", path);
    return rc;
}

int report_write_path(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *path, struct err *err) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return write_device(f, results, o, path, err);
    return whole_write(path, write_format, &(struct written){f, results, o}, err);
}

int report_write_file(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *dir, struct err *err) {
    CLEANUP(str_freep) char *path = fs_join(dir, f->file_name);
    return whole_write(path, write_format, &(struct written){f, results, o}, err);
}

int report_write_all(const json_t *results, const struct report_options *o, const char *dir,
                     struct err *err) {
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (report_write_file(&formats[i], results, o, dir, err) < 0)
            return err->code;
    return 0;
}
