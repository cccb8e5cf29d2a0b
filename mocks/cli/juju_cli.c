#include "mocks/cli/juju_cli.h"

#include "harness/core/base64.h"
#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/cli/control_client.h"
#include "mocks/cli/world_file.h"

#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>

#define CONTROLLER "sim"
#define FILE_MAX ((size_t)4 << 20)

/* The client's own state */

static char *models_path(const char *data_dir) {
    return fs_join(data_dir, "models.yaml");
}

char *juju_cli_current_model(const char *data_dir) {
    CLEANUP(str_freep) char *path = models_path(data_dir);
    CLEANUP(json_freep) json_t *all = yaml_load_path(path, NULL);
    const char *model = json_str(all, "controllers", CONTROLLER, "current-model", NULL);
    return model ? xstrdup(model) : NULL;
}

int juju_cli_select_model(const char *data_dir, const char *model, struct err *err) {
    if (fs_mkdir_p(data_dir, 0700, err) < 0)
        return err->code;
    CLEANUP(str_freep) char *lock_path = fs_join(data_dir, "models.yaml.lock");
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0) {
        int rc = err_errno(err, "cannot lock %s", lock_path);
        if (lock >= 0)
            close(lock);
        return rc;
    }
    CLEANUP(str_freep) char *path = models_path(data_dir);
    CLEANUP(json_freep) json_t *all = fs_exists(path) ? yaml_load_path(path, NULL) : NULL;
    if (!json_is_object(all)) {
        json_decref(all);
        all = json_object();
    }
    json_t *mine = json_ensure_object(json_ensure_object(all, "controllers"), CONTROLLER);
    json_set_str(mine, "current-model", model);
    struct buf text = BUF_INIT;
    yaml_dump_to(all, &text);
    int rc = fs_write_atomic(path, buf_str(&text), text.len, 0600, err);
    buf_release(&text);
    close(lock);
    return rc;
}

/* The request */

static void add_file(json_t *files, const char *name) {
    struct stat st;
    CLEANUP(str_freep) char *path = xstrdup(name);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        free(path);
        path = fs_join(name, "bundle.yaml");
        if (stat(path, &st) < 0)
            return;
    } else if (stat(path, &st) < 0) {
        return;
    }
    struct buf text = BUF_INIT_LIMIT(FILE_MAX);
    if (S_ISREG(st.st_mode) && fs_read(path, &text, NULL) == 0 &&
        str_is_utf8(buf_str(&text), text.len))
        json_object_set_new(files, name, json_stringn(buf_str(&text), text.len));
    buf_release(&text);
}

/* Only these two read local files that arguments name; a bundle, a file of options. */
static void add_files(json_t *files, int argc, char **argv) {
    if (argc < 2 || (!str_eq(argv[1], "deploy") && !str_eq(argv[1], "config")))
        return;
    for (int i = 2; i < argc; i++) {
        const char *name = str_has_prefix(argv[i], "--file=") ? argv[i] + 7 : argv[i];
        bool is_path =
            strchr(name, '/') || str_has_suffix(name, ".yaml") || str_has_prefix(name, ".");
        if (name[0] != '-' && is_path && !strstr(name, "cs:"))
            add_file(files, name);
    }
}

/* scp into a folder keeps the file's name; only this side knows that it is a folder. */
static char *scp_target(int argc, char **argv) {
    const char *to = argv[argc - 1], *from = NULL;
    for (int i = 2; i < argc - 1; i++)
        if (strchr(argv[i], ':'))
            from = strchr(argv[i], ':') + 1;
    if (!from || !fs_is_dir(to))
        return xstrdup(to);
    CLEANUP(str_freep) char *copy = xstrdup(from);
    return fs_join(to, basename(copy));
}

static void add_env(json_t *request, const char *name) {
    if (getenv(name))
        json_set_str(json_ensure_object(request, "env"), name, getenv(name));
}

/* What is typed at the prompt of destroy-model, when it will ask. */
static void add_answer(json_t *request, int argc, char **argv) {
    if (argc < 2 || !str_eq(argv[1], "destroy-model"))
        return;
    for (int i = 2; i < argc; i++)
        if (str_eq(argv[i], "-y") || str_eq(argv[i], "--yes") || str_eq(argv[i], "--no-prompt"))
            return;
    if (isatty(0))
        (void)!write(2, "This destroys a model of the simulated world. Continue [y/N]? ", 62);
    char line[256];
    if (fgets(line, sizeof(line), stdin) && str_is_utf8(line, strlen(line)))
        json_set_str(request, "stdin", line);
}

