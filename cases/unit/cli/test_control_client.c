#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "mocks/cli/control_client.h"
#include "mocks/cli/juju_cli.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

struct world {
    char *dir, *socket_path, *out;
    pid_t server;
};

/* A world that answers one request with a canned text, whatever it was. */
static void serve(struct world *w, const char *answer) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", w->socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    w->server = fork();
    if (w->server == 0) {
        int client = accept(fd, NULL, NULL);
        char byte = 0;
        while (byte != '\n' && read(client, &byte, 1) == 1)
            ;
        for (const char *p = answer; *p; p++) /* in the smallest pieces */
            if (write(client, p, 1) != 1)
                break;
        _exit(0);
    }
    close(fd);
}

static int setup(void **state) {
    char dir[] = "/tmp/confed-test-XXXXXX";
    struct world *w = xcalloc(1, sizeof(*w));
    if (!mkdtemp(dir))
        return -1;
    w->dir = xstrdup(dir);
    w->socket_path = fs_join(dir, "control.sock");
    w->out = fs_join(dir, "out");
    char *world = fs_join(dir, "world.json");
    char *text = xasprintf("{\"socket\": \"%s\", \"speed\": 1000}", w->socket_path);
    fs_write_atomic(world, text, strlen(text), 0600, NULL);
    setenv("CONFED_WORLD", world, 1);
    unsetenv("JUJU_DATA");
    free(text);
    free(world);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    if (w->server > 0)
        waitpid(w->server, NULL, 0);
    fs_remove_tree(w->dir, NULL);
    free(w->dir);
    free(w->socket_path);
    free(w->out);
    free(w);
    return 0;
}

/* Runs juju with its stdout in a file, whose text is added to ret. */
static int run_juju(struct world *w, int fd, struct buf *ret) {
    char juju[] = "juju", verb[] = "status", *argv[] = {juju, verb, NULL};
    int file = open(w->out, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600), saved = dup(fd);
    dup2(file, fd);
    int code = juju_cli_main(2, argv);
    dup2(saved, fd);
    close(saved);
    close(file);
    fs_read(w->out, ret, NULL);
    return code;
}

static void juju__passes_output_files_model_and_exit_code_on(void **state) {
    struct world *w = *state;
    struct buf out = BUF_INIT, file = BUF_INIT;
    char *path = fs_join(w->dir, "config"), *data = fs_join(w->dir, "juju");
    char *answer = xasprintf("{\"fd\": 1, \"data\": \"one\\n\"}\n{\"fd\": 1, \"data\": \"AP8=\", "
                             "\"base64\": true}\n{\"write_file\": \"%s\", \"mode\": 384, \"data\": "
                             "\"kubeconfig\"}\n{\"select_model\": \"admin/c2\"}\n{\"exit\": 7}\n",
                             path);
    serve(w, answer);
    assert_int_equal(run_juju(w, 1, &out), 7);
    assert_int_equal(out.len, 6);
    assert_memory_equal(out.data, "one\n\0\xff", 6);
    fs_read(path, &file, NULL);
    assert_string_equal(buf_str(&file), "kubeconfig");
    char *model = juju_cli_current_model(data);
    assert_string_equal(model, "admin/c2");
    free(model);
    free(answer);
    free(data);
    free(path);
    buf_release(&out);
    buf_release(&file);
}

static void juju__says_in_one_line_what_is_wrong_with_the_world(void **state) {
    struct world *w = *state;
    static const struct {
        const char *answer, *text;
    } rows[] = {
        {"", "ERROR the simulated world broke off\n"},
        {"{\"fd\": 1, \"data\": \"\"}\n", "ERROR the simulated world broke off\n"},
        {"{\"error\": \"no such command\"}\n", "ERROR no such command\n"},
        {"nonsense\n", "ERROR answer of the world"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf errors = BUF_INIT;
        serve(w, rows[i].answer);
        assert_int_equal(run_juju(w, 2, &errors), 1);
        assert_int_equal(strncmp(buf_str(&errors), rows[i].text, strlen(rows[i].text)), 0);
        buf_release(&errors);
        waitpid(w->server, NULL, 0);
        w->server = 0;
        unlink(w->socket_path);
    }
    struct buf errors = BUF_INIT;
    assert_int_equal(run_juju(w, 2, &errors), 1);
    assert_non_null(strstr(buf_str(&errors), "ERROR no simulated world listens at "));
    buf_release(&errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(juju__passes_output_files_model_and_exit_code_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(juju__says_in_one_line_what_is_wrong_with_the_world, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
