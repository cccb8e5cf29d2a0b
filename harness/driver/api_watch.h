/*
 * A watch that only wakes: it says that something about a path of the API may have changed, so that
 * whoever waits asks again.
 */
#ifndef CONFED_DRIVER_API_WATCH_H
#define CONFED_DRIVER_API_WATCH_H

#include "harness/driver/ask.h"

struct api_watch;
/*
 * Watches what args (context, path) name, from the version of the last answer's body (NULL
 * allowed); owned. NULL when the path is not one that can be watched. on_event is called from the
 * loop; once the watch has closed (api_watch_is_open) it stays silent.
 */
struct api_watch *api_watch_start(const struct ask_place *place, const json_t *args,
                                  const json_t *body, void (*on_event)(void *self), void *self);
bool api_watch_is_open(const struct api_watch *w);
/* Whether it was open and came to its end: another one may be started. */
bool api_watch_is_over(const struct api_watch *w);
void api_watch_free(struct api_watch *w);

#endif
