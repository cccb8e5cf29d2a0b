#include "mocks/apiserver/duration.h"

#include "harness/core/clock.h"

#include <stdio.h>

static char *two(char *text, long long a, char unit_a, long long b, char unit_b) {
    if (b == 0)
        snprintf(text, DURATION_TEXT_SIZE, "%lld%c", a, unit_a);
    else
        snprintf(text, DURATION_TEXT_SIZE, "%lld%c%lld%c", a, unit_a, b, unit_b);
    return text;
}

char *duration_human(int64_t duration_ms, char text[DURATION_TEXT_SIZE]) {
    long long seconds = duration_ms / 1000;
    long long minutes = seconds / 60, hours = minutes / 60, days = hours / 24, years = days / 365;
    /* Clocks of two machines differ a little: one second into the future is now. */
    if (seconds < -1) {
        snprintf(text, DURATION_TEXT_SIZE, "<invalid>");
        return text;
    }
    if (seconds < 0)
        return two(text, 0, 's', 0, 's');
    if (seconds < 2 * 60)
        return two(text, seconds, 's', 0, 's');
    if (minutes < 10)
        return two(text, minutes, 'm', seconds % 60, 's');
    if (minutes < 3 * 60)
        return two(text, minutes, 'm', 0, 's');
    if (hours < 8)
        return two(text, hours, 'h', minutes % 60, 'm');
    if (hours < 48)
        return two(text, hours, 'h', 0, 'm');
    if (days < 8)
        return two(text, days, 'd', hours % 24, 'h');
    if (years < 2)
        return two(text, days, 'd', 0, 'h');
    if (years < 8)
        return two(text, years, 'y', days % 365, 'd');
    return two(text, years, 'y', 0, 'd');
}

char *duration_since(const char *timestamp, int64_t now_ms, char text[DURATION_TEXT_SIZE]) {
    int64_t then_ms = timestamp ? clock_parse_utc(timestamp) : -1;
    if (then_ms < 0) {
        snprintf(text, DURATION_TEXT_SIZE, "<unknown>");
        return text;
    }
    return duration_human(now_ms - then_ms, text);
}
