/*
 * The writer of names and their compression: names made of the input's bytes go into a reply, some
 * by UDP and some by TCP, and must be read back as they were, in their order.
 */
#include "harness/core/json.h"
#include "harness/dns/dns_query.h"
#include "harness/dns/dns_wire.h"

#include <assert.h>
#include <string.h>

enum { NAMES_MAX = 64, LABEL_MAX = 63 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next name: labels with their lengths in front, the lengths cut to what is allowed. */
static bool take_name(const uint8_t **data, size_t *size, struct dns_name *ret) {
    size_t len = 0;
    while (*size > 0) {
        size_t label = **data & LABEL_MAX;
        (*data)++, (*size)--;
        if (label == 0)
            break;
        if (label > *size)
            label = *size;
        if (label == 0 || len + 1 + label + 1 > DNS_NAME_SIZE)
            break;
        ret->data[len++] = (uint8_t)label;
        memcpy(ret->data + len, *data, label);
        len += label;
        *data += label;
        *size -= label;
    }
    ret->data[len++] = 0;
    ret->len = (uint8_t)len;
    return len > 1 || *size > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    bool tcp = data[0] & 1;
    struct dns_query q = {.id = 7,
                          .type = DNS_CNAME,
                          .class = DNS_IN,
                          .edns = data[0] & 2,
                          .udp_size = (uint16_t)(data[1] << 4)};
    data += 2, size -= 2;
    static struct dns_name names[NAMES_MAX];
    size_t count = 0;
    while (count < NAMES_MAX && take_name(&data, &size, &names[count]))
        count++;
    if (count < 2)
        return 0;

    q.name = names[0];
    struct buf out = BUF_INIT_LIMIT(1 << 17);
    struct dns_reply r;
    dns_reply_begin(&r, &q, tcp, &out);
    for (size_t i = 1; i < count; i++)
        dns_reply_name(&r, DNS_ANSWER, &names[i - 1], DNS_CNAME, 30, &names[i]);
    dns_reply_end(&r);
    if (!tcp)
        assert(out.len <= (q.edns && q.udp_size > 512 ? q.udp_size : 512u));

    struct dns_reader reader;
    struct dns_record record;
    assert(dns_reader_init(&reader, out.data, out.len));
    size_t i = 1;
    for (; dns_reader_next(&reader, &record); i++) {
        assert(i < count);
        assert(dns_name_equal(&record.owner, &names[i - 1]));
        assert(dns_name_equal(&record.target, &names[i]));
    }
    assert(i == count || r.tc);
    json_t *json = dns_reply_parse(out.data, out.len, NULL);
    assert(json);
    json_decref(json);
    buf_release(&out);
    return 0;
}
