/* Bound sockets: non-blocking, closed on exec, numeric addresses only. */
#ifndef CONFED_SERVE_SOCKET_H
#define CONFED_SERVE_SOCKET_H

#include "harness/core/err.h"

#include <stdint.h>
#include <sys/socket.h>

#define SOCKET_NAME_SIZE 64

/*
 * Binds (and listens, for SOCK_STREAM) and returns the descriptor, owned. port 0: the kernel
 * chooses. ERR_IO names the address and port; ERR_USAGE: address is no IP address.
 */
int socket_bind(int type, const char *address, uint16_t port, uint16_t *ret_port, struct err *err);
/* Connects without waiting for it and returns the descriptor, owned. ERR_IO: no way there. */
int socket_connect(int type, const char *address, uint16_t port, struct err *err);
/* "127.0.0.1:41234", "[::1]:80"; returns text. */
char *socket_name(const struct sockaddr_storage *address, char text[SOCKET_NAME_SIZE]);

#endif
