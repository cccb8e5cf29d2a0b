/*
 * Calls that do not compile in this project, each with what to use instead. Included in front of
 * every file by the build (ci/cmake/flags.cmake).
 */
#ifndef CONFED_CORE_BANNED_H
#define CONFED_CORE_BANNED_H

/* The headers that declare them come first: the poison must not hit the declarations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#pragma GCC poison strcpy strcat strncpy strncat strtok /* struct buf, xasprintf */
#pragma GCC poison sprintf vsprintf gets                /* snprintf, struct buf */
#pragma GCC poison atoi atol atof                       /* str_to_int */
#pragma GCC poison localtime gmtime ctime asctime       /* clock_format_utc */
#pragma GCC poison mktemp tmpnam                        /* mkstemp, fs_write_atomic */

#endif
