/* TLS as clients see it: both ends in one thread, the client by hand. */
#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "harness/net/pki.h"
#include "mocks/serve/http_server.h"
#include "mocks/serve/openssl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 5000 };

struct world {
    struct loop *loop;
    struct http_server *server;
    struct pki_pair ca, other_ca, server_pair, client, stranger;
    SSL_CTX *ctx;
    int fd;
    SSL *ssl;
    struct buf got;
};

/* Answers with what the server knows of its client. */
static void tell_peer(void *self, struct http_exchange *x) {
    (void)self;
    const struct http_peer *p = &x->request->peer;
    struct buf text = BUF_INIT;
    buf_addf(&text, "tls=%d cn=%s org=%s problem=%s.", p->tls, p->cert_cn ? p->cert_cn : "-",
             p->cert_org_count ? p->cert_orgs[0] : "-", p->cert_problem ? p->cert_problem : "-");
    http_reply(x, 200, NULL, text.data, text.len);
    buf_release(&text);
}

static void issue(const struct pki_pair *ca, const char *name, bool server, struct pki_pair *ret) {
    static const char *const names[] = {"127.0.0.1"};
    struct pki_request r = {.common_name = name,
                            .organization = "system:masters",
                            .names = names,
                            .name_count = server ? 1 : 0,
                            .server = server,
                            .client = !server};
    struct err err = {0};
    assert_int_equal(pki_issue(ca, &r, ret, &err), 0);
}

static int setup(void **state) {
    struct world *w = xcalloc(1, sizeof(*w));
    struct err err = {0};
    w->fd = -1;
    w->got = (struct buf)BUF_INIT;
    w->loop = loop_new();
    assert_int_equal(pki_new_ca("ca", &w->ca, &err), 0);
    assert_int_equal(pki_new_ca("other", &w->other_ca, &err), 0);
    issue(&w->ca, "apiserver", true, &w->server_pair);
    issue(&w->ca, "admin", false, &w->client);
    issue(&w->other_ca, "admin", false, &w->stranger);
    struct http_server_options o = {.address = "127.0.0.1",
                                    .cert_pem = w->server_pair.cert,
                                    .key_pem = w->server_pair.key,
                                    .client_ca_pem = w->ca.cert,
                                    .handler = tell_peer};
    w->server = http_server_new(w->loop, &o, &err);
    w->ctx = SSL_CTX_new(TLS_client_method());
    *state = w;
    return w->server ? 0 : -1;
}

static void hang_up(struct world *w) {
    if (w->ssl) /* else OpenSSL takes the session for a broken one */
        SSL_set_shutdown(w->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(w->ssl);
    w->ssl = NULL;
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    buf_clear(&w->got);
}

static int teardown(void **state) {
    struct world *w = *state;
    hang_up(w);
    SSL_CTX_free(w->ctx);
    http_server_free(w->server);
    loop_free(w->loop);
    pki_pair_release(&w->ca);
    pki_pair_release(&w->other_ca);
    pki_pair_release(&w->server_pair);
    pki_pair_release(&w->client);
    pki_pair_release(&w->stranger);
    buf_release(&w->got);
    free(w);
    return 0;
}

static void turn(struct world *w) {
    struct err err = {0};
    assert_int_equal(loop_run_once(w->loop, 5, &err), 0);
}

static void dial(struct world *w) {
    hang_up(w);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(http_server_port(w->server))};
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(w->fd, (struct sockaddr *)&a, sizeof(a)), 0);
    fcntl(w->fd, F_SETFL, O_NONBLOCK);
}

/* 1 when the handshake is done, 0 when it failed. */
static int shake_hands(struct world *w, SSL_SESSION *session) {
    dial(w);
    w->ssl = SSL_new(w->ctx);
    SSL_set_fd(w->ssl, w->fd);
    if (session)
        SSL_set_session(w->ssl, session);
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (clock_monotonic_ms() < end) {
        ERR_clear_error();
        int r = SSL_connect(w->ssl);
        if (r == 1)
            return 1;
        if (SSL_get_error(w->ssl, r) != SSL_ERROR_WANT_READ)
            return 0;
        turn(w);
    }
    return -1;
}

