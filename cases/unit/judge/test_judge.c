#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/judge/judge.h"

#include <string.h>

#define LEDGER_TEXT                                                                             \
    "[{\"id\": \"FED-GAP-001\", \"title\": \"no DNS\", \"url\": \"https://example.org/1\", "    \
    "\"owner\": \"o\", \"why\": "                                                               \
    "\"w\","                                                                                    \
    " \"cases\": [\"a.dns\"], \"signature\": {\"rcode\": \"NXDOMAIN\"}, \"versions\": \">=1.5 " \
    "<1.9\","                                                                                   \
    " \"review_by\": \"2027-06-30\", \"message\": \"asked ${name}, got ${rcode}; ${absent}\"%s}]"

static const char begin[] =
    "{\"event\":\"run-begin\",\"at\":\"2017-06-02T09:00:00.000Z\"},"
    "{\"event\":\"case-begin\",\"case\":\"a.fine\"},"
    "{\"event\":\"case-end\",\"case\":\"a.fine\",\"outcome\":\"met\"},"
    "{\"event\":\"case-begin\",\"at\":\"2017-06-02T09:00:00.000Z\",\"case\":\"a.dns\"},"
    "{\"event\":\"step-begin\",\"at\":\"2017-06-02T09:00:00.000Z\",\"case\":\"a.dns\",\"step\":0,"
    "\"verb\":\"resolve\",\"title\":\"ask\",\"waiting_for\":\"an answer\"}";
static const char end[] =
    ",{\"event\":\"run-end\",\"at\":\"2017-06-02T09:00:01.500Z\",\"outcome\":\"finished\"}";

struct row {
    const char *name, *step_end, *case_end, *now, *kubernetes;
    const char *verdict, *in_message;
    int exit;
    bool ended;
};

#define UNMET(rcode)                                                                             \
    ",{\"event\":\"step-end\",\"case\":\"a.dns\",\"step\":0,\"outcome\":\"unmet\",\"expected\":" \
    "\"NOERROR\","                                                                               \
    "\"seen\":\"" rcode "\",\"evidence\":{\"rcode\":\"" rcode "\",\"name\":\"beacon\"}}"
#define STEP(outcome)                                                               \
    ",{\"event\":\"step-end\",\"case\":\"a.dns\",\"step\":0,\"outcome\":\"" outcome \
    "\",\"reason\":\"timeout\",\"expected\":\"x\",\"seen\":\"y\"}"
#define CASE(outcome) ",{\"event\":\"case-end\",\"case\":\"a.dns\",\"outcome\":\"" outcome "\"}"

static const struct row rows[] = {
    {"a gap that fails as recorded is forgiven", UNMET("NXDOMAIN"), CASE("unmet"), "2027-01-01",
     "1.6.2", "known-gap", "KNOWN GAP FED-GAP-001: asked beacon, got NXDOMAIN; (none)", 0, true},
    {"a gap that fails in another way is red", UNMET("SERVFAIL"), CASE("unmet"), "2027-01-01",
     "1.6.2", "gap-changed", "GAP CHANGED FED-GAP-001", 1, true},
    {"a gap on the last day before its review is over is forgiven", UNMET("NXDOMAIN"),
     CASE("unmet"), "2027-06-30", "1.6.2", "known-gap", "KNOWN GAP FED-GAP-001", 0, true},
    {"a gap on the day after it is red", UNMET("NXDOMAIN"), CASE("unmet"), "2027-07-01", "1.6.2",
     "gap-expired", "reviewed by 2027-06-30", 1, true},
    {"a case that passes is no vanished gap when its entry is past review", STEP("met"),
     CASE("met"), "2027-07-01", "1.6.2", "passed", "", 0, true},
    {"nor when its entry is of other releases", STEP("met"), CASE("met"), "2027-01-01", "1.9.0",
     "passed", "", 0, true},
    {"a gap past its review date is red", UNMET("NXDOMAIN"), CASE("unmet"), "2027-07-01", "1.6.2",
     "gap-expired", "reviewed by 2027-06-30", 1, true},
    {"a gap outside its releases is red", UNMET("NXDOMAIN"), CASE("unmet"), "2027-01-01", "1.9.0",
     "gap-expired", "recorded for >=1.5 <1.9, this is 1.9.0", 1, true},
    {"a gap of another world is red", UNMET("NXDOMAIN"), CASE("unmet"), "2027-01-01", "1.6.3",
     "gap-expired", "recorded for the worlds [\"juju\"], this is sim", 1, true},
    {"a gap that vanished is red", STEP("met"), CASE("met"), "2027-01-01", "1.6.2", "gap-vanished",
     "VANISHED on 1.6.2", 1, true},
    {"what the harness could not judge is never forgiven", STEP("error"), CASE("error"),
     "2027-01-01", "1.6.2", "error", "timeout: expected x; last seen: y", 1, true},
    {"unsupported is not red", "", CASE("unsupported\",\"missing\":[\"juju\"],\"x\":\""),
     "2027-01-01", "1.6.2", "unsupported", "UNSUPPORTED: needs juju", 0, true},
    {"blocked is not red by itself", "", CASE("blocked\",\"blocked_by\":\"a.b"), "2027-01-01",
     "1.6.2", "blocked", "BLOCKED by a.b", 0, true},
    {"a killed run says what it waited for", "", "", "2027-01-01", "1.6.2", "error",
     "killed while it waited for: an answer", 1, false},
};

