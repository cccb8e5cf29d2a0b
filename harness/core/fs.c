#include "harness/core/fs.h"
#include "harness/core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LEN_MAX = 64 << 20, OPEN_FILES_MAX = 32 };

static int read_all(int fd, const char *path, struct buf *ret, struct err *err) {
    size_t start = ret->len;
    for (;;) {
        char *room = buf_reserve(ret, 65536);
        if (!room || ret->len - start > FILE_LEN_MAX)
            return err_set(err, ERR_LIMIT, "%s: larger than %d MiB", path, FILE_LEN_MAX >> 20);
        ssize_t n = read(fd, room, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "cannot read %s", path);
        ret->len += (size_t)n;
        ret->data[ret->len] = '\0';
        if (n == 0)
            return 0;
    }
}

int fs_read(const char *path, struct buf *ret, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "cannot open %s", path);
    int rc = read_all(fd, path, ret, err);
    close(fd);
    return rc;
}

static int write_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err) {
    CLEANUP(str_freep) char *temporary = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "cannot write %s", path);

    int failed = write_all(fd, data, len) || fchmod(fd, mode) || fdatasync(fd);
    failed = close(fd) || failed;
    if (failed || rename(temporary, path)) {
        int rc = err_errno(err, "cannot write %s", path);
        unlink(temporary);
        return rc;
    }
    return 0;
}

int fs_write(const char *path, const void *data, size_t len, mode_t mode, struct err *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno(err, "cannot write %s", path);
    int rc = write_all(fd, data, len) ? err_errno(err, "cannot write %s", path) : 0;
    if (close(fd) && rc == 0)
        rc = err_errno(err, "cannot write %s", path);
    return rc;
}

int fs_mkdir_p(const char *path, mode_t mode, struct err *err) {
    CLEANUP(str_freep) char *partial = xstrdup(path);
    for (char *p = partial + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char saved = *p;
        *p = '\0';
        if (mkdir(partial, mode) && errno != EEXIST)
            return err_errno(err, "cannot make the folder %s", partial);
        if (!saved)
            break;
        *p = saved;
    }
    if (!fs_is_dir(path))
        return err_set(err, ERR_IO, "%s is not a folder", path);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int fs_remove_tree(const char *path, struct err *err) {
    if (nftw(path, remove_one, OPEN_FILES_MAX, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return err_errno(err, "cannot remove %s", path);
    return 0;
}

bool fs_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

bool fs_is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *fs_join(const char *dir, const char *name) {
    size_t len = strlen(dir);
    return xasprintf("%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", name);
}

char *fs_program_dir(void) {
    char *path = realpath("/proc/self/exe", NULL);
    char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash) {
        free(path);
        return NULL;
    }
    *slash = '\0';
    return path;
}

static char *if_data(char *dir) {
    CLEANUP(str_freep) char *marker = fs_join(dir, "cases/lifecycle");
    if (fs_is_dir(marker))
        return dir;
    free(dir);
    return NULL;
}

char *fs_data_dir(void) {
    const char *from_environment = getenv("CONFED_DATA");
    if (from_environment && *from_environment)
        return if_data(xstrdup(from_environment));

    CLEANUP(str_freep) char *program_dir = fs_program_dir();
    if (program_dir) {
        char *installed = if_data(fs_join(program_dir, "../share/confed"));
        if (installed)
            return installed;
    }
    return if_data(xstrdup(CONFED_SOURCE_DIR));
}
