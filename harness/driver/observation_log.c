#include "harness/driver/observation_log.h"
#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int write_all(const struct observation_log *log, const char *data, size_t len,
                     struct err *err) {
    while (len > 0) {
        ssize_t n = write(log->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "cannot write %s", log->path);
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

int observation_log_open(struct observation_log *log, const char *run_dir, struct err *err) {
    log->path = fs_join(run_dir, "observations.jsonl");
    log->fd = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log->fd < 0)
        return err_errno(err, "cannot write %s", log->path);
    if (flock(log->fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_STATE, "%s: this run is going on elsewhere", run_dir);
    off_t len = lseek(log->fd, 0, SEEK_END);
    char last = '\n';
    if (len > 0 && pread(log->fd, &last, 1, len - 1) == 1 && last != '\n') {
        /* The line that was being written when the run was killed says nothing: take it off. */
        struct buf text = BUF_INIT;
        int rc = fs_read(log->path, &text, err);
        while (rc == 0 && text.len > 0 && text.data[text.len - 1] != '\n')
            buf_truncate(&text, text.len - 1);
        if (rc == 0 && ftruncate(log->fd, (off_t)text.len) < 0)
            rc = err_errno(err, "cannot shorten %s", log->path);
        buf_release(&text);
        return rc;
    }
    return 0;
}

void observation_log_close(struct observation_log *log) {
    if (log->fd >= 0)
        (void)close(log->fd);
    log->fd = -1;
    free(log->path);
    log->path = NULL;
}

int observation_log_add(struct observation_log *log, const json_t *event, struct err *err) {
    struct buf line = BUF_INIT;
    json_dump_to(event, false, &line);
    buf_addc(&line, '\n');
    int rc = write_all(log, buf_str(&line), line.len, err);
    buf_release(&line);
    return rc;
}

int observation_log_sync(struct observation_log *log, struct err *err) {
    if (fdatasync(log->fd) < 0 && errno != EINVAL && errno != EROFS)
        return err_errno(err, "cannot sync %s", log->path);
    return 0;
}
