#include "harness/driver/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(struct signals *s, struct err *err) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, &s->before) < 0)
        return err_errno(err, "cannot block signals");
    s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0) {
        (void)sigprocmask(SIG_SETMASK, &s->before, NULL);
        return err_errno(err, "cannot read signals");
    }
    return 0;
}

void signals_close(struct signals *s) {
    if (s->fd < 0)
        return;
    (void)signals_take(s); /* else one that came late would end us when it is let through */
    (void)close(s->fd);
    s->fd = -1;
    (void)sigprocmask(SIG_SETMASK, &s->before, NULL);
}

int signals_take(struct signals *s) {
    struct signalfd_siginfo info;
    int count = 0;
    while (read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        count++;
    return count;
}
