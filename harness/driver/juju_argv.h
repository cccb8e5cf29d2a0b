/*
 * A juju command as it was given: which verb it is, of which model and with which words. Flags are
 * known only as far as the commands of a federation need them. Everything returned is borrowed from
 * argv, a list of texts.
 */
#ifndef CONFED_DRIVER_JUJU_ARGV_H
#define CONFED_DRIVER_JUJU_ARGV_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

bool juju_argv_is_juju(const json_t *argv);
const char *juju_argv_verb(const json_t *argv); /* "" where there is none */
/* The index-th word behind the verb that is no flag and no value of one; NULL: none. */
const char *juju_argv_operand(const json_t *argv, size_t index);
/* The value of the flag, "--config V" or "--config=V", at its first or a later place; NULL: none.
 */
const char *juju_argv_flag(const json_t *argv, const char *name, size_t index);
/* The f1 of -m ctl:admin/f1; NULL: the model that happens to be current. */
const char *juju_argv_model(const json_t *argv);
const char *juju_argv_short_name(const char *model);
/* Whether it is known to change nothing. */
bool juju_argv_only_looks(const json_t *argv);

#endif
