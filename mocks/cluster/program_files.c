/* Programs that read and write files and streams. */
#include "mocks/cluster/files.h"
#include "mocks/cluster/programs.h"

#include "harness/core/str.h"

#include <inttypes.h>

static bool read_file(struct call *call, const char *name, struct buf *ret) {
    CLEANUP(str_freep) char *path = call_path(call, name);
    const char *program = call->argv[0];
    if (files_read(call->container, path, ret))
        return true;
    if (files_is_dir(call->container, path))
        call_err(call, "%s: read error: Is a directory\n", program);
    else
        call_err(call, "%s: can't open '%s': No such file or directory\n", program, name);
    return false;
}

int program_cat(struct call *call) {
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    int code = 0;
    bool from_input = call->argc == 1 || str_eq(call->argv[1], "-");
    if (from_input) {
        code = call_read(call, &b) ? 0 : PROGRAM_WAIT_INPUT;
    } else {
        for (size_t i = 1; i < call->argc; i++) {
            if (!read_file(call, call->argv[i], &b))
                code = 1;
        }
    }
    call_write(call, 1, buf_str(&b), b.len);
    buf_release(&b);
    return code;
}

/* All of the files from argv[first] on, or of the input. 0, 1 (a file is missing) or WAIT. */
static int read_all(struct call *call, size_t first, struct buf *ret) {
    if (first >= call->argc) {
        if (!call_read(call, call->state))
            return PROGRAM_WAIT_INPUT;
        buf_add(ret, call->state->data, call->state->len);
        return 0;
    }
    int code = 0;
    for (size_t i = first; i < call->argc; i++) {
        if (!read_file(call, call->argv[i], ret))
            code = 1;
    }
    return code;
}

/* -c N, -n N, -nN, -N; the index of the first file. */
static size_t head_options(const struct call *call, int64_t *ret_lines, int64_t *ret_bytes) {
    size_t i = 1;
    *ret_lines = 10;
    *ret_bytes = -1;
    for (; i < call->argc && call->argv[i][0] == '-' && call->argv[i][1]; i++) {
        const char *option = call->argv[i] + 1;
        int64_t *to = *option == 'c' ? ret_bytes : ret_lines;
        if (*option == 'f')
            continue;
        if (*option == 'c' || *option == 'n')
            option++;
        if (!*option && i + 1 < call->argc)
            option = call->argv[++i];
        (void)str_to_int(option, 0, INT32_MAX, to);
    }
    return i;
}

int program_head(struct call *call) {
    int64_t lines, bytes;
    size_t first = head_options(call, &lines, &bytes);
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    int code = 0;
    if (first >= call->argc) {
        bool ended = call_read(call, call->state);
        bool enough = bytes >= 0 && (int64_t)call->state->len >= bytes;
        int64_t seen = 0;
        for (size_t i = 0; i < call->state->len; i++)
            seen += call->state->data[i] == '\n';
        if (!ended && !enough && !(bytes < 0 && seen >= lines))
            return PROGRAM_WAIT_INPUT;
        buf_add(&b, call->state->data, call->state->len);
    } else {
        code = read_all(call, first, &b);
    }
    size_t end = 0;
    if (bytes >= 0) {
        end = (size_t)bytes < b.len ? (size_t)bytes : b.len;
    } else {
        for (int64_t n = 0; end < b.len && n < lines; end++)
            n += b.data[end] == '\n';
    }
    call_write(call, 1, buf_str(&b), end);
    buf_release(&b);
    return code;
}

int program_tail(struct call *call) {
    int64_t lines, bytes;
    size_t first = head_options(call, &lines, &bytes);
    bool follows = call->argc > 1 && str_has_prefix(call->argv[1], "-f");
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    if (call->calls > 0 && follows) {
        call->wait_ms = 3600000;
        return PROGRAM_WAIT_TIME;
    }
    int code = read_all(call, first, &b);
    if (code == PROGRAM_WAIT_INPUT)
        return code;
    size_t from = b.len;
    if (bytes >= 0) {
        from = (size_t)bytes < b.len ? b.len - (size_t)bytes : 0;
    } else {
        int64_t n = 0;
        for (from = b.len; from > 0; from--) {
            if (b.data[from - 1] == '\n' && from < b.len && ++n == lines)
                break;
        }
        from = lines == 0 ? b.len : from;
    }
    call_write(call, 1, buf_str(&b) + from, b.len - from);
    buf_release(&b);
    call->wait_ms = 3600000;
    return follows ? PROGRAM_WAIT_TIME : code;
}

