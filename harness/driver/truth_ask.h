/* The truth table of a service asked for at once, by somebody who has no run: confed dns. */
#ifndef CONFED_DRIVER_TRUTH_ASK_H
#define CONFED_DRIVER_TRUTH_ASK_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdint.h>

/*
 * Waits for the table; owned, NULL with ERR_TIMEOUT or ERR_IO. args: those of truth_gather_start;
 * env: of kubectl; kubeconfig: a file.
 */
json_t *truth_ask_now(const json_t *args, const json_t *env, const char *kubeconfig,
                      const char *work_dir, int64_t timeout_ms, struct err *err);

#endif
