#include "mocks/cli/kubefed_cli.h"

#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/str.h"
#include "mocks/cli/kubefed.h"
#include "mocks/cli/world_file.h"

#include <inttypes.h>
#include <poll.h>

#define WAIT_MIN_MS 5

/* One client for the server that was asked last keeps its connection while it polls. */
struct session {
    double speed;
    struct http_client *client;
    char *key; /* server and user of client */
};

static uint64_t hash_of(const char *text) {
    return text ? hash_fnv1a_64(text, strlen(text)) : 0;
}

static char *key_of(const struct http_target *t) {
    return xasprintf("%s %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, t->server,
                     hash_of(t->ca_pem), hash_of(t->cert_pem), hash_of(t->token),
                     hash_of(t->password));
}

static void call(void *self, const struct http_target *target, const struct http_call *c,
                 struct http_answer *ret) {
    struct session *s = self;
    char *key = key_of(target);
    if (!str_eq(key, s->key)) {
        http_client_free(s->client);
        s->client = http_client_new(target);
        free(s->key);
        s->key = xstrdup(key);
    }
    free(key);
    struct err err = {0};
    if (http_client_do(s->client, c, ret, &err) < 0) {
        *ret = (struct http_answer){.body = BUF_INIT};
        ret->problem = xstrdup(err.text);
    }
}

static void wait_ms(void *self, int64_t ms) {
    const struct session *s = self;
    double real = (double)ms / s->speed;
    (void)poll(NULL, 0, real < WAIT_MIN_MS ? WAIT_MIN_MS : (int)real);
}

static void output(void *self, int fd, const char *data, size_t len) {
    (void)self;
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

int kubefed_cli_main(int argc, char **argv) {
    struct err err = {0};
    const char *home = getenv("HOME"), *world_path = getenv("CONFED_WORLD");
    CLEANUP(json_freep) json_t *world = NULL;
    if (world_path && *world_path && !(world = world_file_load(&err))) {
        fprintf(stderr, "error: %s\n", err.text);
        return 1;
    }
    CLEANUP(profile_freep) struct profile *profile = world_file_profile(world, &err);
    if (!profile) {
        fprintf(stderr, "error: %s\n", err.text);
        return 1;
    }
    struct session s = {.speed = world_file_speed(world)};
    const struct kubefed_ops ops = {.call = call, .wait = wait_ms, .output = output, .self = &s};
    const struct kubefed_env env = {.ops = &ops,
                                    .profile = profile,
                                    .kubeconfig = getenv("KUBECONFIG"),
                                    .home = home ? home : "/",
                                    .seed = rng_seed_from_os()};
    int code = kubefed_run(&env, argc, argv);
    http_client_free(s.client);
    free(s.key);
    return code;
}
