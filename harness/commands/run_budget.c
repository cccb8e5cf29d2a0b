#include "harness/commands/run_budget.h"
#include "harness/core/fs.h"

/* A file of fixtures/budgets, when it is there. */
static int add_own(const char *name, struct budget *ret, struct err *err) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    CLEANUP(str_freep)
    char *path = xasprintf("%s/fixtures/budgets/%s.yaml", data ? data : "", name);
    return data && fs_exists(path) ? budget_add(ret, path, err) : 0;
}

int run_budget_load(const char *world, const json_t *kept, const char *own, struct budget *ret,
                    struct err *err) {
    if (kept)
        budget_from_json(ret, kept);
    else if (add_own("common", ret, err) < 0 || add_own(world, ret, err) < 0)
        return err->code;
    return own ? budget_add(ret, own, err) : 0;
}
