#include "harness/evidence/clocks.h"
#include "harness/core/json.h"

#include <stdlib.h>

void clocks_init(struct clocks *c, const json_t *facts) {
    double speed = json_number_value(json_object_get(facts, "speed"));
    *c = (struct clocks){.clusters = json_object(),
                         .speed = speed > 0 ? speed : 1,
                         .epoch_ms = json_int(facts, 0, "epoch_ms", NULL)};
}

void clocks_release(struct clocks *c) {
    json_decref(c->clusters);
    c->clusters = NULL;
}

void clocks_note(struct clocks *c, const char *cluster, const json_t *clock) {
    int64_t date_ms = json_int(clock, 0, "date_ms", NULL);
    int64_t error_ms = json_int(clock, 0, "error_ms", NULL);
    int64_t known_ms = json_int(c->clusters, INT64_MAX, cluster, "error_ms", NULL);
    if (!date_ms || error_ms >= known_ms)
        return;
    json_t *one = json_object();
    json_set_int(one, "skew_ms", date_ms - json_int(clock, 0, "at_ms", NULL));
    json_set_int(one, "error_ms", error_ms);
    json_object_set_new(c->clusters, cluster, one);
}

int64_t clocks_of_cluster(const struct clocks *c, const char *cluster, int64_t their_ms) {
    int64_t skew_ms = json_int(c->clusters, 0, cluster, "skew_ms", NULL);
    int64_t error_ms = json_int(c->clusters, 0, cluster, "error_ms", NULL);
    return llabs(skew_ms) > error_ms ? their_ms - skew_ms : their_ms;
}

int64_t clocks_of_juju(const struct clocks *c, int64_t their_ms) {
    if (!c->epoch_ms || their_ms < c->epoch_ms)
        return their_ms;
    return c->epoch_ms + (int64_t)((double)(their_ms - c->epoch_ms) / c->speed);
}

json_t *clocks_list(const struct clocks *c) {
    json_t *list = json_array();
    const char *name;
    json_t *one;
    json_object_foreach(c->clusters, name, one) {
        json_t *entry = json_copy(one);
        json_set_str(entry, "cluster", name);
        json_array_append_new(list, entry);
    }
    return list;
}
