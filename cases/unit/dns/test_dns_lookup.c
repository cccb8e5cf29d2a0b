#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/dns/dns_query.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* A server played by the test itself, on UDP and TCP of one port. */
struct fixture {
    int udp, tcp;
    uint16_t port;
    struct dns_lookup *lookup;
    json_t *reply;
};

static bool bind_both(struct fixture *f) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    f->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = bind(f->tcp, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(f->tcp, 1) == 0 &&
              getsockname(f->tcp, (struct sockaddr *)&a, &len) == 0 &&
              bind(f->udp, (struct sockaddr *)&a, sizeof(a)) == 0;
    f->port = ntohs(a.sin_port);
    if (!ok) {
        close(f->tcp);
        close(f->udp);
    }
    return ok;
}

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    bool ok = false;
    for (int i = 0; i < 20 && !ok; i++)
        ok = bind_both(f); /* the UDP twin of a free TCP port may be taken */
    assert_true(ok);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    dns_lookup_free(f->lookup);
    json_decref(f->reply);
    if (f->udp >= 0)
        close(f->udp);
    if (f->tcp >= 0)
        close(f->tcp);
    free(f);
    return 0;
}

static void start(struct fixture *f, bool tcp) {
    struct err err = {0};
    f->lookup = dns_lookup_start("127.0.0.1", f->port, "a.example", "A", tcp, &err);
    if (!f->lookup)
        fail_msg("%s", err.text);
}

static int step(struct fixture *f, struct err *err) {
    struct pollfd p = {.fd = dns_lookup_fd(f->lookup), .events = dns_lookup_events(f->lookup)};
    assert_int_equal(poll(&p, 1, 10000), 1);
    return dns_lookup_step(f->lookup, &f->reply, err);
}

static size_t take_udp(struct fixture *f, uint8_t data[512], struct sockaddr_in *from) {
    socklen_t len = sizeof(*from);
    ssize_t n = recvfrom(f->udp, data, 512, 0, (struct sockaddr *)from, &len);
    assert_true(n > 12);
    return (size_t)n;
}

static void give_udp(struct fixture *f, const uint8_t *data, size_t n,
                     const struct sockaddr_in *to) {
    assert_true(sendto(f->udp, data, n, 0, (const struct sockaddr *)to, sizeof(*to)) == (ssize_t)n);
}

static void dns_lookup__ignores_answers_to_other_questions(void **state) {
    struct fixture *f = *state;
    start(f, false);
    uint8_t data[512];
    struct sockaddr_in from;
    size_t n = take_udp(f, data, &from);
    data[2] |= 0x80;
    data[3] = 3;
    data[0] ^= 1;
    give_udp(f, data, n, &from); /* another id */
    data[0] ^= 1;
    data[13] = 'b';
    give_udp(f, data, n, &from); /* another name */
    struct err err = {0};
    assert_int_equal(step(f, &err), 0);
    data[13] = 'A'; /* case does not matter */
    give_udp(f, data, n, &from);
    int r = 0;
    for (int i = 0; i < 3 && r == 0; i++)
        r = step(f, &err);
    assert_int_equal(r, 1);
    assert_string_equal(json_str(f->reply, "rcode", NULL), "NXDOMAIN");
}

static void serve_tcp(struct fixture *f) {
    struct err err = {0};
    assert_int_equal(step(f, &err), 0); /* sends the query */
    int fd = accept(f->tcp, NULL, NULL);
    uint8_t data[512];
    ssize_t n = recv(fd, data, sizeof(data), 0);
    assert_true(n > 14);
    data[4] |= 0x80;
    assert_true(send(fd, data, 1, 0) == 1); /* in pieces, in the middle of the length */
    assert_int_equal(step(f, &err), 0);
    assert_true(send(fd, data + 1, (size_t)n - 1, 0) == n - 1);
    int r = 0;
    for (int i = 0; i < 3 && r == 0; i++)
        r = step(f, &err);
    close(fd);
    assert_int_equal(r, 1);
    assert_string_equal(json_str(f->reply, "question", "name", NULL), "a.example.");
}

static void dns_lookup__a_cut_answer_is_asked_again_over_tcp(void **state) {
    struct fixture *f = *state;
    start(f, false);
    uint8_t data[512];
    struct sockaddr_in from;
    size_t n = take_udp(f, data, &from);
    data[2] |= 0x82;
    give_udp(f, data, n, &from);
    struct err err = {0};
    assert_int_equal(step(f, &err), 0);
    serve_tcp(f);
}

static void dns_lookup__can_ask_over_tcp_at_once(void **state) {
    struct fixture *f = *state;
    start(f, true);
    serve_tcp(f);
}

static void dns_lookup__a_closed_port_is_told(void **state) {
    struct fixture *f = *state;
    close(f->udp);
    close(f->tcp);
    f->udp = f->tcp = -1;
    struct err err = {0};
    start(f, false);
    assert_int_equal(step(f, &err), ERR_NET);
    assert_non_null(strstr(err.text, "connection refused"));
    assert_null(dns_lookup_start("localhost", 53, "a.example", "A", false, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(dns_lookup__ignores_answers_to_other_questions),
        CASE(dns_lookup__a_cut_answer_is_asked_again_over_tcp),
        CASE(dns_lookup__can_ask_over_tcp_at_once),
        CASE(dns_lookup__a_closed_port_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