static json_t *judge_row(const struct row *row, bool required) {
    struct ledger ledger = {0};
    char text[1000]; /* the row of 1.6.3 is about an entry that is only for real clusters */
    (void)snprintf(text, sizeof(text), LEDGER_TEXT,
                   strcmp(row->kubernetes, "1.6.3") == 0 ? ", \"worlds\": [\"juju\"]" : "");
    assert_int_equal(ledger_add_text(&ledger, text, strlen(text), "l", NULL), 0);
    struct buf events = BUF_INIT;
    buf_addf(&events, "[%s%s%s%s]", begin, row->step_end, row->case_end, row->ended ? end : "");
    json_t *parsed = json_parse(buf_str(&events), events.len, row->name, NULL);
    assert_non_null(parsed);
    json_t *run = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s, s:b}, {s:s}]}", "run", "r1", "world",
                            "sim", "kubernetes", row->kubernetes, "cases", "id", "a.dns", "title",
                            "t", "required", required, "id", "a.fine");
    char now[64];
    snprintf(now, sizeof(now), "%sT00:00:00Z", row->now);
    json_t *out = judge_events(
        run, parsed, &(struct judge_options){.ledger = &ledger, .now_ms = clock_parse_utc(now)});
    json_decref(run);
    json_decref(parsed);
    buf_release(&events);
    ledger_release(&ledger);
    return out;
}

static void judge__gives_the_verdict_that_the_observations_deserve(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *out = judge_row(&rows[i], false);
        const json_t *result = json_at(out, "results", "[0]", NULL);
        if (strcmp(json_str(result, "verdict", NULL), rows[i].verdict) != 0)
            fail_msg("%s: %s", rows[i].name, json_str(result, "verdict", NULL));
        if (!strstr(json_str(result, "message", NULL), rows[i].in_message))
            fail_msg("%s: %s", rows[i].name, json_str(result, "message", NULL));
        if (json_int(out, -1, "exit", NULL) != rows[i].exit)
            fail_msg("%s: exit", rows[i].name);
        bool passed = strcmp(rows[i].verdict, "passed") == 0;
        assert_int_equal(json_int(out, 0, "summary", rows[i].verdict, NULL), passed ? 2 : 1);
        assert_int_equal(json_int(out, 0, "summary", "passed", NULL), passed ? 2 : 1);
        json_decref(out);
    }
}

static void judge__a_required_case_that_did_not_run_makes_the_run_red(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].verdict, "unsupported") && strcmp(rows[i].verdict, "blocked"))
            continue;
        json_t *out = judge_row(&rows[i], true);
        assert_int_equal(json_int(out, -1, "exit", NULL), 1);
        assert_string_equal(json_str(out, "truth", "required_missing", "[0]", NULL), "a.dns");
        json_decref(out);
    }
}

