/* Any bytes as what nslookup printed: parsed to a whole result, never crashing. */
#include "harness/core/json.h"
#include "harness/dns/nslookup.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    json_t *result = nslookup_parse(text, size / 2, text + size / 2, size - size / 2);
    assert(json_str(result, "form", NULL) && json_object_size(result) == 8);
    json_decref(result);
    result = nslookup_parse(text, size, NULL, 0);
    CLEANUP(str_freep) char *dumped = json_text(result);
    assert(dumped);
    json_decref(result);
    return 0;
}
