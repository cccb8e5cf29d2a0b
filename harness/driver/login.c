#include "harness/driver/login.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/core/str.h"

#include <stdbool.h>
#include <string.h>

enum { HTTP_UNAUTHORIZED = 401 };

/* How a line on standard error begins. */
static const struct message {
    const char *begins;
    bool juju;
} messages[] = {
    {"error: You must be logged in to the server", false},
    {"error: unable to upgrade connection: Unauthorized", false},
    {"Error from server (Unauthorized)", false},
    {"Unable to connect to the server: getting ", false}, /* credentials or token: a plugin */
    {"ERROR login expired", true},
    {"ERROR invalid entity name or password", true},
    {"ERROR cannot log into controller", true},
    {"ERROR not logged in", true},
    {"please enter password for ", true},
};

static const struct message *message_of(const char *line) {
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        if (str_has_prefix(line, messages[i].begins))
            return &messages[i];
    return NULL;
}

/* The line that says so, owned; NULL: none. */
static char *find_line(const json_t *seen, const struct message **ret) {
    const char *text = json_str(seen, "stderr", NULL);
    struct buf masked = BUF_INIT;
    if (text)
        mask_text(text, strlen(text), &masked);
    CLEANUP(str_freep) char *lines = xstrdup(buf_str(&masked));
    buf_release(&masked);
    char *rest = lines, *line;
    while ((line = str_next(&rest, '\n')) != NULL)
        if ((*ret = message_of(line)) != NULL)
            return xstrdup(line);
    return NULL;
}

/* The context that the question names; borrowed or NULL. */
static const char *context_of(const json_t *args) {
    static const char flag[] = "--context=";
    size_t i;
    json_t *word;
    json_array_foreach(args, i, word) {
        const char *text = json_string_value(word);
        if (text && str_has_prefix(text, flag))
            return text + sizeof(flag) - 1;
        if (str_eq(text, "--context"))
            return json_string_value(json_array_get(args, i + 1));
    }
    return json_is_object(args) ? json_str(args, "context", NULL) : NULL;
}

static char *of_api(const json_t *args, const char *said) {
    const char *context = context_of(args);
    return xasprintf("the API server of %s%s takes our credentials no more (%s): renew them in the "
                     "kubeconfig and run again, or --resume what was kept",
                     context ? "context " : "the current context", context ? context : "", said);
}

char *login_refused(const json_t *args, const json_t *seen) {
    const struct message *m = NULL;
    CLEANUP(str_freep) char *line = find_line(seen, &m);
    if (line && json_int(seen, 0, "exit", NULL) == 0)
        return NULL;
    if (line && m->juju)
        return xasprintf("the controller of juju takes our login no more (%s): log in with `juju "
                         "login` and run again, or --resume what was kept",
                         line);
    if (line)
        return of_api(args, line);
    return json_int(seen, 0, "status", NULL) == HTTP_UNAUTHORIZED ? of_api(args, "HTTP 401") : NULL;
}
