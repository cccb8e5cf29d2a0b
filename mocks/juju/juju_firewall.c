/*
 * A port is reachable from outside when its unit opened it and its application is exposed. Two
 * units on one machine may open the same port; it closes with the last of them.
 */
#include "harness/core/str.h"
#include "mocks/juju/juju_state.h"
#include "mocks/juju/juju_trouble.h"

#define RANGES_MAX 1000

static bool covers(const struct juju_ports *p, uint16_t port, const char *protocol) {
    return p->reachable && p->from <= port && port <= p->to && str_eq(p->protocol, protocol);
}

/* Whether another range makes the port reachable at that machine. */
static bool held_by_another(const struct juju_unit *u, const struct juju_ports *range,
                            uint16_t port) {
    const struct juju_model *m = u->app->model;
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++) {
            const struct juju_unit *other = m->apps[i]->units[k];
            if (other->machine != u->machine)
                continue;
            for (size_t n = 0; n < other->port_count; n++)
                if (&other->ports[n] != range && covers(&other->ports[n], port, range->protocol))
                    return true;
        }
    return false;
}

static void set_reachable(struct juju_unit *u, struct juju_ports *range, bool reachable) {
    struct juju *j = u->app->model->juju;
    if (range->reachable == reachable)
        return;
    range->reachable = reachable;
    if (reachable)
        range->unruled = juju_trouble_port(u, range);
    if (!j->ops.port_changed || !u->machine->address)
        return;
    const char *const addresses[] = {range->unruled ? NULL : u->machine->address,
                                     u->machine->private_address};
    for (uint32_t port = range->from; port <= range->to; port++)
        for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
            if (addresses[i] && !held_by_another(u, range, (uint16_t)port))
                j->ops.port_changed(j->ops.self, u->app->model->name, u->app->name, addresses[i],
                                    (uint16_t)port, range->protocol, reachable);
}

void juju_firewall_update(struct juju_application *a) {
    for (size_t i = 0; i < a->unit_count; i++)
        for (size_t k = 0; k < a->units[i]->port_count; k++)
            set_reachable(a->units[i], &a->units[i]->ports[k], a->exposed);
}

static struct juju_ports *find(struct juju_unit *u, uint16_t from, uint16_t to,
                               const char *protocol) {
    for (size_t i = 0; i < u->port_count; i++)
        if (u->ports[i].from == from && u->ports[i].to == to &&
            str_eq(u->ports[i].protocol, protocol))
            return &u->ports[i];
    return NULL;
}

bool juju_firewall_open(struct juju_unit *u, uint16_t from, uint16_t to, const char *protocol) {
    if (find(u, from, to, protocol) || u->port_count >= RANGES_MAX)
        return false;
    u->ports = xgrow(u->ports, u->port_count, &u->port_cap, sizeof(*u->ports));
    struct juju_ports *range = &u->ports[u->port_count++];
    *range = (struct juju_ports){.from = from, .to = to};
    snprintf(range->protocol, sizeof(range->protocol), "%s", protocol);
    set_reachable(u, range, u->app->exposed);
    return true;
}

static void drop(struct juju_unit *u, struct juju_ports *range) {
    set_reachable(u, range, false);
    size_t at = (size_t)(range - u->ports);
    memmove(range, range + 1, (--u->port_count - at) * sizeof(*range));
}

bool juju_firewall_close(struct juju_unit *u, uint16_t from, uint16_t to, const char *protocol) {
    struct juju_ports *range = find(u, from, to, protocol);
    if (range)
        drop(u, range);
    return range != NULL;
}

void juju_firewall_close_all(struct juju_unit *u) {
    while (u->port_count > 0)
        drop(u, &u->ports[u->port_count - 1]);
}

bool juju_firewall_parse(const char *text, uint16_t *ret_from, uint16_t *ret_to,
                         char ret_protocol[8], struct err *err) {
    char *copy = xstrdup(text), *rest = copy;
    char *ports = str_next(&rest, '/');
    const char *protocol = rest ? rest : "tcp";
    char *dash = ports ? strchr(ports, '-') : NULL;
    if (dash)
        *dash = '\0';
    int64_t from, to;
    bool ok = ports && str_to_int(ports, 1, UINT16_MAX, &from);
    if (ok && !dash)
        to = from;
    else
        ok = ok && str_to_int(dash + 1, from, UINT16_MAX, &to);
    if (!ok)
        err_set(err, ERR_USAGE,
                "expected <port>[/<protocol>] or <from>-<to>[/<protocol>]; got \"%s\"", text);
    else if (!str_eq(protocol, "tcp") && !str_eq(protocol, "udp")) {
        err_set(err, ERR_USAGE, "protocol must be \"tcp\" or \"udp\"; got \"%s\"", protocol);
        ok = false;
    } else {
        *ret_from = (uint16_t)from;
        *ret_to = (uint16_t)to;
        snprintf(ret_protocol, 8, "%s", protocol);
    }
    free(copy);
    return ok;
}

json_t *juju_firewall_list(const struct juju_unit *u) {
    json_t *list = json_array();
    for (size_t i = 0; i < u->port_count; i++) {
        const struct juju_ports *p = &u->ports[i];
        char text[40];
        if (p->from == p->to)
            snprintf(text, sizeof(text), "%u/%s", p->from, p->protocol);
        else
            snprintf(text, sizeof(text), "%u-%u/%s", p->from, p->to, p->protocol);
        json_array_append_new(list, json_string(text));
    }
    return list;
}
