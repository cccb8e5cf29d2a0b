#include "harness/evidence/gather.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/step.h"
#include "harness/evidence/folder.h"
#include "harness/evidence/sources.h"
#include "harness/evidence/timeline.h"
#include "harness/model/value.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 24,     /* questions */
    OF_ONE = 4,       /* of one model or cluster: one that hangs leaves places to the others */
    TASKS_MAX = 4000, /* of a collection */
    CONTEXTS_MAX = 32,
    FILE_MAX = 1 << 20,
    WHY_MAX = 200,
    EVENTS_MAX = 500,
    LOG_KEPT_MAX = 256 << 10, /* of a debug-log, for the time line */
};

enum state { WAITING, RUNNING, ENDED };

struct task {
    struct task *next;
    struct gather *g;
    const struct source *source;
    json_t *names;       /* owned; of the row's scope */
    const char *subject; /* borrowed from names: the model or cluster; "" */
    struct ask *ask;     /* owned while it runs */
    int64_t begin_ms;
    enum state state;
};

struct gather {
    struct gather_options o;
    json_t *visible, *namespaces; /* owned */
    struct folder folder;
    struct clocks clocks;
    json_t *events, *logs, *statuses; /* owned; for the time line, when the clocks are known */
    json_t *unread;                   /* owned; clusters whose events could not be read */
    struct task *tasks, **last;       /* owned; in the order in which they are asked */
    size_t count, running;
    json_t *manifest; /* owned; what came of each */
    int64_t begin_ms;
    struct sched_timer deadline, soon;
    bool over;
};

static void pump(struct gather *g);

/* --- the manifest ----------------------------------------------------------------------------- */

