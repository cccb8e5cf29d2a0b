#include "mocks/federation/provider.h"

#include "harness/core/str.h"

#include <ctype.h>
#include <strings.h>

#define FILE_MAX (1 << 20)

static char *trim(char *s) {
    while (isspace((unsigned char)*s))
        s++;
    size_t len = strlen(s);
    while (len > 0 && isspace((unsigned char)s[len - 1]))
        s[--len] = '\0';
    return s;
}

/* A value may be quoted; a comment ends an unquoted one. */
static char *unquote(char *s) {
    if (*s == '"') {
        char *end = strchr(++s, '"');
        if (end)
            *end = '\0';
        return s;
    }
    s[strcspn(s, ";#")] = '\0';
    return trim(s);
}

static void set(char **field, const char *value) {
    free(*field);
    *field = xstrdup(value);
}

static int take_key(struct provider *p, const char *key, const char *value, bool knows_tls,
                    struct err *err) {
    static const char *const tls_keys[] = {"etcd-cert-file", "etcd-key-file", "etcd-ca-file"};
    if (strcasecmp(key, "etcd-endpoints") == 0) {
        set(&p->etcd_endpoint, value);
        p->etcd_endpoint[strcspn(p->etcd_endpoint, ",")] = '\0';
        return 0;
    }
    if (strcasecmp(key, "zones") == 0) {
        set(&p->zones, value);
        return 0;
    }
    if (strcasecmp(key, "coredns-endpoints") == 0) {
        set(&p->dns_endpoints, value);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(tls_keys); i++)
        if (knows_tls && strcasecmp(key, tls_keys[i]) == 0)
            return 0;
    return err_set(err, ERR_INPUT, "can't store data at section \"Global\", variable \"%s\"", key);
}

static int parse_line(struct provider *p, char *line, int number, bool *in_global, bool knows_tls,
                      struct err *err) {
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return 0;
    if (*line == '[') {
        char *end = strchr(line, ']');
        if (!end)
            return err_set(err, ERR_INPUT, "%d:%zu: expected right bracket", number,
                           strlen(line) + 1);
        *end = '\0';
        char *section = trim(line + 1);
        if (strcasecmp(section, "Global") != 0)
            return err_set(err, ERR_INPUT, "can't store data at section \"%s\"", section);
        *in_global = true;
        return 0;
    }
    if (!*in_global)
        return err_set(err, ERR_INPUT,
                       "%d:1: expected section header (the file must begin with [Global])", number);
    char *equals = strchr(line, '=');
    if (!equals)
        return take_key(p, line, "", knows_tls, err);
    *equals = '\0';
    return take_key(p, trim(line), unquote(trim(equals + 1)), knows_tls, err);
}

int provider_parse(struct provider *ret, const char *text, bool knows_tls, struct err *err) {
    struct provider p = {.etcd_endpoint = xstrdup("http://federation-dns-server-etcd:2379"),
                         .zones = xstrdup(""),
                         .dns_endpoints = xstrdup("")};
    CLEANUP(str_freep) char *copy = xstrndup(text ? text : "", FILE_MAX);
    bool in_global = false;
    int number = 0;
    char *rest = copy;
    for (char *line; (line = str_next(&rest, '\n')) != NULL;) {
        int code = parse_line(&p, line, ++number, &in_global, knows_tls, err);
        if (code < 0) {
            provider_release(&p);
            return code;
        }
    }
    if (p.zones[0] == '\0') {
        provider_release(&p);
        return err_set(err, ERR_INPUT, "Need to provide at least one DNS Zone");
    }
    *ret = p;
    return 0;
}

void provider_release(struct provider *p) {
    free(p->etcd_endpoint);
    free(p->zones);
    free(p->dns_endpoints);
    *p = (struct provider){0};
}

static size_t len_without_dot(const char *name) {
    size_t len = strlen(name);
    while (len > 0 && name[len - 1] == '.')
        len--;
    return len;
}

bool provider_has_zone(const struct provider *p, const char *zone) {
    CLEANUP(str_freep) char *copy = xstrdup(p->zones);
    char *rest = copy;
    for (char *one; (one = str_next(&rest, ',')) != NULL;) {
        one = trim(one);
        size_t len = len_without_dot(one);
        if (len > 0 && len == len_without_dot(zone) && strncasecmp(one, zone, len) == 0)
            return true;
    }
    return false;
}
