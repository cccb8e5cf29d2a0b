/*
 * The few kinds whose versions differ in more than their name: ingresses, autoscalers and
 * definitions of custom resources. All is stored in the version of the first home; the others are
 * made of it and back, as k8s.io/kubernetes/pkg/apis/.../conversion.go does. Private to this
 * folder.
 */
#ifndef CONFED_APISERVER_CONVERT_H
#define CONFED_APISERVER_CONVERT_H

#include "mocks/apiserver/resource.h"

#include <jansson.h>

/* Whether the version of that home has fields of its own. */
bool convert_differs(const struct resource *r, size_t home);
/* object, in the stored version but for its apiVersion, becomes one of that home. What is nested is
 * copied before it changes. */
void convert_to_home(const struct resource *r, size_t home, json_t *object);
/* The other way: the version is the object's own, or that of the home when it names none. */
void convert_to_storage(const struct resource *r, size_t home, json_t *object);

#endif
