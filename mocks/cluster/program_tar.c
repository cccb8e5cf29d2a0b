/* tar, as far as `kubectl cp` needs it: cf - PATH and xf - into a folder, ustar. */
#include "mocks/cluster/files.h"
#include "mocks/cluster/pod.h"
#include "mocks/cluster/programs.h"

#define BLOCK 512
#define SIZE_AT 124
#define TYPE_AT 156
#define PREFIX_AT 345

static void put_octal(char *field, size_t len, uint64_t value) {
    field[len - 1] = '\0';
    for (size_t i = len - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

static void put_header(struct buf *out, const char *name, bool is_dir, size_t size,
                       int64_t now_ms) {
    char h[BLOCK] = {0};
    (void)snprintf(h, 100, "%s%s", name, is_dir ? "/" : "");
    put_octal(h + 100, 8, is_dir ? 0755 : 0644);
    put_octal(h + 108, 8, 0);
    put_octal(h + 116, 8, 0);
    put_octal(h + SIZE_AT, 12, size);
    put_octal(h + 136, 12, (uint64_t)(now_ms / 1000));
    memset(h + 148, ' ', 8);
    h[TYPE_AT] = is_dir ? '5' : '0';
    memcpy(h + 257, "ustar\00000", 8);
    (void)snprintf(h + 265, 32, "root");
    (void)snprintf(h + 297, 32, "root");
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)h[i];
    put_octal(h + 148, 7, sum);
    buf_add(out, h, BLOCK);
}

static void pad(struct buf *out) {
    static const char zeros[BLOCK];
    if (out->len % BLOCK)
        buf_add(out, zeros, BLOCK - out->len % BLOCK);
}

struct packing {
    struct call *call;
    struct buf *out;
    const char *path, *name; /* of the folder that is being listed */
    int depth;
};

static bool pack(struct packing *p, const char *path, const char *name, int depth);

static void pack_child(void *self, const char *child, bool is_dir) {
    struct packing *p = self;
    (void)is_dir;
    CLEANUP(str_freep) char *path = xasprintf("%s/%s", p->path, child);
    CLEANUP(str_freep) char *name = xasprintf("%s/%s", p->name, child);
    struct packing inner = *p;
    (void)pack(&inner, path, name, p->depth + 1);
}

static bool pack(struct packing *p, const char *path, const char *name, int depth) {
    struct container *k = p->call->container;
    int64_t now_ms = cluster_wall_ms(k->pod->c);
    struct buf data = BUF_INIT_LIMIT(FILES_BYTES_MAX);
    bool is_dir = files_is_dir(k, path), there = is_dir || files_read(k, path, &data);
    if (there && strlen(name) < 99) {
        put_header(p->out, name, is_dir, data.len, now_ms);
        buf_add(p->out, data.data, data.len);
        pad(p->out);
    }
    buf_release(&data);
    if (is_dir && depth < 20) {
        struct packing inner = {p->call, p->out, path, name, depth};
        files_list(k, path, pack_child, &inner);
    }
    return there;
}

static int create(struct call *call, size_t first, const char *dir) {
    struct buf out = BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    int code = 0;
    for (size_t i = first; i < call->argc; i++) {
        const char *given = call->argv[i], *name = given + strspn(given, "/");
        CLEANUP(str_freep) char *path = files_path(dir, given);
        struct packing p = {.call = call, .out = &out};
        if (name != given)
            call_err(call, "tar: removing leading '/' from member names\n");
        if (!pack(&p, path, name[0] ? name : ".", 0)) {
            call_err(call, "tar: %s: No such file or directory\n", given);
            code = 1;
        }
    }
    char *end = buf_reserve(&out, 2 * BLOCK);
    if (end) {
        memset(end, 0, 2 * BLOCK);
        out.len += 2 * BLOCK;
    }
    call_write(call, 1, buf_str(&out), out.len);
    buf_release(&out);
    if (code)
        call_err(call, "tar: error exit delayed from previous errors\n");
    return code;
}

static bool get_octal(const char *field, size_t len, uint64_t *ret) {
    uint64_t v = 0;
    size_t i = strspn(field, " ");
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
        v = v << 3 | (uint64_t)(field[i] - '0');
    *ret = v;
    return v <= FILES_BYTES_MAX;
}

/* One member from the front of the archive; 1: done, 0: the end, -1: broken. */
static int extract_one(struct call *call, const char *archive, size_t len, const char *dir,
                       size_t *ret_used) {
    char name[101] = "", prefix[156] = "";
    uint64_t size;
    if (len < BLOCK || archive[0] == '\0')
        return 0;
    memcpy(name, archive, 100);
    if (memcmp(archive + 257, "ustar", 5) == 0)
        memcpy(prefix, archive + PREFIX_AT, 155);
    if (!get_octal(archive + SIZE_AT, 12, &size) || size > len - BLOCK)
        return -1;
    *ret_used = BLOCK + (size_t)((size + BLOCK - 1) / BLOCK * BLOCK);
    CLEANUP(str_freep) char *whole = xasprintf("%s%s%s", prefix, prefix[0] ? "/" : "", name);
    CLEANUP(str_freep) char *path = files_path(dir, whole + strspn(whole, "/"));
    char type = archive[TYPE_AT];
    const char *why = NULL;
    if (type == '5') {
        why = files_make_dir(call->container, path, true);
    } else if (type == '0' || type == '\0') {
        CLEANUP(str_freep) char *parent = files_path(path, "..");
        why = files_make_dir(call->container, parent, true);
        if (!why)
            why = files_write(call->container, path, archive + BLOCK, (size_t)size, false);
    }
    if (why)
        call_err(call, "tar: can't open '%s': %s\n", whole, why);
    return why ? -1 : 1;
}

static int extract(struct call *call, const char *dir) {
    if (!call_read(call, call->state))
        return PROGRAM_WAIT_INPUT;
    if (!files_is_dir(call->container, dir)) {
        call_err(call, "tar: can't change directory to '%s': No such file or directory\n", dir);
        return 1;
    }
    size_t at = 0, used = 0;
    while (at < call->state->len) {
        int got = extract_one(call, call->state->data + at, call->state->len - at, dir, &used);
        if (got < 0) {
            call_err(call, "tar: short read\n");
            return 1;
        }
        if (got == 0)
            break;
        at += used;
    }
    return 0;
}

int program_tar(struct call *call) {
    const char *dir = "/", *mode = call->argc > 1 ? call->argv[1] : "";
    CLEANUP(str_freep) char *given = NULL;
    size_t first = 2;
    if (strchr(mode, 'f') && first < call->argc)
        first++; /* the archive is always - */
    for (; first + 1 < call->argc && call->argv[first][0] == '-' && call->argv[first][1]; first++) {
        if (!str_eq(call->argv[first], "-C"))
            continue;
        free(given);
        given = call_path(call, call->argv[++first]);
        dir = given;
    }
    CLEANUP(str_freep) char *here = call_path(call, ".");
    if (!given)
        dir = here;
    if (strchr(mode, 'c'))
        return create(call, first, dir);
    if (strchr(mode, 'x'))
        return extract(call, dir);
    call_err(call, "tar: must specify one of: c, x\n");
    return 1;
}
