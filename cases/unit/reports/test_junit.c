/*
 * The JUnit files as their readers see them: held against the schemas of two families, and read
 * back by the rules of each consumer, which differ in what counts first and in what is shown.
 */
#include "cases/unit/support/unit.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/json.h"
#include "reports/tally.h"
#include "reports/upgrade.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

static void be_silent(void *context, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void be_silent(void *context, const char *fmt, ...) {
    (void)context;
    (void)fmt;
}

static xmlDoc *parsed_upgrade(const json_t *answer) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    upgrade_junit(answer, &(struct compare_report_options){0}, out);
    fclose(out);
    xmlDoc *doc = xmlReadMemory(text, (int)len, "upgrade.xml", NULL, XML_PARSE_NONET);
    free(text);
    return doc;
}

static xmlDoc *parsed(const char *dialect, const json_t *results) {
    size_t len;
    char *text = sample_written(dialect, results, NULL, &len);
    xmlDoc *doc = xmlReadMemory(text, (int)len, "junit.xml", NULL, XML_PARSE_NONET);
    free(text);
    return doc;
}

static bool is_valid(const char *schema_name, xmlDoc *doc, bool quiet) {
    char *path = xasprintf("%s/fixtures/junit/%s.xsd", CONFED_SOURCE_DIR, schema_name);
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(parser);
    assert_non_null(schema);
    xmlSchemaValidCtxt *context = xmlSchemaNewValidCtxt(schema);
    if (quiet)
        xmlSchemaSetValidErrors(context, be_silent, be_silent, NULL);
    bool valid = xmlSchemaValidateDoc(context, doc) == 0;
    xmlSchemaFreeValidCtxt(context);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    free(path);
    return valid;
}

/* Surefire writes one suite a file: the suite of ours as a document of its own. */
static bool suite_is_valid(const char *schema_name, xmlDoc *doc) {
    xmlNode *suite = xmlFirstElementChild(xmlDocGetRootElement(doc));
    xmlDoc *alone = xmlNewDoc((const xmlChar *)"1.0");
    xmlDocSetRootElement(alone, xmlDocCopyNode(suite, alone, 1));
    bool valid = is_valid(schema_name, alone, false);
    xmlFreeDoc(alone);
    return valid;
}

static void junit__strict_is_valid_for_jenkins_and_for_surefire(void **state) {
    (void)state;
    json_t *results = sample_load();
    xmlDoc *doc = parsed("junit-strict", results);
    assert_non_null(doc);
    assert_true(is_valid("jenkins", doc, false));
    assert_true(suite_is_valid("surefire", doc));
    xmlFreeDoc(doc);
    json_decref(results);
}

static void junit__rich_is_what_the_schemas_refuse_only_for_its_properties(void **state) {
    (void)state;
    json_t *results = sample_load();
    xmlDoc *doc = parsed("junit", results);
    assert_false(is_valid("jenkins", doc, true)); /* the schema bites */
    xmlXPathContext *c = xmlXPathNewContext(doc);
    xmlXPathObject *found =
        xmlXPathEvalExpression((const xmlChar *)"//testcase/properties | /testsuites/@skipped", c);
    for (int i = 0; i < found->nodesetval->nodeNr; i++) {
        xmlNode *node = found->nodesetval->nodeTab[i];
        if (node->type == XML_ATTRIBUTE_NODE) {
            xmlRemoveProp((xmlAttr *)node);
        } else {
            xmlUnlinkNode(node);
            xmlFreeNode(node);
        }
        found->nodesetval->nodeTab[i] = NULL;
    }
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(c);
    assert_true(is_valid("jenkins", doc, false));
    xmlFreeDoc(doc);
    json_decref(results);
}

/* --- consumers ------------------------------------------------------------------------------ */

enum seen { SEEN_PASSED, SEEN_FAILED, SEEN_SKIPPED };

struct consumer {
    const char *name;
    const char *first[3];   /* the child that decides, in this order */
    bool reads_status;      /* an attribute "status" or "result" would decide too */
    bool reason_is_text;    /* shows the element's text, else its attribute "message" */
    bool hides_skip_reason; /* shows none of a skipped case */
    bool drops_same_names;  /* keeps the first of two cases with one name */
};

