/* What a person at a terminal sees of a run. */
#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "reports/live.h"

#include <stdlib.h>
#include <string.h>

struct screen {
    struct live *live;
    FILE *out;
    char *text;
    size_t len;
};

static int setup(void **state) {
    struct screen *s = calloc(1, sizeof(*s));
    s->out = open_memstream(&s->text, &s->len);
    s->live = live_new(s->out, 160);
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct screen *s = *state;
    live_free(s->live);
    (void)fclose(s->out);
    free(s->text);
    free(s);
    return 0;
}

static void happen(struct screen *s, int64_t now_ms, json_t *event) {
    live_event(s->live, event, now_ms);
    json_decref(event);
}

/* What was drawn last, from its first line on; borrowed. */
static const char *drawn_at(struct screen *s, int64_t now_ms) {
    live_tick(s->live, now_ms);
    (void)fflush(s->out);
    const char *last = s->text, *next;
    while ((next = strstr(last, "\033[J")))
        last = next + strlen("\033[J");
    return last;
}

static void live__shows_who_is_waited_for_with_its_age_and_message(void **state) {
    struct screen *s = *state;
    happen(s, 1000,
           json_pack("{s:s, s:s, s:s, s:i}", "event", "case-begin", "case", "a.b", "title", "t",
                     "steps", 3));
    happen(s, 1000,
           json_pack("{s:s, s:s, s:i, s:s}", "event", "step-begin", "case", "a.b", "step", 1,
                     "title", "wait until it is there"));
    const char *line = drawn_at(s, 3000);
    assert_non_null(strstr(line, "a.b "));
    assert_non_null(strstr(line, "  2.0s  2/3 wait until it is there\n"));
    happen(s, 3000,
           json_pack("{s:s, s:s, s:s, s:i}", "event", "step-progress", "case", "a.b", "text",
                     "etcd/0 is waiting: no certificate (and 2 more)", "for_ms", 500));
    assert_non_null(strstr(drawn_at(s, 4000),
                           "2/3 for 1.5s: etcd/0 is waiting: no certificate (and 2 more)\n"));
    /* It grows older while nothing else happens. */
    assert_non_null(strstr(drawn_at(s, 65500), " 64.5s  2/3 for 63.0s: etcd/0 is waiting"));
    happen(s, 66000,
           json_pack("{s:s, s:s, s:i, s:s}", "event", "step-begin", "case", "a.b", "step", 2,
                     "title", "go on"));
    assert_non_null(strstr(drawn_at(s, 67000), "3/3 go on\n"));
}

static void live__never_fills_a_line_of_the_terminal(void **state) {
    struct screen *s = *state;
    char text[400];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    happen(s, 1000, json_pack("{s:s, s:s, s:i}", "event", "case-begin", "case", "a.b", "steps", 1));
    happen(s, 1000,
           json_pack("{s:s, s:s, s:s, s:i}", "event", "step-progress", "case", "a.b", "text", text,
                     "for_ms", 0));
    const char *line = drawn_at(s, 2000);
    assert_int_equal(strcspn(line, "\n"), 159);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(live__shows_who_is_waited_for_with_its_age_and_message),
        TEST(live__never_fills_a_line_of_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
