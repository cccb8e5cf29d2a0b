#include "harness/driver/run_folder.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/model/observation.h"

#include <stdlib.h>

char *run_folder_id(void) {
    char at[CLOCK_TEXT_SIZE];
    struct buf id = BUF_INIT;
    for (const char *p = clock_format_utc(clock_wall_ms(), at); *p; p++)
        if (*p != ':') /* which make and PATH do not take in a file's name */
            buf_addc(&id, *p);
    buf_addf(&id, "-%04x", (unsigned)(rng_seed_from_os() & 0xffff));
    return buf_detach(&id);
}

char *run_folder_make(const char *dir, const json_t *run, struct err *err) {
    static const char *const folders[] = {"bin", "home/.local/share/juju", "work/tmp", "steps"};
    CLEANUP(str_freep) char *file = fs_join(dir, "run.json");
    if (fs_exists(file)) {
        err_set(err, ERR_STATE, "%s holds a run already: say another --out, or --resume %s", dir,
                dir);
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        CLEANUP(str_freep) char *folder = fs_join(dir, folders[i]);
        if (fs_mkdir_p(folder, 0700, err) < 0)
            return NULL;
    }
    struct buf text = BUF_INIT;
    json_dump_to(run, false, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(file, buf_str(&text), text.len, 0644, err);
    buf_release(&text);
    if (rc < 0)
        return NULL;
    char *absolute = realpath(dir, NULL);
    if (!absolute)
        err_errno(err, "cannot resolve %s", dir);
    return absolute;
}

char *run_folder_find(const char *dir, json_t **ret_run, json_t **ret_events, struct err *err) {
    CLEANUP(str_freep) char *file = fs_join(dir, "run.json");
    if (!fs_exists(file)) {
        err_set(err, ERR_NOT_FOUND, "%s holds no run: there is no run.json", dir);
        return NULL;
    }
    CLEANUP(json_freep) json_t *run = json_load_path(file, err);
    CLEANUP(str_freep) char *log = fs_join(dir, "observations.jsonl");
    struct buf text = BUF_INIT;
    json_t *events = NULL;
    if (run && (!fs_exists(log) || fs_read(log, &text, err) == 0))
        events = observation_parse_log(buf_str(&text), text.len, log, err);
    buf_release(&text);
    char *absolute = events ? realpath(dir, NULL) : NULL;
    if (!absolute) {
        json_decref(events);
        return NULL;
    }
    *ret_run = json_take(&run);
    *ret_events = events;
    return absolute;
}
