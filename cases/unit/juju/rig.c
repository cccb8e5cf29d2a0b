#include "cases/unit/juju/rig.h"

#include "harness/core/fs.h"
#include "harness/core/str.h"

const char rig_bundle[] =
    "series: xenial\n"
    "services:\n"
    "  easyrsa: {charm: \"cs:~containers/easyrsa-8\", num_units: 1, to: [\"lxd:0\"]}\n"
    "  etcd: {charm: \"cs:~containers/etcd-34\", num_units: 1, to: [\"0\"]}\n"
    "  kubernetes-master: {charm: \"cs:~kos.tsakalozos/kubernetes-master-31\", num_units: 1,\n"
    "    to: [\"0\"], expose: true, options: {enable-dashboard-addons: false}}\n"
    "  kubernetes-worker: {charm: \"cs:~kos.tsakalozos/kubernetes-worker-17\", num_units: 1,\n"
    "    to: [\"1\"], expose: true}\n"
    "  flannel: {charm: \"cs:~containers/flannel-13\"}\n"
    "machines: {\"0\": {series: xenial}, \"1\": {series: xenial}}\n"
    "relations:\n"
    "- [\"kubernetes-master:kube-api-endpoint\", \"kubernetes-worker:kube-api-endpoint\"]\n"
    "- [\"kubernetes-master:kube-control\", \"kubernetes-worker:kube-control\"]\n"
    "- [\"kubernetes-master:certificates\", \"easyrsa:client\"]\n"
    "- [\"kubernetes-master:etcd\", \"etcd:db\"]\n"
    "- [\"kubernetes-worker:certificates\", \"easyrsa:client\"]\n"
    "- [\"etcd:certificates\", \"easyrsa:client\"]\n"
    "- [\"flannel:etcd\", \"etcd:db\"]\n"
    "- [\"flannel:cni\", \"kubernetes-master:cni\"]\n"
    "- [\"flannel:cni\", \"kubernetes-worker:cni\"]\n";

static char *new_address(void *self, const char *model, const char *machine) {
    struct rig *r = self;
    buf_addf(&r->world, "address %s %s\n", model, machine);
    return xasprintf("127.7.1.%u", ++r->addresses);
}

static void application_started(void *self, const char *model, const char *application,
                                const json_t *addresses) {
    struct rig *r = self;
    char *text = json_text(addresses);
    buf_addf(&r->world, "started %s %s %s\n", model, application, text);
    free(text);
}

static void config_changed(void *self, const char *model, const char *application, const char *key,
                           const char *value) {
    struct rig *r = self;
    buf_addf(&r->world, "config %s %s %s=%s\n", model, application, key, value);
}

static void port_changed(void *self, const char *model, const char *application,
                         const char *address, uint16_t port, const char *protocol, bool open) {
    struct rig *r = self;
    buf_addf(&r->world, "port %s %s %s %u/%s %s\n", model, application, address, port, protocol,
             open ? "open" : "closed");
}

static void machine_power(void *self, const char *model, const char *address, bool on) {
    struct rig *r = self;
    buf_addf(&r->world, "power %s %s %s\n", model, address, on ? "on" : "off");
}

static char *read_file(void *self, const char *model, const char *unit, const char *path,
                       size_t *ret_len) {
    (void)self;
    if (!str_eq(path, "config"))
        return NULL;
    char *text = xasprintf("kubeconfig of %s in %s", unit, model);
    *ret_len = strlen(text);
    return text;
}

static void application_removed(void *self, const char *model, const char *application) {
    struct rig *r = self;
    buf_addf(&r->world, "removed %s %s\n", model, application);
}

static void model_destroyed(void *self, const char *model) {
    struct rig *r = self;
    buf_addf(&r->world, "destroyed %s\n", model);
}

static void on_output(void *self, int fd, const char *data, size_t len) {
    struct rig *r = self;
    buf_add(fd == 1 ? &r->out : &r->errors, data, len);
}

static void on_write_file(void *self, const char *path, const void *data, size_t len, int mode) {
    struct rig *r = self;
    free(r->file);
    r->file = xasprintf("%s=%.*s %o", path, (int)len, (const char *)data, (unsigned)mode);
}

static void on_select(void *self, const char *model) {
    struct rig *r = self;
    free(r->current);
    r->current = model ? xstrdup(model) : NULL;
}

static void on_exit_code(void *self, int code) {
    struct rig *r = self;
    r->code = code;
    r->running = NULL;
}

