#include "harness/world/juju_dialect.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/world/tools.h"

#include <stdio.h>
#include <string.h>

enum { VERSION_WAIT_MS = 20000 };

/* From this version on, until the next row's. */
static const struct dialect {
    unsigned major, minor;
    const char *remote, *yes;
    const char *force, *store, *control_plane;
    const char *wait_for; /* the verb that waits for a model; 2.9 brought it, 4.0 has it no more */
} dialects[] = {
    {2, 0, "run", "-y", "-y", "", "kubernetes-master", ""},
    {2, 9, "run", "-y", "--force", "", "kubernetes-master", "wait-for"},
    {3, 0, "exec", "--no-prompt", "--force", "-charmhub", "kubernetes-control-plane", "wait-for"},
    {4, 0, NULL, NULL, NULL, NULL, NULL, NULL},
};

json_t *juju_dialect_for(const char *version, struct err *err) {
    unsigned major = 0, minor = 0;
    const struct dialect *found = NULL;
    if (version && sscanf(version, "%3u.%3u", &major, &minor) == 2)
        for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
            if (major > dialects[i].major ||
                (major == dialects[i].major && minor >= dialects[i].minor))
                found = &dialects[i];
    if (!found || !found->remote) {
        err_set(err, ERR_INPUT,
                "juju says that it is version \"%s\"; expected 2.x or 3.x (choose another with "
                "--tool juju=FILE)",
                version ? version : "");
        return NULL;
    }
    json_t *facts = json_object();
    json_set_str(facts, "version", version);
    json_set_str(facts, "remote", found->remote);
    json_set_str(facts, "yes", found->yes);
    json_set_str(facts, "force", found->force);
    json_set_str(facts, "store", found->store);
    json_set_str(facts, "control_plane", found->control_plane);
    json_set_str(facts, "wait_for", found->wait_for);
    return facts;
}

int juju_dialect_find(const json_t *env, const char *prefix, json_t *facts, struct err *err) {
    static const char *const argv[] = {"juju", "version", NULL};
    struct buf said = BUF_INIT;
    int rc = tools_ask(argv, env, VERSION_WAIT_MS, &said, err);
    if (rc == 0) {
        /* "2.1.3-xenial-amd64"; warnings may stand on other lines. */
        const char *text = buf_str(&said);
        while (*text && !(text[0] >= '0' && text[0] <= '9'))
            text = strchr(text, '\n') ? strchr(text, '\n') + 1 : "";
        CLEANUP(str_freep) char *version = xstrndup(text, strspn(text, ".0123456789"));
        json_t *juju = juju_dialect_for(version, err);
        rc = juju ? 0 : err->code;
        if (juju)
            json_object_set_new(facts, "juju", juju);
        json_set_str(facts, "prefix", prefix ? prefix : "");
    }
    buf_release(&said);
    return rc;
}
