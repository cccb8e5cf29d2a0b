/* How a model looks to a person and a program: status as JSON, YAML and the tables of the era. */
#ifndef CONFED_JUJU_JUJU_STATUS_H
#define CONFED_JUJU_JUJU_STATUS_H

#include "harness/core/buf.h"
#include "mocks/juju/juju_state.h"

/* Owned; app NULL: all of it, else only that application and its machines. */
json_t *juju_status_of(const struct juju_model *m, const char *app);
/* The tables of `juju status`, from what juju_status_of made. */
void juju_status_table(const struct juju *j, const json_t *status, bool relations, struct buf *out);
/* Block YAML with plain scalars where that is safe, as Juju prints it. */
void juju_status_yaml(const json_t *value, struct buf *out);
/* One table cell row after the other, columns two spaces apart; rows is an array of arrays. */
void juju_status_columns(const json_t *rows, struct buf *out);

#endif
