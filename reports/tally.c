#include "reports/tally.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

enum { IDS_MAX = 20 };

enum verdict tally_verdict(const json_t *result) {
    return verdict_of_name(json_string_value(json_object_get(result, "verdict")));
}

struct tally tally_of(const json_t *results) {
    const json_t *list = json_object_get(results, "results");
    struct tally t = {.missing = json_at(results, "truth", "required_missing", NULL),
                      .reason = json_str(results, "truth", "reasons", "[0]", NULL),
                      .state = json_str(results, "state", NULL)};
    size_t i;
    json_t *result;
    json_array_foreach(list, i, result) {
        t.of[tally_verdict(result)]++;
        t.total++;
    }
    t.red = json_int(results, 1, "exit", NULL) != 0;
    t.vanished_is_fine = !t.red;
    t.state = t.state ? t.state : "unknown";
    t.row_failed[TALLY_REQUIRED] = json_array_size(t.missing) > 0;
    t.row_failed[TALLY_FINISHED] = !str_eq(t.state, "finished");
    t.row_failed[TALLY_RAN] = t.total == t.of[VERDICT_UNSUPPORTED] + t.of[VERDICT_BLOCKED] && t.red;
    t.row_failed[TALLY_EXIT] = t.red && tally_red(&t) + tally_rows_failed(&t) == 0;
    return t;
}

bool tally_is_red(const struct tally *t, enum verdict v) {
    return verdict_is_red(v) && !(v == VERDICT_GAP_VANISHED && t->vanished_is_fine);
}

size_t tally_red(const struct tally *t) {
    size_t count = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        count += tally_is_red(t, (enum verdict)v) ? t->of[v] : 0;
    return count;
}

size_t tally_skipped(const struct tally *t) {
    return t->of[VERDICT_KNOWN_GAP] + t->of[VERDICT_UNSUPPORTED] + t->of[VERDICT_BLOCKED];
}

size_t tally_rows_failed(const struct tally *t) {
    size_t count = 0;
    for (int row = 0; row < TALLY_ROWS; row++)
        count += t->row_failed[row];
    return count;
}

const char *tally_row_name(enum tally_row row) {
    static const char *const names[TALLY_ROWS] = {"required cases all ran", "the run was finished",
                                                  "some case ran",
                                                  "the exit code follows from the cases"};
    return names[row];
}

static char *missing_message(const struct tally *t) {
    struct buf text = BUF_INIT;
    size_t i, count = json_array_size(t->missing);
    json_t *id;
    buf_adds(&text, "required, but did not run:");
    json_array_foreach(t->missing, i, id) {
        if (i == IDS_MAX)
            break;
        const char *name = json_string_value(id);
        buf_addf(&text, "%s %s", i ? "," : "", name ? name : "?");
    }
    if (count > IDS_MAX)
        buf_addf(&text, " and %zu more", count - IDS_MAX);
    return buf_detach(&text);
}

char *tally_row_message(const struct tally *t, enum tally_row row) {
    if (row == TALLY_REQUIRED)
        return missing_message(t);
    if (row == TALLY_FINISHED)
        return xasprintf("the run was %s: what it would have shown is not known", t->state);
    if (row == TALLY_EXIT)
        return xstrdup(t->reason ? t->reason
                                 : "the run is red, and no case of it is: judge it again (confed "
                                   "judge RUN)");
    return t->total == 0
               ? xstrdup("no case was selected: a run without cases shows nothing")
               : xasprintf("all of the %zu cases were skipped: a skip is not a pass", t->total);
}
