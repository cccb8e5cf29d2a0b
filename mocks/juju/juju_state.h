/*
 * The inside of a controller, shared by the files of this folder and by nobody else: models own
 * machines and applications, applications own units. Everything that happens over time hangs on an
 * embedded timer of the world's clock; commands hold a model by its UUID, because it may go away
 * while they wait.
 */
#ifndef CONFED_JUJU_JUJU_STATE_H
#define CONFED_JUJU_JUJU_STATE_H

#include "harness/core/rng.h"
#include "mocks/fault/fault.h"
#include "mocks/juju/juju.h"
#include "mocks/juju/juju_charm.h"

#define JUJU_UNITS_MAX 200u
#define JUJU_MODELS_MAX 2000u

/* How the command line of a Juju release behaves; from the profile's "juju" object. */
struct juju_dialect {
    const char *version;       /* "2.1.3"; borrowed from the profile */
    bool run_is_actions;       /* 3.x: run takes an action, exec a command */
    bool has_exec;             /* 2.9 on */
    bool has_show_unit;        /* 2.8 on */
    bool has_wait_for;         /* 2.9 on */
    bool has_model_type;       /* 2.5 on: "type" in the status of a model */
    bool has_base;             /* 3.x: base instead of series */
    bool has_charm_store;      /* before 3.x: cs: URLs */
    bool no_prompt_flag;       /* 3.x: destroy-model --no-prompt instead of -y */
    bool has_qualified_models; /* 2.2 on: admin/f1 with a short name */
};

struct juju_text {       /* one of the statuses of an entity */
    const char *current; /* a literal */
    char *message;       /* owned or NULL */
    int64_t since_ms;    /* world time */
};
void juju_text_set(struct juju_text *t, const struct juju *j, const char *current,
                   const char *message);

struct juju_ports { /* a range that a charm or open-port opened */
    uint16_t from, to;
    char protocol[8];
    bool reachable; /* told to the world as open */
    bool unruled;   /* the cloud's firewall did not get the rule */
};

struct juju_machine {
    struct juju_model *model;
    struct juju_machine *host; /* of a container, else NULL */
    char *id;                  /* "0", "0/lxd/0" */
    char *series, *instance_id;
    char *address;         /* NULL until deployed */
    char *private_address; /* NULL: none, or not deployed */
    unsigned containers;   /* made so far */
    bool started, lost;    /* lost: it is not heard of */
    bool off;              /* somebody switched it off */
    bool dark;             /* the world knows that nothing of it runs */
    int64_t deploy_ms;     /* how long the cloud takes */
    unsigned failures;     /* how often there was none to be had */
    struct juju_text agent, instance;
    struct sched_timer timer;
};

struct juju_unit {
    struct juju_application *app;
    struct juju_unit *principal; /* of a subordinate, else NULL */
    struct juju_machine *machine;
    unsigned number;
    size_t step;  /* next of the charm's steps */
    bool begun;   /* the agent is installed */
    bool parked;  /* waits for another application */
    bool started; /* the workload runs */
    bool settled; /* all steps are done */
    struct juju_text workload, agent;
    struct juju_ports *ports;
    size_t port_count, port_cap;
    bool lost;                /* its agent is not heard of */
    unsigned failures;        /* of the hook that it runs, one after the other */
    const char *hook_name;    /* a literal */
    sched_fn *again;          /* runs that hook once more */
    char *active;             /* owned; what it says when all is well */
    struct sched_timer timer; /* the next step, or the next try */
    struct sched_timer hook;  /* the end of a later hook */
};

struct juju_application {
    struct juju_model *model;
    const struct juju_charm *charm;
    char *name, *charm_url, *series;
    char *version; /* of the workload; empty until it runs */
    bool exposed, announced, dying;
    unsigned units_made;
    json_t *options; /* set by somebody: key -> text */
    struct juju_unit **units;
    size_t unit_count, unit_cap;
    struct sched_timer timer; /* removal */
    struct sched_timer configure;
    json_t *configured; /* keys to tell the world about */
};

struct juju_relation {
    struct juju_application *app[2];
    const char *endpoint[2]; /* of the charms' tables */
    unsigned id;
};

