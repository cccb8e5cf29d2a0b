/* Any text as label and as field selector, matched against a pod. */
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "mocks/apiserver/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(str_freep) char *text = xstrndup((const char *)data, size);
    CLEANUP(json_freep)
    json_t *pod = json_pack("{s:{s:s,s:{s:s,s:s}},s:{s:s}}", "metadata", "name", "p", "labels",
                            "app", "web", "b", "4", "status", "phase", "Running");
    struct selector s = {.count = 0};
    if (selector_parse_labels(text, &s, NULL) == 0)
        (void)selector_matches_labels(&s, pod);
    selector_release(&s);
    if (selector_parse_fields(text, resource_find("", "v1", "pods"), false, &s, NULL) == 0)
        (void)selector_matches_fields(&s, pod);
    selector_release(&s);
    return 0;
}
