#include "harness/commands/run_json.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

void run_json_set_cases(json_t *run, const struct case_graph *g) {
    json_t *cases = json_array(), *files = json_array(), *left_out = json_array();
    for (size_t i = 0; i < g->count; i++) {
        const struct scenario *s = g->nodes[i].scenario;
        if (!g->nodes[i].selected) {
            json_array_append(left_out, s->source);
            continue;
        }
        json_array_append(cases, s->source);
        json_array_append_new(files, json_string(s->file));
    }
    json_object_set_new(run, "cases", cases);
    json_object_set_new(run, "files", files);
    json_object_set_new(run, "left_out", left_out);
}

/* Tools by paths that hold from anywhere: the run may be resumed in another folder. */
static json_t *absolute(const json_t *tools) {
    json_t *all = json_object();
    const char *name;
    json_t *path;
    json_object_foreach(json_mutable(tools), name, path) {
        const char *said = json_string_value(path);
        CLEANUP(str_freep) char *found = strchr(said, '/') ? realpath(said, NULL) : NULL;
        json_set_str(all, name, found ? found : said);
    }
    return all;
}

/*
 * Variables whose name says that they are secret stay without their text: a run that is resumed
 * takes it from the environment.
 */
static json_t *without_secrets(const json_t *env) {
    json_t *names = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(env, i, one) {
        const char *text = json_string_value(one);
        size_t len = text ? strcspn(text, "=") : 0;
        if (text && mask_is_secret_name(text, len))
            json_array_append_new(names, json_stringn(text, len));
        else
            json_array_append(names, one);
    }
    return names;
}

/* What of the options is kept as it is: a text or a list of texts. */
struct kept {
    const char *name;
    const char **text;
    json_t **list;
};
enum { KEPT = 10 };

static void kept_of(struct world_options *o, struct kept ret[KEPT]) {
    const struct kept all[KEPT] = {
        {"profile", &o->profile, NULL},       {"juju_version", &o->juju_version, NULL},
        {"kubeconfig", &o->kubeconfig, NULL}, {"prefix", &o->prefix, NULL},
        {"quirks", NULL, &o->quirks},         {"offers", NULL, &o->offers},
        {"faults", NULL, &o->faults},         {"clocks", NULL, &o->clocks},
        {"contexts", NULL, &o->contexts},     {"env", NULL, &o->env},
    };
    memcpy(ret, all, sizeof(all));
}

json_t *run_json_asked(const struct world_args *w) {
    json_t *asked = json_object();
    struct world_options o = w->options;
    struct kept kept[KEPT];
    kept_of(&o, kept);
    for (size_t i = 0; i < KEPT; i++) {
        if (kept[i].text)
            json_set_str(asked, kept[i].name, *kept[i].text);
        else if (*kept[i].list)
            json_object_set(asked, kept[i].name, *kept[i].list);
    }
    if (o.env)
        json_object_set_new(asked, "env", without_secrets(o.env));
    if (json_object_size(w->tools))
        json_object_set_new(asked, "tools", absolute(w->tools));
    if (o.speed > 0)
        json_object_set_new(asked, "speed", json_real(o.speed));
    if (o.seed >= 0)
        json_set_int(asked, "seed", o.seed);
    if (o.floor_ms >= 0)
        json_set_int(asked, "floor_ms", o.floor_ms);
    return asked;
}

static bool is_teardown(const json_t *source) {
    return json_flag(source, "teardown", NULL);
}

void run_json_keep(json_t *run) {
    json_t *cases = json_object_get(run, "cases"), *files = json_object_get(run, "files");
    json_t *left_out = json_object_get(run, "left_out"), *kept = json_array();
    for (size_t i = json_array_size(cases); i-- > 0;) {
        json_t *source = json_array_get(cases, i);
        if (!is_teardown(source))
            continue;
        json_array_append(kept, json_object_get(source, "id"));
        json_array_append(left_out, source);
        (void)json_array_remove(cases, i);
        (void)json_array_remove(files, i);
    }
    json_object_set_new(run, "kept", kept);
}

