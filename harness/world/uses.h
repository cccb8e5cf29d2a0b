/*
 * What cases take from outside: models, charms, packages of local charms, images, URLs. It is read
 * off the cases' steps and the files of fixtures/ that they name, so that it holds for cases that
 * nobody has written yet, and a site without an Internet can mirror it.
 *
 *     [{"kind": "image", "name": "busybox:1.24", "from": ["lifecycle.busybox-c1"]}]
 *
 * Kinds: model, bundle, charm, package, image, url. What charms fetch themselves (snaps, the images
 * of kube-dns) is in the charms and cannot be seen from here.
 */
#ifndef CONFED_WORLD_USES_H
#define CONFED_WORLD_USES_H

#include "harness/core/err.h"
#include "harness/model/scenario.h"

#include <jansson.h>

struct uses {
    json_t *list;         /* owned; as above, in the order of the cases */
    int64_t machines;     /* of all bundles that are deployed, LXD containers not counted */
    bool runs_init;       /* kubefed init, which has an image of its own for etcd */
    const char *fixtures; /* borrowed; absolute */
    const json_t *facts;  /* borrowed; what ${world...} is */
};

/* Adds what one case takes. A file that cannot be read is an error, ERR_INPUT or ERR_IO. */
int uses_add(struct uses *u, const struct scenario *s, struct err *err);
/* Adds one thing; the same thing of another case gets one more "from". */
void uses_note(struct uses *u, const char *kind, const char *name, const char *from);
void uses_release(struct uses *u);

#endif