/* why is stolen; NULL: all is well. */
static void note(struct gather *g, const struct task *task, const char *state, const char *file,
                 int64_t bytes, char *why) {
    json_t *one = json_object();
    json_set_str(one, "source", task->source->name);
    union {
        const json_t *in;
        json_t *out;
    } names = {.in = task->names};
    json_object_update(one, names.out);
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

/* Why the answer is none; owned. NULL: it is one. *ret_absent: there is no such thing to be seen.
 */
static char *why_not(const struct answer *answer, bool *ret_absent) {
    const json_t *seen = answer->seen;
    *ret_absent = answer->reason && str_eq(answer->reason, "tool-missing");
    if (answer->reason)
        return xstrdup(answer->text ? answer->text : answer->reason);
    if (json_object_get(seen, "signal"))
        return xasprintf("killed by signal %d", (int)json_int(seen, 0, "signal", NULL));
    int64_t code = json_int(seen, 0, "exit", NULL), status = json_int(seen, 200, "status", NULL);
    if (code != 0) {
        CLEANUP(str_freep) char *words = step_last_words(seen);
        return xasprintf("exit code %d%s%s", (int)code, words ? ": " : "", words ? words : "");
    }
    const char *problem = json_str(seen, "problem", NULL);
    if (status == 0)
        return xstrdup(problem ? problem : "no answer");
    *ret_absent = status == 404;
    const char *message = json_str(seen, "json", "message", NULL);
    return status >= 400 ? xasprintf("HTTP %d%s%.*s", (int)status, message ? ": " : "", WHY_MAX,
                                     message ? message : "")
                         : NULL;
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool is_log(const char *file) {
    return str_has_suffix(file, ".txt");
}

/* What the answer says, in the form of its file. */
static void write_answer(struct gather *g, const struct task *task, const json_t *seen,
                         const char *file, struct folder_added *added) {
    const json_t *json = json_object_get(seen, "json");
    if (str_has_suffix(file, ".jsonl")) {
        CLEANUP(json_freep) json_t *args = sources_args(task->source, g->visible, task->names);
        CLEANUP(json_freep)
        json_t *line = json_pack("{s:O?, s:O?}", "asked", args, "seen", seen);
        folder_add_line(&g->folder, file, line);
        *added = (struct folder_added){.state = "whole"};
    } else if (str_has_suffix(file, ".json") && json) {
        folder_add_json(&g->folder, file, json, added);
    } else {
        struct buf text = BUF_INIT;
        static const char *const members[] = {"stdout", "body", "stderr"};
        for (size_t i = 0; i < ARRAY_LEN(members); i++) {
            const json_t *part = json_object_get(seen, members[i]);
            buf_add(&text, json_string_value(part) ? json_string_value(part) : "",
                    json_string_length(part));
        }
        folder_add(&g->folder, file, buf_str(&text), text.len, is_log(file), added);
        buf_release(&text);
    }
}

/* The time line is made at the end: until then what it needs is kept. */
static void keep(struct gather *g, const struct task *task, const json_t *seen) {
    const char *name = task->source->name;
    const json_t *json = json_object_get(seen, "json");
    union {
        const json_t *in;
        json_t *out;
    } value = {.in = json};
    if (str_eq(name, "events")) {
        json_t *list = json_ensure_array(g->events, task->subject);
        json_array_append(list, value.out);
    } else if (str_eq(name, "status")) {
        json_object_set(g->statuses, task->subject, value.out);
    } else if (str_eq(name, "debug-log")) {
        const json_t *text = json_object_get(seen, "stdout");
        size_t len = json_string_length(text);
        size_t skip = len > LOG_KEPT_MAX ? len - LOG_KEPT_MAX : 0;
        if (text)
            json_object_set_new(g->logs, task->subject,
                                value_from_bytes(json_string_value(text) + skip, len - skip));
    }
    if (json_object_get(seen, "clock"))
        clocks_note(&g->clocks, task->subject, json_object_get(seen, "clock"));
}

/* A cluster whose events could not be read in one namespace is named once. */
static void note_unread(struct gather *g, const struct task *task, const char *why) {
    if (!str_eq(task->source->name, "events") && !str_eq(task->source->name, "namespaces"))
        return;
    if (!json_object_get(g->unread, task->subject))
        json_set_str(g->unread, task->subject, why);
}

static struct task *add_task(struct gather *g, const struct source *source, json_t *names) {
    if (g->count >= TASKS_MAX) {
        json_decref(names);
        return NULL;
    }
    struct task *task = xcalloc(1, sizeof(*task));
    *task = (struct task){.g = g, .source = source, .names = names, .subject = ""};
    const char *model = json_str(names, "model", NULL), *context = json_str(names, "context", NULL);
    task->subject = model ? model : context ? context : "";
    *g->last = task;
    g->last = &task->next;
    g->count++;
    return task;
}

static void follow(struct gather *g, const struct task *task, const json_t *seen) {
    for (const struct source *s = sources; s->name; s++) {
        if (!str_eq(s->after, task->source->name) ||
            !sources_apply(s, json_object_get(g->visible, "world"), g->o.has_juju))
            continue;
        CLEANUP(json_freep)
        json_t *list = sources_follow(s, task->names, json_object_get(seen, "json"), g->namespaces);
        size_t i;
        json_t *names;
        json_array_foreach(list, i, names) add_task(g, s, json_incref(names));
    }
}

static void on_answer(void *self, const struct answer *answer) {
    struct task *task = self;
    struct gather *g = task->g;
    bool absent;
    char *why = why_not(answer, &absent);
    CLEANUP(str_freep) char *file = sources_file(task->source, g->visible, task->names);
    struct folder_added added = {.state = "whole"};
    if (answer->seen && file && !absent)
        write_answer(g, task, answer->seen, file, &added);
    if (why && !absent)
        note_unread(g, task, why);
    if (why) {
        free(added.why);
        note(g, task, absent ? "absent" : "failed", added.bytes ? file : NULL, added.bytes, why);
    } else {
        note(g, task, added.state, file, added.bytes, added.why);
        keep(g, task, answer->seen);
        follow(g, task, answer->seen);
    }
    ask_free(task->ask);
    task->ask = NULL;
    task->state = ENDED;
    g->running--;
    pump(g);
}

/* --- who is asked when ------------------------------------------------------------------------ */

static int64_t left_ms(const struct gather *g) {
    int64_t left = g->begin_ms + g->o.time_ms - clock_monotonic_ms();
    return left > 1 ? left : 1;
}

static void on_task_deadline(struct task *task) {
    struct gather *g = task->g;
    ask_free(task->ask);
    task->ask = NULL;
    task->state = ENDED;
    g->running--;
    CLEANUP(str_freep)
    char *why =
        xasprintf("no answer after %.1f s", (double)(clock_monotonic_ms() - task->begin_ms) / 1000);
    note_unread(g, task, why);
    note(g, task, "timeout", NULL, 0, str_take(&why));
}

static void start(struct gather *g, struct task *task) {
    CLEANUP(json_freep) json_t *args = sources_args(task->source, g->visible, task->names);
    if (!args) {
        task->state = ENDED;
        note(g, task, "failed", NULL, 0, xstrdup("its question cannot be formed"));
        return;
    }
    int64_t most = g->o.time_ms / 2, left = left_ms(g);
    task->state = RUNNING;
    task->begin_ms = clock_monotonic_ms();
    g->running++;
    task->ask = ask_start(g->o.request->place, task->source->ask, args, NULL,
                          left < most ? left : most, on_answer, task);
}

static size_t running_of(const struct gather *g, const char *subject) {
    size_t count = 0;
    for (const struct task *t = g->tasks; t; t = t->next)
        count += t->state == RUNNING && str_eq(t->subject, subject);
    return count;
}

static void conclude(struct gather *g);

static void on_soon(void *self) {
    struct gather *g = self;
    conclude(g);
    g->o.done(g->o.self, g->folder.used, clock_monotonic_ms() - g->begin_ms);
}

static void on_deadline(void *self);

/* Commands know no deadline of their own: the oldest that has had its time is let go. */
static void watch_oldest(struct gather *g) {
    int64_t next = left_ms(g), most = g->o.time_ms / 2, now = clock_monotonic_ms();
    for (const struct task *t = g->tasks; t; t = t->next) {
        int64_t until = t->begin_ms + most - now;
        if (t->state == RUNNING && until < next)
            next = until > 0 ? until : 0;
    }
    loop_start(g->o.request->place->loop, &g->deadline, next, on_deadline, g);
}

static void pump(struct gather *g) {
    bool waiting = false;
    for (struct task *t = g->tasks; t && !g->over; t = t->next) {
        if (t->state != WAITING)
            continue;
        if (running_of(g, t->subject) < OF_ONE)
            start(g, t);
        waiting = waiting || t->state == WAITING;
        if (g->running >= AT_ONCE)
            break; /* an answer comes back here */
    }
    if (g->over)
        return;
    if (g->running == 0 && !waiting) {
        loop_stop(g->o.request->place->loop, &g->deadline);
        loop_start(g->o.request->place->loop, &g->soon, 0, on_soon, g);
        return;
    }
    watch_oldest(g);
}

static void on_deadline(void *self) {
    struct gather *g = self;
    int64_t now = clock_monotonic_ms();
    for (struct task *t = g->tasks; t; t = t->next)
        if (t->state == RUNNING && now - t->begin_ms >= g->o.time_ms / 2)
            on_task_deadline(t);
    if (now - g->begin_ms >= g->o.time_ms)
        on_soon(g);
    else
        pump(g);
}

/* --- the begin and the end -------------------------------------------------------------------- */

static void add_each(struct gather *g, const struct source *s, const char *key,
                     const json_t *list) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        json_t *names = json_object();
        json_object_set(names, key, one);
        add_task(g, s, names);
    }
}

