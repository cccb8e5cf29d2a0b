/*
 * The only place that asks the operating system what time it is. Deadlines use the monotonic
 * clock; what is written into objects and reports is UTC.
 */
#ifndef CONFED_CORE_CLOCK_H
#define CONFED_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 32

int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
int64_t clock_wall_ms(void); /* since 1970-01-01T00:00:00Z */

/* "2017-06-02T09:00:07Z" (RFC 3339, whole seconds); returns text. */
char *clock_format_utc(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);
/* "2017-06-02T09:00:07.123Z"; returns text. */
char *clock_format_utc_ms(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);
/* "02 Jun 2017 09:00:07Z", as juju status prints it; returns text. */
char *clock_format_juju(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);
/* Milliseconds of an RFC 3339 UTC time, or -1 when it is malformed. */
int64_t clock_parse_utc(const char *text);
/* The same of what juju status prints: "02 Jun 2017 09:00:07Z" or "...+02:00". */
int64_t clock_parse_juju(const char *text);

/* CPU time of this process, and of its children that were reaped, in microseconds. */
int64_t clock_cpu_self_us(void);
int64_t clock_cpu_children_us(void);

#endif
