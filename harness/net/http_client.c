#include "harness/net/http_client.h"

#include "harness/net/http_transfer.h"

#include <string.h>

struct http_client {
    CURL *easy; /* one handle: its connections and TLS sessions are kept */
    struct http_target target;
    char *owned[8];
};

static const char *keep(struct http_client *c, size_t at, const char *text) {
    return c->owned[at] = text ? xstrdup(text) : NULL;
}

struct http_client *http_client_new(const struct http_target *target) {
    struct http_client *c = xcalloc(1, sizeof(*c));
    c->target = *target;
    c->target.server = keep(c, 0, target->server);
    c->target.ca_pem = keep(c, 1, target->ca_pem);
    c->target.cert_pem = keep(c, 2, target->cert_pem);
    c->target.key_pem = keep(c, 3, target->key_pem);
    c->target.token = keep(c, 4, target->token);
    c->target.username = keep(c, 5, target->username);
    c->target.password = keep(c, 6, target->password);
    c->target.user_agent = keep(c, 7, target->user_agent);
    return c;
}

void http_client_free(struct http_client *c) {
    if (!c)
        return;
    if (c->easy)
        curl_easy_cleanup(c->easy);
    for (size_t i = 0; i < ARRAY_LEN(c->owned); i++) {
        if (c->owned[i])
            explicit_bzero(c->owned[i], strlen(c->owned[i]));
        free(c->owned[i]);
    }
    free(c);
}

int http_client_do(struct http_client *c, const struct http_call *call, struct http_answer *ret,
                   struct err *err) {
    if (!c->easy && !(c->easy = curl_easy_init()))
        return err_set(err, ERR_STATE, "libcurl cannot be started");

    struct http_transfer t = {0};
    if (http_transfer_begin(&t, c->easy, &c->target, call, err) < 0)
        return err ? err->code : ERR_USAGE;
    http_transfer_end(&t, curl_easy_perform(c->easy));
    *ret = t.answer;
    t.answer = (struct http_answer){0};
    curl_easy_reset(c->easy); /* it must not point at t any more */
    http_transfer_release(&t);
    return 0;
}
