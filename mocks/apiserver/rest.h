/* The verbs on resources, the same for all of them. Private to this folder. */
#ifndef CONFED_APISERVER_REST_H
#define CONFED_APISERVER_REST_H

#include "mocks/apiserver/answer.h"

/* Does what q says and fills a. q->kind may be NULL (not served). */
void rest_serve(struct request *q, struct answer *a);

/* For the files of subresources. The body of q as JSON value, owned; NULL: a says why not. */
json_t *rest_body(struct request *q, struct answer *a);
/* The object that q names, borrowed; NULL: a says not found. */
struct object *rest_find(struct request *q, struct answer *a);
/* Whether the body of q is a patch of a kind that its resource takes; if not, a says so. Routes are
 * chosen by it: it is asked before anything is looked for. */
bool rest_patch_is_known(const struct request *q, struct answer *a);
/* Applies the body of q, a patch, to original; owned; NULL: a says why not. */
json_t *rest_patch(struct request *q, const char *kind, const json_t *original, struct answer *a);
/* Checks and stores object (taken) over old, which may only change status (status_only), or all but
 * status. */
void rest_replace_take(struct request *q, struct object *old, json_t *object, bool status_only,
                       struct answer *a);
bool rest_is_dry_run(const struct request *q);
/* Whether dryRun says what there is; options is the kind that it belongs to. Else a is 422: who
 * means to write nothing must not write because of a misspelt word. */
bool rest_dry_run_valid(const char *value, const char *options, struct answer *a);

/* delete.c */
void delete_serve(struct request *q, struct answer *a);
void delete_collection(struct request *q, struct answer *a);
/* Deletes without asking, as the garbage collector does; policy as in propagationPolicy. */
void delete_object(struct apiserver *s, struct kind *k, const char *ns, const char *name,
                   const char *policy);
/* After an update took the last finalizer of an object that is being deleted: removes it. */
bool delete_finish(struct apiserver *s, struct kind *k, struct object *o);

/* list.c */
void list_serve(struct request *q, struct answer *a);
/* Every object that q's namespace and selectors match, without paging. */
bool list_matching(struct request *q, struct answer *a);

/* Whether the resourceVersion that is asked for is one, and there; else a is 400 or 504. ret may be
 * NULL. */
bool list_version_reached(struct request *q, int64_t *ret, struct answer *a);

/* list_options.c: whether the options of a list or a watch go together; else a is 422. */
bool list_options_valid(struct request *q, bool watch, struct answer *a);
/* Whether a list shall be that of its resourceVersion and no later. */
bool list_is_exact(const struct request *q);

#endif
