#include "harness/evidence/gather.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/step.h"
#include "harness/evidence/gather_parts.h"
#include "harness/model/value.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>
#include <string.h>

enum {
    TASKS_MAX = 4000, /* of a collection */
    CONTEXTS_MAX = 32,
    FILE_MAX = 1 << 20,
    WHY_MAX = 200,
    LOG_KEPT_MAX = 256 << 10, /* of a debug-log, for the time line */
};

/* --- answers ---------------------------------------------------------------------------------- */

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

static bool is_log(const char *file) {
    return str_has_suffix(file, ".txt");
}

/* What the answer says, in the form of its file. */
static void write_answer(struct gather *g, const struct task *task, const json_t *seen,
                         const char *file, struct folder_added *added) {
    const json_t *json = json_object_get(seen, task->source->ask == ASK_TRUTH ? "table" : "json");
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
    if (str_eq(name, "events")) {
        json_t *list = json_ensure_array(g->events, task->subject);
        json_array_append(list, json_mutable(json));
    } else if (str_eq(name, "status")) {
        json_object_set(g->statuses, task->subject, json_mutable(json));
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
    g->first = g->first ? g->first : task;
    g->count++;
    return task;
}

static void follow_one(struct gather *g, const struct source *s, const json_t *names,
                       const json_t *answer, const json_t *beside) {
    CLEANUP(json_freep) json_t *list = sources_follow(s, names, answer, beside, g->namespaces);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) add_task(g, s, json_incref(one));
}

static void follow(struct gather *g, const struct task *task, const json_t *seen) {
    json_t *answer = json_object_get(seen, "json");
    for (const struct source *s = sources; s->name; s++) {
        if (!str_eq(s->after, task->source->name) ||
            !sources_apply(s, json_object_get(g->visible, "world"), g->o.has_juju))
            continue;
        const json_t *of_row = s->beside ? json_object_get(g->beside, s->beside) : NULL;
        const json_t *beside = json_object_get(of_row, task->subject);
        if (!s->beside || beside)
            follow_one(g, s, task->names, answer, beside);
        else
            json_array_append_new(g->held,
                                  json_pack("{s:I, s:O, s:O?}", "row", (json_int_t)(s - sources),
                                            "names", task->names, "answer", answer));
    }
}

/* What waited for the answer of this row goes on, be there one or not. */
static void settle_beside(struct gather *g, const struct task *task, const json_t *seen) {
    json_t *answer = json_object_get(seen, "json");
    json_object_set_new(json_ensure_object(g->beside, task->source->name), task->subject,
                        answer ? json_incref(answer) : json_null());
    for (size_t i = json_array_size(g->held); i-- > 0;) {
        const json_t *held = json_array_get(g->held, i);
        const json_t *names = json_object_get(held, "names");
        const struct source *s = &sources[json_int(held, 0, "row", NULL)];
        if (!str_eq(s->beside, task->source->name) ||
            !str_eq(json_str(names, "context", NULL), task->subject))
            continue;
        follow_one(g, s, names, json_object_get(held, "answer"), answer);
        json_array_remove(g->held, i);
    }
}

static bool is_beside(const struct source *source) {
    for (const struct source *s = sources; s->name; s++)
        if (str_eq(s->beside, source->name))
            return true;
    return false;
}

void gather_on_answer(void *self, const struct answer *answer) {
    struct task *task = self;
    struct gather *g = task->g;
    bool absent;
    char *why = why_not(answer, &absent);
    bool is_answer = !why;
    CLEANUP(str_freep) char *file = sources_file(task->source, g->visible, task->names);
    struct folder_added added = {.state = "whole"};
    if (answer->seen && file && !absent)
        write_answer(g, task, answer->seen, file, &added);
    if (why && !absent)
        gather_manifest_note_unread(g, task, why);
    if (why) {
        free(added.why);
        gather_manifest_note(g, task, absent ? "absent" : "failed", added.bytes ? file : NULL,
                             added.bytes, why);
    } else {
        gather_manifest_note(g, task, added.state, file, added.bytes, added.why);
        keep(g, task, answer->seen);
        follow(g, task, answer->seen);
    }
    if (is_beside(task->source))
        settle_beside(g, task, is_answer ? answer->seen : NULL);
    gather_turns_end(task);
    gather_turns_go_on(g);
}

void gather_lost(struct task *task, const char *state, char *why) {
    gather_manifest_note_unread(task->g, task, why);
    gather_manifest_note(task->g, task, state, NULL, 0, why);
    if (is_beside(task->source))
        settle_beside(task->g, task, NULL);
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

static void add_contexts(struct gather *g, const struct source *s, const json_t *contexts) {
    size_t i;
    json_t *one;
    json_array_foreach(contexts, i, one) {
        json_t *names = json_copy(one);
        if (s->scope == SOURCE_CONTEXT) {
            json_object_del(names, "address");
            json_object_del(names, "port");
        }
        if (s->scope == SOURCE_CONTEXT || json_object_get(names, "address"))
            add_task(g, s, names);
        else
            json_decref(names);
    }
}

/* Where the API server of a cluster of the kubeconfig is; owned or NULL. */
static json_t *server_of(const json_t *config, const char *cluster) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(config, "clusters"), i, one) {
        if (str_eq(json_str(one, "name", NULL), cluster))
            return sources_address(json_str(one, "cluster", "server", NULL), "443");
    }
    return NULL;
}

/* The contexts of the run's kubeconfig, each cluster and user once: context, address, port. */
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
        json_t *names = json_pack("{s:s}", "context", name);
        CLEANUP(json_freep) json_t *server = server_of(config, cluster);
        if (server)
            json_object_update(names, server);
        json_array_append_new(list, names);
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
        else if (s->scope == SOURCE_CONTEXT || s->scope == SOURCE_SERVER)
            add_contexts(g, s, contexts);
        else if (s->scope == SOURCE_QUESTION)
            add_each(g, s, "question", questions);
    }
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
    g->beside = json_object();
    g->held = json_array();
    g->unread = json_object();
    g->manifest = gather_manifest_new(g);
    add_first(g);
    gather_turns_go_on(g);
    return g;
}

void gather_stop(struct gather *g) {
    gather_end(g);
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
    json_decref(g->beside);
    json_decref(g->held);
    json_decref(g->unread);
    json_decref(g->manifest);
    free(g);
}
