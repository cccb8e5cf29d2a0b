/*
 * What the world knows of container images, from their reference alone: can it be pulled, which
 * programs are in it, what runs without a command, does it serve HTTP.
 */
#ifndef CONFED_CLUSTER_IMAGE_H
#define CONFED_CLUSTER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

enum image_tools {
    IMAGE_TOOLS_BUSYBOX, /* busybox, alpine: everything of programs.c */
    IMAGE_TOOLS_DEBIAN,  /* nginx, debian: no nslookup, no wget */
    IMAGE_TOOLS_NONE,    /* scratch: its own binary only */
    IMAGE_TOOLS_ANY,     /* an image that the table does not know: unknown commands run for ever */
};

struct image {
    const char *name; /* the last part of the repository: "nginx" */
    enum image_tools tools;
    const char *command;   /* what runs without a command; NULL: a daemon */
    const char *http_body; /* of /; NULL: it serves no HTTP */
    uint16_t http_port;
    const char *server; /* the Server header */
};

enum image_fault { IMAGE_OK, IMAGE_NOT_FOUND, IMAGE_NAME_INVALID };

/* The row of the table, never NULL; static. */
const struct image *image_find(const char *reference);
enum image_fault image_check(const char *reference);
/* The minor version N of busybox:1.N...; without a version the one of the era, 26. */
int image_busybox_minor(const char *reference);

#endif
