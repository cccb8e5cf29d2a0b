/* What came of each source of a collection. */
#include "harness/evidence/gather_parts.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>

json_t *gather_manifest_new(const struct gather *g) {
    char at[CLOCK_TEXT_SIZE];
    json_t *m = json_object();
    json_set_int(m, "version", 1);
    json_set_str(m, "case", g->o.request->scenario->id);
    json_set_int(m, "step", g->o.request->step);
    json_set_str(m, "at", clock_format_utc_ms(clock_wall_ms(), at));
    json_object_set_new(m, "budget",
                        json_pack("{s:I, s:I}", "time_ms", (json_int_t)g->o.time_ms, "bytes",
                                  (json_int_t)g->o.bytes_max));
    json_set_str(m, "world", g->o.request->world->ops->name);
    json_object_set_new(m, "sources", json_array());
    return m;
}

void gather_manifest_note(struct gather *g, const struct task *task, const char *state,
                          const char *file, int64_t bytes, char *why) {
    json_t *one = json_object();
    json_set_str(one, "source", task->source->name);
    json_object_update(one, json_mutable(task->names));
    json_object_del(one, "units");
    json_object_del(one, "question");
    json_set_str(one, "state", state);
    if (file)
        json_set_str(one, "file", file);
    if (bytes)
        json_set_int(one, "bytes", bytes);
    json_set_str(one, "why", why);
    json_set_int(one, "elapsed_ms", task->begin_ms ? clock_monotonic_ms() - task->begin_ms : 0);
    json_array_append_new(json_object_get(g->manifest, "sources"), one);
    free(why);
}

void gather_manifest_note_unread(struct gather *g, const struct task *task, const char *why) {
    if (!str_eq(task->source->name, "events") && !str_eq(task->source->name, "namespaces"))
        return;
    if (!json_object_get(g->unread, task->subject))
        json_set_str(g->unread, task->subject, why);
}

json_t *gather_manifest_missing(const struct gather *g) {
    static const char *const fine[] = {"whole", "absent"};
    json_t *list = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(g->manifest, "sources"), i, one) {
        const char *state = json_str(one, "state", NULL);
        const char *model = json_str(one, "model", NULL);
        const char *context = json_str(one, "context", NULL);
        const char *ns = json_str(one, "namespace", NULL);
        const char *of = model ? model : context;
        if (str_eq(state, fine[0]) || str_eq(state, fine[1]))
            continue;
        CLEANUP(str_freep)
        char *source = xasprintf("%s%s%s%s%s", json_str(one, "source", NULL), of ? " " : "",
                                 of ? of : "", ns ? " " : "", ns ? ns : "");
        json_array_append_new(list, json_pack("{s:s, s:s, s:s?}", "source", source, "state", state,
                                              "why", json_str(one, "why", NULL)));
    }
    return list;
}

json_t *gather_manifest_unread(const struct gather *g) {
    json_t *list = json_array(), *why;
    const char *cluster;
    json_object_foreach(g->unread, cluster, why)
        json_array_append_new(list, json_pack("{s:s, s:O}", "cluster", cluster, "why", why));
    return list;
}