static void list_one(void *self, const char *name, bool is_dir) {
    struct call *call = self;
    bool is_long = call->argc > 1 && call->argv[1][0] == '-' && strchr(call->argv[1], 'l');
    if (is_long)
        call_out(call, "%s    1 root     root %13s %s\n", is_dir ? "drwxr-xr-x" : "-rw-r--r--",
                 "Jun  2 09:00", name);
    else
        call_out(call, "%s\n", name);
}

int program_ls(struct call *call) {
    size_t first = call->argc > 1 && call->argv[1][0] == '-' ? 2 : 1;
    int code = 0;
    for (size_t i = first; i < call->argc || i == first; i++) {
        const char *name = i < call->argc ? call->argv[i] : ".";
        CLEANUP(str_freep) char *path = call_path(call, name);
        struct buf scratch = BUF_INIT;
        if (files_is_dir(call->container, path)) {
            if (call->argc > first + 1)
                call_out(call, "%s%s:\n", i > first ? "\n" : "", name);
            files_list(call->container, path, list_one, call);
        } else if (files_read(call->container, path, &scratch)) {
            list_one(call, name, false);
        } else {
            call_err(call, "ls: %s: No such file or directory\n", name);
            code = 1;
        }
        buf_release(&scratch);
    }
    return code;
}

int program_tee(struct call *call) {
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    bool ended = call_read(call, &b);
    bool append = call->argc > 1 && str_eq(call->argv[1], "-a");
    int code = 0;
    call_write(call, 1, buf_str(&b), b.len);
    for (size_t i = append ? 2 : 1; i < call->argc; i++) {
        CLEANUP(str_freep) char *path = call_path(call, call->argv[i]);
        const char *why =
            files_write(call->container, path, buf_str(&b), b.len, append || call->calls > 0);
        if (why && call->calls == 0)
            call_err(call, "tee: %s: %s\n", call->argv[i], why);
        code = why ? 1 : code;
    }
    buf_release(&b);
    return ended ? code : PROGRAM_WAIT_INPUT;
}

int program_wc(struct call *call) {
    size_t first = call->argc > 1 && call->argv[1][0] == '-' ? 2 : 1;
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    int code = read_all(call, first, &b);
    if (code == PROGRAM_WAIT_INPUT)
        return code;
    size_t lines = 0, words = 0;
    bool in_word = false;
    for (size_t i = 0; i < b.len; i++) {
        bool space = strchr(" \t\n\r", b.data[i]) != NULL;
        lines += b.data[i] == '\n';
        words += !space && !in_word;
        in_word = !space;
    }
    const char *option = first == 2 ? call->argv[1] : "";
    if (strchr(option, 'l'))
        call_out(call, "%zu\n", lines);
    else if (strchr(option, 'c'))
        call_out(call, "%zu\n", b.len);
    else if (strchr(option, 'w'))
        call_out(call, "%zu\n", words);
    else
        call_out(call, "%9zu %9zu %9zu\n", lines, words, b.len);
    buf_release(&b);
    return code;
}

/* Fixed strings only, as most scripts use it. */
int program_grep(struct call *call) {
    size_t i = 1;
    bool quiet = false, invert = false, only_count = false;
    for (; i < call->argc && call->argv[i][0] == '-' && call->argv[i][1]; i++) {
        quiet = quiet || strchr(call->argv[i], 'q');
        invert = invert || strchr(call->argv[i], 'v');
        only_count = only_count || strchr(call->argv[i], 'c');
    }
    if (i >= call->argc) {
        call_err(call, "BusyBox grep: pattern is missing\n");
        return 2;
    }
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    int code = read_all(call, i + 1, &b);
    if (code == PROGRAM_WAIT_INPUT)
        return code;
    size_t matched = 0;
    char *rest = b.len ? b.data : NULL;
    for (char *line; rest && (line = str_next(&rest, '\n'));) {
        if (!rest && !*line)
            break;
        if ((strstr(line, call->argv[i]) != NULL) == invert)
            continue;
        matched++;
        if (!quiet && !only_count)
            call_out(call, "%s\n", line);
    }
    if (only_count)
        call_out(call, "%zu\n", matched);
    buf_release(&b);
    return code ? 2 : matched == 0;
}

int program_touch(struct call *call) {
    int code = 0;
    for (size_t i = 1; i < call->argc; i++) {
        CLEANUP(str_freep) char *path = call_path(call, call->argv[i]);
        const char *why = files_is_dir(call->container, path)
                              ? NULL
                              : files_write(call->container, path, "", 0, true);
        if (why) {
            call_err(call, "touch: %s: %s\n", call->argv[i], why);
            code = 1;
        }
    }
    return code;
}

