/*
 * Domain names in the form of the wire (RFC 1035 §3.1): lengths and labels up to the root label,
 * not compressed, case kept, compared without case.
 */
#ifndef CONFED_DNS_DNS_NAME_H
#define CONFED_DNS_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_SIZE 255
#define DNS_NAME_TEXT_SIZE 1025 /* every byte as "\ddd" */
#define DNS_LABELS_MAX 127
#define DNS_LABEL_LEN_MAX 63

struct dns_name {
    uint8_t len; /* with the root label; 0: no name */
    uint8_t data[DNS_NAME_SIZE];
};

/* "a.example.com", with or without the dot at the end, with RFC 1035 escapes. */
bool dns_name_from_text(const char *text, struct dns_name *ret);
/* With the dot at the end, and escapes; returns text. */
char *dns_name_to_text(const struct dns_name *name, char text[DNS_NAME_TEXT_SIZE]);
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);
/* Whether name is zone or below it. */
bool dns_name_is_below(const struct dns_name *name, const struct dns_name *zone);
/* Puts the labels of prefix (text, no dot at the end) in front of name; false: it gets too long. */
bool dns_name_prepend(struct dns_name *name, const char *prefix);

/* Labels and names as Kubernetes allows them (RFC 1123 §2.1; apimachinery's util/validation): lower
 * case, digits, '-' inside. That a label has at most 63 bytes is a rule, and a message, of its own:
 * the caller's. */
bool dns_label_is_1123(const char *label, size_t len);
/* Such labels with dots between them; no dot at the end. */
bool dns_subdomain_is_1123(const char *name);

/* A name cut into lower-case texts, the first label first, without the root. */
struct dns_labels {
    size_t count;
    const char *label[DNS_LABELS_MAX]; /* into text */
    char text[DNS_NAME_SIZE + 1];
};
/* A label with a byte that no host name has (NUL, '.', '/') is cut as "\x01", which equals nothing.
 */
void dns_name_split(const struct dns_name *name, struct dns_labels *ret);

#endif
