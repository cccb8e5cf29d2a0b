/*
 * The form of an answer: what the client accepts (JSON, YAML, protobuf, a Table, metadata only) and
 * an answer written in it. Private to this folder.
 */
#ifndef CONFED_APISERVER_RENDER_H
#define CONFED_APISERVER_RENDER_H

#include "mocks/apiserver/answer.h"

enum render_media { RENDER_JSON, RENDER_YAML, RENDER_PROTOBUF, RENDER_NONE };
enum render_as { RENDER_OBJECT, RENDER_TABLE, RENDER_METADATA };

struct render_form {
    enum render_media media; /* RENDER_NONE: nothing acceptable */
    enum render_as as;
    bool media_known;        /* NONE: the type is served, but not so transformed */
    char as_version[32];     /* "meta.k8s.io/v1" */
    char include_object[16]; /* "Metadata" */
    int64_t clock_ahead_ms;  /* of the server: ages in a Table are by its clock */
};

struct render_form render_negotiate(const struct request *q);
/* Whether there is a form; else fills a with 406. */
bool render_acceptable(const struct render_form *form, struct answer *a);
/* The object of a watch event in another form than itself; owned. Only the first event of a watch
 * names the columns of a Table. */
json_t *render_event_object(const struct kind *k, const struct render_form *form, struct object *o,
                            size_t home, bool first);
/* The answer as one JSON value, for apiserver_call; owned, may be NULL. */
json_t *render_json(const struct request *q, const struct answer *a);
/* Writes the answer to the exchange of q. */
void render_reply(struct request *q, struct answer *a);

#endif