struct juju_model {
    struct juju *juju;
    char *name;
    char uuid[37];
    bool dying;
    unsigned machines_made, relations_made;
    struct juju_text status;
    struct juju_machine **machines;
    size_t machine_count, machine_cap;
    struct juju_application **apps; /* by name */
    size_t app_count, app_cap;
    struct juju_relation *relations;
    size_t relation_count, relation_cap;
    json_t *log;              /* lines for debug-log */
    json_t *config;           /* of the model, set by somebody: key -> text */
    struct sched_timer timer; /* destruction */
};

struct juju {
    struct juju_dialect dialect;
    char *controller, *cloud, *region, *charms_dir;
    char *kubernetes; /* version of the Kubernetes charms' workload, "1.6.2" */
    char uuid[37];
    struct sched *sched;
    int64_t epoch_ms;
    struct rng rng;
    struct juju_ops ops;
    struct juju_model **models;
    size_t model_count, model_cap;
    struct juju_command *commands; /* those that wait */
    struct fault_table *faults;    /* borrowed or NULL */
    struct sched_timer presence;   /* the next look at who is lost */
};

/* juju.c */
struct juju_model *juju_model_named(const struct juju *j, const char *name); /* or NULL */
struct juju_model *juju_model_with(const struct juju *j, const char *uuid);  /* or NULL */
/* Between 85 and 115 percent of seconds, in milliseconds. */
int64_t juju_jitter(struct juju *j, int64_t seconds);
/* "02 Jun 2017 09:00:07Z" for a moment of the world; owned. */
char *juju_when(const struct juju *j, int64_t at_ms);

/* juju_model.c */
struct juju_model *juju_model_add(struct juju *j, const char *name);
void juju_model_free(struct juju_model *m);
/* Units, machines and at last the model go away over the next minute. */
void juju_model_destroy(struct juju_model *m);
void juju_model_log(struct juju_model *m, const char *entity, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct juju_machine *juju_model_add_machine(struct juju_model *m, struct juju_machine *host,
                                            const char *series);
struct juju_machine *juju_model_machine(const struct juju_model *m, const char *id);   /* or NULL */
struct juju_application *juju_model_app(const struct juju_model *m, const char *name); /* or NULL */
/* "app/0"; NULL when there is no such unit. Subordinates too. */
struct juju_unit *juju_model_unit(const struct juju_model *m, const char *name);
struct juju_application *juju_model_add_app(struct juju_model *m, const char *name,
                                            const struct juju_charm *charm, const char *url,
                                            const char *series);
void juju_model_remove_app(struct juju_application *a); /* later, on the world's clock */
/*
 * Relates "app[:endpoint]" and "app[:endpoint]". Negative with Juju's text in err. Units of
 * subordinates appear at once.
 */
int juju_model_relate(struct juju_model *m, const char *a, const char *b, struct err *err);
/* The units of the two applications live side by side (flannel:cni). */
bool juju_model_is_container_scoped(const struct juju_relation *r);
bool juju_model_has_relation(const struct juju_model *m, const struct juju_application *app,
                             const char *charm);

/* juju_unit.c */
/* machine NULL: a new one. NULL when the model is full. */
struct juju_unit *juju_unit_add(struct juju_application *a, struct juju_machine *machine,
                                struct juju_unit *principal);
void juju_unit_free(struct juju_unit *u);
char *juju_unit_name(const struct juju_unit *u); /* owned */
void juju_unit_machine_started(struct juju_unit *u);
/* Looks again at what the units of the model wait for. */
void juju_unit_wake_parked(struct juju_model *m);
/* The agent runs a hook ("config-changed") for some seconds. */
void juju_unit_run_hook(struct juju_unit *u, const char *hook, int64_t for_ms);
bool juju_unit_is_leader(const struct juju_unit *u);
/* Tells the world about the options that were set since. */
void juju_unit_configure(struct juju_application *a, const char *key);

/* juju_firewall.c */
void juju_firewall_update(struct juju_application *a);
/* False when that very range is open already, or (close) is not. */
bool juju_firewall_open(struct juju_unit *u, uint16_t from, uint16_t to, const char *protocol);
bool juju_firewall_close(struct juju_unit *u, uint16_t from, uint16_t to, const char *protocol);
void juju_firewall_close_all(struct juju_unit *u);
/* "30229/tcp" or "30000-30010/udp". false: malformed, with Juju's text in err. */
bool juju_firewall_parse(const char *text, uint16_t *ret_from, uint16_t *ret_to,
                         char ret_protocol[8], struct err *err);
/* The open ranges of a unit as texts; owned array. */
json_t *juju_firewall_list(const struct juju_unit *u);

#endif
