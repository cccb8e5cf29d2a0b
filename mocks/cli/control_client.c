#include "mocks/cli/control_client.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ANSWER_MAX ((size_t)64 << 20)

static int connect_to(const char *path, struct err *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return err_set(err, ERR_INPUT, "%s: the path of a socket has at most %zu characters", path,
                       sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(err, "socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        err_set(err, ERR_NET, "no simulated world listens at %s (%s); start one with \"confed up\"",
                path, strerror(errno));
        close(fd);
        return ERR_NET;
    }
    return fd;
}

static int send_all(int fd, const char *data, size_t len, struct err *err) {
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "the simulated world does not take requests");
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Hands on the whole lines of b. 1: go on, 0: enough, negative: malformed. */
static int take_lines(struct buf *b, bool (*on_answer)(void *self, const json_t *answer),
                      void *self, struct err *err) {
    size_t at = 0;
    int more = 1;
    while (more == 1 && at < b->len) {
        const char *line = b->data + at, *end = memchr(line, '\n', b->len - at);
        if (!end)
            break;
        json_t *answer = json_parse(line, (size_t)(end - line), "answer of the world", err);
        if (!answer)
            return ERR_INPUT;
        more = on_answer(self, answer) ? 1 : 0;
        json_decref(answer);
        at += (size_t)(end - line) + 1;
    }
    buf_consume(b, at);
    return more;
}

static int read_answers(int fd, bool (*on_answer)(void *self, const json_t *answer), void *self,
                        struct err *err) {
    struct buf b = BUF_INIT_LIMIT(ANSWER_MAX);
    int rc = 1;
    while (rc == 1) {
        char *room = buf_reserve(&b, 65536);
        if (!room) {
            rc = err_set(err, ERR_LIMIT, "an answer of the world has more than %zu bytes",
                         ANSWER_MAX);
            break;
        }
        ssize_t n = recv(fd, room, 65536, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            rc = err_set(err, ERR_NET, "the simulated world broke off");
            break;
        }
        b.len += (size_t)n;
        rc = take_lines(&b, on_answer, self, err);
    }
    buf_release(&b);
    return rc;
}

int control_client_call(const char *socket_path, const json_t *request,
                        bool (*on_answer)(void *self, const json_t *answer), void *self,
                        struct err *err) {
    int fd = connect_to(socket_path, err);
    if (fd < 0)
        return fd;
    struct buf line = BUF_INIT;
    json_dump_to(request, false, &line);
    buf_addc(&line, '\n');
    int rc = send_all(fd, buf_str(&line), line.len, err);
    buf_release(&line);
    if (rc == 0)
        rc = read_answers(fd, on_answer, self, err);
    close(fd);
    return rc;
}
