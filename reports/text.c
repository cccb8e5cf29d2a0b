#include "reports/text.h"
#include "harness/core/str.h"

void text_markdown_cell(FILE *out, const char *s) {
    for (; *s; s++) {
        if (*s == '|' || *s == '<' || *s == '`')
            fprintf(out, "\\%c", *s);
        else
            fputc(*s == '\n' ? ' ' : *s, out);
    }
}

bool text_is_web(const char *url) {
    return url && (str_has_prefix(url, "https://") || str_has_prefix(url, "http://"));
}

const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
