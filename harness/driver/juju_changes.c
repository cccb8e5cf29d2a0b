#include "harness/driver/juju_changes.h"
#include "harness/core/json.h"
#include "harness/driver/juju_argv.h"

#define ANY_MODEL "*"

void juju_changes_note(json_t *changes, const json_t *argv, int64_t now_ms) {
    if (!juju_argv_is_juju(argv) || juju_argv_only_looks(argv))
        return;
    const char *model = juju_argv_model(argv);
    json_set_int(changes, model ? model : ANY_MODEL, now_ms);
}

int64_t juju_changes_last(const json_t *changes, const char *model) {
    int64_t own = json_int(changes, 0, juju_argv_short_name(model ? model : ""), NULL);
    int64_t any = json_int(changes, 0, ANY_MODEL, NULL);
    return own > any ? own : any;
}
