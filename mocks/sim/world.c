#include "mocks/sim/world.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/sim/block.h"
#include "mocks/sim/dns_trouble.h"
#include "mocks/sim/fedhost.h"
#include "mocks/sim/plane.h"
#include "mocks/sim/site.h"
#include "mocks/sim/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NET_FIRST = 10,
    NET_LAST = 250,
    HOST_FIRST = 11,
    PRIVATE_HOSTS = 128,
    ETCD_TLS_PORT = 2379,
    ETCD_PORT = 4001
};

/* --- what Juju asks of the world ------------------------------------------------------------ */

/* Each model has a net of its own, and each of its machines the next host in it. */
static char *new_address(void *self, const char *model, const char *machine) {
    (void)machine;
    struct world *w = self;
    json_t *net = json_ensure_object(w->nets, model);
    int64_t number = json_int(net, -1, "net", NULL);
    if (number < 0) {
        number = NET_FIRST + (int64_t)(json_object_size(w->nets) - 1) % (NET_LAST - NET_FIRST);
        json_set_int(net, "net", number);
    }
    int64_t host = json_int(net, HOST_FIRST, "host", NULL);
    json_set_int(net, "host", host + 1);
    return block_address(w->block, (unsigned)number, (unsigned)(host & 255));
}

/* In the second half of the machine's net; the first numbers are given out in turn. */
static char *private_address(void *self, const char *address) {
    struct world *w = self;
    const char *dot = strrchr(address, '.');
    int64_t host;
    if (!dot || !str_to_int(dot + 1, 0, PRIVATE_HOSTS - 1, &host))
        return NULL;
    char *private = xasprintf("%.*s.%d", (int)(dot - address), address, (int)host + PRIVATE_HOSTS);
    json_set_str(w->private_nets, private, address);
    return private;
}

static json_t *started(struct world *w, const char *model) {
    return json_ensure_object(json_ensure_object(w->nets, model), "started");
}

/* The cluster runs once both its master and its workers do. */
static void start_site(struct world *w, const char *model) {
    const json_t *up = started(w, model);
    const char *master = json_str(up, "kubernetes-master", "[0]", NULL);
    const json_t *workers = json_object_get(up, "kubernetes-worker");
    if (!master || !json_array_size(workers) || site_of_model(w, model))
        return;
    struct err err = {0};
    struct site *s = site_start(w, model, master, workers, &err);
    if (s && json_flag(up, "enable-coredns", NULL))
        site_enable_coredns(s, true);
    const char *labels = json_str(up, "labels", NULL);
    if (s && labels)
        cluster_label_nodes(s->cluster, NULL, labels);
}

static void application_started(void *self, const char *model, const char *application,
                                const json_t *addresses) {
    struct world *w = self;
    const char *address = json_string_value(json_array_get(addresses, 0));
    json_object_set_new(started(w, model), application, json_deep_copy(addresses));
    if (strcmp(application, "etcd") == 0)
        store_add(w, model, application, address, ETCD_TLS_PORT, true);
    else if (strcmp(application, "etcd-dns") == 0)
        store_add(w, model, application, address, ETCD_PORT, false);
    else
        start_site(w, model);
}

static bool is_true(const char *value) {
    return value && (strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0);
}

static void config_changed(void *self, const char *model, const char *application, const char *key,
                           const char *value) {
    struct world *w = self;
    struct site *s = site_of_model(w, model);
    json_t *up = started(w, model);
    if (strcmp(application, "kubernetes-master") == 0 && strcmp(key, "enable-coredns") == 0) {
        json_set_bool(up, key, is_true(value));
        if (s)
            site_enable_coredns(s, is_true(value));
    }
    if (strcmp(application, "kubernetes-worker") == 0 && strcmp(key, "labels") == 0) {
        json_set_str(up, key, value ? value : "");
        if (s)
            cluster_label_nodes(s->cluster, NULL, value ? value : "");
    }
}

static void port_changed(void *self, const char *model, const char *application,
                         const char *address, uint16_t port, const char *protocol, bool open) {
    (void)application;
    struct world *w = self;
    plane_set_open(w->plane, model, address, port, protocol, open);
}

/* Without its master a cluster answers nobody; without all of its workers it runs nothing. */
static void machine_power(void *self, const char *model, const char *address, bool on) {
    struct world *w = self;
    struct site *s = site_of_model(w, model);
    plane_set_power(w->plane, address, on);
    if (!s)
        return;
    if (str_eq(s->master, address))
        site_set_down(s, !on);
    else
        site_set_worker_down(s, address, !on);
}

