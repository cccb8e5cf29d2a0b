#include "harness/dns/dns_chain.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct dns_chain {
    char *name, *type; /* as asked at first; name with a dot at the end */
    char *final;       /* where the way has led so far */
    json_t *chain, *records, *additional;
    const char *end;
    char *rcode;
    bool aa;
    int questions;
};

static char *with_dot(const char *name) {
    return xasprintf("%s%s", name, str_has_suffix(name, ".") ? "" : ".");
}

struct dns_chain *dns_chain_new(const char *name, const char *type) {
    struct dns_chain *c = xcalloc(1, sizeof(*c));
    c->name = with_dot(name);
    c->type = xstrdup(type);
    c->final = xstrdup(c->name);
    c->chain = json_array();
    c->records = json_array();
    c->additional = json_array();
    c->end = "nodata";
    c->rcode = xstrdup("");
    return c;
}

void dns_chain_free(struct dns_chain *c) {
    if (!c)
        return;
    free(c->name);
    free(c->type);
    free(c->final);
    free(c->rcode);
    json_decref(c->chain);
    json_decref(c->records);
    json_decref(c->additional);
    free(c);
}

const char *dns_chain_name(const struct dns_chain *c) {
    return c->final;
}

static bool is_of(const json_t *record, const char *name, const char *type) {
    const char *owner = json_str(record, "name", NULL), *kind = json_str(record, "type", NULL);
    return owner && kind && strcasecmp(owner, name) == 0 && strcasecmp(kind, type) == 0;
}

/* Whether the way has been at this name before. */
static bool was_at(const struct dns_chain *c, const char *name) {
    size_t i;
    json_t *hop;
    json_array_foreach(c->chain, i, hop) {
        if (strcasecmp(json_str(hop, "name", NULL), name) == 0)
            return true;
    }
    return false;
}

/* One CNAME further within the reply; false: there is none, or the chain ends here. */
static bool go_on(struct dns_chain *c, const json_t *answer) {
    size_t i;
    json_t *record;
    json_array_foreach(answer, i, record) {
        const char *target = json_str(record, "data", NULL);
        if (!is_of(record, c->final, "CNAME") || !target)
            continue;
        json_array_append_new(c->chain,
                              json_pack("{s:s, s:s, s:I}", "name", c->final, "target", target,
                                        "ttl", (json_int_t)json_int(record, 0, "ttl", NULL)));
        free(c->final);
        c->final = xstrdup(target);
        if (was_at(c, c->final))
            c->end = "loop";
        else if (json_array_size(c->chain) >= DNS_CHAIN_MAX)
            c->end = "long";
        else
            return true;
        return false;
    }
    return false;
}

static void take_records(struct dns_chain *c, const json_t *answer) {
    size_t i;
    json_t *record;
    json_array_foreach(answer, i, record) {
        if (is_of(record, c->final, c->type))
            json_array_append(c->records, record);
    }
}

bool dns_chain_read(struct dns_chain *c, const json_t *reply) {
    const json_t *answer = json_object_get(reply, "answer");
    const char *rcode = json_str(reply, "rcode", NULL);
    size_t hops = json_array_size(c->chain);
    c->questions++;
    free(c->rcode);
    c->rcode = xstrdup(rcode ? rcode : "");
    c->aa = json_flag(reply, "aa", NULL);
    c->end = "nodata";
    take_records(c, answer);
    while (json_array_size(c->records) == 0 && strcasecmp(c->type, "CNAME") != 0 &&
           go_on(c, answer))
        take_records(c, answer);
    if (json_array_size(c->records) > 0) {
        c->end = "found";
        json_array_extend(c->additional, json_object_get(reply, "additional"));
        return false;
    }
    if (strcmp(c->end, "nodata") != 0)
        return false;
    if (strcmp(c->rcode, "NOERROR") != 0) {
        c->end = "error";
        return false;
    }
    return json_array_size(c->chain) > hops; /* the server stopped at a name: ask for it */
}

json_t *dns_chain_result(const struct dns_chain *c) {
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:s, s:O, s:O, s:O}", "name", c->name, "type",
                     c->type, "end", c->end, "rcode", c->rcode, "aa", c->aa, "questions",
                     c->questions, "final", c->final, "chain", c->chain, "records", c->records,
                     "additional", c->additional);
}
