/*
 * Requests to mocks/etcd, one a line: "METHOD TARGET FORM". Each is answered, or waits; an answer
 * of the keys is JSON; nothing is left behind when all clients leave.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/etcd/etcd.h"
#include "mocks/serve/memory_exchange.h"

#include <assert.h>
#include <string.h>

enum { REQUESTS_MAX = 64, STEP_MS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct memory_exchange *ask(struct etcd *e, char *line) {
    char *rest = line;
    const char *method = str_next(&rest, ' ');
    const char *target = rest ? str_next(&rest, ' ') : NULL;
    const char *form = rest ? rest : "";
    if (!method || !*method || !target || target[0] != '/')
        return NULL;
    struct memory_exchange *m = memory_exchange_new(method, target, form, strlen(form));
    http_headers_add(&m->request.headers, "Content-Type", "application/x-www-form-urlencoded");
    etcd_handle(e, &m->exchange);
    assert(m->status >= 200 && m->status < 600);
    assert(m->ended || m->streaming);
    const char *type = http_headers_get(&m->headers, "Content-Type");
    if (m->ended && type && strcmp(type, "application/json") == 0 && m->body.len) {
        json_t *body = json_loadb(m->body.data, m->body.len, JSON_ALLOW_NUL, NULL);
        assert(body || !str_is_utf8(m->body.data, m->body.len) || m->chunks > 1);
        json_decref(body);
    }
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sched *sched = sched_new();
    struct etcd *e = etcd_new(sched);
    struct memory_exchange *asked[REQUESTS_MAX];
    size_t count = 0;
    CLEANUP(str_freep) char *text = xstrndup((const char *)data, size);
    char *rest = text;
    for (char *line; count < REQUESTS_MAX && (line = str_next(&rest, '\n'));) {
        struct memory_exchange *m = ask(e, line);
        if (m)
            asked[count++] = m;
        sched_advance(sched, STEP_MS);
    }
    for (size_t i = 0; i < count; i++)
        memory_exchange_free(asked[i]);
    etcd_free(e);
    assert(sched_next_ms(sched) < 0);
    sched_free(sched);
    return 0;
}
