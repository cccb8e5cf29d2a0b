/* Ages as kubectl prints them: apimachinery/pkg/util/duration. */
#ifndef CONFED_APISERVER_DURATION_H
#define CONFED_APISERVER_DURATION_H

#include <stdint.h>

#define DURATION_TEXT_SIZE 32

/* "117s", "3m20s", "5h", "2d3h", "400d", "3y12d"; returns text. */
char *duration_human(int64_t duration_ms, char text[DURATION_TEXT_SIZE]);
/* The age of an RFC 3339 time; "<unknown>" when it is NULL or malformed. Returns text. */
char *duration_since(const char *timestamp, int64_t now_ms, char text[DURATION_TEXT_SIZE]);

#endif
