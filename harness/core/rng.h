/*
 * Random numbers from a seed (PCG-XSH-RR 64/32): the same seed gives the same world. Not for keys.
 */
#ifndef CONFED_CORE_RNG_H
#define CONFED_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

void rng_init(struct rng *r, uint64_t seed);
uint64_t rng_seed_from_os(void);
uint32_t rng_u32(struct rng *r);
/* Uniform in [0, bound); bound > 0. */
uint32_t rng_below(struct rng *r, uint32_t bound);
/* Uniform in [0, 1). */
double rng_unit(struct rng *r);
/* len letters of Kubernetes' generated-name alphabet ("bcdfghjklmnpqrstvwxz2456789"), NUL after. */
void rng_name_suffix(struct rng *r, char *text, size_t len);
/* A version 4 UUID, 36 characters and NUL. */
void rng_uuid(struct rng *r, char text[37]);

#endif
