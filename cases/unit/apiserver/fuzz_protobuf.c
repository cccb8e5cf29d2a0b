/* Objects in protobuf: what can be read can be written, and what was written can be read. */
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "mocks/apiserver/protobuf.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *object = protobuf_decode(data, size, &err);
    if (!object) {
        assert(err.code < 0 && err.text[0]);
        return 0;
    }
    struct buf out = BUF_INIT;
    if (protobuf_encode(object, &out, &err) == 0) {
        CLEANUP(json_freep) json_t *again = protobuf_decode(out.data, out.len, &err);
        assert(again);
    }
    buf_release(&out);
    return 0;
}
