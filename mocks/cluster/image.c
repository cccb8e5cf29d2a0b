#include "mocks/cluster/image.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <ctype.h>

static const char nginx_welcome[] =
    "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n<style>\n    body {\n"
    "        width: 35em;\n        margin: 0 auto;\n"
    "        font-family: Tahoma, Verdana, Arial, sans-serif;\n    }\n</style>\n</head>\n<body>\n"
    "<h1>Welcome to nginx!</h1>\n"
    "<p>If you see this page, the nginx web server is successfully installed and\n"
    "working. Further configuration is required.</p>\n\n"
    "<p>For online documentation and support please refer to\n"
    "<a href=\"http://nginx.org/\">nginx.org</a>.<br/>\n"
    "Commercial support is available at\n"
    "<a href=\"http://nginx.com/\">nginx.com</a>.</p>\n\n"
    "<p><em>Thank you for using nginx.</em></p>\n</body>\n</html>\n";

static const char httpd_welcome[] = "<html><body><h1>It works!</h1></body></html>\n";

/* name, tools, command, body of /, port, Server */
static const struct image images[] = {
    {"busybox", IMAGE_TOOLS_BUSYBOX, "sh", NULL, 0, NULL},
    {"alpine", IMAGE_TOOLS_BUSYBOX, "sh", NULL, 0, NULL},
    {"debian", IMAGE_TOOLS_DEBIAN, "sh", NULL, 0, NULL},
    {"ubuntu", IMAGE_TOOLS_DEBIAN, "sh", NULL, 0, NULL},
    {"nginx", IMAGE_TOOLS_DEBIAN, NULL, nginx_welcome, 80, "nginx/1.13.1"},
    {"httpd", IMAGE_TOOLS_DEBIAN, NULL, httpd_welcome, 80, "Apache/2.4.25 (Unix)"},
    {"echoserver", IMAGE_TOOLS_DEBIAN, NULL, "", 8080, "nginx/1.10.0"},
    {"serve_hostname", IMAGE_TOOLS_NONE, NULL, "", 9376, NULL},
    {"pause", IMAGE_TOOLS_NONE, NULL, NULL, 0, NULL},
    {"pause-amd64", IMAGE_TOOLS_NONE, NULL, NULL, 0, NULL},
    {"", IMAGE_TOOLS_ANY, NULL, NULL, 0, NULL}, /* all others */
};

static const char *tag_of(const char *reference) {
    const char *slash = strrchr(reference, '/');
    return strchr(slash ? slash : reference, ':');
}

const struct image *image_find(const char *reference) {
    const char *slash = strrchr(reference, '/');
    const char *name = slash ? slash + 1 : reference;
    size_t len = strcspn(name, ":@");
    size_t i = 0;
    while (images[i].name[0] &&
           !(strlen(images[i].name) == len && strncmp(images[i].name, name, len) == 0))
        i++;
    return &images[i];
}

enum image_fault image_check(const char *reference) {
    if (reference[0] == '\0')
        return IMAGE_NAME_INVALID;
    const char *tag = tag_of(reference);
    size_t name_len = tag ? (size_t)(tag - reference) : strlen(reference);
    for (size_t i = 0; i < strlen(reference); i++) {
        unsigned char ch = (unsigned char)reference[i];
        if (isspace(ch) || !isprint(ch) || (i < name_len && isupper(ch)))
            return IMAGE_NAME_INVALID;
    }
    if (tag && (str_eq(tag, ":nosuch") || str_eq(tag, ":invalid")))
        return IMAGE_NOT_FOUND;
    return strstr(reference, "nosuch") || strstr(reference, "invalid") ||
                   strstr(reference, "nonexist") || strstr(reference, "does-not-exist")
               ? IMAGE_NOT_FOUND
               : IMAGE_OK;
}

int image_busybox_minor(const char *reference) {
    const char *tag = tag_of(reference);
    int minor = 26;
    if (tag && tag[1] == '1' && tag[2] == '.' && isdigit((unsigned char)tag[3])) {
        minor = tag[3] - '0';
        if (isdigit((unsigned char)tag[4]))
            minor = minor * 10 + (tag[4] - '0');
    }
    return minor;
}
