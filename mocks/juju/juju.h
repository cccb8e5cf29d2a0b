/*
 * A Juju controller: models, machines, applications, units and their statuses over time, relations,
 * open ports and the firewall, and the juju command line over it. Commands come as a JSON request
 * (argv, environment) and answer in pieces: output on stdout and stderr, files to write, an exit
 * code. What it means that a model is deployed is the world's business (juju_ops).
 */
#ifndef CONFED_JUJU_JUJU_H
#define CONFED_JUJU_JUJU_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "harness/core/sched.h"
#include "harness/profile/profile.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the world hears and says; any of the functions may be NULL. Ports and options are told after
 * application_started; when a unit comes later, application_started is called again with all the
 * addresses.
 */
struct juju_ops {
    /* The address of a new machine or container of a model, owned: "127.7.11.11". */
    char *(*new_address)(void *self, const char *model, const char *machine);
    /* The other address of a machine, in the cloud's own network, owned; NULL: it has none. */
    char *(*private_address)(void *self, const char *address);
    /* The units of a charm's application are installed and run ("kubernetes-master" of "c1": the
     * API server starts), whatever people call the application, and under the charm's first name.
     * addresses: machine addresses of its units, in order. */
    void (*application_started)(void *self, const char *model, const char *charm,
                                const json_t *addresses);
    /* An option was set by somebody (a bundle, juju config) and its hook ran. A boolean is "true"
     * or "false"; after a reset the value is the charm's default. */
    void (*config_changed)(void *self, const char *model, const char *charm, const char *key,
                           const char *value);
    /* A port of a unit became reachable from outside (exposed and opened) or not any more. */
    void (*port_changed)(void *self, const char *model, const char *application,
                         const char *address, uint16_t port, const char *protocol, bool open);
    /* The file that scp reads from a unit; owned, NULL: none. A path below /home/ubuntu comes
     * relative to it: "config" is /home/ubuntu/config. */
    char *(*read_file)(void *self, const char *model, const char *unit, const char *path,
                       size_t *ret_len);
    /* A machine was switched off, or is back. */
    void (*machine_power)(void *self, const char *model, const char *address, bool on);
    /* The application's units are gone. */
    void (*application_removed)(void *self, const char *model, const char *application);
    void (*model_destroyed)(void *self, const char *model);
    void *self;
};

struct juju_options {
    const char *controller;     /* "sim" */
    const char *cloud, *region; /* "maas", "rack-a" */
    const char *charms_dir;     /* the store: NAME/bundle.yaml for "cs:~x/bundle/NAME-2"; or NULL */
    const struct profile *profile; /* borrowed; "juju" has the CLI's version */
    const char *version;           /* of Juju, instead of the profile's; or NULL */
    struct sched *sched;           /* borrowed */
    uint64_t seed;
    int64_t epoch_ms;           /* the date at world time 0; 0: now */
    const struct juju_ops *ops; /* borrowed */
    struct fault_table *faults; /* borrowed; or NULL */
};

struct juju;
struct juju *juju_new(const struct juju_options *o);
void juju_free(struct juju *j);
DEFINE_OWNED(struct juju, juju)

/* The pieces of an answer. */
struct juju_reply_ops {
    void (*output)(void *self, int fd, const char *data, size_t len);
    /* The client writes a file on its side (scp); false reports why on its stderr. */
    void (*write_file)(void *self, const char *path, const void *data, size_t len, int mode);
    /* The client makes this its current model, "admin/f1"; NULL: it has none any more. */
    void (*select_model)(void *self, const char *model);
    void (*exited)(void *self, int code); /* the last call */
    void *self;
};
struct juju_command;
/*
 * Starts a command: {"argv": ["juju", ...], "cwd": "/...", "env": {"JUJU_MODEL": ...},
 * "current_model": "f1", "files": {"path": "text"}, "stdin": "..."}. current_model is what the
 * client last selected, files holds the local files that the arguments name (a bundle), by the name
 * they have there. It may finish at once (then the answer is NULL: exited was called) or later on
 * the world's clock; after exited the command is gone.
 */
struct juju_command *juju_command_start(struct juju *j, const json_t *request,
                                        const struct juju_reply_ops *reply);
/* The client went away (Ctrl-C): the command stops, what it has done stays. */
void juju_command_abandon(struct juju_command *c);

/* There are other rules among the faults than before. */
void juju_faults_changed(struct juju *j);

/* Status as `juju status --format=json` shows the model; owned, NULL: no such model. */
json_t *juju_status(const struct juju *j, const char *model);

#endif
