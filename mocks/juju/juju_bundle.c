#include "mocks/juju/juju_bundle.h"

#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/juju/verbs_config.h"

#define APPS_MAX 500
#define DEFAULT_SERIES "xenial"

static int check_app(const char *name, const json_t *app, struct err *err) {
    const char *url = json_str(app, "charm", NULL);
    if (!url)
        return err_set(err, ERR_INPUT, "invalid bundle: empty charm path of application \"%s\"",
                       name);
    int64_t revision, units = json_int(app, 0, "num_units", NULL);
    char *charm = juju_charm_url_name(url, &revision);
    const struct juju_charm *known = juju_charm_find(charm);
    free(charm);
    if (!known)
        return err_set(err, ERR_NOT_FOUND, "cannot resolve URL \"%s\": charm not found", url);
    if (units < 0 || units > (int64_t)JUJU_UNITS_MAX)
        return err_set(err, ERR_INPUT,
                       "invalid bundle: num_units of application \"%s\" must be 0..%u", name,
                       JUJU_UNITS_MAX);
    if (known->subordinate && units > 0)
        return err_set(err, ERR_INPUT,
                       "invalid bundle: application \"%s\" is subordinate and cannot have units",
                       name);
    return 0;
}

static int check_relation(const json_t *relation, size_t at, const json_t *apps, struct err *err) {
    for (size_t side = 0; side < 2; side++) {
        const char *text = json_string_value(json_array_get(relation, side));
        if (!text || json_array_size(relation) != 2)
            return err_set(err, ERR_INPUT,
                           "invalid bundle: relation %zu is not a pair of endpoints", at);
        char *app = xstrndup(text, strcspn(text, ":"));
        bool known = json_object_get(apps, app) != NULL;
        if (!known)
            err_set(err, ERR_INPUT,
                    "invalid bundle: relation %zu refers to application \"%s\" not defined in this "
                    "bundle",
                    at, app);
        free(app);
        if (!known)
            return ERR_INPUT;
    }
    return 0;
}

