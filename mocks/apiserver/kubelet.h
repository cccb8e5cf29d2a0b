/*
 * What an API server asks of the kubelet behind a pod: run a command, attach, read a log, forward a
 * port. The cluster part answers with simulated programs; tests with a few lines.
 *
 * A started process calls its sink (never before start has returned) until it has called exit
 * once, or until it is killed; after either it is gone and neither side may touch it.
 */
#ifndef CONFED_APISERVER_KUBELET_H
#define CONFED_APISERVER_KUBELET_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kubelet_action { KUBELET_EXEC, KUBELET_ATTACH, KUBELET_LOG, KUBELET_PORT_FORWARD };

struct kubelet_request {
    enum kubelet_action action;
    const json_t *pod;          /* borrowed for the call of start */
    const char *container;      /* never NULL: defaulted by the API server */
    const char *const *command; /* EXEC; command_len of them */
    size_t command_len;
    bool wants_stdin, wants_stdout, wants_stderr, tty;
    /* LOG */
    bool follow, previous, timestamps;
    int64_t tail_lines, limit_bytes, since_seconds; /* -1: not given */
    int64_t since_ms; /* of the world's wall clock; 0: from the beginning */
    /* PORT_FORWARD: one process for each forwarded connection */
    uint16_t port;
};

struct kubelet_sink {
    void (*output)(void *self, int fd, const void *data, size_t len); /* fd 1 or 2 */
    /* code 0..255; problem is NULL or why the command could not run at all (then code is ignored)
     */
    void (*exited)(void *self, int code, const char *problem);
    void *self;
};

struct kubelet_process {
    void (*input)(void *self, const void *data, size_t len); /* standard input, or the connection */
    void (*input_end)(void *self);
    void (*resize)(void *self, uint16_t width, uint16_t height);
    void (*kill)(void *self); /* the client went: release everything, call the sink no more */
    void *self;
};

struct kubelet_ops {
    /* Starts; fills *ret. ERR_NOT_FOUND / ERR_STATE with the text a kubelet would give. */
    int (*start)(void *self, const struct kubelet_request *request, const struct kubelet_sink *sink,
                 struct kubelet_process *ret, struct err *err);
    void *self;
};

#endif
