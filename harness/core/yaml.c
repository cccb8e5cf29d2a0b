#include "harness/core/yaml.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 100, NODES_MAX = 1000000 };

struct reader {
    yaml_document_t document;
    const char *name;
    struct err *err;
    size_t nodes; /* converted so far: aliases of aliases must not explode */
};

static bool is_one_of(const char *s, const char *const words[]) {
    for (; *words; words++)
        if (strcmp(s, *words) == 0)
            return true;
    return false;
}

/* A whole number in the forms of YAML 1.1 that go-yaml v2 takes; sexagesimal ones stay strings. */
static json_t *as_integer(const char *s) {
    CLEANUP(str_freep) char *digits = xstrdup(s);
    char *out = digits;
    for (const char *p = s; *p; p++)
        if (*p != '_')
            *out++ = *p;
    *out = '\0';

    char *p = digits + (*digits == '-' || *digits == '+');
    int base = 10;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        base = 16;
    else if (p[0] == '0' && (p[1] == 'b' || p[1] == 'B'))
        base = 2;
    else if (p[0] == '0' && (p[1] == 'o' || p[1] == 'O'))
        base = 8;
    else if (p[0] == '0' && p[1])
        base = 8;
    bool negative = *digits == '-';
    char *start = base == 16 || base == 2 || (base == 8 && (p[1] | 0x20) == 'o') ? p + 2 : p;
    if (*start < '0' || (*start > '9' && base != 16))
        return NULL;
    char *end;
    errno = 0;
    long long value = strtoll(start, &end, base);
    if (*end || errno)
        return NULL;
    return json_integer(negative ? -value : value);
}

static json_t *as_real(const char *s) {
    const char *p = s + (*s == '-' || *s == '+');
    if (!(*p >= '0' && *p <= '9') && !(*p == '.' && p[1] >= '0' && p[1] <= '9'))
        return NULL;
    if (strspn(p, "0123456789.eE+-_") != strlen(p))
        return NULL;
    char *end;
    double value = strtod(s, &end);
    if (*end || !isfinite(value))
        return NULL;
    return json_real(value);
}

static json_t *plain_scalar(const char *s) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                      "True", "TRUE", "on",  "On",  "ON",  NULL};
    static const char *const no[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                     "False", "FALSE", "off", "Off", "OFF", NULL};
    if (is_one_of(s, nulls))
        return json_null();
    if (is_one_of(s, yes))
        return json_true();
    if (is_one_of(s, no))
        return json_false();
    json_t *number = as_integer(s);
    if (!number)
        number = as_real(s);
    return number ? number : json_string(s);
}

static json_t *scalar(struct reader *r, const yaml_node_t *node) {
    const char *text = (const char *)node->data.scalar.value;
    size_t len = node->data.scalar.length;
    const char *tag = (const char *)node->tag;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (strlen(text) != len || !str_is_utf8(text, len)) {
        err_set(r->err, ERR_INPUT, "%s:%zu: a NUL byte or invalid UTF-8 in a scalar", r->name,
                node->start_mark.line + 1);
        return NULL;
    }
    if (str_eq(tag, "tag:yaml.org,2002:binary") || !plain || str_eq(tag, "!"))
        return json_string(text);
    return plain_scalar(text);
}

static json_t *convert(struct reader *r, int index, int depth, json_t **ret_lines);

static const char *key_text(const yaml_node_t *node) {
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static int merge_into(struct reader *r, json_t *object, int index, int depth) {
    CLEANUP(json_freep) json_t *from = convert(r, index, depth, NULL);
    if (!from)
        return -1;
    if (json_is_array(from)) {
        size_t i;
        json_t *one;
        json_array_foreach(from, i, one) json_object_update_missing(object, one);
        return 0;
    }
    json_object_update_missing(object, from);
    return 0;
}

static int add_pair(struct reader *r, json_t *object, json_t *lines, const yaml_node_pair_t *pair,
                    int depth) {
    const yaml_node_t *key_node = yaml_document_get_node(&r->document, pair->key);
    const char *key = key_text(key_node);
    size_t line = key_node->start_mark.line + 1;
    if (!key)
        return err_set(r->err, ERR_INPUT, "%s:%zu: a key must be a scalar", r->name, line);
    if (strcmp(key, "<<") == 0 && key_node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return 0; /* merged after the object's own keys */
    if (json_object_get(object, key))
        return err_set(r->err, ERR_INPUT, "%s:%zu: key \"%s\" appears twice", r->name, line, key);

    json_t *inner = NULL;
    json_t *value = convert(r, pair->value, depth, lines ? &inner : NULL);
    if (!value)
        return -1;
    if (json_object_set_new(object, key, value)) {
        json_decref(inner);
        return err_set(r->err, ERR_INPUT, "%s:%zu: key is not valid UTF-8", r->name, line);
    }
    if (lines) {
        if (!inner)
            inner = json_object();
        if (json_is_object(inner))
            json_set_int(inner, "", (int64_t)line);
        json_object_set_new(lines, key, inner);
    }
    return 0;
}

static json_t *mapping(struct reader *r, const yaml_node_t *node, int depth, json_t *lines) {
    CLEANUP(json_freep) json_t *object = json_object();
    yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++)
        if (add_pair(r, object, lines, pair, depth) < 0)
            return NULL;
    for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const char *key = key_text(yaml_document_get_node(&r->document, pair->key));
        if (str_eq(key, "<<") && merge_into(r, object, pair->value, depth) < 0)
            return NULL;
    }
    return json_take(&object);
}

