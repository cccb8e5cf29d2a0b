#include "harness/commands/repeat.h"
#include "harness/commands/commands.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/driver/run_folder.h"
#include "harness/judge/samples.h"

#include <stdio.h>

/* Which cases did not end alike in all runs: they are flaky, whatever the exit code is. */
static void show_differences(const json_t *all, int64_t green) {
    struct samples *samples = samples_new(all);
    printf("\n%lld of %zu runs were green", (long long)green, json_array_size(all));
    size_t flaky = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *s = &samples->list[i];
        if (sample_standing(s) != STANDING_MIXED)
            continue;
        CLEANUP(str_freep) char *how = sample_describe(s);
        printf("%s\n  %s: %s%s%s", flaky ? "" : "; not alike in all of them:", s->id, how,
               *s->message ? "; " : "", s->message);
        flaky++;
    }
    printf("\n");
    (void)fflush(stdout);
    samples_free(samples);
}

int repeat_runs(struct run_request *asked, int64_t count, bool until_fail) {
    CLEANUP(str_freep) char *id = run_folder_id();
    CLEANUP(str_freep) char *parent = asked->out ? xstrdup(asked->out) : fs_join("runs", id);
    CLEANUP(json_freep) json_t *all = json_array();
    int64_t green = 0, most = count ? count : REPEAT_MAX;
    int code = COMMAND_GREEN;
    bool stop = false;
    for (int64_t i = 1; i <= most && !stop; i++) {
        CLEANUP(str_freep) char *name = xasprintf("%03lld", (long long)i);
        CLEANUP(str_freep) char *dir = fs_join(parent, name);
        struct run_done done;
        printf("%srun %lld\n", i > 1 ? "\n" : "", (long long)i);
        (void)fflush(stdout);
        asked->out = dir;
        int one = run_once(asked, &done);
        asked->out = NULL;
        if (done.results)
            json_array_append(all, done.results);
        green += one == COMMAND_GREEN;
        code = one > code ? one : code;
        stop = done.interrupted || one > COMMAND_RED || (until_fail && one != COMMAND_GREEN);
        run_done_release(&done);
    }
    if (json_array_size(all) > 0)
        show_differences(all, green);
    printf("\n%s\n", parent);
    return code;
}
