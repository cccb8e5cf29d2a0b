/*
 * Results out of a JUnit file, ours or anybody's, so that runs of other tools can be compared and
 * kept too. Only what comparing needs: id, verdict, message, time.
 *
 * A case is called "<classname>.<name>"; in our own files it gets its id back ("fed.v1.lifecycle"
 * and "dns: a federated service ..." is lifecycle.dns), and the rows about the suite itself are
 * left out. Failures of the types GapVanished, GapSignatureMismatch and GapExpired, and skips that
 * say KNOWN GAP, BLOCKED or UNSUPPORTED are those verdicts; another skip is unsupported. With more
 * than one of failure, error and skipped, the worst counts, and so it does where a name is there
 * twice.
 */
#ifndef CONFED_JUDGE_JUNIT_READ_H
#define CONFED_JUDGE_JUNIT_READ_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>

/* Owned results, or NULL with ERR_INPUT (file, line and what) or ERR_NOT_FOUND. */
json_t *junit_read(const char *path, struct err *err);
/* Whether the file begins like XML; false when it cannot be read. */
bool junit_read_is_xml(const char *path);

#endif
