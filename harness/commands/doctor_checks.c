#include "harness/commands/doctor_checks.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_LEN_MAX = 300 };

static const char *const words[] = {"ok", "missing", "MISSING", "unknown"};

/* Its first line, for people and for JSON; programs that fail say more than one wants to read. */
static json_t *first_line(const struct buf *text) {
    size_t len = strcspn(buf_str(text), "\n");
    return value_from_bytes(buf_str(text), len < TEXT_LEN_MAX ? len : TEXT_LEN_MAX);
}

void doctor_add(struct doctor *d, const char *check, enum doctor_state state, const char *todo,
                const char *fmt, ...) {
    struct buf text = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&text, fmt, ap);
    va_end(ap);
    json_array_append_new(d->checks,
                          json_pack("{s:s,s:s,s:o,s:s}", "check", check, "state",
                                    words[state == DOCTOR_MISSING ? DOCTOR_WISHED : state], "text",
                                    first_line(&text), "todo", todo ? todo : ""));
    if (state == DOCTOR_MISSING)
        json_set_bool(json_array_get(d->checks, json_array_size(d->checks) - 1), "needed", true);
    d->unable |= state == DOCTOR_MISSING;
    buf_release(&text);
}

static void print_uses(const json_t *uses) {
    size_t i;
    json_t *use;
    printf("\nThe run takes from outside (what charms fetch themselves is in the charms):\n");
    json_array_foreach(uses, i, use)
        printf("%-8s %s\n", json_str(use, "kind", NULL), json_str(use, "name", NULL));
}

static void print_text(const struct doctor *d) {
    size_t i;
    json_t *c;
    json_array_foreach(d->checks, i, c) {
        const char *todo = json_str(c, "todo", NULL);
        printf("%-8s %-11s %s%s%s\n",
               json_flag(c, "needed", NULL) ? words[DOCTOR_MISSING] : json_str(c, "state", NULL),
               json_str(c, "check", NULL), json_str(c, "text", NULL), *todo ? ": " : "", todo);
    }
    if (d->uses)
        print_uses(d->uses);
    const char *world = d->run.once.world.world;
    bool simulated = str_eq(world, "sim");
    printf("%sThe %s%s can%s run: %s%s\n", d->uses ? "\n" : "",
           simulated ? "simulated world" : "world ", simulated ? "" : world, d->unable ? "not" : "",
           d->unable ? "see what is MISSING" : "confed run",
           d->unable || simulated  ? ""
           : str_eq(world, "juju") ? " --world juju"
                                   : " --world existing");
}

void doctor_print(const struct doctor *d) {
    if (!d->json) {
        print_text(d);
        return;
    }
    CLEANUP(json_freep)
    json_t *all =
        json_pack("{s:i,s:s,s:b,s:O,s:O*}", "version", 1, "world", d->run.once.world.world, "able",
                  !d->unable, "checks", d->checks, "uses", d->uses);
    (void)json_dumpf(all, stdout, JSON_INDENT(2));
    printf("\n");
}