static int check(json_t *bundle, const char *name, struct err *err) {
    json_t *apps = json_object_get(bundle, "applications");
    if (!apps)
        apps = json_object_get(bundle, "services");
    if (!json_is_object(bundle) || !json_is_object(apps) || json_object_size(apps) == 0)
        return err_set(err, ERR_INPUT, "%s: at least one application must be specified", name);
    if (json_object_size(apps) > APPS_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d applications", name, APPS_MAX);
    json_object_set(bundle, "applications", apps);
    const char *app_name;
    json_t *app;
    json_object_foreach(apps, app_name, app) {
        int rc = check_app(app_name, app, err);
        if (rc < 0)
            return rc;
    }
    size_t i;
    json_t *relation;
    json_array_foreach(json_object_get(bundle, "relations"), i, relation) {
        int rc = check_relation(relation, i, apps, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

json_t *juju_bundle_parse(const char *text, const char *name, struct err *err) {
    json_t *bundle = yaml_parse(text, strlen(text), name, err);
    if (!bundle) {
        err_prefix(err, "cannot read bundle");
        return NULL;
    }
    if (check(bundle, name, err) < 0) {
        json_decref(bundle);
        return NULL;
    }
    return bundle;
}

/* A deployment under way. */
struct deploy {
    struct juju_model *model;
    const json_t *bundle;
    json_t *machines; /* id in the bundle -> id in the model */
    void (*say)(void *self, const char *line);
    void *self;
    struct err *err;
};

static void say(struct deploy *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct deploy *d, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    d->say(d->self, line);
    free(line);
}

static const char *series_of(const struct deploy *d, const json_t *thing) {
    const char *series = json_str(thing, "series", NULL), *base = json_str(thing, "base", NULL);
    if (!series && !base)
        series = json_str(d->bundle, "series", NULL);
    if (!series && !base)
        base = json_str(d->bundle, "default-base", NULL);
    if (!series && base && str_has_prefix(base, "ubuntu@"))
        return base + strlen("ubuntu@"); /* "22.04/stable": the channel stands for the series */
    return series ? series : DEFAULT_SERIES;
}

/* An application that is there already is kept as it is. */
static int deploy_app(struct deploy *d, const char *name, const json_t *app) {
    const char *url = json_str(app, "charm", NULL), *series = series_of(d, app);
    if (juju_model_app(d->model, name))
        return 0;
    int64_t revision;
    char *charm_name = juju_charm_url_name(url, &revision);
    const struct juju_charm *charm = juju_charm_find(charm_name);
    free(charm_name);
    say(d, "- upload charm %s for series %s", url, series);
    struct juju_application *a = juju_model_add_app(d->model, name, charm, url, series);
    say(d, "- deploy application %s on %s using %s", name, series, url);
    json_t *value;
    const char *key;
    json_object_foreach(json_object_get(app, "options"), key, value) {
        char *text = json_is_string(value) ? xstrdup(json_string_value(value))
                                           : json_dumps(value, JSON_ENCODE_ANY);
        int rc = verbs_config_set(a, key, text ? text : "", d->err);
        free(text);
        if (rc < 0)
            return err_prefix(d->err, "cannot deploy application \"%s\"", name);
    }
    if (json_flag(app, "expose", NULL)) {
        a->exposed = true;
        say(d, "- expose %s", name);
    }
    return 0;
}

static struct juju_machine *bundle_machine(struct deploy *d, const char *id) {
    const char *made = json_string_value(json_object_get(d->machines, id));
    if (made)
        return juju_model_machine(d->model, made);
    const json_t *declared = json_object_get(json_object_get(d->bundle, "machines"), id);
    struct juju_machine *machine = juju_model_add_machine(d->model, NULL, series_of(d, declared));
    if (machine) {
        json_set_str(d->machines, id, machine->id);
        say(d, "- add new machine %s", machine->id);
    }
    return machine;
}

/* "0", "lxd:0", "lxd:etcd/0", "etcd/0", "lxd", "new"; NULL when it cannot be. */
static struct juju_machine *place(struct deploy *d, const char *target, const char *series) {
    const char *rest = target;
    bool container = str_has_prefix(target, "lxd");
    if (container)
        rest = target[3] == ':' ? target + 4 : "new";
    struct juju_machine *machine;
    const json_t *declared = json_object_get(d->bundle, "machines");
    if (str_eq(rest, "new")) {
        machine = juju_model_add_machine(d->model, NULL, series);
    } else if (strchr(rest, '/')) {
        const struct juju_unit *u = juju_model_unit(d->model, rest);
        machine = u ? u->machine : NULL;
    } else if (declared && !json_object_get(declared, rest)) {
        machine = NULL;
    } else {
        machine = bundle_machine(d, rest);
    }
    return machine && container ? juju_model_add_machine(d->model, machine, series) : machine;
}

static int add_units(struct deploy *d, const char *name, const json_t *app) {
    struct juju_application *a = juju_model_app(d->model, name);
    const json_t *to = json_object_get(app, "to");
    int64_t wanted = json_int(app, 0, "num_units", NULL);
    for (int64_t i = (int64_t)a->unit_count; i < wanted; i++) {
        size_t count = json_array_size(to);
        const char *target =
            json_string_value(json_array_get(to, (size_t)i < count ? (size_t)i : count - 1));
        char number[24];
        const json_t *item =
            count > 0 ? json_array_get(to, (size_t)i < count ? (size_t)i : count - 1) : NULL;
        if (json_is_integer(item)) { /* to: [0] without quotes */
            snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(item));
            target = number;
        }
        struct juju_machine *machine =
            count > 0 ? place(d, target ? target : "?", a->series) : NULL;
        if (count > 0 && !machine)
            return err_set(d->err, ERR_INPUT,
                           "invalid bundle: invalid placement \"%s\" of application \"%s\"",
                           target ? target : "?", name);
        struct juju_unit *u = juju_unit_add(a, machine, NULL);
        if (!u)
            return err_set(d->err, ERR_LIMIT, "cannot add unit of \"%s\": the model is full", name);
        say(d, "- add unit %s/%u to %s %s", name, u->number, count > 0 ? "machine" : "new machine",
            u->machine->id);
    }
    return 0;
}

static int deploy_parts(struct deploy *d) {
    json_t *apps = json_object_get(d->bundle, "applications"), *app, *machines, *machine;
    const char *name;
    int rc = 0;
    json_object_foreach(apps, name, app) if (rc == 0) rc = deploy_app(d, name, app);
    machines = json_object_get(d->bundle, "machines");
    json_object_foreach(machines, name, machine) if (rc == 0 && !bundle_machine(d, name)) rc =
        err_set(d->err, ERR_LIMIT, "cannot add machine \"%s\": the model is full", name);
    size_t i;
    json_t *relation;
    json_array_foreach(json_object_get(d->bundle, "relations"), i, relation) {
        const char *a = json_string_value(json_array_get(relation, 0));
        const char *b = json_string_value(json_array_get(relation, 1));
        struct err why = {0};
        if (rc == 0 && juju_model_relate(d->model, a, b, &why) < 0 && why.code != ERR_STATE)
            rc = err_set(d->err, why.code, "cannot add relation between \"%s\" and \"%s\": %s", a,
                         b, why.text);
        if (rc == 0 && why.code == 0)
            say(d, "- add relation %s - %s", a, b);
    }
    json_object_foreach(apps, name, app) if (rc == 0) rc = add_units(d, name, app);
    return rc;
}

int juju_bundle_deploy(struct juju_model *m, const json_t *bundle,
                       void (*hear)(void *self, const char *line), void *self, struct err *err) {
    struct deploy d = {.model = m,
                       .bundle = bundle,
                       .machines = json_object(),
                       .say = hear,
                       .self = self,
                       .err = err};
    int rc = deploy_parts(&d);
    json_decref(d.machines);
    return rc;
}

char *juju_bundle_from_store(const struct juju *j, const char *url) {
    int64_t revision;
    char *name = juju_charm_url_name(url, &revision), *text = NULL;
    if (j->charms_dir && *name && !strchr(name, '/') && name[0] != '.') {
        char *path = xasprintf("%s/%s/bundle.yaml", j->charms_dir, name);
        struct buf content = BUF_INIT;
        if (fs_read(path, &content, NULL) == 0)
            text = buf_detach(&content);
        buf_release(&content);
        free(path);
    }
    free(name);
    return text;
}