static void ask(struct world *w) {
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_int_equal(SSL_write(w->ssl, request, sizeof(request) - 1), sizeof(request) - 1);
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    buf_clear(&w->got);
    while (!strstr(buf_str(&w->got), "problem=") && clock_monotonic_ms() < end) {
        char room[4096];
        turn(w);
        int n = SSL_read(w->ssl, room, sizeof(room));
        buf_add(&w->got, room, n > 0 ? (size_t)n : 0);
    }
}

static void use(struct world *w, const struct pki_pair *pair) {
    BIO *cert_in = BIO_new_mem_buf(pair->cert, -1), *key_in = BIO_new_mem_buf(pair->key, -1);
    X509 *cert = PEM_read_bio_X509(cert_in, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL);
    SSL_CTX_use_certificate(w->ctx, cert);
    SSL_CTX_use_PrivateKey(w->ctx, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(cert_in);
    BIO_free(key_in);
}

static void tls__a_client_certificate_names_its_user(void **state) {
    struct world *w = *state;
    use(w, &w->client);
    assert_int_equal(shake_hands(w, NULL), 1);
    ask(w);
    assert_non_null(strstr(w->got.data, "tls=1 cn=admin org=system:masters problem=-."));
}

static void tls__without_a_certificate_the_client_is_nobody(void **state) {
    struct world *w = *state;
    assert_int_equal(shake_hands(w, NULL), 1);
    ask(w);
    assert_non_null(strstr(w->got.data, "tls=1 cn=- org=- problem=-."));
}

static void tls__a_certificate_of_another_ca_names_nobody_and_is_told(void **state) {
    struct world *w = *state;
    use(w, &w->stranger);
    assert_int_equal(shake_hands(w, NULL), 1);
    ask(w);
    assert_non_null(strstr(w->got.data, "cn=- org=- problem=unable to verify"));
}

static void tls__a_required_certificate_is_required(void **state) {
    struct world *w = *state;
    struct err err = {0};
    http_server_free(w->server);
    struct http_server_options o = {.address = "127.0.0.1",
                                    .cert_pem = w->server_pair.cert,
                                    .key_pem = w->server_pair.key,
                                    .client_ca_pem = w->ca.cert,
                                    .client_cert_required = true,
                                    .handler = tell_peer};
    w->server = http_server_new(w->loop, &o, &err);
    assert_non_null(w->server);
    assert_int_equal(shake_hands(w, NULL), 0);
    use(w, &w->stranger);
    assert_int_equal(shake_hands(w, NULL), 0);
    use(w, &w->client);
    assert_int_equal(shake_hands(w, NULL), 1);
    ask(w);
    assert_non_null(strstr(w->got.data, "cn=admin"));
}

static void tls__only_http_1_1_is_offered(void **state) {
    struct world *w = *state;
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_alpn_protos(w->ctx, protocols, sizeof(protocols) - 1);
    assert_int_equal(shake_hands(w, NULL), 1);
    const unsigned char *chosen;
    unsigned len;
    SSL_get0_alpn_selected(w->ssl, &chosen, &len);
    assert_int_equal(len, 8);
    assert_memory_equal(chosen, "http/1.1", 8);
}

/* Who offers 1.3 too, as every client of today, gets 1.2; who insists on it gets nothing. */
static void tls__1_2_is_spoken_and_nothing_else(void **state) {
    struct world *w = *state;
    SSL_CTX_set_security_level(w->ctx, 0);
    SSL_CTX_set_min_proto_version(w->ctx, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(w->ctx, TLS1_1_VERSION);
    assert_int_equal(shake_hands(w, NULL), 0);
    SSL_CTX_set_max_proto_version(w->ctx, TLS1_3_VERSION);
    assert_int_equal(shake_hands(w, NULL), 1);
    assert_int_equal(SSL_version(w->ssl), TLS1_2_VERSION);
    SSL_CTX_set_min_proto_version(w->ctx, TLS1_3_VERSION);
    assert_int_equal(shake_hands(w, NULL), 0);
}

static void tls__a_session_is_resumed_with_its_user(void **state) {
    struct world *w = *state;
    use(w, &w->client);
    SSL_CTX_set_session_cache_mode(w->ctx, SSL_SESS_CACHE_CLIENT);
    assert_int_equal(shake_hands(w, NULL), 1);
    ask(w); /* the ticket comes with the first bytes */
    SSL_SESSION *session = SSL_get1_session(w->ssl);
    assert_int_equal(shake_hands(w, session), 1);
    ask(w);
    assert_int_equal(SSL_session_reused(w->ssl), 1);
    assert_non_null(strstr(w->got.data, "cn=admin"));
    SSL_SESSION_free(session);
}

static void tls__broken_handshakes_are_closed_and_harm_nobody(void **state) {
    struct world *w = *state;
    static const struct {
        const char *name, *bytes;
        size_t len;
        const char *answer;
    } rows[] = {
        {"plain HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27,
         "Client sent an HTTP request to an HTTPS server."},
        {"noise", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, NULL},
        {"a record that is too long", "\x16\x03\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, NULL},
        {"an empty ClientHello", "\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        dial(w);
        assert_int_equal(send(w->fd, rows[i].bytes, rows[i].len, MSG_NOSIGNAL), rows[i].len);
        int64_t end = clock_monotonic_ms() + WAIT_MS;
        char room[4096];
        ssize_t n = -1;
        while (n != 0 && clock_monotonic_ms() < end) {
            turn(w);
            n = recv(w->fd, room, sizeof(room), MSG_DONTWAIT);
            if (n > 0)
                buf_add(&w->got, room, (size_t)n);
            else if (n < 0 && errno != EAGAIN)
                n = 0;
        }
        if (n != 0)
            fail_msg("%s: not closed", rows[i].name);
        assert_true(!rows[i].answer || strstr(buf_str(&w->got), rows[i].answer));
    }
    assert_int_equal(shake_hands(w, NULL), 1);
    ask(w);
    assert_true(str_has_prefix(w->got.data, "HTTP/1.1 200 OK"));
}

static void tls__pem_texts_that_do_not_fit_are_named(void **state) {
    struct world *w = *state;
    const struct {
        const char *cert, *key, *ca, *names;
    } rows[] = {
        {"nonsense", w->server_pair.key, NULL, "certificate"},
        {w->server_pair.cert, "nonsense", NULL, "key"},
        {w->server_pair.cert, w->client.key, NULL, "key"},
        {w->server_pair.cert, w->server_pair.key, "nonsense", "client CA"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        struct http_server_options o = {.address = "127.0.0.1",
                                        .cert_pem = rows[i].cert,
                                        .key_pem = rows[i].key,
                                        .client_ca_pem = rows[i].ca,
                                        .handler = tell_peer};
        assert_null(http_server_new(w->loop, &o, &err));
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, rows[i].names));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(tls__a_client_certificate_names_its_user),
        CASE(tls__without_a_certificate_the_client_is_nobody),
        CASE(tls__a_certificate_of_another_ca_names_nobody_and_is_told),
        CASE(tls__only_http_1_1_is_offered),
        CASE(tls__a_required_certificate_is_required),
        CASE(tls__1_2_is_spoken_and_nothing_else),
        CASE(tls__a_session_is_resumed_with_its_user),
        CASE(tls__broken_handshakes_are_closed_and_harm_nobody),
        CASE(tls__pem_texts_that_do_not_fit_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