int program_rm(struct call *call) {
    bool recursive = false, force = false;
    int code = 0;
    for (size_t i = 1; i < call->argc; i++) {
        if (call->argv[i][0] == '-') {
            recursive = recursive || strpbrk(call->argv[i], "rR");
            force = force || strchr(call->argv[i], 'f');
            continue;
        }
        CLEANUP(str_freep) char *path = call_path(call, call->argv[i]);
        const char *why = files_remove(call->container, path, recursive);
        if (why && !(force && str_has_prefix(why, "No such"))) {
            call_err(call, "rm: can't remove '%s': %s\n", call->argv[i], why);
            code = 1;
        }
    }
    return code;
}

int program_mkdir(struct call *call) {
    bool parents = false;
    int code = 0;
    for (size_t i = 1; i < call->argc; i++) {
        if (call->argv[i][0] == '-') {
            parents = parents || strchr(call->argv[i], 'p');
            continue;
        }
        CLEANUP(str_freep) char *path = call_path(call, call->argv[i]);
        const char *why = files_make_dir(call->container, path, parents);
        if (why) {
            call_err(call, "mkdir: can't create directory '%s': %s\n", call->argv[i], why);
            code = 1;
        }
    }
    return code;
}

int program_cp(struct call *call) {
    if (call->argc != 3) {
        call_err(call, "cp: missing operand\n");
        return 1;
    }
    struct buf b = BUF_INIT_LIMIT(FILES_BYTES_MAX);
    int code = read_file(call, call->argv[1], &b) ? 0 : 1;
    CLEANUP(str_freep) char *to = call_path(call, call->argv[2]);
    if (files_is_dir(call->container, to)) {
        const char *slash = strrchr(call->argv[1], '/');
        char *inside = files_path(to, slash ? slash + 1 : call->argv[1]);
        free(to);
        to = inside;
    }
    const char *why = code ? NULL : files_write(call->container, to, buf_str(&b), b.len, false);
    if (why) {
        call_err(call, "cp: can't create '%s': %s\n", call->argv[2], why);
        code = 1;
    }
    buf_release(&b);
    return code;
}

static bool number_test(const char *a, const char *op, const char *b, bool *ret_known) {
    int64_t x = 0, y = 0;
    *ret_known = str_to_int(a, INT64_MIN / 2, INT64_MAX / 2, &x) &&
                 str_to_int(b, INT64_MIN / 2, INT64_MAX / 2, &y);
    if (str_eq(op, "-eq"))
        return x == y;
    if (str_eq(op, "-ne"))
        return x != y;
    if (str_eq(op, "-lt"))
        return x < y;
    if (str_eq(op, "-le"))
        return x <= y;
    if (str_eq(op, "-gt"))
        return x > y;
    if (str_eq(op, "-ge"))
        return x >= y;
    *ret_known = false;
    return false;
}

static bool unary_test(struct call *call, const char *op, const char *arg) {
    CLEANUP(str_freep) char *path = call_path(call, arg);
    struct buf b = BUF_INIT;
    bool is_file = files_read(call->container, path, &b);
    bool is_dir = files_is_dir(call->container, path);
    size_t size = b.len;
    buf_release(&b);
    switch (op[1]) {
    case 'n':
        return arg[0] != '\0';
    case 'z':
        return arg[0] == '\0';
    case 'f':
        return is_file;
    case 'd':
        return is_dir;
    case 's':
        return is_file && size > 0;
    default:
        return is_file || is_dir;
    }
}

int program_test(struct call *call) {
    char **argv = call->argv + 1;
    size_t argc = call->argc - 1;
    if (str_eq(call->argv[0], "[")) {
        if (argc == 0 || !str_eq(argv[argc - 1], "]")) {
            call_err(call, "sh: missing ]\n");
            return 2;
        }
        argc--;
    }
    bool not = argc > 1 && str_eq(argv[0], "!");
    argv += not ;
    argc -= not ;
    bool yes = false;
    if (argc == 1) {
        yes = argv[0][0] != '\0';
    } else if (argc == 2 && argv[0][0] == '-') {
        yes = unary_test(call, argv[0], argv[1]);
    } else if (argc == 3) {
        bool known = true;
        if (str_eq(argv[1], "=") || str_eq(argv[1], "=="))
            yes = str_eq(argv[0], argv[2]);
        else if (str_eq(argv[1], "!="))
            yes = !str_eq(argv[0], argv[2]);
        else
            yes = number_test(argv[0], argv[1], argv[2], &known);
        if (!known) {
            call_err(call, "sh: %s: bad number\n", argv[0]);
            return 2;
        }
    }
    return yes == not ;
}
