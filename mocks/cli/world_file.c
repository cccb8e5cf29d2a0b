#include "mocks/cli/world_file.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"

#define DEFAULT_PROFILE "1.6.2"

json_t *world_file_load(struct err *err) {
    const char *path = getenv("CONFED_WORLD");
    if (!path || !*path) {
        err_set(err, ERR_NOT_FOUND,
                "no simulated world: CONFED_WORLD is not set; start one with \"confed up\" and use "
                "the environment that it prints");
        return NULL;
    }
    json_t *world = json_load_path(path, err);
    if (!world)
        err_prefix(err, "no simulated world runs");
    return world;
}

double world_file_speed(const json_t *world) {
    double speed = json_number_value(json_object_get(world, "speed"));
    return speed > 0 ? speed : 1;
}

static int apply_quirks(struct profile *p, const json_t *quirks, struct err *err) {
    const char *name;
    json_t *on;
    json_object_foreach(json_mutable(quirks), name, on) {
        char *assignment = xasprintf("%s=%s", name, json_is_true(on) ? "on" : "off");
        int rc = profile_set_quirk(p, assignment, err);
        free(assignment);
        if (rc < 0)
            return rc;
    }
    return 0;
}

struct profile *world_file_profile(const json_t *world, struct err *err) {
    const char *name = getenv("CONFED_PROFILE");
    if (!name || !*name)
        name = json_str(world, "profile", NULL);
    CLEANUP(str_freep) char *data = fs_data_dir();
    if (!data) {
        err_set(err, ERR_NOT_FOUND, "the fixtures are not found: set CONFED_DATA");
        return NULL;
    }
    CLEANUP(str_freep) char *dir = fs_join(data, "fixtures/profiles");
    CLEANUP(profile_freep)
    struct profile *p = profile_load(dir, name ? name : DEFAULT_PROFILE, err);
    if (!p || apply_quirks(p, json_object_get(world, "quirks"), err) < 0)
        return NULL;
    return profile_take(&p);
}
