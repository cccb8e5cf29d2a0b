#include "harness/core/rng.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>

void rng_init(struct rng *r, uint64_t seed) {
    r->state = seed + 1442695040888963407u;
    rng_u32(r);
    r->state += seed;
    rng_u32(r);
}

uint64_t rng_seed_from_os(void) {
    uint64_t seed = 1;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        seed = 1;
    return seed >> 16; /* short enough to type */
}

uint32_t rng_u32(struct rng *r) {
    uint64_t old = r->state;
    r->state = old * 6364136223846793005u + 1442695040888963407u;
    uint32_t shifted = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t rot = (uint32_t)(old >> 59);
    return (shifted >> rot) | (shifted << ((32 - rot) & 31));
}

uint32_t rng_below(struct rng *r, uint32_t bound) {
    assert(bound > 0);
    return (uint32_t)(((uint64_t)rng_u32(r) * bound) >> 32);
}

double rng_unit(struct rng *r) {
    return rng_u32(r) / 4294967296.0;
}

void rng_name_suffix(struct rng *r, char *text, size_t len) {
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[rng_below(r, sizeof(alphabet) - 1)];
    text[len] = '\0';
}

void rng_uuid(struct rng *r, char text[37]) {
    uint32_t a = rng_u32(r), b = rng_u32(r), c = rng_u32(r), d = rng_u32(r);
    snprintf(text, 37, "%08x-%04x-4%03x-%04x-%04x%08x", a, b >> 16, b & 0xfff,
             0x8000u | (c >> 16 & 0x3fff), c & 0xffff, d);
}
