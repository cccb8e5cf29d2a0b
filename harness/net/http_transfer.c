#include "harness/net/http_transfer.h"

#include "harness/core/base64.h"
#include "harness/core/clock.h"
#include "harness/core/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { DEFAULT_TIMEOUT_MS = 30000, CONNECT_TIMEOUT_MS = 30000 };
static const size_t ANSWER_LEN_MAX = (size_t)64 << 20;

void http_answer_release(struct http_answer *a) {
    buf_release(&a->body);
    free(a->content_type);
    free(a->problem);
    *a = (struct http_answer){0};
}

static size_t on_body(char *data, size_t size, size_t count, void *self) {
    struct http_transfer *t = self;
    size_t len = size * count;
    if (t->cancelled && *t->cancelled)
        return CURL_WRITEFUNC_ERROR;

    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (t->on_data && status >= 200 && status < 300) {
        t->on_data(t->on_data_self, data, len);
        return t->cancelled && *t->cancelled ? CURL_WRITEFUNC_ERROR : len;
    }
    buf_add(&t->answer.body, data, len);
    return buf_failed(&t->answer.body) ? CURL_WRITEFUNC_ERROR : len;
}

static void keep_reason(struct http_transfer *t, const char *line, size_t len) {
    const char *version_end = memchr(line, ' ', len);
    const char *status_end =
        version_end ? memchr(version_end + 1, ' ', len - (size_t)(version_end + 1 - line)) : NULL;
    free(t->reason);
    t->reason =
        status_end ? xstrndup(status_end + 1, len - (size_t)(status_end + 1 - line)) : xstrdup("");
    buf_clear(&t->answer_headers);
}

static size_t on_header(char *data, size_t size, size_t count, void *self) {
    struct http_transfer *t = self;
    size_t len = size * count, text_len = len;
    while (text_len > 0 && (data[text_len - 1] == '\n' || data[text_len - 1] == '\r'))
        text_len--;
    if (text_len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        keep_reason(t, data, text_len);
    } else if (text_len > 0) {
        buf_add(&t->answer_headers, data, text_len);
        buf_addc(&t->answer_headers, '\n');
    }
    return len;
}

static bool is_sendable(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p == 0x7f)
            return false;
    return true;
}

static void add_header(struct http_transfer *t, const char *name, const char *value) {
    struct buf line = BUF_INIT;
    buf_addf(&line, "%s: %s", name, value);
    t->headers = curl_slist_append(t->headers, buf_str(&line));
    explicit_bzero(line.data, line.len);
    buf_release(&line);
}

static void add_credentials(struct http_transfer *t, const struct http_target *target) {
    if (target->token) {
        CLEANUP(str_freep) char *value = xasprintf("Bearer %s", target->token);
        add_header(t, "Authorization", value);
    } else if (target->username) {
        CLEANUP(str_freep)
        char *plain =
            xasprintf("%s:%s", target->username, target->password ? target->password : "");
        CLEANUP(str_freep) char *coded = base64_encode(plain, strlen(plain));
        CLEANUP(str_freep) char *value = xasprintf("Basic %s", coded);
        add_header(t, "Authorization", value);
    }
}

static void set_blob(CURL *easy, CURLoption option, const char *pem) {
    struct curl_blob blob = {.data = xstrdup(pem), .len = strlen(pem), .flags = CURL_BLOB_COPY};
    curl_easy_setopt(easy, option, &blob);
    explicit_bzero(blob.data, blob.len);
    free(blob.data);
}

static void set_tls(CURL *easy, const struct http_target *target) {
    /* The machine's own authorities have no say about a cluster with its own. */
    if (target->ca_pem || target->insecure) {
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    }
    if (target->ca_pem)
        set_blob(easy, CURLOPT_CAINFO_BLOB, target->ca_pem);
    if (target->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (target->cert_pem && target->key_pem) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, target->cert_pem);
        set_blob(easy, CURLOPT_SSLKEY_BLOB, target->key_pem);
    }
}

