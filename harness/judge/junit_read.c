#include "harness/judge/junit_read.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/map.h"
#include "harness/core/str.h"
#include "harness/model/results.h"
#include "harness/model/verdict.h"

#include <ctype.h>
#include <libxml/xmlreader.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OUR_PREFIX "fed.v1."
enum { MESSAGE_LEN_MAX = 2000 };

struct reader {
    xmlTextReaderPtr xml;
    struct err *err;
    const char *path;
    json_t *results; /* the document; owned */
    json_t *list;    /* its results; borrowed */
    struct map seen; /* id -> result, borrowed */
    size_t doubles;

    /* the case that is being read */
    char *class_name, *name, *case_id; /* owned; case_id: a property of it, or NULL */
    enum verdict verdict;
    bool has_verdict; /* a property has said it */
    char *message, *gap;
    double seconds;
};

static void on_error(void *self, const char *text, xmlParserSeverities severity,
                     xmlTextReaderLocatorPtr where) {
    struct reader *r = self;
    (void)severity;
    if (r->err->code)
        return;
    err_set(r->err, ERR_INPUT, "%s:%d: %.*s", r->path, xmlTextReaderLocatorLineNumber(where),
            (int)strcspn(text, "\n"), text);
}

static char *attribute(struct reader *r, const char *name) {
    xmlChar *value = xmlTextReaderGetAttribute(r->xml, (const xmlChar *)name);
    char *copy = value ? xstrdup((const char *)value) : NULL;
    xmlFree(value);
    return copy;
}

static bool is(struct reader *r, const char *name) {
    return str_eq((const char *)xmlTextReaderConstLocalName(r->xml), name);
}

/* --- one case --------------------------------------------------------------------------------- */

static void release_case(struct reader *r) {
    free(r->class_name);
    free(r->name);
    free(r->case_id);
    free(r->message);
    free(r->gap);
    r->class_name = r->name = r->case_id = r->message = r->gap = NULL;
    r->has_verdict = false;
    r->verdict = VERDICT_PASSED;
    r->seconds = 0;
}

static void begin_case(struct reader *r) {
    release_case(r);
    r->class_name = attribute(r, "classname");
    r->name = attribute(r, "name");
    CLEANUP(str_freep) char *time = attribute(r, "time");
    r->seconds = time ? strtod(time, NULL) : 0;
    if (!(r->seconds >= 0 && r->seconds < 1e9))
        r->seconds = 0;
    CLEANUP(str_freep) char *status = attribute(r, "status");
    if (str_eq(status, "disabled") || str_eq(status, "notrun")) /* as CTest and googletest say it */
        r->verdict = VERDICT_UNSUPPORTED;
}

static int weight(enum verdict v) {
    if (v == VERDICT_PASSED)
        return 0;
    return verdict_is_red(v) ? 2 : 1;
}

static void take_verdict(struct reader *r, enum verdict v, char *message) {
    if (weight(v) > weight(r->verdict) || !r->message) {
        if (weight(v) >= weight(r->verdict))
            r->verdict = v;
        free(r->message);
        r->message = message;
        return;
    }
    free(message);
}

static enum verdict verdict_of_failure(const char *type) {
    if (str_eq(type, "GapVanished"))
        return VERDICT_GAP_VANISHED;
    if (str_eq(type, "GapSignatureMismatch"))
        return VERDICT_GAP_CHANGED;
    return str_eq(type, "GapExpired") ? VERDICT_GAP_EXPIRED : VERDICT_FAILED;
}

static enum verdict verdict_of_skip(const char *message) {
    if (message && str_has_prefix(message, "KNOWN GAP "))
        return VERDICT_KNOWN_GAP;
    return message && str_has_prefix(message, "BLOCKED") ? VERDICT_BLOCKED : VERDICT_UNSUPPORTED;
}

