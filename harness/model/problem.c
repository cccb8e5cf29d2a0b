#include "harness/model/problem.h"

#include <string.h>

void problems_release(struct problems *p) {
    buf_release(&p->text);
    p->count = 0;
}

void problems_add(struct problems *p, const char *file, int line, const char *fmt, ...) {
    p->count++;
    buf_adds(&p->text, file);
    if (line > 0)
        buf_addf(&p->text, ":%d", line);
    buf_adds(&p->text, ": ");
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&p->text, fmt, ap);
    va_end(ap);
    buf_addc(&p->text, '\n');
}

void problems_add_err(struct problems *p, const struct err *err) {
    p->count++;
    buf_addf(&p->text, "%s\n", err->text);
}

int problems_err(const struct problems *p, const char *others, struct err *err) {
    const char *all = buf_str(&p->text);
    int first = (int)strcspn(all, "\n");
    if (p->count == 0)
        return 0;
    return p->count == 1 ? err_set(err, ERR_INPUT, "%.*s", first, all)
                         : err_set(err, ERR_INPUT, "%.*s (and %zu more mistakes%s)", first, all,
                                   p->count - 1, others);
}
