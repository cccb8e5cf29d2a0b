#include "harness/model/reach.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS_MAX = 64 };

/* --- where to look ---------------------------------------------------------------------------- */

static bool is_v6(const char *address) {
    return strchr(address, ':') != NULL;
}

static void add_way(json_t *ways, const char *unit, const char *address, const char *of) {
    size_t i;
    json_t *way;
    if (!address || !*address || strncasecmp(address, "fe80:", 5) == 0 ||
        json_array_size(ways) == WAYS_MAX)
        return;
    json_array_foreach(ways, i, way) {
        if (str_eq(json_str(way, "unit", NULL), unit) &&
            str_eq(json_str(way, "address", NULL), address))
            return;
    }
    way = json_object();
    json_set_str(way, "unit", unit);
    json_set_str(way, "address", address);
    json_set_str(way, "of", of);
    json_set_str(way, "family", is_v6(address) ? "IPv6" : "IPv4");
    json_array_append_new(ways, way);
}

/* Machine "0", or container "0/lxd/1" of it. */
static const json_t *machine_of(const json_t *status, const char *id) {
    if (!id)
        return NULL;
    const json_t *found = json_at(status, "machines", id, NULL);
    if (found)
        return found;
    CLEANUP(str_freep) char *host = xstrndup(id, strcspn(id, "/"));
    return json_at(status, "machines", host, "containers", id, NULL);
}

json_t *reach_ways(const json_t *status, const char *application, struct err *err) {
    const json_t *app = json_at(status, "applications", application, NULL);
    json_t *ways = json_array(), *unit;
    const char *name;
    json_object_foreach(json_object_get(app, "units"), name, unit) {
        const char *public = json_str(unit, "public-address", NULL);
        add_way(ways, name, public ? public : json_str(unit, "address", NULL), "public");
        const json_t *others =
            json_object_get(machine_of(status, json_str(unit, "machine", NULL)), "ip-addresses");
        size_t i;
        json_t *address;
        json_array_foreach(others, i, address)
            add_way(ways, name, json_string_value(address), "private");
    }
    if (json_array_size(ways) > 0)
        return ways;
    json_decref(ways);
    err_set(err, ERR_NOT_FOUND,
            app ? "no unit of %s has an address yet" : "there is no application %s", application);
    return NULL;
}

/* --- what was found --------------------------------------------------------------------------- */

/* "30229/tcp", "30000-30100/tcp" or "30229": does it hold the port? */
static bool range_holds(const char *range, int64_t port) {
    CLEANUP(str_freep) char *copy = xstrdup(range ? range : "");
    char *slash = strchr(copy, '/');
    if (slash && !str_eq(slash, "/tcp"))
        return false;
    if (slash)
        *slash = '\0';
    char *dash = strchr(copy, '-');
    if (dash)
        *dash = '\0';
    int64_t from, to;
    if (!str_to_int(copy, 0, UINT16_MAX, &from))
        return false;
    to = from;
    return (!dash || str_to_int(dash + 1, from, UINT16_MAX, &to)) && from <= port && port <= to;
}

static bool is_opened(const json_t *unit, int64_t port) {
    size_t i;
    json_t *range;
    json_array_foreach(json_object_get(unit, "open-ports"), i, range) {
        if (range_holds(json_string_value(range), port))
            return true;
    }
    return false;
}

static void add_sentence(struct buf *text) {
    if (text->len > 0)
        buf_adds(text, "; ");
}

/* "30229/tcp is not opened on a/0 (open there: 80/tcp, 443/tcp)" of each such unit. */
static bool tell_unopened(const json_t *app, int64_t port, struct buf *text) {
    const char *name;
    json_t *unit, *range;
    bool any = false;
    json_object_foreach(json_object_get(app, "units"), name, unit) {
        size_t i;
        if (is_opened(unit, port))
            continue;
        any = true;
        add_sentence(text);
        buf_addf(text, "%lld/tcp is not opened on %s (open there: ", (long long)port, name);
        json_array_foreach(json_object_get(unit, "open-ports"), i, range) buf_addf(
            text, "%s%s", i ? ", " : "", json_is_string(range) ? json_string_value(range) : "?");
        buf_adds(text, i ? ")" : "nothing)");
    }
    return any;
}

