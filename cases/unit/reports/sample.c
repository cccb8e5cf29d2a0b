#include "cases/unit/support/unit.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static json_t *load(const char *path) {
    struct err err = {0};
    json_t *value = json_load_path(path, &err);
    if (!value) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return value;
}

json_t *sample_load(void) {
    return load(CONFED_SOURCE_DIR "/cases/unit/reports/every_verdict.json");
}

json_t *sample_upgrade(void) {
    return load(CONFED_SOURCE_DIR "/cases/unit/reports/upgrade.json");
}

json_t *sample_of(json_t *list) {
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:{s:[]},s:o}", "version", 1, "run", "r1",
                     "world", "sim", "profile", "1.6.2", "state", "finished", "started",
                     "2017-06-02T09:00:07.000Z", "elapsed_ms", 3120, "exit", 1, "truth",
                     "required_missing", "results", list);
}

char *sample_written(const char *format, const json_t *results, const struct report_options *o,
                     size_t *ret_len) {
    static const struct report_options none = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    report_find(format)->write(results, o ? o : &none, out);
    fclose(out);
    if (ret_len)
        *ret_len = len;
    return text;
}

static void cut_out(char *text, const char *begin, const char *end) {
    char *from = strstr(text, begin), *to = from ? strstr(from, end) : NULL;
    if (to)
        memmove(from + strlen(begin), to, strlen(to) + 1);
}

void sample_check_golden(char *text, const char *name) {
    char *path = xasprintf("%s/cases/unit/reports/golden/%s", CONFED_SOURCE_DIR, name);
    const char *mode = getenv("CONFED_GOLDEN");
    struct buf golden = BUF_INIT;
    struct err err = {0};
    cut_out(text, "<style>", "</style>");
    cut_out(text, "<script>", "</script>");
    if (str_eq(mode, "write"))
        assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644, &err), 0);
    if (fs_read(path, &golden, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(text, buf_str(&golden));
    buf_release(&golden);
    free(path);
}

void sample_check_showable(const char *text, size_t len, const char *format) {
    assert_true(str_is_utf8(text, len));
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
            fail_msg("%s: byte %zu is %d", format, i, text[i]);
}

void sample_check_quiet_page(const char *text) {
    assert_non_null(strstr(text, "default-src 'none'"));
    static const char *const forbidden[] = {"src=",  "@import", "url(",           "<iframe",
                                            "<form", "fetch(",  "XMLHttpRequest", "<script src"};
    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
        if (strstr(text, forbidden[i]))
            fail_msg("the page has %s", forbidden[i]);
}

void sample_limit_files(rlim_t len_max) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = len_max < limit.rlim_max ? len_max : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
