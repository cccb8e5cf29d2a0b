/*
 * Runs a fuzz target without libFuzzer: replays each seed of the folder given as the argument, then
 * a fixed number of mutations of them from a fixed seed, so that ctest shows a regression.
 *
 *     fuzz_http CORPUS_DIR [SEED]
 */
#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"
#include "harness/core/rng.h"
#include "harness/core/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MUTATIONS_PER_SEED = 300, CHANGES_MAX = 8 };

static void mutate(struct rng *rng, uint8_t *data, size_t *len) {
    uint32_t changes = 1 + rng_below(rng, CHANGES_MAX);
    while (changes-- && *len) {
        size_t at = rng_below(rng, (uint32_t)*len);
        switch (rng_below(rng, 4)) {
        case 0:
            data[at] = (uint8_t)rng_u32(rng);
            break;
        case 1:
            data[at] ^= (uint8_t)(1u << rng_below(rng, 8));
            break;
        case 2:
            *len = at;
            break;
        default:
            memmove(data + at, data + at + 1, --*len - at);
        }
    }
}

static void run_exact(const uint8_t *data, size_t len) {
    uint8_t *copy = xmemdup(data, len); /* exact size: a read past the end is seen */
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static int run_file(const char *path, struct rng *rng) {
    struct buf seed = BUF_INIT;
    struct err err = {0};
    if (fs_read(path, &seed, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    run_exact((const uint8_t *)buf_str(&seed), seed.len);
    for (int i = 0; i < MUTATIONS_PER_SEED; i++) {
        uint8_t *copy = xmemdup(buf_str(&seed), seed.len);
        size_t len = seed.len;
        mutate(rng, copy, &len);
        run_exact(copy, len);
        free(copy);
    }
    buf_release(&seed);
    return 0;
}

int main(int argc, char **argv) {
    int64_t seed = 1;
    if (argc < 2 || (argc > 2 && !str_to_int(argv[2], 0, INT32_MAX, &seed))) {
        fprintf(stderr, "usage: %s CORPUS_DIR [SEED]\n", argv[0]);
        return 2;
    }
    DIR *dir = opendir(argv[1]);
    if (!dir) {
        fprintf(stderr, "%s: no such corpus\n", argv[1]);
        return 2;
    }
    struct rng rng;
    rng_init(&rng, (uint64_t)seed);
    int failed = 0, files = 0;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = fs_join(argv[1], entry->d_name);
        failed |= run_file(path, &rng);
        files++;
        free(path);
    }
    closedir(dir);
    printf("%d seeds, %d inputs\n", files, files * (MUTATIONS_PER_SEED + 1));
    return failed || files == 0;
}
