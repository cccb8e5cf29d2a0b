/* The end of a collection: one time line of all that was seen, the manifest, the event. */
#include "harness/evidence/gather_parts.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/evidence/timeline.h"

#include <stdlib.h>

enum { EVENTS_MAX = 500 };

static void on_flushed(void *self, const char *file, struct folder_added *added) {
    struct gather *g = self;
    if (str_eq(added->state, "whole"))
        return;
    json_t *one = json_pack("{s:s, s:s, s:s, s:s?}", "source", "lines", "file", file, "state",
                            added->state, "why", added->why);
    json_array_append_new(json_object_get(g->manifest, "sources"), one);
}

static struct timeline *make_timeline(const struct gather *g) {
    struct timeline *t = timeline_new(&g->clocks);
    const char *name;
    json_t *value, *list;
    size_t i;
    json_object_foreach(g->events, name, list) json_array_foreach(list, i, value)
        timeline_add_events(t, name, value);
    json_object_foreach(g->logs, name, value)
        timeline_add_debug_log(t, name, json_string_value(value), json_string_length(value));
    json_object_foreach(g->statuses, name, value) timeline_add_status(t, name, value);
    CLEANUP(str_freep) char *log = fs_join(g->o.run_dir, "observations.jsonl");
    struct buf text = BUF_INIT;
    if (fs_read(log, &text, NULL) == 0)
        timeline_add_steps(t, buf_str(&text), text.len);
    buf_release(&text);
    return t;
}

static void write_timeline(struct gather *g, struct timeline *t) {
    struct buf text = BUF_INIT;
    json_t *clocks = clocks_list(&g->clocks), *one;
    size_t i;
    json_array_foreach(clocks, i, one) {
        buf_addf(&text, "The clock of %s is %+.1f s from ours, give or take %.1f s%s.\n",
                 json_str(one, "cluster", NULL), (double)json_int(one, 0, "skew_ms", NULL) / 1000,
                 (double)json_int(one, 0, "error_ms", NULL) / 1000,
                 llabs(json_int(one, 0, "skew_ms", NULL)) > json_int(one, 0, "error_ms", NULL)
                     ? ": its times are corrected"
                     : "");
    }
    timeline_dump(t, (size_t)(g->folder.file_max / 2), &text);
    struct folder_added added;
    folder_add(&g->folder, "timeline.txt", buf_str(&text), text.len, true, &added);
    free(added.why);
    json_decref(clocks);
    buf_release(&text);
}

static json_t *files_of(const struct gather *g, const char *folder) {
    json_t *list = json_array(), *file;
    size_t i;
    json_array_foreach(g->folder.files, i, file) {
        CLEANUP(str_freep) char *path = xasprintf("%s/%s", folder, json_string_value(file));
        json_array_append_new(list, json_string(path));
    }
    return list;
}

static void write_event(struct gather *g, struct timeline *t) {
    const struct collector_request *r = g->o.request;
    CLEANUP(str_freep) char *safe = sources_safe(r->scenario->id);
    CLEANUP(str_freep) char *folder = xasprintf("evidence/%s", safe);
    json_t *event = observation_new("evidence", clock_wall_ms(), r->scenario->id, r->step);
    size_t left_out;
    json_object_set_new(event, "events", timeline_events(t, EVENTS_MAX, &left_out));
    if (left_out)
        json_set_int(event, "events_left_out", (int64_t)left_out);
    json_object_set_new(event, "events_unread", gather_manifest_unread(g));
    json_object_set_new(event, "clocks", clocks_list(&g->clocks));
    json_object_set_new(event, "missing", gather_manifest_missing(g));
    json_set_str(event, "folder", folder);
    json_object_set_new(event, "files", files_of(g, folder));
    json_set_int(event, "bytes", g->folder.used);
    json_set_int(event, "elapsed_ms", clock_monotonic_ms() - g->begin_ms);
    if (g->folder.trouble.code)
        json_set_str(event, "problem", g->folder.trouble.text);
    r->write(r->write_self, event, false);
}

void gather_end(struct gather *g) {
    if (g->over)
        return;
    g->over = true;
    loop_stop(g->o.request->place->loop, &g->deadline);
    gather_turns_let_go(g);
    folder_flush(&g->folder, on_flushed, g);
    CLEANUP(timeline_freep) struct timeline *t = make_timeline(g);
    g->folder.bytes_max = g->o.bytes_max;
    write_timeline(g, t);
    json_object_set_new(g->manifest, "clocks", clocks_list(&g->clocks));
    json_set_int(g->manifest, "elapsed_ms", clock_monotonic_ms() - g->begin_ms);
    json_set_int(g->manifest, "bytes", g->folder.used);
    struct folder_added added;
    folder_add_json(&g->folder, "manifest.json", g->manifest, &added);
    free(added.why);
    write_event(g, t);
}
