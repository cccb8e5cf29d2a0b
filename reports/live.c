#include "reports/live.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

enum { RUNNING_MAX = 64, REDRAW_MS = 100, ID_WIDTH = 28 };

struct row {
    char *id, *doing; /* owned */
    int64_t begin_ms;
    int64_t waits_ms; /* since when what it waits for is as it is; -1: not told */
    int64_t step, steps;
};

struct live {
    FILE *out;
    int columns;
    struct row rows[RUNNING_MAX];
    size_t count;
    size_t drawn; /* lines of running cases that are on the terminal now */
    int64_t drawn_ms;
    struct buf screen;
};

struct live *live_new(FILE *out, int columns) {
    struct live *l = xcalloc(1, sizeof(*l));
    l->out = out;
    l->columns = columns;
    l->screen = (struct buf)BUF_INIT;
    return l;
}

static void flush(struct live *l) {
    (void)fwrite(buf_str(&l->screen), 1, l->screen.len, l->out);
    (void)fflush(l->out);
    buf_clear(&l->screen);
}

/* Goes back over the running cases' lines, so that what comes next is written over them. */
static void erase(struct live *l) {
    if (l->drawn > 0)
        buf_addf(&l->screen, "\033[%zuA\r\033[J", l->drawn);
    l->drawn = 0;
}

/* One line, never wider than the terminal: a wrapped line could not be erased. */
static void add_cut(struct live *l, const char *text) {
    int width = 0;
    for (const char *p = text; *p && width < l->columns - 1; p++) {
        if (((unsigned char)*p & 0xc0) != 0x80)
            width++;
        buf_addc(&l->screen, (unsigned char)*p < 0x20 ? ' ' : *p);
    }
    buf_addc(&l->screen, '\n');
}

static void draw(struct live *l, int64_t now_ms) {
    erase(l);
    for (size_t i = 0; i < l->count; i++) {
        const struct row *r = &l->rows[i];
        CLEANUP(str_freep)
        char *age = r->waits_ms < 0
                        ? NULL
                        : xasprintf("for %.1fs: ", (double)(now_ms - r->waits_ms) / 1000);
        CLEANUP(str_freep)
        char *line = xasprintf("  .. %-*s %5.1fs  %lld/%lld %s%s", ID_WIDTH, r->id,
                               (double)(now_ms - r->begin_ms) / 1000, (long long)r->step,
                               (long long)r->steps, age ? age : "", r->doing ? r->doing : "");
        add_cut(l, line);
    }
    l->drawn = l->count;
    l->drawn_ms = now_ms;
    flush(l);
}

static void row_release(struct row *r) {
    free(r->id);
    free(r->doing);
    *r = (struct row){0};
}

void live_free(struct live *l) {
    if (!l)
        return;
    erase(l);
    flush(l);
    for (size_t i = 0; i < l->count; i++)
        row_release(&l->rows[i]);
    buf_release(&l->screen);
    free(l);
}

static struct row *find(struct live *l, const char *id) {
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->rows[i].id, id))
            return &l->rows[i];
    return NULL;
}

static void begin_case(struct live *l, const json_t *event, int64_t now_ms) {
    const char *id = json_str(event, "case", NULL), *title = json_str(event, "title", NULL);
    if (l->columns == 0) {
        fprintf(l->out, "begin %-*s %s\n", ID_WIDTH, id, title ? title : "");
        (void)fflush(l->out);
    }
    if (l->count == RUNNING_MAX)
        return;
    l->rows[l->count++] = (struct row){.id = xstrdup(id),
                                       .begin_ms = now_ms,
                                       .waits_ms = -1,
                                       .steps = json_int(event, 0, "steps", NULL)};
}

static const char *mark_of(const char *outcome) {
    static const char *const marks[][2] = {{"met", "ok"},          {"unmet", "UNMET"},
                                           {"error", "ERROR"},     {"blocked", "blocked"},
                                           {"unsupported", "n/a"}, {"interrupted", "stopped"}};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_eq(marks[i][0], outcome))
            return marks[i][1];
    return "?";
}

static void end_case(struct live *l, const json_t *event, int64_t now_ms) {
    const char *id = json_str(event, "case", NULL), *by = json_str(event, "blocked_by", NULL);
    CLEANUP(json_freep) json_t *missing = json_incref(json_object_get(event, "missing"));
    CLEANUP(str_freep) char *needs = missing ? json_text(missing) : NULL;
    CLEANUP(str_freep)
    char *line =
        xasprintf("%-7s %-*s %5.1fs%s%s%s%s", mark_of(json_str(event, "outcome", NULL)), ID_WIDTH,
                  id, (double)json_int(event, 0, "elapsed_ms", NULL) / 1000, by ? "  by " : "",
                  by ? by : "", needs ? "  the world lacks " : "", needs ? needs : "");
    struct row *r = find(l, id);
    if (r) {
        row_release(r);
        memmove(r, r + 1, (size_t)(l->rows + l->count - r - 1) * sizeof(*r));
        l->count--;
    }
    if (l->columns == 0) {
        fprintf(l->out, "%s\n", line);
        (void)fflush(l->out);
        return;
    }
    erase(l);
    add_cut(l, line);
    draw(l, now_ms);
}

static void show_step_trouble(struct live *l, const json_t *event) {
    const char *outcome = json_str(event, "outcome", NULL);
    if (str_eq(outcome, "met"))
        return;
    const char *expected = json_str(event, "expected", NULL), *seen = json_str(event, "seen", NULL);
    const char *title = json_str(event, "title", NULL), *verb = json_str(event, "verb", NULL);
    bool wanted = expected && *expected;
    CLEANUP(str_freep)
    char *line = xasprintf("        %s step %lld (%s): %s%s%s%s", json_str(event, "case", NULL),
                           (long long)json_int(event, 0, "step", NULL) + 1,
                           title && *title ? title : verb, wanted ? "expected " : "",
                           wanted ? expected : "", wanted ? "; seen: " : "", seen ? seen : "");
    erase(l);
    buf_adds(&l->screen, line);
    buf_addc(&l->screen, '\n');
    flush(l);
}

void live_event(struct live *l, const json_t *event, int64_t now_ms) {
    const char *name = json_str(event, "event", NULL), *id = json_str(event, "case", NULL);
    if (!id)
        return;
    if (str_eq(name, "case-begin"))
        begin_case(l, event, now_ms);
    else if (str_eq(name, "case-end"))
        end_case(l, event, now_ms);
    else if (str_eq(name, "step-end"))
        show_step_trouble(l, event);
    struct row *r = find(l, id);
    if (r && str_eq(name, "step-progress")) {
        const char *text = json_str(event, "text", NULL);
        free(r->doing);
        r->doing = xstrdup(text ? text : "");
        r->waits_ms = now_ms - json_int(event, 0, "for_ms", NULL);
    } else if (r && str_eq(name, "step-begin")) {
        const char *title = json_str(event, "title", NULL);
        const char *waiting = json_str(event, "waiting_for", NULL);
        free(r->doing);
        r->waits_ms = -1;
        r->doing = xstrdup(title && *title ? title : waiting ? waiting : "");
        r->step = json_int(event, 0, "step", NULL) + 1;
    }
}

void live_tick(struct live *l, int64_t now_ms) {
    if (l->columns > 0 && (l->count > 0 || l->drawn > 0) && now_ms - l->drawn_ms >= REDRAW_MS)
        draw(l, now_ms);
}
