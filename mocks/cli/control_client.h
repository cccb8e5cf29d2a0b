/*
 * A client of the world's control socket (mocks/sim/README.md): sends one request, hands on what
 * comes back. A client that ends closes the socket, and the world abandons the command.
 */
#ifndef CONFED_CLI_CONTROL_CLIENT_H
#define CONFED_CLI_CONTROL_CLIENT_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Sends request to the socket and calls on_answer for each object of the reply; its answer false
 * ends the reading. Negative when no world listens there or it broke off.
 */
int control_client_call(const char *socket_path, const json_t *request,
                        bool (*on_answer)(void *self, const json_t *answer), void *self,
                        struct err *err);

#endif
