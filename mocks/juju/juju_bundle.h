/*
 * Bundles: a YAML text with machines, applications ("services" in 2017), where their units go,
 * options and relations. A bundle is read and checked whole before anything of it is deployed.
 */
#ifndef CONFED_JUJU_JUJU_BUNDLE_H
#define CONFED_JUJU_JUJU_BUNDLE_H

#include "mocks/juju/juju_state.h"

/* The checked bundle, owned; NULL: err has Juju's words. Applications are under "applications". */
json_t *juju_bundle_parse(const char *text, const char *name, struct err *err);
/* Deploys it; say hears one line for each change. */
int juju_bundle_deploy(struct juju_model *m, const json_t *bundle,
                       void (*say)(void *self, const char *line), void *self, struct err *err);
/* The text of a bundle that the charms folder has by its store name; owned or NULL. */
char *juju_bundle_from_store(const struct juju *j, const char *url);

#endif