/* Jenkins: CaseResult and SuiteResult of junit-plugin; GitLab: its JUnit parser, which takes the
 * text of an element that has both; dorny, EnricoMi and mikepenz: actions of GitHub; Spyglass: the
 * lens "junit" of Prow; Maven: TestSuiteXmlParser of surefire-report-parser. */
static const struct consumer consumers[] = {
    {.name = "Jenkins junit-plugin", .first = {"skipped", "error", "failure"}},
    {.name = "GitLab",
     .first = {"failure", "error", "skipped"},
     .reason_is_text = true,
     .drops_same_names = true},
    {.name = "dorny/test-reporter",
     .first = {"failure", "error", "skipped"},
     .reason_is_text = true,
     .hides_skip_reason = true},
    {.name = "EnricoMi/publish-unit-test-result-action",
     .first = {"error", "failure", "skipped"},
     .reads_status = true},
    {.name = "mikepenz/action-junit-report",
     .first = {"skipped", "failure", "error"},
     .reads_status = true},
    {.name = "Prow Spyglass", .first = {"skipped", "failure", "error"}, .reason_is_text = true},
    {.name = "Sonobuoy", .first = {"skipped", "failure", "error"}},
    {.name = "Maven surefire-report", .first = {"failure", "error", "skipped"}},
};

static xmlNode *child(xmlNode *node, const char *name) {
    for (xmlNode *at = xmlFirstElementChild(node); at; at = xmlNextElementSibling(at))
        if (strcmp((const char *)at->name, name) == 0)
            return at;
    return NULL;
}

static xmlNode *deciding_child(const struct consumer *c, xmlNode *testcase) {
    for (size_t i = 0; i < ARRAY_LEN(c->first); i++) {
        xmlNode *found = child(testcase, c->first[i]);
        if (found)
            return found;
    }
    return NULL;
}

static enum seen seen_by(const struct consumer *c, xmlNode *testcase) {
    if (c->reads_status)
        assert_null(xmlHasProp(testcase, (const xmlChar *)"status"));
    xmlNode *decides = deciding_child(c, testcase);
    if (!decides)
        return SEEN_PASSED;
    return strcmp((const char *)decides->name, "skipped") == 0 ? SEEN_SKIPPED : SEEN_FAILED;
}

static char *attribute(xmlNode *node, const char *name) {
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    char *copy = xstrdup(value ? (const char *)value : "");
    xmlFree(value);
    return copy;
}

/* The reason as this consumer shows it, owned. */
static char *shown(const struct consumer *c, xmlNode *testcase) {
    xmlNode *decides = deciding_child(c, testcase);
    if (!decides)
        return xstrdup("");
    if (!c->reason_is_text)
        return attribute(decides, "message");
    xmlChar *text = xmlNodeGetContent(decides);
    char *copy = xstrdup((const char *)text);
    xmlFree(text);
    return copy;
}

static const json_t *result_named(const json_t *results, const char *slug) {
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(results, "results"), i, r) {
        const char *id = json_str(r, "case", NULL), *dot = strchr(id, '.');
        if (strcmp(dot + 1, slug) == 0)
            return r;
    }
    return NULL;
}

/* The name is "slug: title" of a case, or a row of the suite's own. */
static const json_t *result_behind(const json_t *results, xmlNode *testcase) {
    char *classname = attribute(testcase, "classname"), *name = attribute(testcase, "name");
    bool own = strcmp(classname, "fed.v1.suite") == 0;
    char *colon = strstr(name, ": ");
    if (colon)
        *colon = '\0';
    const json_t *r = own ? NULL : result_named(results, name);
    assert_true(own || r);
    free(classname);
    free(name);
    return r;
}

static enum seen wanted_of(const struct tally *t, const json_t *r) {
    enum verdict v = tally_verdict(r);
    if (tally_is_red(t, v))
        return SEEN_FAILED;
    return v == VERDICT_PASSED || v == VERDICT_GAP_VANISHED ? SEEN_PASSED : SEEN_SKIPPED;
}

static bool is_there_before(xmlNode *testcase) {
    char *name = attribute(testcase, "name"), *class = attribute(testcase, "classname");
    bool found = false;
    for (xmlNode *at = xmlPreviousElementSibling(testcase); at && !found;
         at = xmlPreviousElementSibling(at)) {
        char *other = attribute(at, "name"), *other_class = attribute(at, "classname");
        found = strcmp(name, other) == 0 && strcmp(class, other_class) == 0;
        free(other);
        free(other_class);
    }
    free(name);
    free(class);
    return found;
}

