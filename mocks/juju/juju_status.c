#include "mocks/juju/juju_status.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

static json_t *text_json(const struct juju_model *m, const struct juju_text *t, bool version) {
    json_t *o = json_object();
    char *when = juju_when(m->juju, t->since_ms);
    json_set_str(o, "current", t->current);
    if (t->message)
        json_set_str(o, "message", t->message);
    json_set_str(o, "since", when);
    if (version)
        json_set_str(o, "version", m->juju->dialect.version);
    free(when);
    return o;
}

/* Go prints maps by key. */
static json_t *sorted(json_t *object) {
    json_t *out = json_object();
    size_t count = json_object_size(object), n = 0;
    const char **keys = xcalloc(count + 1, sizeof(*keys));
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        size_t at = n++;
        while (at > 0 && strcmp(keys[at - 1], key) > 0) {
            keys[at] = keys[at - 1];
            at--;
        }
        keys[at] = key;
    }
    for (size_t i = 0; i < count; i++)
        json_object_set(out, keys[i], json_object_get(object, keys[i]));
    free(keys);
    json_decref(object);
    return out;
}

static json_t *model_json(const struct juju_model *m) {
    const struct juju *j = m->juju;
    json_t *o = json_object();
    json_set_str(o, "name", m->name);
    if (j->dialect.has_model_type)
        json_set_str(o, "type", "iaas");
    json_set_str(o, "controller", j->controller);
    json_set_str(o, "cloud", j->cloud);
    if (j->region)
        json_set_str(o, "region", j->region);
    json_set_str(o, "version", j->dialect.version);
    json_object_set_new(o, "model-status", text_json(m, &m->status, false));
    return o;
}

static json_t *base_json(const char *series) {
    return json_pack("{s:s, s:s}", "name", "ubuntu", "channel",
                     str_eq(series, "xenial") ? "16.04/stable" : series);
}

static json_t *machine_json(const struct juju_model *m, const struct juju_machine *machine) {
    json_t *o = json_object();
    json_object_set_new(o, "juju-status", text_json(m, &machine->agent, machine->started));
    if (machine->address) {
        json_set_str(o, "dns-name", machine->address);
        json_object_set_new(o, "ip-addresses",
                            json_pack("[s, s*]", machine->address, machine->private_address));
    }
    json_set_str(o, "instance-id", machine->address ? machine->instance_id : "pending");
    json_object_set_new(o, "machine-status", text_json(m, &machine->instance, false));
    if (m->juju->dialect.has_base)
        json_object_set_new(o, "base", base_json(machine->series));
    else
        json_set_str(o, "series", machine->series);
    json_t *containers = json_object();
    for (size_t i = 0; i < m->machine_count; i++)
        if (m->machines[i]->host == machine)
            json_object_set_new(containers, m->machines[i]->id, machine_json(m, m->machines[i]));
    if (json_object_size(containers) > 0)
        json_object_set_new(o, "containers", sorted(containers));
    else
        json_decref(containers);
    if (machine->address && !machine->host)
        json_set_str(o, "hardware", "arch=amd64 cores=4 mem=8192M");
    return o;
}

/* Of a lost unit's workload nothing is known, unless it had an error to tell. */
static json_t *workload_json(const struct juju_unit *u, const char *name) {
    if (!u->lost || str_eq(u->workload.current, "error"))
        return text_json(u->app->model, &u->workload, false);
    char *message = xasprintf("agent lost, see 'juju show-status-log %s'", name);
    struct juju_text lost = {"unknown", message, u->workload.since_ms};
    json_t *o = text_json(u->app->model, &lost, false);
    free(message);
    return o;
}

static json_t *agent_json(const struct juju_unit *u) {
    static char message[] = "agent is not communicating with the server";
    struct juju_text lost = {"lost", message, u->agent.since_ms};
    return text_json(u->app->model, u->lost ? &lost : &u->agent, u->begun);
}

static json_t *unit_json(const struct juju_unit *u) {
    const struct juju_model *m = u->app->model;
    json_t *o = json_object();
    char *own = juju_unit_name(u);
    json_object_set_new(o, "workload-status", workload_json(u, own));
    json_object_set_new(o, "juju-status", agent_json(u));
    free(own);
    if (juju_unit_is_leader(u))
        json_set_bool(o, "leader", true);
    if (!u->principal)
        json_set_str(o, "machine", u->machine->id);
    if (u->port_count > 0)
        json_object_set_new(o, "open-ports", juju_firewall_list(u));
    if (u->machine->address)
        json_set_str(o, "public-address", u->machine->address);
    json_t *subordinates = json_object();
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++)
            if (m->apps[i]->units[k]->principal == u) {
                char *name = juju_unit_name(m->apps[i]->units[k]);
                json_object_set_new(subordinates, name, unit_json(m->apps[i]->units[k]));
                free(name);
            }
    if (json_object_size(subordinates) > 0)
        json_object_set_new(o, "subordinates", sorted(subordinates));
    else
        json_decref(subordinates);
    return o;
}

static void append_once(json_t *array, const char *text) {
    if (!json_has_text(array, text))
        json_array_append_new(array, json_string(text));
}

