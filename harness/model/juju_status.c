#include "harness/model/juju_status.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

enum { DEPTH_MAX = 4 }; /* of containers and subordinates; Juju has two */

/* How a word of Juju's counts; what is not in a table is waited for. */
struct word {
    const char *word, *state;
};
static const struct word workload_words[] = {
    {"active", "settled"}, {"unknown", "settled"}, {"error", "broken"}, {NULL, NULL}};
static const struct word agent_words[] = {{"idle", "settled"},
                                          {"lost", "broken"},
                                          {"error", "broken"},
                                          {"failed", "broken"},
                                          {NULL, NULL}};
static const struct word machine_words[] = {
    {"started", "settled"}, {"down", "broken"}, {"error", "broken"}, {NULL, NULL}};
static const struct word instance_words[] = {{"running", "settled"},
                                             {"started", "settled"},
                                             {"provisioning error", "broken"},
                                             {"error", "broken"},
                                             {NULL, NULL}};
static const struct word model_words[] = {
    {"available", "settled"}, {"error", "broken"}, {"suspended", "broken"}, {NULL, NULL}};

/* otherwise: for a status that is not there. */
static const char *state_of(const struct word *words, const json_t *status, const char *otherwise) {
    if (json_object_get(status, "status-error"))
        return "broken";
    const char *current = json_str(status, "current", NULL);
    if (!current)
        return otherwise;
    for (; words->word; words++)
        if (str_eq(words->word, current))
            return words->state;
    return "waiting";
}

static const char *worse(const char *a, const char *b) {
    if (str_eq(a, "broken") || str_eq(b, "broken"))
        return "broken";
    return str_eq(a, "waiting") || str_eq(b, "waiting") ? "waiting" : "settled";
}

static void copy_text(json_t *to, const char *as, const json_t *from, const char *key) {
    const char *text = json_str(from, key, NULL);
    if (text && *text)
        json_set_str(to, as, text);
}

/* workload: what is shown first; agent: or NULL. */
static void add(json_t *entities, const char *kind, const char *name, const char *state,
                const json_t *of, const json_t *workload, const json_t *agent) {
    json_t *entity = json_object();
    json_set_str(entity, "kind", kind);
    json_set_str(entity, "name", name);
    json_set_str(entity, "state", state);
    copy_text(entity, "status", workload, "current");
    copy_text(entity, "agent", agent, "current");
    copy_text(entity, "message", workload, "message");
    copy_text(entity, "since", workload, "since");
    copy_text(entity, "doing", agent, "message");
    if (!json_object_get(entity, "message"))
        copy_text(entity, "message", agent, "message");
    const json_t *const places[] = {of, workload, agent};
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        copy_text(entity, "message", places[i], "status-error");
    const char *from = json_str(of, "upgrading-from", NULL);
    if (from) {
        CLEANUP(str_freep) char *text = xasprintf("upgrading from %s", from);
        json_set_str(entity, "message", text);
    }
    json_array_append_new(entities, entity);
}

/* Whether it is on its way: to another charm, or away. */
static bool is_changing(const json_t *entity, const json_t *a, const json_t *b) {
    const char *const lives[] = {json_str(entity, "life", NULL), json_str(a, "life", NULL),
                                 json_str(b, "life", NULL)};
    for (size_t i = 0; i < ARRAY_LEN(lives); i++)
        if (lives[i] && *lives[i] && !str_eq(lives[i], "alive"))
            return true;
    return json_str(entity, "upgrading-from", NULL) != NULL;
}

static json_t *members(const json_t *object, const char *key) {
    return json_object_get(object, key);
}

static void add_machines(json_t *entities, const json_t *of, const char *key, int depth) {
    const char *name;
    json_t *machine;
    json_object_foreach(members(of, key), name, machine) {
        const json_t *agent = json_object_get(machine, "juju-status");
        const json_t *instance = json_object_get(machine, "machine-status");
        const char *own = state_of(machine_words, agent, "waiting");
        const char *cloud = state_of(instance_words, instance, "settled");
        const char *state = json_object_get(machine, "status-error") ? "broken" : worse(own, cloud);
        /* What the cloud says is of interest until the agent is there. */
        bool up = str_eq(own, "settled") || (str_eq(own, "broken") && str_eq(cloud, "settled"));
        add(entities, "machine", name, state, machine, up ? agent : instance, agent);
        if (depth < DEPTH_MAX)
            add_machines(entities, machine, "containers", depth + 1);
    }
}

