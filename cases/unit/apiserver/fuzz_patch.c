/* Patches of any kind against any object: [kind, resource kind, original, patch]. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(json_freep) json_t *input = json_loadb((const char *)data, size, 0, NULL);
    const char *kind = json_str(input, "[1]", NULL);
    const json_t *original = json_array_get(input, 2), *patch = json_array_get(input, 3);
    if (!original || !patch)
        return 0;
    CLEANUP(json_freep) json_t *result = NULL;
    struct err err = {0};
    enum patch_kind which = (enum patch_kind)((uint64_t)json_int(input, 0, "[0]", NULL) % 3);
    (void)patch_apply(which, kind ? kind : "Pod", original, patch, &result, &err);
    return 0;
}