/* The contexts of the run's kubeconfig, each cluster and user once. */
static json_t *contexts_of(const struct collector_request *r) {
    CLEANUP(json_freep) json_t *config = kubeconfig_load(r->place->kubeconfig, true, NULL);
    CLEANUP(json_freep) json_t *known = json_object();
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(config, "contexts"), i, one) {
        const char *name = json_str(one, "name", NULL);
        const char *cluster = json_str(one, "context", "cluster", NULL);
        const char *user = json_str(one, "context", "user", NULL);
        CLEANUP(str_freep)
        char *key = xasprintf("%s %s", cluster ? cluster : "", user ? user : "");
        if (!name || json_object_get(known, key) || json_array_size(list) >= CONTEXTS_MAX)
            continue;
        json_set_bool(known, key, true);
        json_array_append_new(list, json_string(name));
    }
    return list;
}

/* The names that the case asks for, with all that is bound by now. */
static json_t *questions_of(const struct gather *g) {
    const struct scenario *s = g->o.request->scenario;
    json_t *list = json_array();
    for (size_t i = 0; i < s->step_count; i++) {
        json_t *args = s->steps[i].ask == ASK_RESOLVE
                           ? value_expand(s->steps[i].args, g->visible, NULL)
                           : NULL;
        if (args)
            json_array_append_new(list, args);
    }
    return list;
}