static json_t *sequence(struct reader *r, const yaml_node_t *node, int depth, json_t *lines) {
    CLEANUP(json_freep) json_t *array = json_array();
    yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        json_t *inner = NULL;
        json_t *value = convert(r, *item, depth, lines ? &inner : NULL);
        if (!value)
            return NULL;
        json_array_append_new(array, value);
        if (lines)
            json_array_append_new(lines, inner ? inner : json_object());
    }
    return json_take(&array);
}

static json_t *convert(struct reader *r, int index, int depth, json_t **ret_lines) {
    const yaml_node_t *node = yaml_document_get_node(&r->document, index);
    size_t line = node->start_mark.line + 1;
    if (depth > DEPTH_MAX || r->nodes++ > NODES_MAX) {
        err_set(r->err, ERR_LIMIT, "%s:%zu: nested or repeated too much", r->name, line);
        return NULL;
    }
    if (node->type == YAML_SCALAR_NODE) {
        if (ret_lines) {
            *ret_lines = json_object();
            json_set_int(*ret_lines, "", (int64_t)line);
        }
        return scalar(r, node);
    }

    json_t *lines = NULL;
    if (ret_lines && node->type == YAML_SEQUENCE_NODE)
        lines = json_array();
    else if (ret_lines)
        lines = json_object();
    if (json_is_object(lines))
        json_set_int(lines, "", (int64_t)line);
    json_t *value = node->type == YAML_MAPPING_NODE ? mapping(r, node, depth + 1, lines)
                                                    : sequence(r, node, depth + 1, lines);
    if (value && ret_lines)
        *ret_lines = lines;
    else
        json_decref(lines);
    return value;
}

static void set_parser_error(const yaml_parser_t *parser, const char *name, struct err *err) {
    err_set(err, ERR_INPUT, "%s:%zu: not YAML: %s", name, parser->problem_mark.line + 1,
            parser->problem ? parser->problem : "unreadable");
}

/* One document into *ret_value: 1, 0 at the end of the stream, or negative. */
static int next_document(yaml_parser_t *parser, const char *name, json_t **ret_value,
                         json_t **ret_lines, struct err *err) {
    struct reader r = {.name = name, .err = err};
    if (!yaml_parser_load(parser, &r.document)) {
        set_parser_error(parser, name, err);
        return ERR_INPUT;
    }
    if (!yaml_document_get_root_node(&r.document)) {
        yaml_document_delete(&r.document);
        return 0;
    }
    *ret_value = convert(&r, 1, 0, ret_lines);
    yaml_document_delete(&r.document);
    return *ret_value ? 1 : ERR_INPUT;
}

static int read_documents(yaml_parser_t *parser, const char *name, json_t *documents, json_t *lines,
                          struct err *err) {
    for (;;) {
        json_t *value = NULL, *inner = NULL;
        int rc = next_document(parser, name, &value, lines ? &inner : NULL, err);
        if (rc <= 0) {
            json_decref(inner);
            return rc;
        }
        if (json_is_null(value)) {
            json_decref(inner);
            continue;
        }
        json_array_append_new(documents, value);
        if (lines)
            json_array_append_new(lines, inner);
    }
}

static int open_parser(yaml_parser_t *parser, const char *text, size_t len, const char *name,
                       struct err *err) {
    if (!yaml_parser_initialize(parser))
        return err_set(err, ERR_LIMIT, "%s: no memory for the YAML parser", name);
    yaml_parser_set_input_string(parser, (const unsigned char *)text, len);
    return 0;
}

/* libyaml looks at every open level for each token that it reads: what nests too deep for us must
 * be refused before it loads a document, or a few kilobytes of brackets hold us for seconds.
 * Whatever else is wrong with the text is told by the parser that reads it. */