static void set_method(struct http_transfer *t, CURL *easy) {
    if (str_eq(t->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (t->request) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->request_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->request);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
}

static void set_headers(struct http_transfer *t, const struct http_target *target,
                        const struct http_call *call) {
    add_header(t, "Accept", call->accept ? call->accept : "application/json");
    if (t->request)
        add_header(t, "Content-Type", call->content_type ? call->content_type : "application/json");
    add_header(t, "User-Agent", target->user_agent ? target->user_agent : "confed");
    add_credentials(t, target);
    t->headers = curl_slist_append(t->headers, "Expect:");
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

/* libcurl's own are inherited by every program that is started while they are open. */
static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to) {
    (void)self;
    (void)purpose;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void set_limits(CURL *easy, int64_t timeout_ms) {
    int64_t limit_ms = timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : timeout_ms < 0 ? 0 : timeout_ms;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limit_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
}

int http_transfer_begin(struct http_transfer *t, CURL *easy, const struct http_target *target,
                        const struct http_call *call, struct err *err) {
    if (!target->server)
        return err_set(err, ERR_USAGE, "no server is given");
    if (!is_sendable(call->method) || !call->method[0])
        return err_set(err, ERR_USAGE, "\"%s\" is no HTTP method", call->method);
    if (call->path[0] != '/' || !is_sendable(call->path))
        return err_set(err, ERR_USAGE,
                       "the path \"%s\" must begin with \"/\" and be percent-encoded", call->path);

    size_t server_len = strlen(target->server);
    while (server_len > 0 && target->server[server_len - 1] == '/')
        server_len--;
    *t = (struct http_transfer){
        .easy = easy,
        .method = xstrdup(call->method),
        .url = xasprintf("%.*s%s", (int)server_len, target->server, call->path),
        .trace = target->trace,
        .trace_self = target->trace_self,
        .answer_headers = BUF_INIT_LIMIT(1 << 20),
        .answer = {.body = BUF_INIT_LIMIT(ANSWER_LEN_MAX)},
        .started_ms = clock_monotonic_ms(),
    };
    if (call->body) {
        t->request_len = call->body_len;
        t->request = call->body_len ? xmemdup(call->body, call->body_len) : xstrdup("");
    }

    /* reset keeps the connections and TLS sessions of the handle */
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->problem);
    curl_easy_setopt(easy, CURLOPT_URL, t->url);
    set_method(t, easy);
    set_headers(t, target, call);
    set_tls(easy, target);
    set_limits(easy, call->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    if (t->trace) {
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
        http_trace_request(t);
    }
    return 0;
}

static char *server_name(const char *url) {
    const char *begin = strstr(url, "://");
    begin = begin ? begin + 3 : url;
    if (*begin == '[')
        return xstrndup(begin, strcspn(begin, "]") + 1);
    return xstrndup(begin, strcspn(begin, ":/"));
}

static char *certificate_problem(const struct http_transfer *t) {
    const char *why = t->problem;
    static const char *const NOISE[] = {"SSL certificate problem: ", "SSL: "};
    for (size_t i = 0; i < ARRAY_LEN(NOISE); i++)
        if (str_has_prefix(why, NOISE[i]))
            why += strlen(NOISE[i]);
    CLEANUP(str_freep) char *name = server_name(t->url);
    return xasprintf("certificate not valid for %s: %s", name, why);
}

static char *connect_problem(struct http_transfer *t) {
    long code = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &code);
    if (code == ECONNREFUSED)
        return xstrdup("connection refused");
    if (code == ETIMEDOUT)
        return xstrdup("timed out");
    if (code == ENETUNREACH || code == EHOSTUNREACH)
        return xstrdup("no route to host");
    return xasprintf("cannot connect: %s", code ? strerror((int)code) : t->problem);
}

/* A few words that a person and a ledger's signature can both rely on. */
static char *problem_of(struct http_transfer *t, CURLcode result) {
    const char *detail = t->problem[0] ? t->problem : curl_easy_strerror(result);
    if (buf_failed(&t->answer.body))
        return xasprintf("the answer is larger than %zu MiB", ANSWER_LEN_MAX >> 20);
    if (result == CURLE_COULDNT_CONNECT)
        return connect_problem(t);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return xstrdup("timed out");
    if (result == CURLE_PEER_FAILED_VERIFICATION)
        return certificate_problem(t);
    if (result == CURLE_COULDNT_RESOLVE_HOST) {
        CLEANUP(str_freep) char *name = server_name(t->url);
        return xasprintf("no such host: %s", name);
    }
    if (result == CURLE_GOT_NOTHING)
        return xstrdup("the server closed the connection without an answer");
    if (result == CURLE_PARTIAL_FILE)
        return xstrdup("the server broke off in the middle of the answer");
    if (result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR) {
        long code = 0;
        curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &code);
        if (code == ECONNRESET || strcasestr(detail, "reset"))
            return xstrdup("connection reset");
        return xasprintf("the connection broke: %s", detail);
    }
    if (result == CURLE_SSL_CONNECT_ERROR)
        return xasprintf("TLS handshake failed: %s", detail);
    if (result == CURLE_SSL_CERTPROBLEM)
        return xasprintf("the client certificate or key cannot be used: %s", detail);
    if (result == CURLE_SSL_CACERT_BADFILE)
        return xasprintf("the certificate authority cannot be used: %s", detail);
    return xstrdup(detail);
}

/*
 * The Date is written between the request's end and the answer's begin, and its second was cut off:
 * halves of both are what we can be wrong by.
 */
static void take_date(struct http_transfer *t) {
    struct curl_header *header;
    curl_off_t sent_us = 0, begun_us = 0, ended_us = 0;
    if (curl_easy_header(t->easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return;
    int64_t date_s = (int64_t)curl_getdate(header->value, NULL);
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun_us);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &ended_us);
    if (date_s <= 0 || begun_us < sent_us || ended_us < begun_us)
        return;
    int64_t ago_ms = (ended_us - (sent_us + begun_us) / 2) / 1000;
    t->answer.date_ms = date_s * 1000 + 500;
    t->answer.clock_ms = clock_wall_ms() - ago_ms;
    t->answer.clock_error_ms = 500 + (begun_us - sent_us) / 2000;
}

void http_transfer_end(struct http_transfer *t, CURLcode result) {
    t->answer.elapsed_ms = clock_monotonic_ms() - t->started_ms;
    if (result == CURLE_OK) {
        long status = 0;
        char *type = NULL;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
        t->answer.status = (int)status;
        t->answer.content_type = type ? xstrdup(type) : NULL;
        take_date(t);
    } else {
        t->answer.problem = problem_of(t, result);
    }
    if (t->trace)
        http_trace_answer(t);
}

void http_transfer_release(struct http_transfer *t) {
    curl_slist_free_all(t->headers);
    free(t->method);
    free(t->url);
    free(t->request);
    free(t->reason);
    buf_release(&t->answer_headers);
    http_answer_release(&t->answer);
    *t = (struct http_transfer){0};
}
