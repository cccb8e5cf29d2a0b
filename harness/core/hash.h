/*
 * FNV hashes. FNV-1 orders clusters in the replica planner, FNV-1a names the leaves of SkyDNS
 * records, as in the federation of Kubernetes 1.6 to 1.9 (Go's hash/fnv).
 */
#ifndef CONFED_CORE_HASH_H
#define CONFED_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint32_t hash_fnv1_32(const void *data, size_t len);
uint32_t hash_fnv1a_32(const void *data, size_t len);
uint64_t hash_fnv1a_64(const void *data, size_t len);

#endif
