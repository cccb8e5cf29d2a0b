/*
 * What confed doctor found: one line a check, in the order in which they were made.
 *
 *     ok       juju        3.1.6, /snap/bin/juju
 *     MISSING  controller  No controllers registered: juju bootstrap, or juju register
 *     unknown  quota       juju shows none of cloud maas: look there
 */
#ifndef CONFED_COMMANDS_DOCTOR_CHECKS_H
#define CONFED_COMMANDS_DOCTOR_CHECKS_H

#include "harness/commands/run_args.h"

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_WISHED,  /* not there, but one can do without */
    DOCTOR_MISSING, /* the run cannot work */
    DOCTOR_UNKNOWN, /* cannot be told from here */
};

struct doctor {
    struct run_args run;
    bool json;
    json_t *checks; /* owned; [{"check", "state", "text", "todo"}] */
    json_t *uses;   /* owned; what the run takes from outside (harness/world/uses.h); or NULL */
    bool unable;    /* some check is DOCTOR_MISSING */
};

/* Adds a check; todo: what to do about it, or NULL. Colours and newlines of text are no harm. */
void doctor_add(struct doctor *d, const char *check, enum doctor_state state, const char *todo,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void doctor_print(const struct doctor *d);

/* The checks of --world juju. */
void doctor_juju(struct doctor *d);

#endif