static void add_units(json_t *entities, const json_t *of, const char *key, int depth) {
    const char *name;
    json_t *unit;
    json_object_foreach(members(of, key), name, unit) {
        const json_t *workload = json_object_get(unit, "workload-status");
        const json_t *agent = json_object_get(unit, "juju-status");
        const char *state = json_object_get(unit, "status-error")
                                ? "broken"
                                : worse(state_of(workload_words, workload, "waiting"),
                                        state_of(agent_words, agent, "waiting"));
        if (is_changing(unit, workload, agent))
            state = worse(state, "waiting");
        add(entities, "unit", name, state, unit, workload, agent);
        if (depth < DEPTH_MAX)
            add_units(entities, unit, "subordinates", depth + 1);
    }
}

/* A unit of the application below any principal. */
static bool has_subordinates(const json_t *status, const char *name) {
    const char *app_name, *unit_name, *below;
    json_t *app, *unit, *subordinate;
    json_object_foreach(members(status, "applications"), app_name, app) {
        json_object_foreach(members(app, "units"), unit_name, unit) {
            json_object_foreach(members(unit, "subordinates"), below, subordinate) {
                size_t len = strlen(name);
                if (strncmp(below, name, len) == 0 && below[len] == '/')
                    return true;
            }
        }
    }
    return false;
}

static void add_applications(json_t *entities, const json_t *status) {
    const char *name;
    json_t *app;
    json_object_foreach(members(status, "applications"), name, app) {
        const json_t *own = json_object_get(app, "application-status");
        bool subordinate = json_array_size(json_object_get(app, "subordinate-to")) > 0;
        bool has_units = subordinate ? has_subordinates(status, name)
                                     : json_object_size(json_object_get(app, "units")) > 0;
        const char *state = json_object_get(app, "status-error") ? "broken"
                            : has_units
                                ? state_of(workload_words, own, "waiting")
                                : "settled"; /* scaled to none: there is nobody to wait for */
        if (is_changing(app, own, NULL))
            state = worse(state, "waiting");
        add(entities, "application", name, state, app, own, NULL);
        add_units(entities, app, "units", 0);
    }
}

json_t *juju_status_entities(const json_t *status, struct err *err) {
    const json_t *model = json_object_get(status, "model");
    if (!json_is_object(status) ||
        (!json_is_object(model) && !json_is_object(json_object_get(status, "applications")))) {
        err_set(err, ERR_INPUT,
                "this is no status of a model: expected an object with model and applications, as "
                "juju status --format=json prints it");
        return NULL;
    }
    json_t *entities = json_array();
    const json_t *own = json_object_get(model, "model-status");
    const char *state = state_of(model_words, own, "settled");
    const char *name = json_str(model, "name", NULL);
    if (!str_eq(state, "settled"))
        add(entities, "model", name ? name : "?", state, model, own, NULL);
    add_machines(entities, status, "machines", 0);
    add_applications(entities, status);
    return entities;
}

size_t juju_status_count(const json_t *entities, const char *state) {
    size_t i, count = 0;
    json_t *entity;
    json_array_foreach(entities, i, entity) count +=
        str_eq(json_str(entity, "state", NULL), state) ? 1u : 0u;
    return count;
}

bool juju_status_is_settled(const json_t *entities) {
    size_t i;
    json_t *entity;
    bool any = false;
    json_array_foreach(entities, i, entity) {
        any |= str_eq(json_str(entity, "kind", NULL), "application");
        if (!str_eq(json_str(entity, "state", NULL), "settled"))
            return false;
    }
    return any;
}

static const json_t *first(const json_t *entities, const char *state, const char *kind) {
    size_t i;
    json_t *entity;
    json_array_foreach(entities, i, entity) {
        if (str_eq(json_str(entity, "state", NULL), state) &&
            (!kind || str_eq(json_str(entity, "kind", NULL), kind)))
            return entity;
    }
    return NULL;
}

const json_t *juju_status_blocker(const json_t *entities) {
    const json_t *found = first(entities, "broken", "unit");
    if (!found)
        found = first(entities, "broken", NULL);
    if (!found)
        found = first(entities, "waiting", "unit");
    return found ? found : first(entities, "waiting", NULL);
}

char *juju_status_name(const json_t *entity) {
    const char *kind = json_str(entity, "kind", NULL), *name = json_str(entity, "name", NULL);
    bool plain = str_eq(kind, "unit") || str_eq(kind, "application");
    return plain ? xstrdup(name) : xasprintf("%s %s", kind, name);
}

char *juju_status_line(const json_t *entity) {
    CLEANUP(str_freep) char *name = juju_status_name(entity);
    const char *status = json_str(entity, "status", NULL), *agent = json_str(entity, "agent", NULL);
    const char *message = json_str(entity, "message", NULL);
    return xasprintf("%s is %s%s%s%s%s", name, status ? status : "not to be seen",
                     agent ? ", agent " : "", agent ? agent : "", message ? ": " : "",
                     message ? message : "");
}