static json_t *relations_json(const struct juju_application *a) {
    const struct juju_model *m = a->model;
    json_t *o = json_object();
    for (size_t i = 0; i < m->app_count; i++) /* related applications by name */
        for (size_t r = 0; r < m->relation_count; r++)
            for (int k = 0; k < 2; k++) {
                const struct juju_relation *rel = &m->relations[r];
                if (rel->app[k] != a || rel->app[1 - k] != m->apps[i])
                    continue;
                json_t *list = json_ensure_array(o, rel->endpoint[k]);
                const struct juju_endpoint *e = juju_charm_endpoint(a->charm, rel->endpoint[k]);
                if (m->juju->dialect.has_base)
                    json_array_append_new(
                        list,
                        json_pack("{s:s, s:s, s:s}", "related-application", m->apps[i]->name,
                                  "interface", e->interface, "scope",
                                  str_eq(e->interface, "kubernetes-cni") ? "container" : "global"));
                else
                    append_once(list, m->apps[i]->name);
            }
    return sorted(o);
}

/* The worst status of the units, as the application shows it. */
static const struct juju_text *app_text(const struct juju_application *a) {
    static const char *const order[] = {"error",       "blocked",    "waiting",
                                        "maintenance", "terminated", "active"};
    for (size_t s = 0; s < ARRAY_LEN(order); s++)
        for (size_t i = 0; i < a->unit_count; i++)
            if (str_eq(a->units[i]->workload.current, order[s]))
                return &a->units[i]->workload;
    return NULL;
}

static void charm_json(const struct juju_application *a, json_t *o) {
    int64_t revision;
    char *name = juju_charm_url_name(a->charm_url, &revision);
    bool local = str_has_prefix(a->charm_url, "local:");
    json_set_str(o, "charm", a->charm_url);
    if (a->model->juju->dialect.has_base) {
        json_object_set_new(o, "base", base_json(a->series));
    } else {
        json_set_str(o, "series", a->series);
        json_set_str(o, "os", "ubuntu");
    }
    json_set_str(o, "charm-origin",
                 local                                   ? "local"
                 : a->model->juju->dialect.has_base      ? "charmhub"
                 : a->model->juju->dialect.has_show_unit ? "charmstore"
                                                         : "jujucharms");
    json_set_str(o, "charm-name", name);
    json_set_int(o, "charm-rev", revision < 0 ? 0 : revision);
    free(name);
}

static json_t *app_json(const struct juju_application *a) {
    const struct juju_model *m = a->model;
    json_t *o = json_object();
    charm_json(a, o);
    json_set_bool(o, "exposed", a->exposed);
    if (a->dying)
        json_set_str(o, "life", "dying");
    const struct juju_text *worst = app_text(a);
    if (worst) {
        json_object_set_new(o, "application-status", text_json(m, worst, false));
    } else {
        struct juju_text none = {.current = a->charm->subordinate ? "waiting" : "unknown"};
        json_object_set_new(o, "application-status", text_json(m, &none, false));
    }
    json_t *relations = relations_json(a);
    if (json_object_size(relations) > 0)
        json_object_set(o, "relations", relations);
    json_decref(relations);
    if (a->charm->subordinate) {
        json_t *to = json_array();
        for (size_t i = 0; i < m->app_count; i++)
            for (size_t k = 0; k < a->unit_count; k++)
                if (a->units[k]->principal && a->units[k]->principal->app == m->apps[i])
                    append_once(to, m->apps[i]->name);
        json_object_set_new(o, "subordinate-to", to);
    } else if (a->unit_count > 0) {
        json_t *units = json_object();
        for (size_t i = 0; i < a->unit_count; i++) {
            char *name = juju_unit_name(a->units[i]);
            json_object_set_new(units, name, unit_json(a->units[i]));
            free(name);
        }
        json_object_set_new(o, "units", sorted(units));
    }
    if (a->version)
        json_set_str(o, "version", a->version);
    return o;
}

static bool machine_has_app(const struct juju_machine *machine, const char *app) {
    const struct juju_model *m = machine->model;
    const struct juju_application *a = juju_model_app(m, app);
    for (size_t i = 0; a && i < a->unit_count; i++)
        if (a->units[i]->machine == machine || a->units[i]->machine->host == machine)
            return true;
    return false;
}

json_t *juju_status_of(const struct juju_model *m, const char *app) {
    json_t *machines = json_object(), *apps = json_object(), *o = json_object();
    for (size_t i = 0; i < m->machine_count; i++)
        if (!m->machines[i]->host && (!app || machine_has_app(m->machines[i], app)))
            json_object_set_new(machines, m->machines[i]->id, machine_json(m, m->machines[i]));
    for (size_t i = 0; i < m->app_count; i++)
        if (!app || str_eq(m->apps[i]->name, app))
            json_object_set_new(apps, m->apps[i]->name, app_json(m->apps[i]));
    json_object_set_new(o, "model", model_json(m));
    json_object_set_new(o, "machines", sorted(machines));
    json_object_set_new(o, "applications", sorted(apps));
    return o;
}

json_t *juju_status(const struct juju *j, const char *model) {
    const struct juju_model *m = juju_model_named(j, model);
    return m ? juju_status_of(m, NULL) : NULL;
}
