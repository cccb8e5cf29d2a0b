#include "reports/whole.h"
#include "harness/core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes all of it; errno of the first failure when it is false. */
static bool write_all(FILE *out, whole_writer *write, void *self) {
    errno = 0;
    write(self, out);
    if (ferror(out)) {
        errno = errno ? errno : EIO;
        return false;
    }
    return fflush(out) == 0;
}

int whole_write_stream(FILE *out, const char *name, whole_writer *write, void *self,
                       struct err *err) {
    return write_all(out, write, self) ? 0 : err_errno(err, "cannot write %s", name);
}

int whole_write(const char *path, whole_writer *write, void *self, struct err *err) {
    CLEANUP(str_freep) char *temporary = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        int rc = err_errno(err, "cannot write %s", path);
        if (fd >= 0) {
            (void)close(fd);
            (void)unlink(temporary);
        }
        return rc;
    }
    bool whole = write_all(out, write, self) && fchmod(fd, 0644) == 0 && fdatasync(fd) == 0;
    int failure = whole ? 0 : errno;
    if (fclose(out) != 0 && whole) {
        whole = false;
        failure = errno;
    }
    if (whole && rename(temporary, path) == 0)
        return 0;
    errno = whole ? errno : failure;
    int rc = err_errno(err, "cannot write %s", path);
    (void)unlink(temporary);
    return rc;
}
