/*
 * usage: bench_answers PORT FILE [--latency]
 * Asks the questions of a file of dnsperf's (name and type, one a line) of the server on that port,
 * one after the other over UDP. Writes each answer, its id left out, as a line of hex, so that two
 * runs can be compared; or the microseconds within which 99 of 100 answers came.
 */
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/dns/dns_query.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TRIES = 5, WAIT_MS = 1000, ANSWER_MAX = 4096, ID_SIZE = 2 };

static void die(const char *what) {
    fprintf(stderr, "bench_answers: %s\n", what);
    exit(1);
}

static int dial(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        die("no socket");
    return fd;
}

/* A late answer to the question before has another id and is dropped. */
static size_t ask(int fd, const struct buf *query, char answer[ANSWER_MAX]) {
    for (int i = 0; i < TRIES; i++) {
        if (send(fd, query->data, query->len, 0) != (ssize_t)query->len)
            die("cannot send");
        int64_t end_ms = clock_monotonic_ms() + WAIT_MS;
        for (int64_t left_ms; (left_ms = end_ms - clock_monotonic_ms()) > 0;) {
            struct pollfd p = {.fd = fd, .events = POLLIN};
            if (poll(&p, 1, (int)left_ms) <= 0)
                break;
            ssize_t n = recv(fd, answer, ANSWER_MAX, 0);
            if (n >= ID_SIZE && memcmp(answer, query->data, ID_SIZE) == 0)
                return (size_t)n;
        }
    }
    die("no answer");
    return 0;
}

static void print_hex(const char *answer, size_t len) {
    for (size_t i = ID_SIZE; i < len; i++)
        printf("%02x", (unsigned)(unsigned char)answer[i]);
    printf("\n");
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    struct err err = {0};
    int64_t port = 0;
    struct buf file = BUF_INIT, query = BUF_INIT;
    char answer[ANSWER_MAX];
    uint16_t id = 0;
    double *us = NULL;
    size_t count = 0, cap = 0;
    bool latency = argc == 4 && str_eq(argv[3], "--latency");
    if ((argc != 3 && !latency) || !str_to_int(argv[1], 1, 65535, &port))
        die("expected a port and a file");
    if (fs_read(argv[2], &file, &err) < 0)
        die(err.text);
    int fd = dial((uint16_t)port);
    char *rest = file.data;
    for (char *line; (line = str_next(&rest, '\n'));) {
        char *type = strchr(line, ' ');
        if (!type)
            continue;
        *type++ = '\0';
        buf_clear(&query);
        if (dns_query_build(line, type, ++id, &query, &err) < 0)
            die(err.text);
        int64_t begin_us = clock_monotonic_us();
        size_t len = ask(fd, &query, answer);
        us = xgrow(us, count, &cap, sizeof(*us));
        us[count++] = (double)(clock_monotonic_us() - begin_us);
        if (!latency)
            print_hex(answer, len);
    }
    if (latency && count) {
        qsort(us, count, sizeof(*us), ascending);
        printf("%.0f\n", us[count - 1 - count / 100]);
    }
    free(us);
    buf_release(&file);
    buf_release(&query);
    return 0;
}