static void add_first(struct gather *g) {
    CLEANUP(json_freep) json_t *contexts = contexts_of(g->o.request);
    CLEANUP(json_freep) json_t *questions = questions_of(g);
    for (const struct source *s = sources; s->name; s++) {
        if (s->after || (s->once && !g->o.first) ||
            !sources_apply(s, json_object_get(g->visible, "world"), g->o.has_juju))
            continue;
        if (s->scope == SOURCE_RUN)
            add_task(g, s, json_object());
        else if (s->scope == SOURCE_MODEL)
            add_each(g, s, "model", g->o.models);
        else if (s->scope == SOURCE_CONTEXT)
            add_each(g, s, "context", contexts);
        else if (s->scope == SOURCE_QUESTION)
            add_each(g, s, "question", questions);
    }
}

static json_t *new_manifest(const struct gather *g) {
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

struct gather *gather_start(const struct gather_options *o) {
    struct gather *g = xcalloc(1, sizeof(*g));
    const struct world *w = o->request->world;
    g->o = *o;
    g->last = &g->tasks;
    g->begin_ms = clock_monotonic_ms();
    g->visible = json_deep_copy(o->request->visible);
    g->namespaces = sources_namespaces(o->request->scenario, g->visible);
    CLEANUP(str_freep) char *safe = sources_safe(o->request->scenario->id);
    CLEANUP(str_freep) char *dir = xasprintf("%s/evidence/%s", o->run_dir, safe);
    /* A part is kept for the time line and the manifest. */
    folder_init(&g->folder, dir, o->bytes_max - o->bytes_max / 8,
                o->bytes_max / 8 < FILE_MAX ? o->bytes_max / 8 : FILE_MAX);
    clocks_init(&g->clocks, w->ops->facts(w->self));
    g->events = json_object();
    g->logs = json_object();
    g->statuses = json_object();
    g->unread = json_object();
    g->manifest = new_manifest(g);
    add_first(g);
    pump(g);
    return g;
}

static void let_go(struct gather *g) {
    int64_t now = clock_monotonic_ms();
    for (struct task *t = g->tasks; t; t = t->next) {
        if (t->state == RUNNING) {
            on_task_deadline(t);
        } else if (t->state == WAITING) {
            t->state = ENDED;
            CLEANUP(str_freep)
            char *why = xasprintf("the %.1f s were over before it was asked",
                                  (double)(now - g->begin_ms) / 1000);
            note_unread(g, t, why);
            note(g, t, "left-out", NULL, 0, str_take(&why));
        }
    }
}

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

/* What a person misses in the folder: not what there is nothing of. */
static json_t *missing_of(const struct gather *g) {
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

static json_t *unread_of(const struct gather *g) {
    json_t *list = json_array(), *why;
    const char *cluster;
    json_object_foreach(g->unread, cluster, why)
        json_array_append_new(list, json_pack("{s:s, s:O}", "cluster", cluster, "why", why));
    return list;
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
    json_object_set_new(event, "events_unread", unread_of(g));
    json_object_set_new(event, "clocks", clocks_list(&g->clocks));
    json_object_set_new(event, "missing", missing_of(g));
    json_set_str(event, "folder", folder);
    json_object_set_new(event, "files", files_of(g, folder));
    json_set_int(event, "bytes", g->folder.used);
    json_set_int(event, "elapsed_ms", clock_monotonic_ms() - g->begin_ms);
    if (g->folder.trouble.code)
        json_set_str(event, "problem", g->folder.trouble.text);
    r->write(r->write_self, event, false);
}

static void conclude(struct gather *g) {
    if (g->over)
        return;
    g->over = true;
    loop_stop(g->o.request->place->loop, &g->deadline);
    let_go(g);
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

void gather_stop(struct gather *g) {
    conclude(g);
}

void gather_free(struct gather *g) {
    if (!g)
        return;
    loop_stop(g->o.request->place->loop, &g->deadline);
    loop_stop(g->o.request->place->loop, &g->soon);
    while (g->tasks) {
        struct task *t = g->tasks;
        g->tasks = t->next;
        ask_free(t->ask);
        json_decref(t->names);
        free(t);
    }
    folder_release(&g->folder);
    clocks_release(&g->clocks);
    json_decref(g->visible);
    json_decref(g->namespaces);
    json_decref(g->events);
    json_decref(g->logs);
    json_decref(g->statuses);
    json_decref(g->unread);
    json_decref(g->manifest);
    free(g);
}
