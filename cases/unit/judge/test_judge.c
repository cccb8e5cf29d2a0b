#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/judge/judge.h"

#include <string.h>

static const char ledger_text[] =
    "[{\"id\": \"FED-GAP-001\", \"title\": \"no DNS\", \"url\": \"u\", \"owner\": \"o\", \"why\": "
    "\"w\","
    " \"cases\": [\"dns\"], \"signature\": {\"rcode\": \"NXDOMAIN\"}, \"versions\": \">=1.5 <1.9\","
    " \"review_by\": \"2027-06-30\", \"message\": \"asked ${name}, got ${rcode}; ${absent}\"}]";

static const char begin[] =
    "{\"event\":\"run-begin\",\"at\":\"2017-06-02T09:00:00.000Z\"},"
    "{\"event\":\"case-begin\",\"at\":\"2017-06-02T09:00:00.000Z\",\"case\":\"dns\"},"
    "{\"event\":\"step-begin\",\"at\":\"2017-06-02T09:00:00.000Z\",\"case\":\"dns\",\"step\":0,"
    "\"verb\":\"resolve\",\"title\":\"ask\",\"waiting_for\":\"an answer\"}";
static const char end[] =
    ",{\"event\":\"run-end\",\"at\":\"2017-06-02T09:00:01.500Z\",\"outcome\":\"finished\"}";

struct row {
    const char *name, *step_end, *case_end, *now, *kubernetes;
    const char *verdict, *in_message;
    int exit;
    bool ended;
};

#define UNMET(rcode)                                                                           \
    ",{\"event\":\"step-end\",\"case\":\"dns\",\"step\":0,\"outcome\":\"unmet\",\"expected\":" \
    "\"NOERROR\","                                                                             \
    "\"seen\":\"" rcode "\",\"evidence\":{\"rcode\":\"" rcode "\",\"name\":\"beacon\"}}"
#define STEP(outcome)                                                             \
    ",{\"event\":\"step-end\",\"case\":\"dns\",\"step\":0,\"outcome\":\"" outcome \
    "\",\"reason\":\"timeout\",\"expected\":\"x\",\"seen\":\"y\"}"
#define CASE(outcome) ",{\"event\":\"case-end\",\"case\":\"dns\",\"outcome\":\"" outcome "\"}"

static const struct row rows[] = {
    {"a gap that fails as recorded is forgiven", UNMET("NXDOMAIN"), CASE("unmet"), "2027-01-01",
     "1.6.2", "known-gap", "KNOWN GAP FED-GAP-001: asked beacon, got NXDOMAIN; (none)", 0, true},
    {"a gap that fails in another way is red", UNMET("SERVFAIL"), CASE("unmet"), "2027-01-01",
     "1.6.2", "gap-changed", "GAP CHANGED FED-GAP-001", 1, true},
    {"a gap past its review date is red", UNMET("NXDOMAIN"), CASE("unmet"), "2027-07-01", "1.6.2",
     "gap-expired", "reviewed by 2027-06-30", 1, true},
    {"a gap outside its releases is red", UNMET("NXDOMAIN"), CASE("unmet"), "2027-01-01", "1.9.0",
     "gap-expired", "recorded for >=1.5 <1.9, this is 1.9.0", 1, true},
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
    struct ledger ledger;
    assert_int_equal(ledger_parse(ledger_text, strlen(ledger_text), "l", &ledger, NULL), 0);
    struct buf events = BUF_INIT;
    buf_addf(&events, "[%s%s%s%s]", begin, row->step_end, row->case_end, row->ended ? end : "");
    json_t *parsed = json_parse(buf_str(&events), events.len, row->name, NULL);
    assert_non_null(parsed);
    json_t *run =
        json_pack("{s:s, s:s, s:[{s:s, s:s, s:b}]}", "run", "r1", "kubernetes", row->kubernetes,
                  "cases", "id", "dns", "title", "t", "required", required);
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
        assert_int_equal(json_int(out, 0, "summary", rows[i].verdict, NULL), 1);
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
        assert_string_equal(json_str(out, "truth", "required_missing", "[0]", NULL), "dns");
        json_decref(out);
    }
}

static void judge__no_case_at_all_is_red(void **state) {
    (void)state;
    json_t *run = json_pack("{s:[]}", "cases"), *events = json_array();
    json_t *out = judge_events(run, events, &(struct judge_options){0});
    assert_int_equal(json_int(out, -1, "exit", NULL), 1);
    json_decref(out);
    json_decref(events);
    json_decref(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__gives_the_verdict_that_the_observations_deserve),
        cmocka_unit_test(judge__a_required_case_that_did_not_run_makes_the_run_red),
        cmocka_unit_test(judge__no_case_at_all_is_red),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
