#include "harness/core/clock.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static int64_t read_us(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void) {
    return clock_monotonic_us() / 1000;
}

int64_t clock_wall_ms(void) {
    return read_us(CLOCK_REALTIME) / 1000;
}

static struct tm broken_down(int64_t wall_ms) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return tm;
}

char *clock_format_utc(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]) {
    struct tm tm = broken_down(wall_ms);
    strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return text;
}

char *clock_format_utc_ms(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]) {
    struct tm tm = broken_down(wall_ms);
    size_t len = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%03dZ", (int)(wall_ms % 1000));
    return text;
}

char *clock_format_juju(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]) {
    struct tm tm = broken_down(wall_ms);
    strftime(text, CLOCK_TEXT_SIZE, "%d %b %Y %H:%M:%SZ", &tm);
    return text;
}

int64_t clock_parse_utc(const char *text) {
    struct tm tm = {0};
    int64_t ms = 0;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        return -1;
    if (*rest == '.') {
        int scale = 100;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
            ms += (*rest - '0') * scale;
    }
    if (rest[0] != 'Z' || rest[1] != '\0')
        return -1;
    return (int64_t)timegm(&tm) * 1000 + ms;
}

int64_t clock_parse_juju(const char *text) {
    struct tm tm = {0};
    const char *rest = strptime(text, "%d %b %Y %H:%M:%S", &tm);
    int hours = 0, minutes = 0, len = 0;
    char sign[2];
    if (!rest)
        return -1;
    if (rest[0] == 'Z' && rest[1] == '\0')
        return (int64_t)timegm(&tm) * 1000;
    if (sscanf(rest, "%1[+-]%2d:%2d%n", sign, &hours, &minutes, &len) != 3 || rest[len])
        return -1;
    int64_t east_s = (*sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return ((int64_t)timegm(&tm) - east_s) * 1000;
}

static int64_t cpu_us(int who) {
    struct rusage u;
    getrusage(who, &u);
    return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

int64_t clock_cpu_self_us(void) {
    return cpu_us(RUSAGE_SELF);
}

int64_t clock_cpu_children_us(void) {
    return cpu_us(RUSAGE_CHILDREN);
}