static char *read_file(void *self, const char *model, const char *unit, const char *path,
                       size_t *ret_len) {
    struct world *w = self;
    struct site *s = site_of_model(w, model);
    bool is_config = strcmp(path, "config") == 0 || strcmp(path, "/home/ubuntu/config") == 0 ||
                     strcmp(path, "./config") == 0 || strcmp(path, "~/config") == 0;
    bool is_master = str_has_prefix(unit, "kubernetes-master/") ||
                     str_has_prefix(unit, "kubernetes-control-plane/");
    if (!s || !is_config || !is_master)
        return NULL;
    return site_kubeconfig(s, ret_len);
}

static void model_destroyed(void *self, const char *model) {
    struct world *w = self;
    const struct site *gone = site_of_model(w, model);
    if (gone && !profile_has_quirk(w->profile, "model-destroy-leaves-cluster"))
        for (struct site *s = w->sites; s; s = s->next)
            if (s != gone)
                fedhost_forget_member(s, gone->server_url);
    plane_remove_model(w->plane, model);
    site_remove(w, model);
    store_remove_model(w, model);
    /* Its net stays taken: an address never comes back to life as something else. */
    json_object_del(json_object_get(w->nets, model), "started");
    world_reconcile_soon(w);
}

/* --- life cycle ----------------------------------------------------------------------------- */

static void reconcile(void *self) {
    struct world *w = self;
    plane_reconcile(w->plane);
}

void world_reconcile_soon(struct world *w) {
    if (w->plane && !sched_is_running(&w->reconcile))
        sched_start(w->sched, &w->reconcile, 0, reconcile, w);
}

static void end_world(void *self) {
    struct world *w = self;
    loop_stop(w->loop);
}

void world_touch(struct world *w) {
    if (w->orphaned)
        sched_start(w->sched, &w->end, (int64_t)(w->linger_s * 1000 * w->speed), end_world, w);
}

void world_orphan(struct world *w) {
    w->orphaned = true;
    world_touch(w);
}

bool world_offers(const struct world *w, const char *name) {
    return json_has_text(w->offers, name);
}

json_t *world_group_versions(const struct world *w, const char *server) {
    const json_t *facts = json_object_get(profile_json(w->profile), server);
    json_t *groups = json_deep_copy(json_object_get(facts, "groups"));
    if (!w->strict)
        json_array_extend(groups, json_object_get(facts, "compatible"));
    return groups;
}

static int set_quirks_and_faults(struct world *w, const struct world_options *o, struct err *err) {
    size_t i;
    json_t *text;
    json_array_foreach(o->quirks, i, text) {
        if (profile_set_quirk(w->profile, json_string_value(text), err) < 0)
            return err->code;
    }
    json_array_foreach(o->faults, i, text) {
        if (fault_table_add(w->faults, json_string_value(text), err) < 0)
            return err->code;
    }
    return 0;
}

static int start_parts(struct world *w, const struct world_options *o, struct err *err) {
    w->profile = profile_load(o->profile_dir, o->profile, err);
    if (!w->profile || set_quirks_and_faults(w, o, err) < 0)
        return err->code;
    w->block = block_claim(&w->rng, err);
    if (!w->block)
        return err->code;

    w->plane = plane_new(w);
    w->juju_ops = (struct juju_ops){.new_address = new_address,
                                    .private_address = private_address,
                                    .application_started = application_started,
                                    .config_changed = config_changed,
                                    .port_changed = port_changed,
                                    .machine_power = machine_power,
                                    .read_file = read_file,
                                    .model_destroyed = model_destroyed,
                                    .self = w};
    w->juju = juju_new(&(struct juju_options){.controller = "sim",
                                              .cloud = "maas",
                                              .region = "rack-a",
                                              .charms_dir = o->charms_dir,
                                              .profile = w->profile,
                                              .version = o->juju_version,
                                              .sched = w->sched,
                                              .epoch_ms = w->epoch_ms,
                                              .seed = rng_u32(&w->rng),
                                              .ops = &w->juju_ops,
                                              .faults = w->faults});
    CLEANUP(str_freep) char *socket = fs_join(w->dir, "control");
    return control_start(w, socket, err);
}

