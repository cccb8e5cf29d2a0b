/* results.json: read whole, or only what is kept of each case, which must come to the same. */
#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/model/results.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const keep[] = {"case", "verdict", "gap", NULL};

static const char sample[] =
    "{ \"version\" :1,\"a\":{\"results\":[1]}, \"s\":\"\\\"results\\\":[\",\r\n"
    "\t\"results\" : [ "
    "{\"case\":\"a.b\",\"steps\":[{\"x\":\"}]\\\\\"},[]],\"verdict\":\"passed\"},\n"
    " {\"evidence\":{\"case\":\"no\",\"\xc3\xa9\":\"\\u00e9{\"},\"verdict\":\"known-gap\",\"case\":"
    " "
    "\"a.c\" , \"n\":-1.5e3,\"gap\":{\"id\":\"G\",\"l\":[true,null]},\"t\":false } ] ,\"z\":[{}] "
    "}\n";

/* What the whole document comes to without what is not kept; owned. */
static json_t *kept_of(json_t *whole) {
    json_t *all = json_object_get(whole, "results"), *one;
    size_t i;
    json_array_foreach(all, i, one) {
        json_t *kept = json_object();
        for (size_t k = 0; keep[k]; k++)
            if (json_object_get(one, keep[k]))
                json_object_set(kept, keep[k], json_object_get(one, keep[k]));
        json_array_set_new(all, i, kept);
    }
    return whole;
}

/* Both ways: alike where the whole is fine, and refused with the same words where both refuse. */
static void check(const char *text, size_t len) {
    struct err whole_err = {0}, kept_err = {0};
    int fd = memfd_create("results.json", MFD_CLOEXEC);
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(write(fd, text, len), len);
    json_t *whole = results_load(path, NULL, &whole_err);
    json_t *kept = results_load(path, keep, &kept_err);
    if (whole) {
        if (!kept || !json_equal(kept_of(whole), kept_of(kept)))
            fail_msg("%.*s", (int)len, text);
    } else if (!kept && strcmp(whole_err.text, kept_err.text) != 0) {
        fail_msg("'%s', expected '%s'", kept_err.text, whole_err.text);
    }
    json_decref(whole);
    json_decref(kept);
    close(fd);
}

static void results__kept_in_part_are_those_of_the_whole(void **state) {
    (void)state;
    static const char *const texts[] = {
        sample,
        "{\"version\":1,\"results\":[]}",
        "{\"results\":[{\"case\":\"a.b\",\"verdict\":\"passed\"}],\"version\":1}",
        "{\"results\":[{\"case\":\"a.b\",\"verdict\":\"passed\"}],\"version\":1}x",
        "{\"version\":1,\"results\":[{}]}",
        "{\"version\":1,\"results\":[{},]}",
        "{\"version\":1,\"results\":[{\"case\":\"a.b\",}]}",
        "{\"version\":1,\"results\":[,{\"case\":\"a.b\",\"verdict\":\"passed\"}]}",
        "{\"version\":1,\"results\":[{\"ca\\u0073e\":\"a.b\",\"verdict\":\"passed\"}]}",
        "{\"version\":1,\"results\":[{\"case\":\"a.b\",\"verdict\":\"passed\"}],\"results\":[]}",
        "{\"version\":1,\"results\":{\"case\":\"a.b\"}}",
        "{\"version\":1,\"results\":[3,null]}",
        "{\"version\":99,\"results\":[]}",
        "[{\"results\":[]}]",
        "\"results\":[",
        "{\"results\"",
        "{\"results\":",
        "{\"results\":[",
        "{\"results\":[{\"case\"",
        "",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        check(texts[i], strlen(texts[i]));
}

static void results__cut_anywhere_are_refused_in_the_same_words(void **state) {
    (void)state;
    for (size_t len = 0; len < sizeof(sample) - 1; len++)
        check(sample, len);
}

static void results__changed_anywhere_are_the_same_where_the_whole_is_fine(void **state) {
    (void)state;
    static const char bytes[] = "{}[]\",:\\ x0\x80"; /* and the NUL at its end */
    char text[sizeof(sample)];
    for (size_t at = 0; at < sizeof(sample) - 1; at++)
        for (size_t b = 0; b < sizeof(bytes); b++) {
            memcpy(text, sample, sizeof(sample));
            text[at] = bytes[b];
            check(text, sizeof(sample) - 1);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results__kept_in_part_are_those_of_the_whole),
        cmocka_unit_test(results__cut_anywhere_are_refused_in_the_same_words),
        cmocka_unit_test(results__changed_anywhere_are_the_same_where_the_whole_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
