#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/mask.h"

#include <string.h>

static void mask__takes_out_secrets_and_leaves_the_rest(void **state) {
    (void)state;
    static const struct {
        const char *text, *masked; /* NULL: nothing in it is a secret */
    } rows[] = {
        {"nothing to hide", NULL},
        {"token: abc\nnext", "token: <secret>\nnext"},
        {"{\"token\":\"abc\",\"a\":1}", "{\"token\":\"<secret>\",\"a\":1}"},
        {"{\\\"token\\\":\\\"abc\\\"}", "{\\\"token\\\":\\\"<secret>\\\"}"},
        {"    client-key-data: LS0tLS1C\n", "    client-key-data: <secret>\n"},
        {"kubectl --token=abc get", "kubectl --token=<secret> get"},
        {"kubectl --token abc get", "kubectl --token <secret> get"},
        {"Tokens: default-token-x1", NULL},
        {"a token is needed", NULL},
        {"type: kubernetes.io/service-account-token\nnext: x", NULL},
        {"automountServiceAccountToken: false", NULL},
        {"\"secret\":{\"secretName\":\"x\"}", NULL},
        {"AWS_SECRET_ACCESS_KEY=abc/d+e AWS_REGION=eu",
         "AWS_SECRET_ACCESS_KEY=<secret> AWS_REGION=eu"},
        {"export OS_PASSWORD='a b c'", "export OS_PASSWORD='<secret>'"},
        {"adminPassword: abc", "adminPassword: <secret>"},
        {"compassword: abc", NULL},
        {"credentials:\n  maas:\n    ann:\n      auth-type: oauth1\n      maas-oauth: a:b:c\n",
         "credentials:\n  maas:\n    ann:\n      auth-type: oauth1\n      maas-oauth: <secret>\n"},
        {"access-key: A\nsecret-key: B", "access-key: <secret>\nsecret-key: <secret>"},
        {"a:\n  private-key: |\n    one\n\n    two\n  b: c", "a:\n  private-key: <secret>\n  b: c"},
        {"http-proxy: http://ann:s3cr3t@proxy:3128/x",
         "http-proxy: http://ann:<secret>@proxy:3128/x"},
        {"see http://proxy:3128/a@b and ssh://git@host:22/x", NULL},
        {"https://h/x?access_token=abc&y=1", "https://h/x?access_token=<secret>"},
        {"Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer <secret>"},
        {"authorization: basic YW5uOnMzY3IzdA==", "authorization: basic <secret>"},
        {"x -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- y", "x <secret> y"},
        {"-----BEGIN EC PRIVATE KEY-----\ncut off", "<secret>"},
        {"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", NULL},
        {"kubeconfig: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQphYmMK end",
         "kubeconfig: <secret> end"},
        {"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl", "<secret>"},
        {"it was eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl.", "it was <secret>"},
        {"eyJhbGciOiJSU0EifQ.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", "<secret>"}, /* encrypted, RFC 7516 */
        {"eyJ.is.short, eyJhbGciOiJSUzI1NiJ9 is only a header", NULL},
        {"sha: 2jmj7l5rSw0yVb/vlWAYkK/YBwk2jmj7l5rSw0yVb/vlWAYkK", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = BUF_INIT;
        mask_text(rows[i].text, strlen(rows[i].text), &out);
        assert_string_equal(buf_str(&out), rows[i].masked ? rows[i].masked : rows[i].text);
        buf_release(&out);
    }
}

static void mask__the_data_of_secret_objects_is_hidden_in_text_too(void **state) {
    (void)state;
    static const struct {
        const char *text, *masked;
    } rows[] = {
        {"apiVersion: v1\ndata:\n  ca.key: YWJj\n  user: ZGVm\nkind: Secret\nmetadata:\n  name: "
         "x\n",
         "apiVersion: v1\ndata:\n<secret>\nkind: Secret\nmetadata:\n  name: x\n"},
        {"items:\n- data:\n    a: YWJj\n  kind: Secret\n- stringData:\n    b: abc\n",
         "items:\n- data:\n<secret>\n  kind: Secret\n- stringData:\n<secret>\n"},
        {"{\"kind\": \"Secret\", \"data\": {\"a\": \"YWJj\"}, \"type\": \"Opaque\"}",
         "{\"kind\": \"Secret\", \"data\": {<secret>}, \"type\": \"Opaque\"}"},
        {"last-applied: '{\\\"data\\\":{\\\"a\\\":\\\"YWJj\\\"},\\\"kind\\\":\\\"Secret\\\"}'",
         "last-applied: '{\\\"data\\\":{<secret>},\\\"kind\\\":\\\"Secret\\\"}'"},
        {"{\"kind\":\"SecretList\",\"items\":[{\"data\":{\"a\":\"YWJj\"}}]}",
         "{\"kind\":\"SecretList\",\"items\":[{\"data\":{<secret>}}]}"},
        {"kind: ConfigMap\ndata:\n  a: b\n", "kind: ConfigMap\ndata:\n  a: b\n"},
        {"kind: SecretProvider\ndata:\n  a: b\n", "kind: SecretProvider\ndata:\n  a: b\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = BUF_INIT;
        mask_text(rows[i].text, strlen(rows[i].text), &out);
        assert_string_equal(buf_str(&out), rows[i].masked);
        buf_release(&out);
    }
}

static void mask__json_members_and_secret_objects_are_hidden(void **state) {
    (void)state;
    json_t *value = json_pack(
        "{s:s, s:{s:s, s:{s:s}}, s:[s], s:b, s:{s:s, s:[{s:{s:s}, s:{s:s}}]}}", "password", "x",
        "inner", "kind", "Secret", "data", "ca.key", "eHh4", "list", "token=abc", "hasToken", 1,
        "secrets", "kind", "SecretList", "items", "data", "k", "eHh4", "metadata", "name", "n");
    json_t *copy = mask_json(value);
    char *text = json_text(copy);
    assert_string_equal(text, "{\"password\":\"<secret>\",\"inner\":{\"kind\":\"Secret\",\"data\":"
                              "{\"ca.key\":\"<secret>\"}},\"list\":[\"token=<secret>\"],"
                              "\"hasToken\":true,\"secrets\":{\"kind\":\"SecretList\",\"items\":["
                              "{\"data\":{\"k\":\"<secret>\"},\"metadata\":{\"name\":\"n\"}}]}}");
    free(text);
    json_decref(copy);
    json_decref(value);
}

static void mask__has_no_trouble_with_texts_that_end_anywhere(void **state) {
    (void)state;
    static const char text[] = "kind: Secret\ndata: {a: b}\ntoken: |\n  x\n--password abc "
                               "http://a:b@c Bearer abcdefghij -----BEGIN PRIVATE KEY-----";
    for (size_t len = 0; len < sizeof(text); len++) {
        char *cut = xmemdup(text, len + 1); /* a copy, so that a tool sees who reads beyond it */
        struct buf out = BUF_INIT;
        mask_text(cut, len, &out);
        assert_null(strstr(buf_str(&out), "abcdefghij"));
        buf_release(&out);
        free(cut);
    }
}

/* Each looks at what is behind it: a megabyte would take minutes, were that done for each anew. */
static void mask__takes_no_longer_where_a_word_has_many_beginnings_of_tokens(void **state) {
    (void)state;
    struct buf text = BUF_INIT, out = BUF_INIT;
    for (size_t i = 0; i < 1 << 18; i++)
        buf_adds(&text, "-eyJ");
    mask_text(buf_str(&text), text.len, &out);
    assert_int_equal(out.len, text.len);
    buf_release(&text);
    buf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask__takes_out_secrets_and_leaves_the_rest),
        cmocka_unit_test(mask__the_data_of_secret_objects_is_hidden_in_text_too),
        cmocka_unit_test(mask__json_members_and_secret_objects_are_hidden),
        cmocka_unit_test(mask__has_no_trouble_with_texts_that_end_anywhere),
        cmocka_unit_test(mask__takes_no_longer_where_a_word_has_many_beginnings_of_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
