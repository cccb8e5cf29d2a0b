/* metav1.Status values of remote commands and of their refusals. */
#ifndef CONFED_APISERVER_REMOTE_STATUS_H
#define CONFED_APISERVER_REMOTE_STATUS_H

#include "harness/core/err.h"
#include "mocks/serve/http.h"

#include <stdbool.h>

/* Answers with a Status of kind Failure; reason NULL: the usual one for the code. */
void remote_refuse(struct http_exchange *x, int code, const char *message);
/* The code that fits what a kubelet said, and its text. */
void remote_refuse_err(struct http_exchange *x, const struct err *err);
/*
 * What the error channel carries when a command has ended; owned. From v4 on a Status as JSON;
 * before, plain text, and nothing (NULL) for success.
 */
char *remote_exit_status(bool as_json, int code, const char *problem);

#endif
