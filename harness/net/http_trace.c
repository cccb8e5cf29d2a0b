/* The lines that kubectl and kubefed write with -v 9 (client-go's round_trippers.go, request.go).
 */
#include "harness/net/http_transfer.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"

#include <string.h>
#include <unistd.h>

/* klog's header: "I1122 12:03:22.343532    3458 file.go:386] ". */
static void emit(struct http_transfer *t, const char *source, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void emit(struct http_transfer *t, const char *source, const char *fmt, ...) {
    char now[CLOCK_TEXT_SIZE]; /* 2017-06-02T09:00:07.123Z */
    clock_format_utc_ms(clock_wall_ms(), now);
    struct buf line = BUF_INIT;
    buf_addf(&line, "I%.2s%.2s %.12s000 %7d %s] ", now + 5, now + 8, now + 11, (int)getpid(),
             source);
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&line, fmt, ap);
    va_end(ap);
    t->trace(t->trace_self, buf_str(&line));
    buf_release(&line);
}

void http_trace_request(struct http_transfer *t) {
    if (t->request)
        emit(t, "request.go:873", "Request Body: %.*s", (int)t->request_len,
             (const char *)t->request);

    struct buf headers = BUF_INIT;
    for (const struct curl_slist *h = t->headers; h; h = h->next) {
        if (str_eq(h->data, "Expect:"))
            continue;
        /* A log is shown around: no secrets in it. */
        static const char *const SECRET[] = {"Authorization: Bearer ", "Authorization: Basic "};
        const char *shown = NULL;
        for (size_t i = 0; i < ARRAY_LEN(SECRET); i++)
            if (str_has_prefix(h->data, SECRET[i]))
                shown = SECRET[i];
        if (shown)
            buf_addf(&headers, " -H \"%s<masked>\"", shown);
        else
            buf_addf(&headers, " -H \"%s\"", h->data);
    }
    emit(t, "round_trippers.go:386", "curl -k -v -X%s %s %s", t->method, buf_str(&headers), t->url);
    buf_release(&headers);
}

void http_trace_answer(struct http_transfer *t) {
    if (t->answer.status)
        emit(t, "round_trippers.go:405", "%s %s %d %s in %lld milliseconds", t->method, t->url,
             t->answer.status, t->reason ? t->reason : "", (long long)t->answer.elapsed_ms);
    else
        emit(t, "round_trippers.go:405", "%s %s  in %lld milliseconds", t->method, t->url,
             (long long)t->answer.elapsed_ms);

    emit(t, "round_trippers.go:411", "Response Headers:");
    CLEANUP(str_freep) char *headers = buf_detach(&t->answer_headers);
    char *rest = headers;
    for (char *line; t->answer.status && (line = str_next(&rest, '\n'));)
        if (*line)
            emit(t, "round_trippers.go:414", "    %s", line);
    if (t->answer.status && t->answer.body.len)
        emit(t, "request.go:873", "Response Body: %s", buf_str(&t->answer.body));
}