static void start(struct rig *r) {
    const struct juju_ops ops = {.new_address = new_address,
                                 .application_started = application_started,
                                 .config_changed = config_changed,
                                 .port_changed = port_changed,
                                 .machine_power = machine_power,
                                 .read_file = read_file,
                                 .application_removed = application_removed,
                                 .model_destroyed = model_destroyed,
                                 .self = r};
    r->juju = juju_new(&(struct juju_options){.controller = "lab",
                                              .cloud = "metalcloud",
                                              .region = "rack-a",
                                              .charms_dir = CONFED_SOURCE_DIR "/fixtures/bundle",
                                              .profile = r->profile,
                                              .sched = r->sched,
                                              .seed = 7,
                                              .epoch_ms = 1496394007000,
                                              .ops = &ops,
                                              .faults = r->faults});
}

int rig_setup(void **state) {
    struct rig *r = xcalloc(1, sizeof(*r));
    r->sched = sched_new();
    r->faults = fault_table_new(7);
    fault_table_use_clock(r->faults, r->sched);
    r->world = r->out = r->errors = (struct buf)BUF_INIT;
    start(r);
    *state = r;
    return 0;
}

void rig_version(struct rig *r, const char *version) {
    r->without_store = *version >= '3';
    char dir[] = "/tmp/confed-test-XXXXXX";
    struct err err = {0};
    assert_non_null(mkdtemp(dir));
    char *path = fs_join(dir, "x.json");
    char *text =
        xasprintf("{\"name\": \"x\", \"version\": {}, \"cluster\": {}, \"federation\": {}, "
                  "\"kubefed\": {}, \"quirks\": {}, \"juju\": {\"version\": \"%s\"}}",
                  version);
    fs_write_atomic(path, text, strlen(text), 0600, NULL);
    r->profile = profile_load(dir, "x", &err);
    if (!r->profile)
        print_error("%s\n", err.text);
    free(text);
    free(path);
    fs_remove_tree(dir, NULL);
    assert_non_null(r->profile);
    juju_free(r->juju);
    start(r);
}

int rig_teardown(void **state) {
    struct rig *r = *state;
    juju_free(r->juju);
    profile_free(r->profile);
    fault_table_free(r->faults);
    sched_free(r->sched);
    buf_release(&r->world);
    buf_release(&r->out);
    buf_release(&r->errors);
    free(r->current);
    free(r->file);
    free(r);
    return 0;
}

static json_t *words(const char *line) {
    json_t *argv = json_pack("[s]", "juju");
    while (*line) {
        char end = *line == '\'' ? '\'' : ' ';
        const char *start = line + (end == '\'' ? 1 : 0);
        const char *stop = strchrnul(start, end);
        json_array_append_new(argv, json_stringn(start, (size_t)(stop - start)));
        line = *stop ? stop + 1 : stop;
        while (*line == ' ')
            line++;
    }
    return argv;
}

struct juju_reply_ops rig_reply(struct rig *r) {
    return (struct juju_reply_ops){.output = on_output,
                                   .write_file = on_write_file,
                                   .select_model = on_select,
                                   .exited = on_exit_code,
                                   .self = r};
}

/* The bundle as the release can deploy it: from 3.0 on there is no charm store. Owned. */
static char *bundle_for(const struct rig *r) {
    struct buf text = BUF_INIT;
    const char *rest = rig_bundle, *store;
    while (r->without_store && (store = strstr(rest, "cs:~")) != NULL) {
        buf_add(&text, rest, (size_t)(store - rest));
        rest = strchr(store, '/') + 1;
    }
    buf_adds(&text, rest);
    char *owned = xstrdup(buf_str(&text));
    buf_release(&text);
    return owned;
}

int rig_juju_env(struct rig *r, json_t *env, const char *line, int64_t world_ms) {
    const struct juju_reply_ops reply = rig_reply(r);
    char *bundle = bundle_for(r);
    json_t *request = json_pack("{s:o, s:s, s:o, s:{s:s}}", "argv", words(line), "cwd", "/tmp",
                                "env", env, "files", "./bundle.yaml", bundle);
    free(bundle);
    if (r->current)
        json_set_str(request, "current_model", r->current);
    buf_clear(&r->out);
    buf_clear(&r->errors);
    r->code = -1;
    r->running = juju_command_start(r->juju, request, &reply);
    json_decref(request);
    for (int64_t t = 0; r->code < 0 && t < world_ms; t += 100)
        sched_advance(r->sched, 100);
    return r->code;
}

int rig_juju(struct rig *r, const char *line, int64_t world_ms) {
    return rig_juju_env(r, json_object(), line, world_ms);
}

void rig_fault(struct rig *r, const char *rule) {
    struct err err = {0};
    if (fault_table_add(r->faults, rule, &err) < 0)
        fail_msg("%s", err.text);
    juju_faults_changed(r->juju);
}

void rig_deployed(struct rig *r, const char *model) {
    char *line = xasprintf("add-model %s", model);
    rig_juju(r, line, 0);
    free(line);
    rig_juju(r, "deploy ./bundle.yaml", 0);
    sched_advance(r->sched, 900000);
}
