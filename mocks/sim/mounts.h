/* What a container of a pod sees: its command-line flags, and files that secrets and config maps
 * mount. */
#ifndef CONFED_SIM_MOUNTS_H
#define CONFED_SIM_MOUNTS_H

#include "mocks/apiserver/apiserver.h"

/* Whether command or args hold the word, alone or as the end of a path ("/usr/bin/<word>"). */
bool mounts_runs(const json_t *container, const char *word);
/* The value of --flag=value or of "--flag value" / "-flag value" among command and args; borrowed.
 */
const char *mounts_flag(const json_t *container, const char *flag);
/* The file at path in the container, from a secret or config map of the pod's namespace; owned and
 * NUL-terminated, NULL when nothing mounts it. */
char *mounts_file(const struct apiserver *api, const json_t *pod, const json_t *container,
                  const char *path);

#endif
