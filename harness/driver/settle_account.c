#include "harness/driver/settle_account.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/juju_status.h"

#include <stdlib.h>
#include <string.h>

enum { WAITING_NAMED_MAX = 5 };

/* One machine, application or unit. */
struct row {
    char *name;         /* owned */
    char *said;         /* owned; of the last look, for people */
    char *failure;      /* owned; what the last failure said, and when; NULL: none, or it is over */
    char *hook;         /* owned; that failed; NULL: it is broken in another way */
    int64_t said_ms;    /* since when it says so */
    int64_t settled_ms; /* since when it is settled; -1: it is not */
    int64_t broken_ms;  /* when it first failed, with all tries since; -1: it has not */
    int64_t failures;
    bool is_application, broken, seen;
};

struct settle_account {
    struct settle_rules rules;
    struct row *rows;
    size_t count, cap;
    int64_t begin_ms, looked_ms;
    int64_t changed_ms; /* by us, last */
    int64_t settled_ms; /* all of it, since; -1: it is not */
    int64_t looks;      /* since then */
    char *blocker;      /* owned; name of who is waited for first; NULL: nobody */
};

struct settle_account *settle_account_new(const struct settle_rules *rules, int64_t now_ms) {
    struct settle_account *a = xcalloc(1, sizeof(*a));
    a->rules = *rules;
    a->begin_ms = a->changed_ms = now_ms;
    a->settled_ms = -1;
    return a;
}

static void row_release(struct row *r) {
    free(r->name);
    free(r->said);
    free(r->failure);
    free(r->hook);
}

void settle_account_free(struct settle_account *a) {
    if (!a)
        return;
    for (size_t i = 0; i < a->count; i++)
        row_release(&a->rows[i]);
    free(a->rows);
    free(a->blocker);
    free(a);
}

static struct row *row_of(struct settle_account *a, const json_t *entity) {
    CLEANUP(str_freep) char *name = juju_status_name(entity);
    for (size_t i = 0; i < a->count; i++)
        if (str_eq(a->rows[i].name, name))
            return &a->rows[i];
    a->rows = xgrow(a->rows, a->count, &a->cap, sizeof(*a->rows));
    struct row *r = &a->rows[a->count++];
    *r = (struct row){.name = str_take(&name), .settled_ms = -1, .broken_ms = -1};
    r->is_application = str_eq(json_str(entity, "kind", NULL), "application");
    return r;
}

/* The install of `hook failed: "install"`; owned or NULL. */
static char *failed_hook(const json_t *entity) {
    const char *message = json_str(entity, "message", NULL);
    if (!message || !str_has_prefix(message, "hook failed: \""))
        return NULL;
    const char *name = message + strlen("hook failed: \"");
    return xstrndup(name, strcspn(name, "\""));
}

static void forget_failures(struct row *r) {
    free(r->failure);
    free(r->hook);
    r->failure = r->hook = NULL;
    r->broken_ms = -1;
    r->failures = 0;
}

/* Each time that it fails Juju says so anew: with another time, or after it tried. */
static void take_failure(struct row *r, const json_t *entity, int64_t now_ms) {
    const char *since = json_str(entity, "since", NULL);
    CLEANUP(str_freep) char *failure = xasprintf("%s %s", since ? since : "", r->said);
    CLEANUP(str_freep) char *hook = failed_hook(entity);
    if (r->broken_ms >= 0 && !str_eq(hook, r->hook))
        forget_failures(r);
    if (r->broken_ms < 0)
        r->broken_ms = now_ms;
    if (!str_eq(failure, r->failure))
        r->failures++;
    free(r->failure);
    r->failure = str_take(&failure);
    free(r->hook);
    r->hook = str_take(&hook);
}

/* Whether its agent runs the hook that failed: "running install hook". */
static bool is_trying(const struct row *r, const json_t *entity) {
    const char *doing = json_str(entity, "doing", NULL);
    return r->hook && doing && strstr(doing, r->hook);
}

static void take_entity(struct row *r, const json_t *entity, int64_t now_ms) {
    const char *state = json_str(entity, "state", NULL);
    char *said = juju_status_line(entity);
    if (!str_eq(said, r->said))
        r->said_ms = now_ms;
    free(r->said);
    r->said = said;
    r->seen = true;
    r->broken = str_eq(state, "broken");
    if (!str_eq(state, "settled"))
        r->settled_ms = -1;
    else if (r->settled_ms < 0)
        r->settled_ms = now_ms;
    if (r->broken) {
        take_failure(r, entity, now_ms);
    } else if (is_trying(r, entity)) {
        free(r->failure);
        r->failure = NULL;
    } else {
        forget_failures(r);
    }
}

/* Who has gone meanwhile is not waited for. */
static void drop_unseen(struct settle_account *a) {
    size_t kept = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->rows[i].seen)
            a->rows[kept++] = a->rows[i];
        else
            row_release(&a->rows[i]);
    }
    a->count = kept;
}