static bool is_open(const json_t *way) {
    return str_eq(json_str(way, "state", NULL), "open");
}

/* Of the ways whose key is value (all: key NULL). */
static const char *state_of(const json_t *ways, const char *key, const char *value) {
    size_t i, open = 0, all = 0;
    json_t *way;
    json_array_foreach(ways, i, way) {
        if (key && !str_eq(json_str(way, key, NULL), value))
            continue;
        all++;
        open += is_open(way) ? 1u : 0u;
    }
    return all == 0 ? "none" : open == all ? "open" : open ? "partly" : "closed";
}

/* "10.1.0.21 (public, timeout), fd00::21 (private, refused)": the closed of those ways. */
static void tell_closed(const json_t *ways, const char *key, const char *value, struct buf *text) {
    size_t i, told = 0;
    json_t *way;
    json_array_foreach(ways, i, way) {
        if (is_open(way) || (key && !str_eq(json_str(way, key, NULL), value)))
            continue;
        const char *state = json_str(way, "state", NULL);
        buf_addf(text, "%s%s of %s (%s, %s)", told++ ? ", " : "", json_str(way, "address", NULL),
                 json_str(way, "unit", NULL), json_str(way, "of", NULL), state ? state : "unknown");
    }
}

/* Which family, or which side, has no way at all, while another has. */
static void tell_missing(const json_t *ways, struct buf *text) {
    static const char *const sides[][3] = {{"family", "IPv6", "no rule lets IPv6 in: "},
                                           {"family", "IPv4", "no rule lets IPv4 in: "},
                                           {"of", "public", "closed at the public address: "},
                                           {"of", "private", "closed at the private address: "}};
    for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
        if (!str_eq(state_of(ways, sides[i][0], sides[i][1]), "closed"))
            continue;
        add_sentence(text);
        buf_adds(text, sides[i][2]);
        tell_closed(ways, sides[i][0], sides[i][1], text);
        return; /* the same address is of a family and of a side */
    }
    add_sentence(text);
    buf_adds(text, "closed at ");
    tell_closed(ways, NULL, NULL, text);
}

json_t *reach_seen(const json_t *status, const char *application, int64_t port,
                   const json_t *ways) {
    const json_t *app = json_at(status, "applications", application, NULL);
    const char *state = state_of(ways, NULL, NULL);
    bool exposed = json_flag(app, "exposed", NULL);
    struct buf text = BUF_INIT;
    if (!exposed)
        buf_addf(&text, "%s is not exposed", application);
    bool unopened = tell_unopened(app, port, &text);
    if (exposed && !unopened && str_eq(state, "closed")) {
        buf_addf(&text, "%lld/tcp is opened and exposed, but nothing answers at ", (long long)port);
        tell_closed(ways, NULL, NULL, &text);
    } else if (str_eq(state, "partly")) {
        tell_missing(ways, &text);
    }

    json_t *seen = json_object();
    json_set_str(seen, "state", state);
    json_set_str(seen, "rule", !exposed ? "not exposed" : unopened ? "not opened" : "open");
    json_set_str(seen, "public", state_of(ways, "of", "public"));
    json_set_str(seen, "private", state_of(ways, "of", "private"));
    json_set_str(seen, "IPv4", state_of(ways, "family", "IPv4"));
    json_set_str(seen, "IPv6", state_of(ways, "family", "IPv6"));
    json_object_set_new(seen, "ways", json_deep_copy(ways));
    if (!str_eq(state, "open"))
        json_set_str(seen, "problem", buf_str(&text));
    buf_release(&text);
    return seen;
}
