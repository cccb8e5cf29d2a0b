/*
 * What the server has decided to answer, before anybody knows in which form: a stored object, a
 * page of a list, any JSON value, plain text, or a Status for what went wrong.
 */
#ifndef CONFED_APISERVER_ANSWER_H
#define CONFED_APISERVER_ANSWER_H

#include "mocks/apiserver/request.h"

struct answer {
    int status;
    struct object *object; /* referenced */
    struct object **items; /* a list; referenced */
    size_t item_count, item_cap;
    bool is_list;
    bool deferred;         /* the exchange is or will be answered by somebody else: a watch */
    char *continue_token;  /* owned */
    int64_t rv;            /* of the list */
    json_t *json;          /* owned */
    const char *text;      /* static; text/plain */
    char *owned_text;      /* the same, owned */
    int64_t retry_after_s; /* 0: none */
};

void answer_release(struct answer *a);
void answer_object(struct answer *a, int status, struct object *o); /* takes its own reference */
void answer_json_take(struct answer *a, int status, json_t *json);

/* Status objects with the texts of the real server. */
void answer_status(struct answer *a, int code, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds details {name, group, kind} to the Status; empty texts are left out. */
void answer_details(struct answer *a, const char *name, const char *group, const char *kind);
void answer_no_such_resource(struct answer *a); /* 404 without a name */
void answer_not_found(struct answer *a, const struct request *q, const char *name);
void answer_already_exists(struct answer *a, const struct request *q, const char *name);
void answer_conflict(struct answer *a, const struct request *q, const char *name, const char *why);
void answer_method_not_allowed(struct answer *a);
void answer_bad_request(struct answer *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* 500 without a reason: an error that the real server has no status for. */
void answer_failure(struct answer *a, const char *why);
/* 422 of options, which have no name; causes is taken. */
void answer_invalid_options_take(struct answer *a, const char *kind, json_t *causes);
/* 403 for content, as admission says it. */
void answer_refused(struct answer *a, const struct request *q, const char *name, const char *why);
/* 422; causes is an array made by invalid_add, taken. */
void answer_invalid_take(struct answer *a, const struct resource *r, const char *name,
                         json_t *causes);
/* One cause; reason "FieldValueInvalid", ...; the message as in "field: message". */
void invalid_add(json_t *causes, const char *reason, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "replicasets.extensions", "services"; owned. */
char *answer_qualified(const struct request *q);

#endif
