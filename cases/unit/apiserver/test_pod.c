/* Reaching into pods, and bodies and answers that are not JSON. */
#include "cases/unit/apiserver/apiserver_fixture.h"

#include "mocks/apiserver/protobuf.h"

#define POD "/api/v1/namespaces/default/pods"

static void say_line(struct kubelet_sink sink, const char *text) {
    sink.output(sink.self, 1, text, strlen(text));
    sink.exited(sink.self, 0, NULL);
}

struct program {
    struct sched *sched;
    struct sched_timer timer;
    struct kubelet_sink sink;
    int64_t tail_lines;
    char container[32];
};

static void on_run(void *self) {
    struct program *p = self;
    say_line(p->sink, "hello\n");
}

static void ignore(void *self) {
    (void)self;
}

static int start(void *self, const struct kubelet_request *request, const struct kubelet_sink *sink,
                 struct kubelet_process *ret, struct err *err) {
    struct program *p = self;
    (void)err;
    p->sink = *sink;
    p->tail_lines = request->tail_lines;
    snprintf(p->container, sizeof(p->container), "%s", request->container);
    *ret = (struct kubelet_process){.kill = ignore, .input_end = ignore, .self = p};
    sched_start(p->sched, &p->timer, 0, on_run, p);
    return 0;
}

static struct program program;
static const struct kubelet_ops kubelet = {.start = start, .self = &program};

static int fixture_kubelet(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    fixture_start(f, &(struct apiserver_options){.name = "c1",
                                                 .service_cidr = "10.152.183.0/24",
                                                 .anonymous = true,
                                                 .kubelet = &kubelet});
    program = (struct program){.sched = f->sched};
    *state = f;
    return 0;
}

static void make(struct fixture *f, const char *name, const char *node, const char *more) {
    char *body = xasprintf("{\"metadata\":{\"name\":\"%s\"},\"spec\":{%s\"containers\":[{\"name\":"
                           "\"a\",\"image\":\"i\"}%s]}}",
                           name, node, more);
    assert_int_equal(call(f, "POST", POD, body), 201);
    free(body);
}

static void pod__log_is_what_its_container_wrote(void **state) {
    struct fixture *f = *state;
    make(f, "p", "\"nodeName\":\"n1\",", "");
    assert_int_equal(wire(f, "GET", POD "/p/log?tailLines=5", NULL, NULL), 0);
    sched_advance(f->sched, 1);
    assert_int_equal(f->exchange->status, 200);
    assert_string_equal(buf_str(&f->exchange->body), "hello\n");
    assert_int_equal(program.tail_lines, 5);
    assert_string_equal(program.container, "a");
}

static void pod__that_cannot_be_reached_says_why(void **state) {
    struct fixture *f = *state;
    make(f, "two", "\"nodeName\":\"n1\",", ",{\"name\":\"b\",\"image\":\"i\"}");
    make(f, "lost", "", "");
    static const struct {
        const char *target;
        int status;
        const char *text;
    } rows[] = {
        {POD "/two/log", 400,
         "a container name must be specified for pod two, choose one of: [a b]"},
        {POD "/two/log?container=z", 400, "container z is not valid for pod two"},
        {POD "/lost/log", 400, "pod lost does not have a host assigned"},
        {POD "/none/log", 404, "pods \\\"none\\\" not found"},
        {POD "/two/log?container=a&tailLines=-2", 422, "tailLines: Invalid value: -2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(wire(f, "GET", rows[i].target, NULL, NULL), rows[i].status);
        assert_non_null(strstr(buf_str(&f->exchange->body), rows[i].text));
    }
}

static void body__may_be_protobuf_and_so_may_the_answer(void **state) {
    struct fixture *f = *state;
    json_t *ns = json_pack("{s:s,s:s,s:{s:s}}", "apiVersion", "v1", "kind", "Namespace", "metadata",
                           "name", "made");
    struct buf coded = BUF_INIT;
    assert_int_equal(protobuf_encode(ns, &coded, NULL), 0);
    json_decref(ns);
    f->exchange = memory_exchange_new("POST", "/api/v1/namespaces", coded.data, coded.len);
    buf_release(&coded);
    http_headers_add(&f->exchange->request.headers, "Content-Type",
                     "application/vnd.kubernetes.protobuf");
    http_headers_add(&f->exchange->request.headers, "Accept",
                     "application/vnd.kubernetes.protobuf,application/json");
    apiserver_handle(f->api, &f->exchange->exchange);
    assert_int_equal(f->exchange->status, 201);
    json_t *got = protobuf_decode(f->exchange->body.data, f->exchange->body.len, NULL);
    const char *name = json_str(got, "metadata", "name", NULL);
    bool right = name && strcmp(name, "made") == 0;
    json_decref(got);
    assert_true(right);
}

static void body__may_be_yaml_or_have_no_type(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", "/api/v1/namespaces", "Content-Type: application/yaml",
                          "metadata:\n  name: yam\n"),
                     201);
    assert_int_equal(wire(f, "POST", "/api/v1/namespaces", NULL, "{\"metadata\":{\"name\":\"n\"}}"),
                     201);
    assert_int_equal(wire(f, "POST", "/api/v1/namespaces", "Content-Type: text/html", "x"), 415);
    assert_int_equal(wire(f, "POST", "/api/v1/namespaces", NULL, "not json"), 400);
    assert_non_null(strstr(buf_str(&f->exchange->body),
                           "the object provided is unrecognized (must be of type Namespace): "
                           "couldn't get version/kind; json parse error: invalid character 'o' in "
                           "literal null (expecting 'u') (6e6f74206a736f6e)"));
    assert_int_equal(wire(f, "GET", "/api/v1/namespaces", "Accept: text/html", NULL), 406);
    assert_int_equal(wire(f, "GET", "/api/v1/namespaces/yam", "Accept: application/yaml", NULL),
                     200);
    assert_non_null(strstr(buf_str(&f->exchange->body), "phase: \"Active\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_kubelet, fixture_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pod__log_is_what_its_container_wrote),
        TEST(pod__that_cannot_be_reached_says_why),
        TEST(body__may_be_protobuf_and_so_may_the_answer),
        TEST(body__may_be_yaml_or_have_no_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
