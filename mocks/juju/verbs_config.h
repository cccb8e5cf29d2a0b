/* Setting one option of an application: for juju config and for bundles. */
#ifndef CONFED_JUJU_VERBS_CONFIG_H
#define CONFED_JUJU_VERBS_CONFIG_H

#include "mocks/juju/juju_state.h"

/* Negative with Juju's text when the charm has no such option or the text is no such value. */
int verbs_config_set(struct juju_application *a, const char *key, const char *text,
                     struct err *err);

#endif
