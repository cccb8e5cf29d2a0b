/*
 * Many requests at once on one curl multi handle. curl must not be called from its own callbacks,
 * so a request that is started or cancelled there is only noted, and done when curl has returned.
 */
#include "harness/net/http_transfer.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

struct http_pending {
    struct http_pending *next, **link;
    struct http_pool *pool;
    struct http_transfer transfer;
    http_done_fn *done;
    void *self;
    char *problem; /* why it cannot even begin; then it ends at the next wait */
    bool added, cancelled;
};

struct http_pool {
    CURLM *multi;
    struct http_pending *first;
    struct http_pending *ending; /* its done is being called */
    bool in_curl;
};

struct http_pool *http_pool_new(void) {
    struct http_pool *p = xcalloc(1, sizeof(*p));
    p->multi = curl_multi_init();
    assert(p->multi);
    curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, 256L);
    return p;
}

static void unlink_pending(struct http_pending *r) {
    *r->link = r->next;
    if (r->next)
        r->next->link = r->link;
}

static void pending_free(struct http_pending *r) {
    if (r->added)
        curl_multi_remove_handle(r->pool->multi, r->transfer.easy);
    CURL *easy = r->transfer.easy;
    if (easy)
        curl_easy_cleanup(easy);
    http_transfer_release(&r->transfer);
    free(r->problem);
    free(r);
}

void http_pool_free(struct http_pool *p) {
    if (!p)
        return;
    assert(!p->in_curl && !p->ending);
    while (p->first) {
        struct http_pending *r = p->first;
        unlink_pending(r);
        pending_free(r);
    }
    curl_multi_cleanup(p->multi);
    free(p);
}

struct http_pending *http_pool_start(struct http_pool *p, const struct http_target *target,
                                     const struct http_call *call,
                                     void (*on_data)(void *self, const void *data, size_t len),
                                     http_done_fn *done, void *self) {
    struct http_pending *r = xcalloc(1, sizeof(*r));
    r->pool = p;
    r->done = done;
    r->self = self;
    CURL *easy = curl_easy_init();
    assert(easy);
    struct err err = {0};
    if (http_transfer_begin(&r->transfer, easy, target, call, &err) < 0)
        r->problem = xstrdup(err.text);
    r->transfer.easy = easy;
    r->transfer.on_data = on_data;
    r->transfer.on_data_self = self;
    r->transfer.cancelled = &r->cancelled;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, r);

    r->next = p->first;
    r->link = &p->first;
    if (p->first)
        p->first->link = &r->next;
    p->first = r;
    return r;
}

void http_pending_cancel(struct http_pending *r) {
    if (!r || r->pool->ending == r)
        return;
    if (r->pool->in_curl) {
        r->cancelled = true;
        return;
    }
    unlink_pending(r);
    pending_free(r);
}

static void end(struct http_pending *r, CURLcode result) {
    struct http_pool *p = r->pool;
    if (r->added)
        curl_multi_remove_handle(p->multi, r->transfer.easy);
    r->added = false;
    if (r->problem) {
        r->transfer.answer.problem = r->problem;
        r->problem = NULL;
    } else {
        http_transfer_end(&r->transfer, result);
    }

    struct http_pending *outer = p->ending;
    p->ending = r;
    unlink_pending(r);
    r->done(r->self, &r->transfer.answer);
    p->ending = outer;
    pending_free(r);
}

/* Does what callbacks asked for. Returns whether a done was called. */
static bool settle(struct http_pool *p) {
    bool called = false;
    for (struct http_pending *r = p->first, *next; r; r = next) {
        next = r->next;
        if (r->cancelled) {
            unlink_pending(r);
            pending_free(r);
        } else if (!r->added && !r->problem) {
            r->added = curl_multi_add_handle(p->multi, r->transfer.easy) == CURLM_OK;
            assert(r->added);
        }
    }
    /* From the start again each time: done may change the list at will. */
    for (struct http_pending *r = p->first; r;) {
        if (!r->problem) {
            r = r->next;
            continue;
        }
        end(r, CURLE_OK);
        called = true;
        r = p->first;
    }
    return called;
}

static bool perform(struct http_pool *p) {
    bool called = settle(p);
    int running;
    p->in_curl = true;
    curl_multi_perform(p->multi, &running);
    p->in_curl = false;
    called |= settle(p);

    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(p->multi, &left));) {
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode result = m->data.result;
        char *private = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        end((struct http_pending *)(void *)private, result);
        called = true;
    }
    return called;
}

static struct curl_waitfd *to_wait(const struct pollfd *fds, size_t count) {
    struct curl_waitfd *extra = xcalloc(count + 1, sizeof(*extra));
    for (size_t i = 0; i < count; i++) {
        int events = (fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                     (fds[i].events & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
                     (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0);
        extra[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = (short)events};
    }
    return extra;
}

int http_pool_wait(struct http_pool *p, struct pollfd *fds, size_t fd_count, int timeout_ms,
                   struct err *err) {
    assert(!p->in_curl && !p->ending);
    if (perform(p))
        timeout_ms = 0;

    struct curl_waitfd *extra = to_wait(fds, fd_count);
    CURLMcode code = curl_multi_poll(p->multi, extra, (unsigned)fd_count,
                                     timeout_ms < 0 ? 3600 * 1000 : timeout_ms, NULL);
    free(extra);
    if (code != CURLM_OK)
        return err_set(err, ERR_IO, "cannot wait for descriptors: %s", curl_multi_strerror(code));
    /* curl folds error and hang-up into readable; the caller wants them as poll(2) tells them. */
    if (fd_count > 0 && poll(fds, fd_count, 0) < 0)
        return err_errno(err, "cannot wait for descriptors");
    perform(p);
    return 0;
}