void run_json_unkeep(json_t *run) {
    const json_t *kept = json_object_get(run, "kept");
    json_t *left_out = json_object_get(run, "left_out");
    for (size_t i = json_array_size(left_out); i-- > 0;) {
        json_t *source = json_array_get(left_out, i);
        if (!json_has_text(kept, json_str(source, "id", NULL)))
            continue;
        json_array_append(json_object_get(run, "cases"), source);
        json_array_append_new(json_object_get(run, "files"), json_string("run.json"));
        (void)json_array_remove(left_out, i);
    }
    (void)json_object_del(run, "kept");
}

int run_json_write(const json_t *run, const char *dir, struct err *err) {
    CLEANUP(str_freep) char *file = fs_join(dir, "run.json");
    struct buf text = BUF_INIT;
    json_dump_to(run, false, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(file, buf_str(&text), text.len, 0644, err);
    buf_release(&text);
    return rc;
}

/* Adds cases of run.json to scenarios; files may be NULL. */
static size_t read_cases(const json_t *cases, const json_t *files, struct scenario **scenarios,
                         struct problems *problems) {
    size_t i, count = 0;
    json_t *source;
    json_array_foreach(cases, i, source) {
        const char *file = json_string_value(json_array_get(files, i));
        scenarios[count] = scenario_from_json(source, NULL, file ? file : "run.json", problems);
        count += scenarios[count] != NULL;
    }
    return count;
}

static void leave_out(struct case_graph *g, const json_t *left_out) {
    CLEANUP(json_freep) json_t *ids = json_object();
    size_t i;
    json_t *source;
    json_array_foreach(left_out, i, source)
        json_object_set_new(ids, json_str(source, "id", NULL), json_true());
    for (i = 0; i < g->count; i++)
        g->nodes[i].selected = !json_object_get(ids, g->nodes[i].scenario->id);
}

struct case_graph *run_json_graph(const json_t *run, struct err *err) {
    const json_t *cases = json_object_get(run, "cases");
    const json_t *left_out = json_object_get(run, "left_out");
    struct problems problems = PROBLEMS_INIT;
    size_t most = json_array_size(cases) + json_array_size(left_out);
    struct scenario **scenarios = xcalloc(most + 1, sizeof(struct scenario *));
    size_t count = read_cases(cases, json_object_get(run, "files"), scenarios, &problems);
    count += read_cases(left_out, NULL, scenarios + count, &problems);
    struct case_graph *g =
        problems.count ? NULL : case_graph_new(scenarios, count, false, &problems);
    if (g)
        leave_out(g, left_out);
    if (problems.count) {
        CLEANUP(str_freep)
        char *first = xstrndup(buf_str(&problems.text), strcspn(buf_str(&problems.text), "\n"));
        err_set(err, ERR_INPUT, "run.json: %s", first);
    }
    free(scenarios);
    problems_release(&problems);
    return g;
}

void run_json_take_asked(struct world_args *w, const json_t *run) {
    const json_t *asked = json_object_get(run, "asked");
    struct world_options *o = &w->options;
    w->world = json_str(run, "world", NULL);
    if (!w->world)
        w->world = "sim";
    struct kept kept[KEPT];
    kept_of(o, kept);
    for (size_t i = 0; i < KEPT; i++) {
        if (kept[i].text && !*kept[i].text)
            *kept[i].text = json_str(asked, kept[i].name, NULL);
        if (kept[i].list && !*kept[i].list)
            *kept[i].list = json_incref(json_object_get(asked, kept[i].name));
    }
    json_object_update_missing(w->tools, json_object_get(asked, "tools"));
    if (!(o->speed > 0))
        o->speed = json_number_value(json_object_get(asked, "speed"));
    if (o->seed < 0)
        o->seed = json_int(asked, -1, "seed", NULL);
    if (o->floor_ms < 0)
        o->floor_ms = json_int(asked, -1, "floor_ms", NULL);
}
