#include "harness/dns/dns_query.h"

#include "harness/core/json.h"

#include <string.h>

/* OpenSSL, which ldns brings in, has a type of this name, harness/core/err.h a code. */
#define ERR_STATE openssl_ERR_STATE
#include <ldns/ldns.h>
#undef ERR_STATE

static void packet_freep(ldns_pkt **p) {
    ldns_pkt_free(*p);
}

int dns_query_build(const char *name, const char *type, uint16_t id, struct buf *ret,
                    struct err *err) {
    ldns_rr_type rr_type = ldns_get_rr_type_by_name(type);
    if (rr_type == 0)
        return err_set(err, ERR_USAGE, "\"%s\" is no DNS record type", type);
    ldns_rdf *owner = *name ? ldns_dname_new_frm_str(name) : NULL;
    if (!owner)
        return err_set(err, ERR_USAGE, "\"%s\" is no domain name", name);

    CLEANUP(packet_freep)
    ldns_pkt *packet = ldns_pkt_query_new(owner, rr_type, LDNS_RR_CLASS_IN, LDNS_RD);
    if (!packet) {
        ldns_rdf_deep_free(owner);
        return err_set(err, ERR_STATE, "cannot build a query for \"%s\"", name);
    }
    ldns_pkt_set_id(packet, id);
    uint8_t *wire = NULL;
    size_t len = 0;
    if (ldns_pkt2wire(&wire, packet, &len) != LDNS_STATUS_OK)
        return err_set(err, ERR_USAGE, "\"%s\" is no domain name", name);
    buf_add(ret, wire, len);
    LDNS_FREE(wire);
    return 0;
}

/* Steals text, which came from malloc. Bytes that are no UTF-8 cannot come: ldns escapes them. */
static void set_text(json_t *object, const char *key, char *text) {
    json_set_str(object, key, text ? text : "");
    free(text);
}

static json_t *record_to_json(const ldns_rr *rr) {
    json_t *record = json_object();
    set_text(record, "name", ldns_rdf2str(ldns_rr_owner(rr)));
    set_text(record, "type", ldns_rr_type2str(ldns_rr_get_type(rr)));
    json_set_int(record, "ttl", ldns_rr_ttl(rr));
    struct buf data = BUF_INIT;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        char *field = ldns_rdf2str(ldns_rr_rdf(rr, i));
        buf_addf(&data, "%s%s", i ? " " : "", field ? field : "");
        free(field);
    }
    set_text(record, "data", buf_detach(&data));
    return record;
}

static json_t *records_to_json(const ldns_rr_list *records) {
    json_t *array = json_array();
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++)
        json_array_append_new(array, record_to_json(ldns_rr_list_rr(records, i)));
    return array;
}

json_t *dns_reply_parse(const void *data, size_t len, struct err *err) {
    CLEANUP(packet_freep) ldns_pkt *packet = NULL;
    ldns_status status = ldns_wire2pkt(&packet, data, len);
    if (status != LDNS_STATUS_OK) {
        err_set(err, ERR_INPUT, "malformed DNS reply of %zu bytes: %s", len,
                ldns_get_errorstr_by_id(status));
        return NULL;
    }
    if (!ldns_pkt_qr(packet)) {
        err_set(err, ERR_INPUT, "malformed DNS reply of %zu bytes: it is a query", len);
        return NULL;
    }

    json_t *reply = json_object();
    set_text(reply, "rcode", ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet)));
    json_set_bool(reply, "aa", ldns_pkt_aa(packet));
    json_set_bool(reply, "tc", ldns_pkt_tc(packet));
    json_set_bool(reply, "ad", ldns_pkt_ad(packet));
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
    if (question) {
        json_t *q = json_object();
        set_text(q, "name", ldns_rdf2str(ldns_rr_owner(question)));
        set_text(q, "type", ldns_rr_type2str(ldns_rr_get_type(question)));
        json_object_set_new(reply, "question", q);
    }
    json_object_set_new(reply, "answer", records_to_json(ldns_pkt_answer(packet)));
    json_object_set_new(reply, "authority", records_to_json(ldns_pkt_authority(packet)));
    json_object_set_new(reply, "additional", records_to_json(ldns_pkt_additional(packet)));
    return reply;
}
