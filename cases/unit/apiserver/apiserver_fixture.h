/* A server on a clock that the test moves, and requests to it in one line. */
#ifndef CONFED_UNIT_APISERVER_FIXTURE_H
#define CONFED_UNIT_APISERVER_FIXTURE_H

#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/apiserver/apiserver.h"
#include "mocks/serve/memory_exchange.h"

#include <string.h>

struct fixture {
    struct sched *sched;
    struct apiserver *api;
    json_t *answer;                   /* of the last call */
    struct memory_exchange *exchange; /* of the last request on the wire */
};

static inline void fixture_start(struct fixture *f, const struct apiserver_options *o) {
    struct apiserver_options options = *o;
    f->sched = sched_new();
    options.sched = f->sched;
    options.seed = 7;
    f->api = apiserver_new(&options);
}

static inline int fixture_cluster(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    fixture_start(f, &(struct apiserver_options){
                         .name = "c1", .service_cidr = "10.152.183.0/24", .anonymous = true});
    *state = f;
    return 0;
}

static inline int fixture_federation(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    fixture_start(f, &(struct apiserver_options){.name = "federation"});
    static const char *const groups[] = {"system:masters"};
    apiserver_add_token(f->api, "secret", "admin", groups, 1);
    *state = f;
    return 0;
}

static inline int fixture_stop(void **state) {
    struct fixture *f = *state;
    memory_exchange_free(f->exchange);
    apiserver_free(f->api);
    sched_free(f->sched);
    json_decref(f->answer);
    free(f);
    return 0;
}

/* A controller's request; body is JSON text or NULL. The answer is in f->answer. */
static inline int call(struct fixture *f, const char *method, const char *target,
                       const char *body) {
    json_t *value = body ? json_loads(body, 0, NULL) : NULL;
    if (body)
        assert_non_null(value);
    json_decref(f->answer);
    f->answer = NULL;
    int status = apiserver_call(f->api, method, target, value, &f->answer);
    json_decref(value);
    return status;
}

static inline const char *message(const struct fixture *f) {
    const char *text = json_str(f->answer, "message", NULL);
    return text ? text : "";
}

/* A request on the wire; header is "Name: value" or NULL. The status; f->exchange has the rest. */
static inline int wire(struct fixture *f, const char *method, const char *target,
                       const char *header, const char *body) {
    memory_exchange_free(f->exchange);
    f->exchange = memory_exchange_new(method, target, body, body ? strlen(body) : 0);
    if (header) {
        char name[64];
        const char *colon = strchr(header, ':');
        snprintf(name, sizeof(name), "%.*s", (int)(colon - header), header);
        http_headers_add(&f->exchange->request.headers, name, colon + 2);
    }
    apiserver_handle(f->api, &f->exchange->exchange);
    return f->exchange->status;
}

#endif
