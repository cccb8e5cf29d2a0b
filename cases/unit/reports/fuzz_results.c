/* Any JSON as results, and its member "history" as a history, in every format: UTF-8 without
 * controls. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/report.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len) {
    assert(str_is_utf8(text, len));
    for (size_t i = 0; i < len; i++)
        assert((unsigned char)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(json_freep) json_t *results = json_loadb((const char *)data, size, 0, NULL);
    if (!json_is_object(results))
        return 0;
    size_t count;
    const struct report_format *formats = report_formats(&count);
    struct report_options options = {.history = json_object_get(results, "history")};
    for (size_t i = 0; i < count; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        formats[i].write(results, &options, out);
        fclose(out);
        check(text, len);
        free(text);
    }
    return 0;
}