static void check_consumer(const struct consumer *c, xmlDoc *doc, const json_t *results) {
    struct tally t = tally_of(results);
    size_t counts[3] = {0};
    xmlNode *suite = xmlFirstElementChild(xmlDocGetRootElement(doc));
    for (xmlNode *at = xmlFirstElementChild(suite); at; at = xmlNextElementSibling(at)) {
        if (strcmp((const char *)at->name, "testcase") != 0 ||
            (c->drops_same_names && is_there_before(at)))
            continue;
        enum seen seen = seen_by(c, at);
        counts[seen]++;
        const json_t *r = result_behind(results, at);
        if (!r)
            continue;
        if (seen != wanted_of(&t, r))
            fail_msg("%s sees %s in another way", c->name, json_str(r, "case", NULL));
        char *reason = shown(c, at);
        enum verdict v = tally_verdict(r);
        const char *prefix = v == VERDICT_KNOWN_GAP     ? "KNOWN GAP FED-GAP-001: "
                             : v == VERDICT_UNSUPPORTED ? "UNSUPPORTED: needs "
                             : v == VERDICT_BLOCKED     ? "BLOCKED by lifecycle.service"
                                                        : "";
        if (!c->hides_skip_reason && strncmp(reason, prefix, strlen(prefix)) != 0)
            fail_msg("%s shows \"%s\"", c->name, reason);
        if (seen == SEEN_FAILED)
            assert_true(strlen(reason) > 10);
        free(reason);
    }
    assert_int_equal(counts[SEEN_FAILED], tally_red(&t) + tally_rows_failed(&t));
    assert_int_equal(counts[SEEN_SKIPPED], tally_skipped(&t));
    assert_int_equal(counts[SEEN_PASSED], t.total - tally_red(&t) - tally_skipped(&t) + TALLY_ROWS +
                                              1 - tally_rows_failed(&t));
}

static const char *const dialects[] = {"junit", "junit-strict"};

static void junit__is_counted_by_every_consumer_as_we_count(void **state) {
    (void)state;
    for (int green = 0; green < 2; green++) {
        json_t *results = sample_load();
        json_set_int(results, "exit", green ? 0 : 1); /* a vanished gap is fine in a green run */
        for (size_t d = 0; d < ARRAY_LEN(dialects); d++) {
            xmlDoc *doc = parsed(dialects[d], results);
            for (size_t i = 0; i < ARRAY_LEN(consumers); i++)
                check_consumer(&consumers[i], doc, results);
            xmlFreeDoc(doc);
        }
        json_decref(results);
    }
}

static long number(xmlXPathContext *context, const char *path) {
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)path, context);
    long value = found ? (long)xmlXPathCastToNumber(found) : -1;
    xmlXPathFreeObject(found);
    return value;
}

static void junit__counters_are_what_is_in_it(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"number(//testsuite/@tests)", "count(//testcase)"},
                                           {"number(//testsuite/@failures)", "count(//failure)"},
                                           {"number(//testsuite/@errors)", "count(//error)"},
                                           {"number(//testsuite/@skipped)", "count(//skipped)"},
                                           {"number(/testsuites/@tests)", "count(//testcase)"},
                                           {"number(/testsuites/@failures)", "count(//failure)"},
                                           {"number(/testsuites/@errors)", "count(//error)"}};
    json_t *results = sample_load();
    for (size_t d = 0; d < ARRAY_LEN(dialects); d++) {
        xmlDoc *doc = parsed(dialects[d], results);
        xmlXPathContext *c = xmlXPathNewContext(doc);
        for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
            assert_int_equal(number(c, pairs[i][0]), number(c, pairs[i][1]));
        assert_int_equal(number(c, "count(//testcase[failure and skipped])"), 0);
        assert_int_equal(number(c, "count(//testcase[@name='required cases all ran']/failure)"), 1);
        xmlXPathFreeContext(c);
        xmlFreeDoc(doc);
    }
    json_decref(results);
}