json_t *juju_cli_request(int argc, char **argv, const char *current_model) {
    json_t *request = json_object(), *args = json_array();
    json_array_append_new(args, json_string("juju"));
    bool scp = argc > 3 && str_eq(argv[1], "scp");
    for (int i = 1; i < argc; i++) {
        CLEANUP(str_freep)
        char *text = scp && i == argc - 1 ? scp_target(argc, argv) : xstrdup(argv[i]);
        json_array_append_new(args, json_string(str_is_utf8(text, strlen(text)) ? text : "?"));
    }
    json_set_str(request, "command", "juju");
    json_object_set_new(request, "argv", args);
    CLEANUP(str_freep) char *cwd = getcwd(NULL, 0);
    json_set_str(request, "cwd", cwd);
    add_env(request, "JUJU_MODEL");
    add_env(request, "JUJU_CONTROLLER");
    json_ensure_object(request, "env");
    if (current_model)
        json_set_str(request, "current_model", current_model);
    add_files(json_ensure_object(request, "files"), argc, argv);
    return request;
}

/* The answer */

struct session {
    const char *data_dir; /* borrowed */
    int code;
};

static void write_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n <= 0)
            return; /* nobody reads it any more */
        data += n;
        len -= (size_t)n;
    }
}

static void complain(struct session *s, const char *text) {
    CLEANUP(str_freep) char *line = xasprintf("ERROR %s\n", text);
    write_all(2, line, strlen(line));
    s->code = 1;
}

static void take_file(struct session *s, const json_t *answer, const char *data, size_t len) {
    const char *path = json_str(answer, "write_file", NULL);
    struct err err = {0};
    int64_t mode = json_int(answer, 0600, "mode", NULL) & 0777;
    if (fs_write_atomic(path, data, len, (mode_t)mode, &err) < 0)
        complain(s, err.text);
}

static bool on_answer(void *self, const json_t *answer) {
    struct session *s = self;
    const json_t *data = json_object_get(answer, "data");
    size_t len = json_string_length(data);
    CLEANUP(str_freep) char *decoded = NULL;
    const char *bytes = json_string_value(data);
    if (bytes && json_flag(answer, "base64", NULL)) {
        decoded = base64_decode(bytes, &len);
        bytes = decoded;
    }
    if (json_str(answer, "write_file", NULL) && bytes)
        take_file(s, answer, bytes, len);
    else if (bytes)
        write_all(json_int(answer, 1, "fd", NULL) == 2 ? 2 : 1, bytes, len);
    if (json_object_get(answer, "select_model")) {
        struct err err = {0};
        if (juju_cli_select_model(s->data_dir, json_str(answer, "select_model", NULL), &err) < 0)
            complain(s, err.text);
    }
    if (json_str(answer, "error", NULL)) {
        complain(s, json_str(answer, "error", NULL));
        return false;
    }
    if (!json_object_get(answer, "exit"))
        return true;
    int code = (int)json_int(answer, 1, "exit", NULL);
    s->code = code ? code : s->code;
    return false;
}

static char *data_dir_of(void) {
    const char *named = getenv("JUJU_DATA");
    if (named && *named)
        return xstrdup(named);
    CLEANUP(str_freep) char *world = xstrdup(getenv("CONFED_WORLD"));
    return fs_join(dirname(world), "juju");
}

int juju_cli_main(int argc, char **argv) {
    struct err err = {0};
    struct session s = {0};
    CLEANUP(json_freep) json_t *world = world_file_load(&err);
    const char *socket_path = json_str(world, "socket", NULL);
    if (world && !socket_path)
        err_set(&err, ERR_INPUT, "%s: no \"socket\" in it", getenv("CONFED_WORLD"));
    if (!socket_path) {
        complain(&s, err.text);
        return s.code;
    }
    CLEANUP(str_freep) char *data_dir = data_dir_of();
    CLEANUP(str_freep) char *current = juju_cli_current_model(data_dir);
    CLEANUP(json_freep) json_t *request = juju_cli_request(argc, argv, current);
    add_answer(request, argc, argv);
    s.data_dir = data_dir;
    if (control_client_call(socket_path, request, on_answer, &s, &err) < 0)
        complain(&s, err.text);
    return s.code;
}
