#include "cases/unit/support/unit.h"

#include "harness/history/trend.h"

#include <math.h>
#include <string.h>

/* One letter a run: . passed, g known gap, F failed, - unsupported, V vanished; a digit before it
 * is the kind of the runs from there on. */
static struct trend of(const char *letters) {
    struct trend_point points[100] = {{0}};
    size_t count = 0, kind = 0;
    for (const char *p = letters; *p; p++) {
        if (*p >= '0' && *p <= '9') {
            kind = (size_t)(*p - '0');
            continue;
        }
        points[count++] = (struct trend_point){kind,
                                               *p == '.'   ? VERDICT_PASSED
                                               : *p == 'g' ? VERDICT_KNOWN_GAP
                                               : *p == 'F' ? VERDICT_FAILED
                                               : *p == 'V' ? VERDICT_GAP_VANISHED
                                                           : VERDICT_UNSUPPORTED,
                                               100};
    }
    return trend_of(points, count);
}

static void trend__flips_are_counted_between_runs_of_one_kind(void **state) {
    (void)state;
    static const struct {
        const char *letters;
        size_t judged, red, pairs, flips;
        bool flaky;
    } rows[] = {
        {"", 0, 0, 0, 0, false},
        {".....", 5, 0, 4, 0, false},
        {"..FF", 4, 2, 3, 1, false}, /* it broke, and stays so */
        {"..F..", 5, 1, 4, 2, true},
        {"gggg", 4, 0, 3, 0, false}, /* a known gap is not red */
        {"gVg", 3, 1, 2, 2, true},
        {".-F-.", 3, 1, 2, 2, true},     /* what was not judged is passed over */
        {"1.2F1.2F", 4, 2, 2, 0, false}, /* two releases, each of one mind */
        {"1.2F1F2F", 4, 3, 2, 1, false},
        {"----", 0, 0, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trend t = of(rows[i].letters);
        if (t.judged != rows[i].judged || t.red != rows[i].red || t.pairs != rows[i].pairs ||
            t.flips != rows[i].flips || t.flaky != rows[i].flaky)
            fail_msg("%s: judged %zu, red %zu, pairs %zu, flips %zu", rows[i].letters, t.judged,
                     t.red, t.pairs, t.flips);
    }
    assert_true(fabs(of("..F..").flake_rate - 0.5) < 1e-9);
}

static void trend__a_duration_moves_when_it_leaves_its_noise(void **state) {
    (void)state;
    static const struct {
        const char *name, *direction;
        int64_t ms[12];
    } rows[] = {
        {"three times as long",
         "slower",
         {100, 110, 90, 105, 95, 100, 300, 310, 290, 305, 295, 300}},
        {"a third of it", "faster", {300, 310, 290, 305, 295, 300, 100, 110, 90, 105, 95, 100}},
        {"the same", "steady", {100, 110, 90, 105, 95, 100, 102, 108, 92, 103, 97, 101}},
        {"within its own noise",
         "steady",
         {100, 500, 90, 700, 95, 400, 450, 150, 600, 120, 700, 300}},
        {"one outlier", "steady", {100, 110, 90, 105, 95, 100, 102, 9000, 92, 103, 97, 101}},
        {"40 ms more", "steady", {10, 10, 10, 10, 10, 10, 50, 50, 50, 50, 50, 50}},
        {"a tenth more",
         "steady",
         {1000, 1000, 1000, 1000, 1000, 1000, 1100, 1100, 1100, 1100, 1100, 1100}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trend_point points[12];
        for (size_t k = 0; k < 12; k++)
            points[k] = (struct trend_point){0, VERDICT_PASSED, rows[i].ms[k]};
        struct trend t = trend_of(points, 12);
        if (strcmp(t.direction, rows[i].direction) != 0)
            fail_msg("%s: %s (%g to %g)", rows[i].name, t.direction, t.earlier_ms, t.recent_ms);
        assert_string_equal(trend_of(points, 5).direction, "unknown");
        /* The time of a failure is no duration of the case. */
        for (size_t k = 6; k < 12; k++)
            points[k].verdict = VERDICT_FAILED;
        assert_string_not_equal(trend_of(points, 12).direction, "slower");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trend__flips_are_counted_between_runs_of_one_kind),
        cmocka_unit_test(trend__a_duration_moves_when_it_leaves_its_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
