/*
 * A request understood: which resource (group, version, namespace, name, subresource) and which
 * verb, as authorisation and routing see it. Private to this folder.
 */
#ifndef CONFED_APISERVER_REQUEST_H
#define CONFED_APISERVER_REQUEST_H

#include "mocks/apiserver/server.h"
#include "mocks/fault/fault.h"

#define REQUEST_PATH_MAX 4096

struct request {
    struct apiserver *server;
    const char *method, *path, *query; /* borrowed */
    const char *verb;                  /* "list", "watch", ...; the method in lower case else */
    bool is_resource;                  /* below /api/v1/... or /apis/g/v/... */
    bool watch_path;                   /* the old /watch/ prefix */
    /* Of a resource; "" when there is none. */
    const char *group, *version, *ns, *resource, *name, *subresource, *rest;
    struct kind *kind; /* NULL: not served */
    size_t home;
    const struct user *user;
    bool trusted; /* a controller of the world: not authorised */

    const char *content_type; /* of the body, without parameters; "" */
    const char *body;
    size_t body_len;
    const json_t *json; /* the body when it came as a value; borrowed */

    struct fault fault;
    json_t *told; /* owned: what the transcript will say of it; NULL: nothing (more) */
    struct http_exchange *exchange; /* NULL for apiserver_call */
    char buffer[REQUEST_PATH_MAX];  /* the decoded segments */
};

/* Fills q from method, path and query; false: the path is malformed or too long (then 400). */
bool request_parse(struct request *q, struct apiserver *s, const char *method, const char *path,
                   const char *query);
/* Query values; owned, NULL when not there. */
char *request_query(const struct request *q, const char *name);
bool request_query_true(const struct request *q, const char *name);
int64_t request_query_int(const struct request *q, const char *name, int64_t otherwise);
/* Whether the server knows what came to the wire after 1.6. */
bool request_has(const struct request *q, enum feature feature);
/* Whether the server serves that group and version at all. */
bool request_group_served(const struct apiserver *s, const char *group, const char *version);

#endif