/* "FED-GAP-001" of "KNOWN GAP FED-GAP-001: ..."; owned or NULL. */
static char *gap_of(const char *message) {
    static const char *const prefixes[] = {"KNOWN GAP ", "GAP CHANGED ", "GAP EXPIRED "};
    for (size_t i = 0; message && i < ARRAY_LEN(prefixes); i++)
        if (str_has_prefix(message, prefixes[i])) {
            const char *id = message + strlen(prefixes[i]);
            return xstrndup(id, strcspn(id, ": "));
        }
    return NULL;
}

static void take_outcome(struct reader *r) {
    char *message = attribute(r, "message");
    CLEANUP(str_freep) char *type = attribute(r, "type");
    if (!message) {
        xmlChar *text = xmlTextReaderReadString(r->xml);
        message = xstrndup(text ? (const char *)text : "", MESSAGE_LEN_MAX);
        xmlFree(text);
    }
    if (!r->gap)
        r->gap = gap_of(message);
    if (is(r, "skipped"))
        take_verdict(r, verdict_of_skip(message), message);
    else if (is(r, "error"))
        take_verdict(r, VERDICT_ERROR, message);
    else
        take_verdict(r, verdict_of_failure(type), message);
}

static void take_property(struct reader *r) {
    CLEANUP(str_freep) char *name = attribute(r, "name");
    CLEANUP(str_freep) char *value = attribute(r, "value");
    if (!name || !value)
        return;
    if (str_eq(name, "case")) {
        free(r->case_id);
        r->case_id = str_take(&value);
    } else if (str_eq(name, "gap.id")) {
        free(r->gap);
        r->gap = str_take(&value);
    } else if (str_eq(name, "verdict")) {
        r->has_verdict = verdict_parse(value, &r->verdict);
    }
}

/* Owned; NULL for a row that is about the suite and no case. */
static char *id_of(const struct reader *r) {
    const char *class_name = r->class_name ? r->class_name : "", *name = r->name ? r->name : "";
    if (r->case_id && *r->case_id)
        return xstrdup(r->case_id);
    if (str_eq(class_name, OUR_PREFIX "suite"))
        return NULL;
    if (str_has_prefix(class_name, OUR_PREFIX)) {
        const char *area = class_name + strlen(OUR_PREFIX), *colon = strstr(name, ": ");
        CLEANUP(str_freep)
        char *slug = colon ? xstrndup(name, (size_t)(colon - name)) : xstrdup(name);
        return xasprintf("%s.%s", area, slug);
    }
    return xasprintf("%s%s%s", class_name, *class_name ? "." : "", name);
}

/* Where a name is there twice, the worse one stays. */
static void end_case(struct reader *r) {
    CLEANUP(str_freep) char *id = id_of(r);
    if (!id)
        return;
    json_t *result = map_get(&r->seen, id);
    if (result) {
        r->doubles++;
        if (weight(r->verdict) <= weight(verdict_of_name(json_str(result, "verdict", NULL))))
            return;
    } else {
        result = json_object();
        json_array_append_new(r->list, result);
        map_set(&r->seen, id, result);
    }
    json_set_str(result, "case", id);
    json_set_str(result, "title", r->name ? r->name : "");
    json_set_str(result, "verdict", verdict_name(r->verdict));
    json_set_str(result, "message", r->message ? r->message : "");
    json_set_int(result, "elapsed_ms", (int64_t)lround(r->seconds * 1000));
    if (r->gap)
        json_object_set_new(result, "gap", json_pack("{s:s}", "id", r->gap));
    else
        json_object_del(result, "gap");
}

/* --- the file --------------------------------------------------------------------------------- */

static void take_suite_property(struct reader *r) {
    static const char *const kept[] = {"run", "world", "profile", "kubernetes", "state"};
    CLEANUP(str_freep) char *name = attribute(r, "name");
    CLEANUP(str_freep) char *value = attribute(r, "value");
    for (size_t i = 0; name && value && i < ARRAY_LEN(kept); i++)
        if (str_eq(name, kept[i]))
            json_set_str(r->results, name, value);
}

