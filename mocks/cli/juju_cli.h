/*
 * The juju command: sends its arguments to the running world and does what the answer says on this
 * side, writing output and files and remembering which model is current.
 *
 * The current model is in $JUJU_DATA/models.yaml, by default in juju/ beside world.json: never in
 * the person's own Juju data. A lock file keeps two terminals from mixing their writes.
 */
#ifndef CONFED_CLI_JUJU_CLI_H
#define CONFED_CLI_JUJU_CLI_H

#include "harness/core/err.h"

#include <jansson.h>

/* Runs "juju ..."; the exit code. */
int juju_cli_main(int argc, char **argv);
/* The request for those arguments, with the local files that deploy and config name; owned. */
json_t *juju_cli_request(int argc, char **argv, const char *current_model);
/* The current model in data_dir ("admin/f1"), owned; NULL: none. */
char *juju_cli_current_model(const char *data_dir);
/* Remembers it; NULL forgets it. */
int juju_cli_select_model(const char *data_dir, const char *model, struct err *err);

#endif
