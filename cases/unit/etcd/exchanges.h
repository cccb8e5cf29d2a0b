/*
 * What a fresh etcd 3.4.23 (--enable-v2) with one member answers, in this order: recorded once,
 * held against mocks/etcd by test_etcd.c and against a real etcd by test_etcd_conformance.c.
 */
#ifndef CONFED_CASES_ETCD_EXCHANGES_H
#define CONFED_CASES_ETCD_EXCHANGES_H

#include <stddef.h>

struct exchange {
    const char *method, *target, *form;
    int status;
    const char *index; /* X-Etcd-Index */
    const char *body;
};

#define K "/v2/keys"
#define NODE(key, value, modified, created)                                    \
    "{\"key\":\"" key "\",\"value\":\"" value "\",\"modifiedIndex\":" modified \
    ",\"createdIndex\":" created "}"
#define GONE(key, modified, created) \
    "{\"key\":\"" key "\",\"modifiedIndex\":" modified ",\"createdIndex\":" created "}"
#define DIR(key, modified, created) \
    "{\"key\":\"" key "\",\"dir\":true,\"modifiedIndex\":" modified ",\"createdIndex\":" created "}"
#define DID(action, node) "{\"action\":\"" action "\",\"node\":" node "}"
#define DID_TO(action, node, prev) \
    "{\"action\":\"" action "\",\"node\":" node ",\"prevNode\":" prev "}"
#define ERROR(code, message, cause, index)                                                         \
    "{\"errorCode\":" code ",\"message\":\"" message "\",\"cause\":\"" cause "\",\"index\":" index \
    "}"