/* Files that say neither run nor time get both from the file: a history must know them again. */
static void name_run(struct reader *r, int64_t modified_ms) {
    char at[CLOCK_TEXT_SIZE];
    const char *slash = strrchr(r->path, '/');
    if (!json_object_get(r->results, "started"))
        json_set_str(r->results, "started", clock_format_utc(modified_ms, at));
    if (json_object_get(r->results, "run"))
        return;
    CLEANUP(str_freep)
    char *run =
        xasprintf("%s@%s", slash ? slash + 1 : r->path, json_str(r->results, "started", NULL));
    json_set_str(r->results, "run", run);
}

/* "2017-06-02T09:00:07", in UTC without saying so; the earliest counts. */
static void take_timestamp(struct reader *r) {
    CLEANUP(str_freep) char *said = attribute(r, "timestamp");
    CLEANUP(str_freep) char *at = said ? xasprintf("%.19sZ", said) : NULL;
    const char *known = json_str(r->results, "started", NULL);
    if (at && clock_parse_utc(at) >= 0 && (!known || strcmp(at, known) < 0))
        json_set_str(r->results, "started", at);
}

static int read_all(struct reader *r) {
    bool in_case = false, is_junit = false;
    int rc;
    while ((rc = xmlTextReaderRead(r->xml)) == 1) {
        int type = xmlTextReaderNodeType(r->xml);
        if (type == XML_READER_TYPE_ELEMENT) {
            is_junit |= is(r, "testsuites") || is(r, "testsuite");
            if (!is_junit)
                return err_set(r->err, ERR_INPUT,
                               "%s:%d: <%s>: not a JUnit file, expected <testsuites> or "
                               "<testsuite>",
                               r->path, xmlTextReaderGetParserLineNumber(r->xml),
                               (const char *)xmlTextReaderConstLocalName(r->xml));
            if (is(r, "testsuite") || is(r, "testsuites"))
                take_timestamp(r);
            if (is(r, "testcase")) {
                begin_case(r);
                in_case = !xmlTextReaderIsEmptyElement(r->xml);
                if (!in_case)
                    end_case(r);
            } else if (in_case && (is(r, "failure") || is(r, "error") || is(r, "skipped"))) {
                take_outcome(r);
            } else if (is(r, "property")) {
                if (in_case)
                    take_property(r);
                else
                    take_suite_property(r);
            }
        } else if (type == XML_READER_TYPE_END_ELEMENT && in_case && is(r, "testcase")) {
            end_case(r);
            in_case = false;
        }
    }
    if (rc < 0 && !r->err->code)
        err_set(r->err, ERR_INPUT, "%s: not well-formed XML", r->path);
    return r->err->code;
}

json_t *junit_read(const char *path, struct err *err) {
    struct err own = {0};
    struct stat st;
    if (stat(path, &st) < 0) {
        err_errno(err, "cannot open %s", path);
        return NULL;
    }
    struct reader r = {.err = err ? err : &own, .path = path, .list = json_array()};
    r.results = json_pack("{s:i, s:o}", "version", RESULTS_VERSION, "results", r.list);
    /* Nothing is fetched, and entities stay what they are. */
    r.xml = xmlReaderForFile(path, NULL, XML_PARSE_NONET | XML_PARSE_COMPACT);
    if (r.xml) {
        xmlTextReaderSetErrorHandler(r.xml, on_error, &r);
        (void)read_all(&r);
    } else {
        err_set(r.err, ERR_INPUT, "%s: cannot be read as XML", path);
    }
    name_run(&r, (int64_t)st.st_mtim.tv_sec * 1000);
    xmlFreeTextReader(r.xml);
    release_case(&r);
    map_release(&r.seen);
    if (r.doubles > 0)
        json_set_int(r.results, "doubles", (int64_t)r.doubles);
    if (r.err->code) {
        json_decref(r.results);
        return NULL;
    }
    return r.results;
}

bool junit_read_is_xml(const char *path) {
    FILE *in = fopen(path, "re");
    int c = EOF;
    for (int i = 0; in && i < 1000; i++) {
        c = getc(in);
        if (!isspace(c) && c != 0xef && c != 0xbb && c != 0xbf) /* a byte order mark */
            break;
    }
    if (in)
        (void)fclose(in);
    return c == '<';
}
