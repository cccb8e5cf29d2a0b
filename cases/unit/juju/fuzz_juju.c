/* Lines of juju commands, a minute of world time apart; behind a line "---" the file ./b.yaml. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMMANDS_MAX = 40, WORDS_MAX = 40 };

struct client {
    char *model;
    int running;
};

static void on_select(void *self, const char *model) {
    struct client *c = self;
    free(c->model);
    c->model = model ? xstrdup(model) : NULL;
}

static void on_exit_code(void *self, int code) {
    struct client *c = self;
    assert(code >= 0 && code < 256);
    c->running--;
}

static char *read_file(void *self, const char *model, const char *unit, const char *path,
                       size_t *ret_len) {
    (void)self;
    (void)model;
    (void)unit;
    *ret_len = strlen(path);
    return xstrdup(path);
}

static void run_line(struct juju *j, struct client *c, char *line, const char *bundle) {
    const struct juju_reply_ops reply = {
        .select_model = on_select, .exited = on_exit_code, .self = c};
    CLEANUP(json_freep) json_t *request = json_object();
    json_t *argv = json_ensure_array(request, "argv");
    char *word;
    for (int i = 0; i < WORDS_MAX && (word = str_next(&line, ' ')); i++)
        json_array_append_new(argv, json_string(word)); /* refuses what is not UTF-8 */
    if (c->model)
        json_set_str(request, "current_model", c->model);
    if (bundle && str_is_utf8(bundle, strlen(bundle)))
        json_set_str(json_ensure_object(request, "files"), "./b.yaml", bundle);
    c->running++;
    (void)juju_command_start(j, request, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sched *sched = sched_new();
    struct client client = {0};
    const struct juju_ops ops = {.read_file = read_file};
    struct juju *j =
        juju_new(&(struct juju_options){.sched = sched, .seed = 7, .epoch_ms = 1, .ops = &ops});
    char *text = xstrndup((const char *)data, size), *rest = text, *line;
    char *bundle = strstr(text, "\n---\n");
    if (bundle) {
        *bundle = '\0';
        bundle += strlen("\n---\n");
    }
    for (int i = 0; i < COMMANDS_MAX && (line = str_next(&rest, '\n')); i++) {
        run_line(j, &client, line, bundle);
        sched_advance(sched, 60000);
    }
    sched_advance(sched, 1200000);
    assert(client.running == 0); /* every command ends */
    juju_free(j);
    sched_free(sched);
    free(client.model);
    free(text);
    return 0;
}
