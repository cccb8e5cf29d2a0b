#include "harness/core/hash.h"

uint32_t hash_fnv1_32(const void *data, size_t len) {
    const unsigned char *p = data;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++)
        hash = (hash * 16777619u) ^ p[i];
    return hash;
}

uint32_t hash_fnv1a_32(const void *data, size_t len) {
    const unsigned char *p = data;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * 16777619u;
    return hash;
}

uint64_t hash_fnv1a_64(const void *data, size_t len) {
    const unsigned char *p = data;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * 1099511628211u;
    return hash;
}
