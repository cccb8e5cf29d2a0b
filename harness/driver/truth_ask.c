#include "harness/driver/truth_ask.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/driver/truth_gather.h"

enum { END_MS = 5000 };

static void on_table(void *self, const json_t *table) {
    json_t **ret = self;
    *ret = json_deep_copy(table);
}

json_t *truth_ask_now(const json_t *args, const json_t *env, const char *kubeconfig,
                      const char *work_dir, int64_t timeout_ms, struct err *err) {
    CLEANUP(loop_freep) struct loop *loop = loop_new();
    const struct ask_place place = {
        .loop = loop, .env = env, .work_dir = work_dir, .kubeconfig = kubeconfig};
    json_t *table = NULL;
    int64_t until = clock_monotonic_ms() + timeout_ms;
    int rc = 0;
    struct truth_gather *g = truth_gather_start(&place, args, timeout_ms, on_table, &table);
    while (!table && rc == 0 && clock_monotonic_ms() < until)
        rc = loop_turn(loop, 100, err);
    truth_gather_free(g);
    until = clock_monotonic_ms() + END_MS; /* its port-forwards are ending */
    while (rc == 0 && loop_held(loop) > 0 && clock_monotonic_ms() < until)
        rc = loop_turn(loop, 100, err);
    if (!table && rc == 0)
        err_set(err, ERR_TIMEOUT, "the table was not whole after %d s", (int)(timeout_ms / 1000));
    return table;
}
