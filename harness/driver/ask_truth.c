/* The question for the truth table of a federated service. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/ask.h"
#include "harness/driver/truth_gather.h"
#include "harness/model/truth.h"

#include <stdlib.h>

enum { TIMEOUT_MS = 10000 };

/* The row that `line` names: {asker, form, type}; a row of the first asker for a short name else.
 */
static char *line_of(const json_t *args, const json_t *table) {
    const json_t *wanted = json_object_get(args, "line");
    const json_t *first = json_array_get(json_object_get(table, "rows"), 0);
    const char *asker = json_str(wanted, "asker", NULL), *form = json_str(wanted, "form", NULL);
    const char *type = json_str(wanted, "type", NULL);
    if (!asker)
        asker = json_str(first, "asker", NULL);
    if (!form)
        form = json_str(first, "form", NULL);
    return asker && form ? truth_line(table, asker, form, type ? type : "A") : NULL;
}

static bool any_answer(const json_t *rows) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        if (json_str(row, "rcode", NULL) && *json_str(row, "rcode", NULL))
            return true;
    }
    return false;
}

static void on_table(void *self, const json_t *table) {
    struct ask *a = self;
    json_t *seen = json_object();
    CLEANUP(str_freep) char *line = line_of(a->args, table);
    json_set_str(seen, "line", line ? line : "");
    json_object_set_new(seen, "table", json_deep_copy(table));
    static const char *const lifted[] = {"rows", "wrong", "levels"};
    json_t *own = json_object_get(seen, "table");
    for (size_t i = 0; i < ARRAY_LEN(lifted); i++)
        json_object_set(seen, lifted[i], json_object_get(own, lifted[i]));
    ask_answer(a, seen, any_answer(json_object_get(table, "rows")));
}

static void truth_start(struct ask *a) {
    int64_t wait = a->timeout_ms > 0 && a->timeout_ms < TIMEOUT_MS ? a->timeout_ms : TIMEOUT_MS;
    if (!json_str(a->args, "service", NULL)) {
        ask_fail(a, "environment", xstrdup("truth-table needs the name of a service"));
        return;
    }
    a->state = truth_gather_start(a->place, a->args, wait, on_table, a);
}

static void truth_stop(struct ask *a) {
    truth_gather_free(a->state);
}

const struct ask_ops ask_truth_ops = {.start = truth_start, .stop = truth_stop};
