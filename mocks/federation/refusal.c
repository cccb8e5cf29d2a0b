/*
 * Source: apimachinery/pkg/api/errors/errors.go (NewGenericServerResponse), net/url and net of Go
 * 1.7 to 1.9 for what is not an answer.
 */
#include "mocks/federation/refusal.h"

#include <ctype.h>

/* "Post https://127.7.12.11:6443/api/v1/...: dial tcp 127.7.12.11:6443: getsockopt: ..." */
static char *unreachable(const struct refusal *r) {
    const char *server = r->cluster->server, *host = strstr(server, "://");
    CLEANUP(str_freep) char *verb = xstrdup(r->method);
    for (char *c = verb; *c && c[1]; c++)
        c[1] = (char)tolower((unsigned char)c[1]);
    return xasprintf("%s %s%s: dial tcp %s: getsockopt: connection refused", verb, server,
                     r->target, host ? host + 3 : server);
}

/* "post replicasets.extensions" or "put replicasets.extensions nginx" */
static char *request_words(const struct refusal *r) {
    CLEANUP(str_freep) char *verb = xstrdup(r->method);
    for (char *c = verb; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *last = strrchr(r->target, '/');
    bool named = last && !str_eq(last + 1, r->kind->resource);
    return xasprintf("%s %s%s%s%s%s", verb, r->kind->resource, r->kind->group[0] ? "." : "",
                     r->kind->group, named ? " " : "", named ? last + 1 : "");
}

static const char *words_of_status(const struct refusal *r) {
    static const struct {
        int status;
        const char *words;
    } rows[] = {
        {400, "the server rejected our request for an unknown reason"},
        {401, "the server has asked for the client to provide credentials"},
        {403, "the server does not allow access to the requested resource"},
        {404, "the server could not find the requested resource"},
        {405, "the server does not allow this method on the requested resource"},
        {409, "the server reported a conflict"},
        {422, "the server rejected our request due to an error in our request"},
        {429, "the server has received too many requests and has asked us to try again later"},
        {504, "the server was unable to return a response in the time allotted, but may still be "
              "processing the request"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == r->status)
            return rows[i].words;
    return r->status >= 500 ? "an error on the server (\"\") has prevented the request from "
                              "succeeding"
                            : "the server responded with the status code but did not return more "
                              "information";
}

char *refusal_text(const struct refusal *r) {
    const char *said = json_str(r->answer, "message", NULL);
    if (r->status == 0)
        return unreachable(r);
    if (said)
        return xstrdup(said);
    CLEANUP(str_freep) char *request = request_words(r);
    return xasprintf("%s (%s)", words_of_status(r), request);
}
