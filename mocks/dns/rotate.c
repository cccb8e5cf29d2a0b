#include "mocks/dns/rotate.h"

#include "harness/dns/dns_wire.h"

#include <stdint.h>
#include <string.h>

enum { HEADER_SIZE = 12, FIXED_SIZE = 10, RUN_MAX = 256, DATA_MAX = 16 };

static unsigned get16(const uint8_t *p) {
    return (unsigned)p[0] << 8 | p[1];
}

/* Behind the name; 0: it is cut off. */
static size_t skip_name(const uint8_t *data, size_t len, size_t at) {
    while (at < len && data[at] != 0 && data[at] < 0xc0)
        at += 1u + data[at];
    if (at >= len)
        return 0;
    at += data[at] == 0 ? 1 : 2;
    return at <= len ? at : 0;
}

struct run {
    unsigned type;
    size_t data_len, count;
    size_t at[RUN_MAX]; /* of the addresses */
};

static bool turn_run(uint8_t *data, const struct run *r, unsigned turn) {
    uint8_t copy[RUN_MAX][DATA_MAX];
    if (r->count < 2)
        return false;
    for (size_t i = 0; i < r->count; i++)
        memcpy(copy[i], data + r->at[i], r->data_len);
    for (size_t i = 0; i < r->count; i++)
        memcpy(data + r->at[i], copy[(i + turn) % r->count], r->data_len);
    return true;
}

bool rotate_addresses(void *message, size_t len, unsigned turn) {
    uint8_t *data = message;
    struct run run = {0};
    bool turned = false;
    if (len < HEADER_SIZE || get16(data + 4) != 1)
        return false;
    size_t at = skip_name(data, len, HEADER_SIZE);
    at = at ? at + 4 : 0;
    for (unsigned left = get16(data + 6); left > 0 && at; left--) {
        at = skip_name(data, len, at);
        if (!at || at + FIXED_SIZE > len)
            break;
        unsigned type = get16(data + at);
        size_t data_len = get16(data + at + 8);
        at += FIXED_SIZE;
        if (at + data_len > len)
            break;
        bool is_address = (type == DNS_A && data_len == 4) || (type == DNS_AAAA && data_len == 16);
        if (!is_address || type != run.type || run.count == RUN_MAX) {
            turned = turn_run(data, &run, turn) || turned;
            run = (struct run){.type = type, .data_len = data_len};
        }
        if (is_address)
            run.at[run.count++] = at;
        at += data_len;
    }
    return turn_run(data, &run, turn) || turned;
}