void settle_account_look(struct settle_account *a, const json_t *entities, int64_t now_ms) {
    size_t i;
    json_t *entity;
    for (i = 0; i < a->count; i++)
        a->rows[i].seen = false;
    json_array_foreach(entities, i, entity) take_entity(row_of(a, entity), entity, now_ms);
    drop_unseen(a);
    a->looked_ms = now_ms;
    const json_t *blocker = juju_status_blocker(entities);
    free(a->blocker);
    a->blocker = blocker ? juju_status_name(blocker) : NULL;

    bool settled = juju_status_is_settled(entities);
    if (!settled || a->settled_ms < a->changed_ms)
        settle_account_miss(a);
    if (settled && a->settled_ms < 0)
        a->settled_ms = now_ms;
    a->looks += settled ? 1 : 0;
}

void settle_account_miss(struct settle_account *a) {
    a->settled_ms = -1;
    a->looks = 0;
}

void settle_account_changed(struct settle_account *a, int64_t at_ms) {
    if (at_ms > a->changed_ms)
        a->changed_ms = at_ms;
}

bool settle_account_only_waits(const struct settle_account *a) {
    for (size_t i = 0; i < a->count; i++)
        if (a->rows[i].broken_ms >= 0)
            return false;
    return a->settled_ms < 0;
}

bool settle_account_is_met(const struct settle_account *a, int64_t now_ms) {
    return a->settled_ms >= a->changed_ms && a->looks >= a->rules.looks &&
           now_ms - a->settled_ms >= a->rules.quiet_ms;
}

static bool is_tried(const struct settle_account *a, const struct row *r) {
    return r->hook && r->failures > a->rules.retries;
}

char *settle_account_hopeless(const struct settle_account *a) {
    const struct row *found = NULL;
    for (size_t i = 0; i < a->count; i++) {
        const struct row *r = &a->rows[i];
        if (!r->broken || (!is_tried(a, r) && a->looked_ms - r->broken_ms < a->rules.broken_ms))
            continue;
        if (!found || found->is_application)
            found = r; /* an application only repeats what its unit says */
    }
    if (!found)
        return NULL;
    return is_tried(a, found)
               ? xasprintf("%s, also after Juju tried it again %lld times", found->said,
                           (long long)a->rules.retries)
               : xasprintf("%s, and was so for %lld s, in which Juju could have mended it",
                           found->said, (long long)a->rules.broken_said_s);
}

static const char *all_settled(const struct settle_account *a, const char *words) {
    for (size_t i = 0; i < a->count; i++)
        if (a->rows[i].is_application)
            return words;
    return "the model has no applications";
}

static size_t unsettled_count(const struct settle_account *a) {
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++)
        count += a->rows[i].settled_ms < 0 && !a->rows[i].is_application ? 1u : 0u;
    return count;
}

char *settle_account_blocker(const struct settle_account *a, int64_t now_ms, int64_t *ret_for_ms) {
    *ret_for_ms = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct row *r = &a->rows[i];
        if (!str_eq(r->name, a->blocker))
            continue;
        size_t more = unsettled_count(a) - (r->is_application ? 0 : 1);
        *ret_for_ms = now_ms - r->said_ms;
        return more > 0 ? xasprintf("%s (and %zu more)", r->said, more) : xstrdup(r->said);
    }
    return xstrdup(all_settled(a, "settled; looking again"));
}

char *settle_account_unsettled(const struct settle_account *a, int64_t now_ms) {
    struct buf text = BUF_INIT;
    size_t named = 0, count = unsettled_count(a);
    for (size_t i = 0; i < a->count && named < WAITING_NAMED_MAX; i++) {
        const struct row *r = &a->rows[i];
        if (r->settled_ms >= 0 || (r->is_application && count > 0))
            continue;
        buf_addf(&text, "%s%s (for %.1f s)", named++ ? "; " : "", r->said,
                 (double)(now_ms - r->said_ms) / 1000);
    }
    if (count > WAITING_NAMED_MAX)
        buf_addf(&text, " (and %zu more)", count - WAITING_NAMED_MAX);
    if (named == 0)
        buf_adds(&text, all_settled(a, "all was settled, but not for long"));
    return buf_detach(&text);
}

json_t *settle_account_waited(const struct settle_account *a) {
    json_t *waited = json_object();
    for (size_t i = 0; i < a->count; i++)
        if (a->rows[i].settled_ms >= 0)
            json_set_int(waited, a->rows[i].name, a->rows[i].settled_ms - a->begin_ms);
    return waited;
}

json_t *settle_account_waiting(const struct settle_account *a, int64_t now_ms) {
    json_t *waiting = json_object();
    for (size_t i = 0; i < a->count; i++) {
        const struct row *r = &a->rows[i];
        if (r->settled_ms < 0)
            json_object_set_new(waiting, r->name,
                                json_pack("{s:s, s:I}", "said", r->said, "for_ms",
                                          (json_int_t)(now_ms - r->said_ms)));
    }
    return waiting;
}