int world_init(struct world *w, struct loop *loop, const struct world_options *o, struct err *err) {
    *w = (struct world){.loop = loop,
                        .sched = sched_new(),
                        .seed = o->seed,
                        .speed = o->speed,
                        .epoch_ms = clock_wall_ms(),
                        .strict = o->strict,
                        .dir = xstrdup(o->dir),
                        .nets = json_object(),
                        .clocks = o->clocks ? json_deep_copy(o->clocks) : json_object(),
                        .private_nets = json_object(),
                        .offers = json_pack("[s,s,s,s]", "juju", "nodeport", "exec", "etcd"),
                        .faults = fault_table_new(o->seed)};
    rng_init(&w->rng, o->seed);
    fault_table_use_clock(w->faults, w->sched);
    w->dns_trouble = dns_trouble_new(w->faults, w->sched);
    if (o->offers) {
        CLEANUP(json_freep) json_t *more = json_deep_copy(o->offers);
        json_array_extend(w->offers, more);
    }
    if (start_parts(w, o, err) < 0) {
        world_release(w);
        return err->code;
    }
    loop_drive_sched(loop, w->sched, w->speed);
    return 0;
}

void world_release(struct world *w) {
    line_server_free(w->control); /* first: commands that run are abandoned */
    plane_free(w->plane);
    w->plane = NULL;
    site_remove(w, NULL);
    juju_free(w->juju);
    store_remove_model(w, NULL);
    block_free(w->block);
    profile_free(w->profile);
    dns_trouble_free(w->dns_trouble);
    fault_table_free(w->faults);
    sched_free(w->sched);
    json_decref(w->offers);
    json_decref(w->nets);
    json_decref(w->clocks);
    json_decref(w->private_nets);
    free(w->dir);
}

/* bin/juju and bin/kubefed are links to confed-cli, which stands beside this program. */
static int link_programs(const char *bin, struct err *err) {
    static const char *const names[] = {"juju", "kubefed"};
    CLEANUP(str_freep) char *program_dir = fs_program_dir();
    CLEANUP(str_freep) char *cli = fs_join(program_dir ? program_dir : "", "confed-cli");
    if (!fs_exists(cli))
        return err_set(err, ERR_NOT_FOUND,
                       "%s: not there; build or install confed-cli beside confed-sim", cli);
    if (fs_mkdir_p(bin, 0755, err) < 0)
        return err->code;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(str_freep) char *link = fs_join(bin, names[i]);
        unlink(link);
        if (symlink(cli, link))
            return err_errno(err, "cannot link %s", link);
    }
    return 0;
}

int world_announce(const struct world *w, struct err *err) {
    CLEANUP(str_freep) char *path = fs_join(w->dir, "world.json");
    CLEANUP(str_freep) char *bin = fs_join(w->dir, "bin");
    CLEANUP(str_freep) char *socket = fs_join(w->dir, "control");
    if (link_programs(bin, err) < 0)
        return err->code;

    json_t *quirks = json_object();
    const char *name;
    json_t *quirk;
    json_object_foreach(json_object_get(profile_json(w->profile), "quirks"), name, quirk)
        json_set_bool(quirks, name, profile_has_quirk(w->profile, name));
    const char *kubernetes = json_str(profile_json(w->profile), "version", "gitVersion", NULL);
    CLEANUP(json_freep)
    json_t *world = json_pack(
        "{s:i, s:i, s:s, s:s, s:s, s:{s:s}, s:f, s:I, s:I, s:s, s:s, s:o, s:O}", "version", 1,
        "pid", (int)getpid(), "block", block_prefix(w->block), "socket", socket, "bin", bin, "env",
        "CONFED_WORLD", path, "speed", w->speed, "epoch_ms", (json_int_t)w->epoch_ms, "seed",
        (json_int_t)w->seed, "profile", profile_name(w->profile), "kubernetes",
        kubernetes && *kubernetes == 'v' ? kubernetes + 1 : profile_name(w->profile), "quirks",
        quirks, "offers", w->offers);
    struct buf text = BUF_INIT;
    json_dump_to(world, true, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(path, buf_str(&text), text.len, 0644, err);
    buf_release(&text);
    return rc;
}

json_t *world_status(const struct world *w) {
    json_t *clusters = json_array();
    for (const struct site *s = w->sites; s; s = s->next)
        json_array_append_new(clusters, json_pack("{s:s, s:s, s:b}", "name", s->model, "server",
                                                  s->server_url, "down", s->down));
    return json_pack("{s:I, s:f, s:s, s:o, s:o, s:o}", "now_ms", (json_int_t)sched_now_ms(w->sched),
                     "speed", w->speed, "profile", profile_name(w->profile), "clusters", clusters,
                     "ports", plane_status(w->plane), "faults", fault_table_report(w->faults));
}
