/*
 * POST serviceaccounts/NAME/token: a token that is kept nowhere but in its holder's hands, for a
 * while. It is a JSON web token in form; what it is worth stands in the server, as that of secrets.
 * Its times are those of the machine's clock, as in every object; it ends on the world's, which may
 * be faster.
 */
#include "mocks/apiserver/subresource.h"

#include "harness/core/base64.h"
#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/apiserver/auth.h"
#include "mocks/apiserver/rest.h"

#define AUDIENCE "https://kubernetes.default.svc.cluster.local"
#define SECONDS_DEFAULT 3600
#define SECONDS_MIN 600
#define SECONDS_MAX ((int64_t)1 << 32)

static char *token_new(struct request *q, const struct object *account, const json_t *audiences,
                       int64_t until_ms) {
    static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    CLEANUP(str_freep) char *subject = xasprintf("system:serviceaccount:%s:%s", q->ns, q->name);
    CLEANUP(json_freep)
    json_t *claims =
        json_pack("{s:O,s:I,s:I,s:s,s:s,s:{s:s,s:{s:s,s:s?}}}", "aud", audiences, "exp",
                  (json_int_t)(until_ms / 1000), "iat", (json_int_t)(clock_wall_ms() / 1000), "iss",
                  AUDIENCE, "sub", subject, "kubernetes.io", "namespace", q->ns, "serviceaccount",
                  "name", q->name, "uid", json_str(account->json, "metadata", "uid", NULL));
    CLEANUP(str_freep) char *text = json_text(claims);
    uint32_t random[64];
    for (size_t i = 0; i < ARRAY_LEN(random); i++)
        random[i] = rng_u32(&q->server->rng);
    CLEANUP(str_freep) char *a = base64_url_encode(header, strlen(header));
    CLEANUP(str_freep) char *b = base64_url_encode(text, strlen(text));
    CLEANUP(str_freep) char *c = base64_url_encode(random, sizeof(random));
    return xasprintf("%s.%s.%s", a, b, c);
}

/* What the request asks for and this server cannot give. */
static json_t *causes_of(const json_t *spec, int64_t seconds) {
    json_t *causes = json_array();
    if (seconds < SECONDS_MIN)
        invalid_add(causes, "FieldValueInvalid", "spec.expirationSeconds",
                    "Invalid value: %lld: may not specify a duration less than 10 minutes",
                    (long long)seconds);
    if (seconds > SECONDS_MAX)
        invalid_add(causes, "FieldValueInvalid", "spec.expirationSeconds",
                    "Invalid value: %lld: may not specify a duration larger than 2^32 seconds",
                    (long long)seconds);
    if (json_is_object(json_object_get(spec, "boundObjectRef")))
        invalid_add(causes, "FieldValueForbidden", "spec.boundObjectRef",
                    "Forbidden: this simulated server binds tokens to nothing but their account");
    return causes;
}

static void grant(struct request *q, const struct object *account, json_t *spec, int64_t seconds,
                  struct answer *a) {
    char until[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
    int64_t until_ms = clock_wall_ms() + seconds * 1000;
    if (json_array_size(json_object_get(spec, "audiences")) == 0)
        json_object_set_new(spec, "audiences", json_pack("[s]", AUDIENCE));
    const json_t *audiences = json_object_get(spec, "audiences");
    CLEANUP(str_freep) char *token = token_new(q, account, audiences, until_ms);
    /* An audience is whom the token is shown to; only this server's own is let in here. */
    if (json_has_text(audiences, AUDIENCE) && !rest_is_dry_run(q))
        auth_add_account_token(q->server, token, account,
                               sched_now_ms(q->server->o.sched) + seconds * 1000);
    json_object_set_new(spec, "expirationSeconds", json_integer(seconds));
    json_object_set_new(spec, "boundObjectRef", json_null());
    answer_json_take(a, 201,
                     json_pack("{s:s,s:s,s:{s:s,s:s,s:s},s:O,s:{s:s,s:s}}", "kind", "TokenRequest",
                               "apiVersion", "authentication.k8s.io/v1", "metadata", "name",
                               q->name, "namespace", q->ns, "creationTimestamp",
                               clock_format_utc(clock_wall_ms(), now), "spec", spec, "status",
                               "token", token, "expirationTimestamp",
                               clock_format_utc(until_ms, until)));
}

void token_serve(struct request *q, struct answer *a) {
    const struct object *account = rest_find(q, a);
    CLEANUP(json_freep) json_t *body = account ? rest_body(q, a) : NULL;
    if (!body)
        return;
    if (!str_eq(json_str(body, "kind", NULL), "TokenRequest")) {
        answer_status(a, 400, "BadRequest", "the body of a request for a token is a TokenRequest");
        return;
    }
    json_t *spec = json_ensure_object(body, "spec");
    int64_t seconds = json_int(spec, SECONDS_DEFAULT, "expirationSeconds", NULL);
    json_t *causes = causes_of(spec, seconds);
    if (json_array_size(causes)) {
        const struct resource r = {.kind = "TokenRequest",
                                   .internal_group = "authentication.k8s.io"};
        answer_invalid_take(a, &r, q->name, causes);
        return;
    }
    json_decref(causes);
    grant(q, account, spec, seconds, a);
}