static const struct exchange EXCHANGES[] = {
    {"GET", K "/nope/x", NULL, 404, "3", ERROR("100", "Key not found", "/nope", "3")},
    {"PUT", K "/a", "value=1", 201, "4", DID("set", NODE("/a", "1", "4", "4"))},
    {"GET", K "/a", NULL, 200, "4", DID("get", NODE("/a", "1", "4", "4"))},
    {"PUT", K "/a", "value=2", 200, "5",
     DID_TO("set", NODE("/a", "2", "5", "5"), NODE("/a", "1", "4", "4"))},
    {"PUT", K "/a", "value=3&prevExist=false", 412, "5",
     ERROR("105", "Key already exists", "/a", "5")},
    {"PUT", K "/zz", "value=3&prevExist=true", 404, "5", ERROR("100", "Key not found", "/zz", "5")},
    {"PUT", K "/zz", "value=3&prevValue=x", 404, "5", ERROR("100", "Key not found", "/zz", "5")},
    {"PUT", K "/a", "value=3&prevValue=9", 412, "5",
     ERROR("101", "Compare failed", "[9 != 2]", "5")},
    {"PUT", K "/a", "value=3&prevIndex=1", 412, "5",
     ERROR("101", "Compare failed", "[1 != 5]", "5")},
    {"PUT", K "/a", "value=3&prevIndex=1&prevValue=x", 412, "5",
     ERROR("101", "Compare failed", "[x != 2] [1 != 5]", "5")},
    {"PUT", K "/a", "value=3&prevIndex=5", 200, "6",
     DID_TO("compareAndSwap", NODE("/a", "3", "6", "5"), NODE("/a", "2", "5", "5"))},
    {"PUT", K "/a", "value=4&prevExist=true", 200, "7",
     DID_TO("update", NODE("/a", "4", "7", "5"), NODE("/a", "3", "6", "5"))},
    {"PUT", K "/a/b", "value=x", 400, "7", ERROR("104", "Not a directory", "/a", "7")},
    {"GET", K "/a/b", NULL, 400, "7", ERROR("104", "Not a directory", "/a", "7")},
    {"PUT", K "/d", "dir=true", 201, "8", DID("set", DIR("/d", "8", "8"))},
    {"PUT", K "/d", "value=x", 403, "8", ERROR("102", "Not a file", "/d", "8")},
    {"PUT", K "/d", "value=x&prevValue=1", 403, "8", ERROR("102", "Not a file", "/d", "8")},
    {"DELETE", K "/d", NULL, 403, "8", ERROR("102", "Not a file", "/d", "8")},
    {"PUT", K "/d/x", "value=hello", 201, "9", DID("set", NODE("/d/x", "hello", "9", "9"))},
    {"PUT", K "/d/_hid", "value=h", 201, "10", DID("set", NODE("/d/_hid", "h", "10", "10"))},
    {"DELETE", K "/d?dir=true", NULL, 403, "10", ERROR("108", "Directory not empty", "/d", "10")},
    {"GET", K "/d", NULL, 200, "10",
     "{\"action\":\"get\",\"node\":{\"key\":\"/d\",\"dir\":true,\"nodes\":[" NODE(
         "/d/x", "hello", "9", "9") "],\"modifiedIndex\":8,\"createdIndex\":8}}"},
    {"GET", K "/?recursive=true&sorted=true&quorum=false", NULL, 200, "10",
     "{\"action\":\"get\",\"node\":{\"dir\":true,\"nodes\":[" NODE(
         "/a", "4", "7",
         "5") ",{\"key\":\"/d\",\"dir\":true,\"nodes\":[" NODE("/d/x", "hello", "9",
                                                               "9") "],"
                                                                    "\"modifiedIndex\":8,"
                                                                    "\"createdIndex\":8}]}}"},
    {"DELETE", K "/d?recursive=true", NULL, 200, "11",
     DID_TO("delete", DIR("/d", "11", "8"), DIR("/d", "8", "8"))},
    {"DELETE", K "/a?prevValue=zz", NULL, 412, "11",
     ERROR("101", "Compare failed", "[zz != 4]", "11")},
    {"DELETE", K "/a?prevValue=4", NULL, 200, "12",
     DID_TO("compareAndDelete", GONE("/a", "12", "5"), NODE("/a", "4", "7", "5"))},
    {"POST", K "/q", "value=j1", 201, "13",
     DID("create", NODE("/q/00000000000000000013", "j1", "13", "13"))},
    {"POST", K "/q/00000000000000000013", "value=j1", 400, "13",
     ERROR("104", "Not a directory", "/q/00000000000000000013", "13")},
    {"PUT", K "/e", "value=a<b>%26\"+x", 201, "14",
     DID("set", NODE("/e", "a\\u003cb\\u003e\\u0026\\\" x", "14", "14"))},
    {"PUT", K "/a%20b%2Fc", "value=1", 201, "15", DID("set", NODE("/a b/c", "1", "15", "15"))},
    {"PUT", K "/b?value=query", "value=form", 201, "16",
     DID("set", NODE("/b", "form", "16", "16"))},
    {"DELETE", K "/b?dir=true", NULL, 200, "17",
     DID_TO("delete", GONE("/b", "17", "16"), NODE("/b", "form", "16", "16"))},
    {"DELETE", K "/", NULL, 400, "17", ERROR("107", "Root is read only", "/", "17")},
    {"PUT", K, "value=1", 400, "17", ERROR("107", "Root is read only", "/", "17")},
    {"DELETE", K "/e?prevIndex=x", NULL, 400, "0",
     ERROR("203", "The given index in POST form is not a number",
           "invalid value for \\\"prevIndex\\\"", "0")},
    {"PUT", K "/e", "ttl=x", 400, "0",
     ERROR("202", "The given TTL in POST form is not a number", "invalid value for \\\"ttl\\\"",
           "0")},
    {"PUT", K "/e", "prevExist=x", 400, "0",
     ERROR("209", "Invalid field", "invalid value for prevExist", "0")},
    {"GET", K "/e?recursive=x", NULL, 400, "0",
     ERROR("209", "Invalid field", "invalid value for \\\"recursive\\\"", "0")},
    {"PUT", K "/e", "%zz=1", 400, "0",
     ERROR("210", "Invalid POST form", "invalid URL escape \\\"%zz\\\"", "0")},
    {"PUT", K "/e", "prevValue=&value=1", 400, "0",
     ERROR("201", "PrevValue is Required in POST form", "\\\"prevValue\\\" cannot be empty", "0")},
    {"PUT", K "/e", "refresh=true&value=1", 400, "0",
     ERROR("211", "Value provided on refresh", "A value was provided on a refresh", "0")},
    {"PUT", K "/e?wait=true", "value=1", 400, "0",
     ERROR("209", "Invalid field", "\\\"wait\\\" can only be used with GET requests", "0")},
    {"PUT", K "/e", "refresh=true", 400, "0",
     ERROR("212", "A TTL must be provided on refresh", "No TTL value set", "0")},
    {"GET", K "/e?wait=true&waitIndex=14", NULL, 200, "17",
     DID("set", NODE("/e", "a\\u003cb\\u003e\\u0026\\\" x", "14", "14"))},
    {"GET", K "/q?wait=true&waitIndex=5&recursive=true", NULL, 200, "17",
     DID("create", NODE("/q/00000000000000000013", "j1", "13", "13"))},
    {"GET", "/version", NULL, 200, NULL, "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}"},
    {"GET", "/health", NULL, 200, NULL, "{\"health\":\"true\"}"},
    {"GET", "/nix", NULL, 404, NULL, "404 page not found"},
    {"PATCH", K "/e", NULL, 405, NULL, "Method Not Allowed"},
};

#undef K
#undef NODE
#undef GONE
#undef DIR
#undef DID
#undef DID_TO
#undef ERROR

#endif
