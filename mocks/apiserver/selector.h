/*
 * Label and field selectors of lists and watches: "app=web,tier in (a,b),!old" and
 * "metadata.name=p,status.phase!=Failed".
 */
#ifndef CONFED_APISERVER_SELECTOR_H
#define CONFED_APISERVER_SELECTOR_H

#include "harness/core/err.h"
#include "mocks/apiserver/resource.h"

#include <jansson.h>

enum selector_op {
    SELECTOR_IN,     /* also = and == */
    SELECTOR_NOT_IN, /* also != */
    SELECTOR_EXISTS,
    SELECTOR_NOT_EXISTS,
    SELECTOR_GREATER,
    SELECTOR_LESS,
};

struct selector_term {
    enum selector_op op;
    char *key;
    char **values;
    size_t value_count;
};

struct selector {
    struct selector_term *terms;
    size_t count, cap;
};

void selector_release(struct selector *s);
/* ERR_INPUT with the server's text. An empty text matches everything. */
int selector_parse_labels(const char *text, struct selector *ret, struct err *err);
/* The same for fields; r says which fields there are. custom: of a custom resource. */
int selector_parse_fields(const char *text, const struct resource *r, bool custom,
                          struct selector *ret, struct err *err);
bool selector_matches_labels(const struct selector *s, const json_t *object);
bool selector_matches_fields(const struct selector *s, const json_t *object);
/* The name when the selector is exactly metadata.name=NAME, else NULL; borrowed. */
const char *selector_exact_name(const struct selector *s);

#endif
