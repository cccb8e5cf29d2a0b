/* The table of programs, and the small ones. */
#include "mocks/cluster/programs.h"

#include "mocks/cluster/pod.h"

#include "harness/core/clock.h"

#include <ctype.h>
#include <inttypes.h>

static int program_true(struct call *call) {
    (void)call;
    return 0;
}

static int program_false(struct call *call) {
    (void)call;
    return 1;
}

static void add_escaped(struct buf *b, const char *s) {
    static const char from[] = "nrtabfv\\\"", to[] = "\n\r\t\a\b\f\v\\\"";
    for (; *s; s++) {
        const char *at = *s == '\\' && s[1] ? strchr(from, s[1]) : NULL;
        if (at) {
            buf_addc(b, to[at - from]);
            s++;
        } else {
            buf_addc(b, *s);
        }
    }
}

static int program_echo(struct call *call) {
    bool newline = true, escapes = false;
    size_t i = 1;
    for (; i < call->argc && call->argv[i][0] == '-' && call->argv[i][1] &&
           strspn(call->argv[i] + 1, "neE") == strlen(call->argv[i] + 1);
         i++) {
        newline = newline && !strchr(call->argv[i], 'n');
        escapes = escapes || strchr(call->argv[i], 'e');
    }
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    for (size_t first = i; i < call->argc; i++) {
        if (i > first)
            buf_addc(&b, ' ');
        if (escapes)
            add_escaped(&b, call->argv[i]);
        else
            buf_adds(&b, call->argv[i]);
    }
    if (newline)
        buf_addc(&b, '\n');
    call_write(call, 1, b.data, b.len);
    buf_release(&b);
    return 0;
}

static int program_printf(struct call *call) {
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX), format = BUF_INIT;
    add_escaped(&format, call->argc > 1 ? call->argv[1] : "");
    size_t arg = 2;
    do {
        size_t before = arg;
        for (const char *p = buf_str(&format); *p; p++) {
            if (*p == '%' && (p[1] == 's' || p[1] == 'd')) {
                buf_adds(&b, arg < call->argc ? call->argv[arg] : p[1] == 'd' ? "0" : "");
                arg++;
                p++;
            } else if (*p == '%' && p[1] == '%') {
                buf_addc(&b, *p++);
            } else {
                buf_addc(&b, *p);
            }
        }
        if (arg == before)
            break;
    } while (arg < call->argc);
    call_write(call, 1, b.data, b.len);
    buf_release(&format);
    buf_release(&b);
    return 0;
}

/* "5", "0.5", "2m"; -1: not a time. */
static int64_t duration_ms(const char *text) {
    int64_t whole = 0, fraction_ms = 0, unit = 1, scale = 100;
    const char *p = text;
    if (!isdigit((unsigned char)*p) && *p != '.')
        return str_eq(text, "inf") || str_eq(text, "infinity") ? INT64_MAX / 4 : -1;
    for (; isdigit((unsigned char)*p) && whole < INT32_MAX; p++)
        whole = whole * 10 + (*p - '0');
    if (*p == '.') {
        for (p++; isdigit((unsigned char)*p); p++, scale /= 10)
            fraction_ms += scale * (*p - '0');
    }
    if (*p) {
        unit = *p == 's' ? 1 : *p == 'm' ? 60 : *p == 'h' ? 3600 : *p == 'd' ? 86400 : 0;
        p++;
    }
    return *p || !unit ? -1 : (whole * 1000 + fraction_ms) * unit;
}

static int program_sleep(struct call *call) {
    if (call->calls > 0)
        return 0;
    if (call->argc < 2) {
        call_err(call, "sleep: missing operand\n");
        return 1;
    }
    for (size_t i = 1; i < call->argc; i++) {
        int64_t ms = duration_ms(call->argv[i]);
        if (ms < 0) {
            call_err(call, "sleep: invalid number '%s'\n", call->argv[i]);
            return 1;
        }
        call->wait_ms += ms;
    }
    return PROGRAM_WAIT_TIME;
}

static int program_env(struct call *call) {
    const char *key;
    json_t *value;
    if (call->argc > 1) {
        value = json_object_get(call_env(call), call->argv[1]);
        if (value)
            call_out(call, "%s\n", json_string_value(value));
        return value ? 0 : 1;
    }
    json_object_foreach(call_env(call), key, value)
        call_out(call, "%s=%s\n", key, json_string_value(value));
    return 0;
}

static int program_hostname(struct call *call) {
    const struct pod *p = call->container->pod;
    const char *name = json_str(pod_object(p), "spec", "hostname", NULL);
    if (call->argc > 1 && str_eq(call->argv[1], "-i"))
        call_out(call, "%s\n", p->ip ? p->ip : "127.0.0.1");
    else
        call_out(call, "%s\n", name ? name : p->name);
    return 0;
}

static int program_id(struct call *call) {
    if (call->argc > 1)
        call_out(call, str_eq(call->argv[1], "-un") ? "root\n" : "0\n");
    else
        call_out(call, "uid=0(root) gid=0(root) groups=10(wheel)\n");
    return 0;
}

static int program_whoami(struct call *call) {
    call_out(call, "root\n");
    return 0;
}

