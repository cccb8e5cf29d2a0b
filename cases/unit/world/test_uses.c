/* What cases take from outside, in each way in which a case may say it. */
#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/world/uses.h"

#include <stdlib.h>
#include <string.h>

/* "kind name, ..." of one case with this step; owned. */
static char *used(const char *step) {
    struct err err = {0};
    char *text = xasprintf("id: a.b\ntitle: t\nwhy: 'image: prose'\nsteps:\n  - %s\n", step);
    json_t *source = yaml_parse(text, strlen(text), "case", &err);
    if (!source)
        fail_msg("%s", err.text);
    struct problems problems = PROBLEMS_INIT;
    struct scenario *s = scenario_from_json(source, NULL, "case", &problems);
    if (!s)
        fail_msg("%s", buf_str(&problems.text));
    json_t *facts = json_pack("{s:s,s:s}", "kubernetes", "1.6.2", "prefix", "n-");
    struct uses u = {.fixtures = CONFED_SOURCE_DIR "/fixtures", .facts = facts};
    if (uses_add(&u, s, &err) < 0)
        fail_msg("%s", err.text);
    struct buf all = BUF_INIT;
    size_t i;
    json_t *one;
    json_array_foreach(u.list, i, one) buf_addf(
        &all, "%s%s %s", i ? ", " : "", json_str(one, "kind", NULL), json_str(one, "name", NULL));
    char *list = xstrdup(buf_str(&all));
    buf_release(&all);
    uses_release(&u);
    json_decref(facts);
    json_decref(source);
    scenario_free(s);
    problems_release(&problems);
    free(text);
    return list;
}

static void uses__are_found_however_a_case_says_them(void **state) {
    (void)state;
    static const struct {
        const char *step, *wanted;
    } rows[] = {
        {"run: [kubectl, run, x, --image=busybox:1.24]", "image busybox:1.24"},
        {"run: [kubectl, run, x, --image, busybox]", "image busybox"},
        {"run: [kubectl, patch, '{\"image\":\"a.io/b:1\"}']", "image a.io/b:1"},
        {"run: [kubefed, init, '--image=h:v${world.kubernetes}']", "image h:v1.6.2"},
        {"run: [kubefed, init, '--image=${bound}']", ""},
        {"write: {file: f, text: \"{spec: {image: nginx}}\"}", "image nginx"},
        {"run: [curl, 'https://example.com/x.yaml']", "url https://example.com/x.yaml"},
        {"run: [curl, 'http://${f1_worker}:80/']", ""},
        {"run: [curl, 'http://10.1.2.3/']", ""},
        {"run: [curl, 'http://nginx.default.svc.cluster.local/']", ""},
        {"run: [juju, add-model, --no-switch, '${world.prefix}f1']", "model n-f1"},
        {"run: [kubectl, create, -f, '${fixtures}/manifests/nginx-rs.yaml']", "image nginx"},
        {"run: [imagetool, reimage=x]", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *list = used(rows[i].step);
        if (!str_eq(list, rows[i].wanted))
            fail_msg("%s: \"%s\", expected \"%s\"", rows[i].step, list, rows[i].wanted);
        free(list);
    }
}

static void uses__of_a_bundle_are_its_charms_and_what_local_ones_install(void **state) {
    (void)state;
    char *list = used("run: [juju, deploy, '${fixtures}/bundle/federated-kubernetes-core-charmhub/"
                      "bundle.yaml']");
    assert_non_null(strstr(list, "charm easyrsa (1.24/stable)"));
    assert_non_null(strstr(list, "package etcd"));
    assert_non_null(strstr(list, "bundle bundle/federated-kubernetes-core-charmhub/bundle.yaml"));
    assert_null(strstr(list, "etcd-dns"));
    free(list);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses__are_found_however_a_case_says_them),
        cmocka_unit_test(uses__of_a_bundle_are_its_charms_and_what_local_ones_install),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
