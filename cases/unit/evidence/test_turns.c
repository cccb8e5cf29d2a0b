#include "cases/unit/support/unit.h"
#include "cases/unit/support/listener.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/str.h"
#include "harness/evidence/gather.h"

#include <fcntl.h>
#include <unistd.h>

enum { CLUSTERS_MAX = 16, CONNECTIONS_MAX = 256, WATCHED_MS = 300 };

/* An API server that takes every question and answers none. */
struct silent {
    int listener, fds[CONNECTIONS_MAX];
    size_t count;
    uint16_t port;
};

static void silent_open(struct silent *s) {
    s->listener = listen_somewhere(&s->port);
    assert_int_equal(fcntl(s->listener, F_SETFL, O_NONBLOCK), 0);
}

static void silent_close(struct silent *s) {
    for (size_t i = 0; i < s->count; i++)
        (void)close(s->fds[i]);
    (void)close(s->listener);
}

/* How many have asked something; a port that is only tried sends nothing. */
static size_t silent_questions(struct silent *s) {
    size_t asked = 0;
    for (int fd; s->count < CONNECTIONS_MAX && (fd = accept(s->listener, NULL, NULL)) >= 0;)
        s->fds[s->count++] = fd;
    for (size_t i = 0; i < s->count; i++) {
        char byte;
        asked += recv(s->fds[i], &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1 ? 1u : 0u;
    }
    return asked;
}

static char *write_kubeconfig(const struct driver_fixture *f, const struct silent *s,
                              size_t clusters) {
    json_t *config =
        json_pack("{s:s, s:s, s:[], s:[{s:s, s:{}}], s:[]}", "apiVersion", "v1", "kind", "Config",
                  "clusters", "users", "name", "u", "user", "contexts");
    for (size_t i = 0; i < clusters; i++) {
        char name[24], server[48];
        (void)snprintf(name, sizeof(name), "c%zu", i);
        (void)snprintf(server, sizeof(server), "http://127.0.0.1:%u", (unsigned)s->port);
        json_array_append_new(
            json_object_get(config, "clusters"),
            json_pack("{s:s, s:{s:s}}", "name", name, "cluster", "server", server));
        json_array_append_new(json_object_get(config, "contexts"),
                              json_pack("{s:s, s:{s:s, s:s}}", "name", name, "context", "cluster",
                                        name, "user", "u"));
    }
    char *path = fs_join(f->dir, "kubeconfig"), *text = json_dumps(config, 0);
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    free(text);
    json_decref(config);
    return path;
}

static void drop_event(void *self, json_t *event, bool sync) {
    (void)self;
    (void)sync;
    json_decref(event);
}

static void never_done(void *self, int64_t bytes, int64_t elapsed_ms) {
    (void)self;
    (void)bytes;
    (void)elapsed_ms;
    fail_msg("what was stopped has ended");
}

/* How many questions are open when nobody answers: no more come for a while. */
static size_t questions_open(struct driver_fixture *f, size_t clusters, size_t wanted) {
    static const char *const cases[] = {"id: t.a\ntitle: a\nsteps:\n  - run: [\"false\"]\n", NULL};
    struct silent silent = {0};
    silent_open(&silent);
    driver_fixture_cases(f, cases);
    struct loop *loop = loop_new();
    char *kubeconfig = write_kubeconfig(f, &silent, clusters);
    json_t *env = json_object(), *visible = json_pack("{s:O}", "world", f->facts);
    json_t *models = json_array();
    const struct ask_place place = {
        .loop = loop, .env = env, .work_dir = f->dir, .kubeconfig = kubeconfig};
    const struct collector_request request = {.place = &place,
                                              .world = &f->world,
                                              .scenario = f->graph->nodes[0].scenario,
                                              .visible = visible,
                                              .write = drop_event};
    struct gather *g = gather_start(&(struct gather_options){.request = &request,
                                                             .run_dir = f->run_dir,
                                                             .models = models,
                                                             .time_ms = 60000,
                                                             .bytes_max = 1 << 20,
                                                             .done = never_done});
    size_t open = 0;
    int64_t end_ms = clock_monotonic_ms() + 10000;
    for (bool watched = false; clock_monotonic_ms() < end_ms;) {
        assert_int_equal(loop_turn(loop, 20, NULL), 0);
        open = silent_questions(&silent);
        if (open >= wanted && !watched) {
            watched = true;
            end_ms = clock_monotonic_ms() + WATCHED_MS;
        }
    }
    gather_stop(g);
    gather_free(g);
    loop_free(loop);
    json_decref(models);
    json_decref(visible);
    json_decref(env);
    free(kubeconfig);
    silent_close(&silent);
    return open;
}

static void turns__one_cluster_that_is_silent_has_few_of_the_places(void **state) {
    assert_int_equal(questions_open(*state, 1, 4), 4);
}

static void turns__so_many_questions_are_open_and_no_more(void **state) {
    assert_int_equal(questions_open(*state, CLUSTERS_MAX, 24), 24);
}

#define IN_FIXTURE(test) \
    cmocka_unit_test_setup_teardown(test, driver_fixture_setup, driver_fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(turns__one_cluster_that_is_silent_has_few_of_the_places),
        IN_FIXTURE(turns__so_many_questions_are_open_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
