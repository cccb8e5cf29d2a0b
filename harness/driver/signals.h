/* SIGINT, SIGTERM and SIGHUP as a descriptor of the loop, while a run is going on. */
#ifndef CONFED_DRIVER_SIGNALS_H
#define CONFED_DRIVER_SIGNALS_H

#include "harness/core/err.h"

#include <signal.h>

struct signals {
    int fd;
    sigset_t before; /* the mask to go back to */
};

int signals_open(struct signals *s, struct err *err);
void signals_close(struct signals *s);
/* How many have come since it was last asked. */
int signals_take(struct signals *s);

#endif