static void junit__of_an_upgrade_is_valid_and_counts_what_is_in_it(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"number(//testsuite/@tests)", "count(//testcase)"},
                                           {"number(//testsuite/@failures)", "count(//failure)"},
                                           {"number(//testsuite/@skipped)", "count(//skipped)"},
                                           {"number(/testsuites/@failures)", "count(//failure)"}};
    json_t *answer = sample_upgrade();
    xmlDoc *doc = parsed_upgrade(answer);
    assert_non_null(doc);
    assert_true(is_valid("jenkins", doc, false));
    assert_true(suite_is_valid("surefire", doc));
    xmlXPathContext *c = xmlXPathNewContext(doc);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        assert_int_equal(number(c, pairs[i][0]), number(c, pairs[i][1]));
    assert_int_equal(number(c, "count(//testcase[failure and skipped])"), 0);
    assert_int_equal(number(c, "count(//testcase[@name='go']/failure)"), 1);
    xmlXPathFreeContext(c);
    xmlFreeDoc(doc);
    json_decref(answer);
}

static void junit__names_stay_apart_and_say_nothing_that_changes(void **state) {
    (void)state;
    json_t *results = sample_load(), *list = json_object_get(results, "results");
    for (int i = 0; i < 3; i++)
        json_array_append_new(list, json_deep_copy(json_array_get(list, 0)));
    xmlDoc *doc = parsed("junit", results);
    xmlNode *suite = xmlFirstElementChild(xmlDocGetRootElement(doc));
    for (xmlNode *at = xmlFirstElementChild(suite); at; at = xmlNextElementSibling(at)) {
        assert_false(is_there_before(at));
        char *name = attribute(at, "name");
        assert_null(strstr(name, "FED-GAP"));
        free(name);
    }
    xmlFreeDoc(doc);
    json_decref(results);
}

static void junit__a_name_of_any_bytes_is_well_formed(void **state) {
    (void)state;
    json_t *list = json_array();
    for (int first = 0; first < 256; first++) {
        char bytes[258];
        for (int i = 0; i < 256; i++)
            bytes[i] = (char)(first + i);
        json_t *r = json_pack("{s:s,s:s,s:{}}", "verdict", "failed", "state", "x", "evidence");
        static const char *const keys[] = {"case", "title", "message", "expected", "seen"};
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            json_object_set_new(r, keys[k], json_stringn_nocheck(bytes, 256));
        json_object_set_new(json_object_get(r, "evidence"), "out", json_string("]]>"));
        json_array_append_new(list, r);
    }
    json_t *results = sample_of(list);
    for (size_t d = 0; d < ARRAY_LEN(dialects); d++) {
        xmlDoc *doc = parsed(dialects[d], results);
        assert_non_null(doc);
        xmlXPathContext *c = xmlXPathNewContext(doc);
        assert_int_equal(number(c, "count(//failure)"), 256);
        xmlXPathFreeContext(c);
        xmlFreeDoc(doc);
    }
    json_decref(results);
}

/* GitLab reads 30 MB of a file. */
static void junit__stays_below_30_MB_whatever_a_hundred_thousand_cases_say(void **state) {
    (void)state;
    char *long_text = malloc(20001);
    memset(long_text, 'y', 20000);
    long_text[20000] = '\0';
    json_t *list = json_array(), *text = json_string(long_text);
    for (int i = 0; i < 20000; i++) {
        json_t *r = json_pack("{s:s,s:s,s:O,s:O,s:O}", "case", "a.b", "verdict", "failed",
                              "message", text, "expected", text, "seen", text);
        json_array_append_new(list, r);
    }
    json_t *results = sample_of(list);
    size_t len;
    free(sample_written("junit", results, NULL, &len));
    assert_true(len < 30u * 1000 * 1000);
    json_decref(results);
    json_decref(text);
    free(long_text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junit__strict_is_valid_for_jenkins_and_for_surefire),
        cmocka_unit_test(junit__rich_is_what_the_schemas_refuse_only_for_its_properties),
        cmocka_unit_test(junit__is_counted_by_every_consumer_as_we_count),
        cmocka_unit_test(junit__counters_are_what_is_in_it),
        cmocka_unit_test(junit__of_an_upgrade_is_valid_and_counts_what_is_in_it),
        cmocka_unit_test(junit__names_stay_apart_and_say_nothing_that_changes),
        cmocka_unit_test(junit__a_name_of_any_bytes_is_well_formed),
        cmocka_unit_test(junit__stays_below_30_MB_whatever_a_hundred_thousand_cases_say),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xmlCleanupParser();
    return failed;
}