static int program_pwd(struct call *call) {
    call_out(call, "%s\n", json_string_value(json_object_get(call_env(call), "PWD")));
    return 0;
}

static int program_date(struct call *call) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    int64_t ms = cluster_wall_ms(call->container->pod->c);
    char text[CLOCK_TEXT_SIZE];
    clock_format_utc(ms, text);
    for (size_t i = 1; i < call->argc; i++) {
        if (str_eq(call->argv[i], "+%s")) {
            call_out(call, "%" PRId64 "\n", ms / 1000);
            return 0;
        }
        if (call->argv[i][0] == '+' || str_has_prefix(call->argv[i], "-I")) {
            call_out(call, "%s\n", text);
            return 0;
        }
    }
    int year = 0, month = 1, day = 0;
    (void)sscanf(text, "%d-%d-%d", &year, &month, &day);
    call_out(call, "%s %s %2d %.8s UTC %d\n", days[ms / 86400000 % 7], months[(month + 11) % 12],
             day, text + 11, year);
    return 0;
}

static int program_seq(struct call *call) {
    int64_t first = 1, by = 1, last = 0;
    bool ok = call->argc == 2 ? str_to_int(call->argv[1], -1000000, 1000000, &last)
              : call->argc == 3
                  ? str_to_int(call->argv[1], -1000000, 1000000, &first) &&
                        str_to_int(call->argv[2], -1000000, 1000000, &last)
                  : call->argc == 4 && str_to_int(call->argv[1], -1000000, 1000000, &first) &&
                        str_to_int(call->argv[2], -1000000, 1000000, &by) &&
                        str_to_int(call->argv[3], -1000000, 1000000, &last);
    if (!ok || by == 0) {
        call_err(call, "seq: invalid number\n");
        return 1;
    }
    struct buf b = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    for (int64_t i = first; by > 0 ? i <= last : i >= last; i += by)
        buf_addf(&b, "%" PRId64 "\n", i);
    call_write(call, 1, b.data, b.len);
    buf_release(&b);
    return 0;
}

static int program_read(struct call *call) {
    struct buf line = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    int got = call_read_line(call, &line);
    if (got != PROGRAM_WAIT_INPUT) {
        char *rest = line.len ? line.data : NULL;
        size_t i = call->argc > 1 && str_eq(call->argv[1], "-r") ? 2 : 1;
        for (; i < call->argc; i++) {
            bool last = i + 1 == call->argc;
            const char *word = last ? rest : rest ? str_next(&rest, ' ') : NULL;
            json_set_str(call_env(call), call->argv[i], word ? word : "");
        }
    }
    buf_release(&line);
    return got == PROGRAM_WAIT_INPUT ? got : !got;
}

static int program_uname(struct call *call) {
    if (call->argc > 1 && str_eq(call->argv[1], "-a"))
        call_out(call, "Linux %s 4.4.0-78-generic #99-Ubuntu SMP x86_64 GNU/Linux\n",
                 call->container->pod->name);
    else if (call->argc > 1 && str_eq(call->argv[1], "-r"))
        call_out(call, "4.4.0-78-generic\n");
    else
        call_out(call, "Linux\n");
    return 0;
}

static int program_basename(struct call *call) {
    const char *slash = call->argc > 1 ? strrchr(call->argv[1], '/') : NULL;
    call_out(call, "%s\n", slash ? slash + 1 : call->argc > 1 ? call->argv[1] : "");
    return 0;
}

/* In form only: there is one process and it is the program itself. */
static int program_ps(struct call *call) {
    call_out(call, "PID   USER     TIME   COMMAND\n    1 root       0:00 sh\n    7 root       0:00 "
                   "ps\n");
    return 0;
}

static const struct {
    const char *name;
    program_fn *fn;
    bool debian;
} programs[] = {
    {"[", program_test, true},
    {"basename", program_basename, true},
    {"cat", program_cat, true},
    {"cp", program_cp, true},
    {"date", program_date, true},
    {"echo", program_echo, true},
    {"env", program_env, true},
    {"false", program_false, true},
    {"grep", program_grep, true},
    {"head", program_head, true},
    {"hostname", program_hostname, true},
    {"id", program_id, true},
    {"ls", program_ls, true},
    {"mkdir", program_mkdir, true},
    {"nc", program_nc, false},
    {"nslookup", program_nslookup, false},
    {"printenv", program_env, true},
    {"printf", program_printf, true},
    {"ps", program_ps, false},
    {"pwd", program_pwd, true},
    {"read", program_read, true},
    {"rm", program_rm, true},
    {"seq", program_seq, true},
    {"sleep", program_sleep, true},
    {"tail", program_tail, true},
    {"tar", program_tar, true},
    {"tee", program_tee, true},
    {"test", program_test, true},
    {"touch", program_touch, true},
    {"true", program_true, true},
    {"uname", program_uname, true},
    {"wc", program_wc, true},
    {"wget", program_wget, false},
    {"whoami", program_whoami, true},
};

program_fn *programs_find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        if (str_eq(programs[i].name, name))
            return programs[i].fn;
    }
    return NULL;
}

bool programs_is_debian(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        if (str_eq(programs[i].name, name))
            return programs[i].debian;
    }
    return false;
}