static json_t *judged(const char *run_text, const char *events_text) {
    json_t *run = json_loads(run_text, 0, NULL), *events = json_loads(events_text, 0, NULL);
    assert_non_null(run);
    assert_non_null(events);
    json_t *out = judge_events(run, events, &(struct judge_options){0});
    json_decref(run);
    json_decref(events);
    return out;
}

#define ENDED(id, outcome) \
    "{\"event\":\"case-end\",\"case\":\"" id "\",\"outcome\":\"" outcome "\"}"
#define FINISHED "{\"event\":\"run-end\",\"outcome\":\"finished\"}"

static void judge__what_was_not_judged_is_never_green(void **state) {
    (void)state;
    static const struct {
        const char *name, *run, *events, *reason; /* NULL: green */
    } table[] = {
        {"no case at all", "{\"cases\":[]}", "[" FINISHED "]", "there is no case in this run"},
        {"all skipped", "{\"cases\":[{\"id\":\"a.b\"},{\"id\":\"a.c\"}]}",
         "[" ENDED("a.b", "unsupported") "," ENDED("a.c", "blocked") "," FINISHED "]",
         "no case was judged: 1 are unsupported, 1 blocked"},
        {"one judged", "{\"cases\":[{\"id\":\"a.b\"},{\"id\":\"a.c\"}]}",
         "[" ENDED("a.b", "unsupported") "," ENDED("a.c", "met") "," FINISHED "]", NULL},
        {"killed", "{\"cases\":[{\"id\":\"a.b\"},{\"id\":\"a.c\"}]}", "[" ENDED("a.b", "met") "]",
         "the run was killed: 1 of its 2 cases never ended"},
        {"nothing observed", "{\"cases\":[{\"id\":\"a.b\"}]}", "[]", "no case was judged"},
        {"required", "{\"cases\":[{\"id\":\"a.b\",\"required\":true},{\"id\":\"a.c\"}]}",
         "[" ENDED("a.b", "unsupported") "," ENDED("a.c", "met") "," FINISHED "]",
         "the required case a.b did not run: UNSUPPORTED"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        json_t *out = judged(table[i].run, table[i].events);
        const char *reason = json_str(out, "truth", "reasons", "[0]", NULL);
        if (json_int(out, -1, "exit", NULL) != (table[i].reason ? 1 : 0) ||
            (table[i].reason ? !reason || !strstr(reason, table[i].reason) : reason != NULL))
            fail_msg("%s: %s", table[i].name, reason ? reason : "green");
        json_decref(out);
    }
}

/* All but what the result says of itself; a resumed case forgets what was collected before. */
static void judge__hands_on_what_was_collected(void **state) {
    (void)state;
#define COLLECTED(case_id, folder)                             \
    "{\"event\":\"evidence\",\"at\":\"x\",\"case\":\"" case_id \
    "\",\"step\":0,\"folder\":\"" folder "\",\"events\":[{\"reason\":\"Killing\"}]},"
    json_t *out =
        judged("{\"cases\":[{\"id\":\"a.b\"},{\"id\":\"a.c\"}]}",
               "[" COLLECTED("a.b", "first")
                   COLLECTED("a.c", "other") "{\"event\":\"case-begin\",\"case\":\"a.c\"}," ENDED(
                       "a.b", "unmet") "," ENDED("a.c", "met") "," FINISHED "]");
    json_t *wanted = json_pack("{s:s,s:[{s:s}]}", "folder", "first", "events", "reason", "Killing");
    assert_true(json_equal(json_at(out, "results", "[0]", "collected", NULL), wanted));
    assert_null(json_at(out, "results", "[1]", "collected", NULL));
    json_decref(wanted);
    json_decref(out);
}

/* What one case comes to: a.dns, which the ledger has an entry for, or a.new, which it has not. */
static json_t *verdict_of(const char *id, const char *outcome, const char *rcode, const char *now) {
    struct ledger ledger = {0};
    char text[1000], midnight[64];
    (void)snprintf(text, sizeof(text), LEDGER_TEXT, "");
    (void)snprintf(midnight, sizeof(midnight), "%sT00:00:00Z", now);
    assert_int_equal(ledger_add_text(&ledger, text, strlen(text), "l", NULL), 0);
    json_t *run =
        json_pack("{s:s,s:s,s:[{s:s}]}", "world", "sim", "kubernetes", "1.6.2", "cases", "id", id);
    json_t *events = json_pack(
        "[{s:s,s:s},{s:s,s:s,s:i,s:s,s:s,s:s,s:{s:s}},{s:s,s:s,s:s,s:[s]},{s:s,s:s}]", "event",
        "case-begin", "case", id, "event", "step-end", "case", id, "step", 0, "outcome", outcome,
        "expected", "x", "seen", "y", "evidence", "rcode", rcode, "event", "case-end", "case", id,
        "outcome", outcome, "missing", "juju", "event", "run-end", "outcome", "finished");
    assert_non_null(events);
    json_t *out = judge_events(
        run, events,
        &(struct judge_options){.ledger = &ledger, .now_ms = clock_parse_utc(midnight)});
    json_t *verdict = json_incref(json_at(out, "results", "[0]", "verdict", NULL));
    json_decref(out);
    json_decref(run);
    json_decref(events);
    ledger_release(&ledger);
    return verdict;
}

static void judge__each_verdict_is_reached_and_missed_nearly(void **state) {
    (void)state;
    static const struct {
        const char *id, *outcome, *rcode, *now, *verdict;
    } near[] = {
        /* each verdict, and below it what differs in one thing only */
        {"a.new", "met", "NOERROR", "2027-01-01", "passed"},
        {"a.new", "unmet", "NOERROR", "2027-01-01", "failed"},
        {"a.dns", "met", "NOERROR", "2027-01-01", "gap-vanished"},

        {"a.new", "unmet", "NXDOMAIN", "2027-01-01", "failed"},
        {"a.dns", "unmet", "NXDOMAIN", "2027-01-01", "known-gap"},
        {"a.new", "error", "NXDOMAIN", "2027-01-01", "error"},

        {"a.dns", "error", "NXDOMAIN", "2027-01-01", "error"},
        {"a.dns", "unmet", "NXDOMAIN", "2027-01-01", "known-gap"},

        {"a.dns", "unmet", "NXDOMAIN", "2027-06-30", "known-gap"},
        {"a.dns", "unmet", "SERVFAIL", "2027-06-30", "gap-changed"},
        {"a.dns", "unmet", "NXDOMAIN", "2027-07-01", "gap-expired"},
        {"a.dns", "met", "NXDOMAIN", "2027-06-30", "gap-vanished"},

        {"a.dns", "met", "NOERROR", "2027-06-30", "gap-vanished"},
        {"a.dns", "met", "NOERROR", "2027-07-01", "passed"},
        {"a.new", "met", "NOERROR", "2027-06-30", "passed"},

        {"a.dns", "unmet", "SERVFAIL", "2027-01-01", "gap-changed"},
        {"a.new", "unmet", "SERVFAIL", "2027-01-01", "failed"},

        {"a.dns", "unmet", "NXDOMAIN", "2027-07-01", "gap-expired"},
        {"a.new", "unmet", "NXDOMAIN", "2027-07-01", "failed"},

        {"a.new", "unsupported", "NOERROR", "2027-01-01", "unsupported"},
        {"a.new", "blocked", "NOERROR", "2027-01-01", "blocked"},
        {"a.new", "interrupted", "NOERROR", "2027-01-01", "error"},
    };
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        json_t *verdict = verdict_of(near[i].id, near[i].outcome, near[i].rcode, near[i].now);
        if (strcmp(json_string_value(verdict), near[i].verdict) != 0)
            fail_msg("row %zu: %s, expected %s", i, json_string_value(verdict), near[i].verdict);
        json_decref(verdict);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__gives_the_verdict_that_the_observations_deserve),
        cmocka_unit_test(judge__a_required_case_that_did_not_run_makes_the_run_red),
        cmocka_unit_test(judge__what_was_not_judged_is_never_green),
        cmocka_unit_test(judge__hands_on_what_was_collected),
        cmocka_unit_test(judge__each_verdict_is_reached_and_missed_nearly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