static int check_depth(const char *text, size_t len, const char *name, struct err *err) {
    yaml_parser_t parser;
    int depth = 0, rc = open_parser(&parser, text, len, name, err);
    if (rc < 0)
        return rc;
    for (bool more = true; more && rc == 0;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event))
            break;
        more = event.type != YAML_STREAM_END_EVENT;
        if (event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT)
            depth++;
        else if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT)
            depth--;
        if (depth > DEPTH_MAX + 1)
            rc = err_set(err, ERR_LIMIT, "%s:%zu: nested or repeated too much", name,
                         event.start_mark.line + 1);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return rc;
}

static json_t *parse_all(const char *text, size_t len, const char *name, json_t *lines,
                         struct err *err) {
    yaml_parser_t parser;
    if (check_depth(text, len, name, err) < 0 || open_parser(&parser, text, len, name, err) < 0)
        return NULL;
    CLEANUP(json_freep) json_t *documents = json_array();
    int rc = read_documents(&parser, name, documents, lines, err);
    yaml_parser_delete(&parser);
    return rc < 0 ? NULL : json_take(&documents);
}

json_t *yaml_parse_all(const char *text, size_t len, const char *name, struct err *err) {
    return parse_all(text, len, name, NULL, err);
}

json_t *yaml_parse_with_lines(const char *text, size_t len, const char *name, json_t **ret_lines,
                              struct err *err) {
    CLEANUP(json_freep) json_t *lines = ret_lines ? json_array() : NULL;
    CLEANUP(json_freep) json_t *documents = parse_all(text, len, name, lines, err);
    if (!documents)
        return NULL;
    if (json_array_size(documents) != 1) {
        err_set(err, ERR_INPUT, "%s: expected one YAML document, found %zu", name,
                json_array_size(documents));
        return NULL;
    }
    if (ret_lines)
        *ret_lines = json_incref(json_array_get(lines, 0));
    return json_incref(json_array_get(documents, 0));
}

json_t *yaml_parse(const char *text, size_t len, const char *name, struct err *err) {
    return yaml_parse_with_lines(text, len, name, NULL, err);
}

json_t *yaml_load_path(const char *path, struct err *err) {
    struct buf text = BUF_INIT;
    json_t *value = NULL;
    if (fs_read(path, &text, err) == 0)
        value = yaml_parse(buf_str(&text), text.len, path, err);
    buf_release(&text);
    return value;
}

static void dump_string(const char *s, struct buf *out) {
    CLEANUP(json_freep) json_t *value = json_string(s);
    json_dump_to(value, false, out); /* a JSON string is a double-quoted YAML scalar */
}

static void dump(const json_t *value, int indent, bool in_sequence, struct buf *out);

static void dump_child(const json_t *value, int indent, struct buf *out) {
    bool empty = (json_is_object(value) && json_object_size(value) == 0) ||
                 (json_is_array(value) && json_array_size(value) == 0);
    if (empty || (!json_is_object(value) && !json_is_array(value))) {
        buf_addc(out, ' ');
        json_dump_to(value, false, out);
        buf_addc(out, '\n');
        return;
    }
    buf_addc(out, '\n');
    dump(value, json_is_array(value) ? indent : indent + 2, false, out);
}

static void dump_object(const json_t *value, int indent, bool in_sequence, struct buf *out) {
    const char *key;
    json_t *child;
    json_object_foreach(json_mutable(value), key, child) {
        buf_addf(out, "%*s", in_sequence ? 0 : indent, "");
        in_sequence = false; /* only the first key stands behind the dash */
        if (*key &&
            strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(key) &&
            strlen(key) > 3 && strcmp(key, "null") && *key != '-')
            buf_adds(out, key);
        else
            dump_string(key, out);
        buf_addc(out, ':');
        dump_child(child, indent, out);
    }
}

static void dump(const json_t *value, int indent, bool in_sequence, struct buf *out) {
    if (json_is_object(value)) {
        dump_object(value, indent, in_sequence, out);
        return;
    }
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        buf_addf(out, "%*s-", indent, "");
        if (json_is_object(item) && json_object_size(item)) {
            buf_addc(out, ' ');
            dump_object(item, indent + 2, true, out);
        } else {
            dump_child(item, indent + 2, out);
        }
    }
}

void yaml_dump_to(const json_t *value, struct buf *out) {
    if ((json_is_object(value) && json_object_size(value)) ||
        (json_is_array(value) && json_array_size(value))) {
        dump(value, 0, false, out);
        return;
    }
    json_dump_to(value, false, out);
    buf_addc(out, '\n');
}
