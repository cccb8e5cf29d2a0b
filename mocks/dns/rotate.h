/*
 * Round robin: the addresses of an answer change places, so that each is the first in its turn.
 * Works on the message as it is sent, for the answer that is kept stays the same. Internal to this
 * folder.
 */
#ifndef CONFED_DNSSERVER_ROTATE_H
#define CONFED_DNSSERVER_ROTATE_H

#include <stdbool.h>
#include <stddef.h>

/* Moves each run of A or of AAAA records by turn places; false: there are no two in a row. */
bool rotate_addresses(void *message, size_t len, unsigned turn);

#endif
