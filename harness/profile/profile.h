/*
 * What a release was like: fixtures/profiles/NAME.json. Code never asks for a version; it asks for
 * a named quirk or a value of the profile.
 *
 *     if (profile_has_quirk(p, "nodeport-dns"))      on: NodePort services get no federation DNS
 *         return;
 *
 * The file: {"name": "1.6.2", "version": {body of /version}, "cluster": {"groups": ["v1", ...]},
 * "federation": {"groups": [...], ...}, "kubefed": {...}, "quirks": {"NAME": {"on": true,
 * "what": "...", "issue": "https://..."}}}. A quirk that is on is the behaviour of that release,
 * usually a defect; switched off it behaves as one would wish.
 *
 * A file with "base": "1.6.2" holds only what changed since that profile: it is merged over the
 * base as a JSON merge patch (RFC 7396), except that "upgrade" lists are joined.
 */
#ifndef CONFED_PROFILE_PROFILE_H
#define CONFED_PROFILE_PROFILE_H

#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>

struct profile;
/* dir: the folder of profiles. ERR_NOT_FOUND lists the names that there are. */
struct profile *profile_load(const char *dir, const char *name, struct err *err);
void profile_free(struct profile *p);
DEFINE_OWNED(struct profile, profile)
const char *profile_name(const struct profile *p);
/* Asserts that the profile knows the quirk: a misspelt name is a bug of ours. */
bool profile_has_quirk(const struct profile *p, const char *quirk);
/* "nodeport-dns=off"; ERR_USAGE lists the quirks that there are. */
int profile_set_quirk(struct profile *p, const char *assignment, struct err *err);
/*
 * The body of /version, borrowed, of "cluster", "federation" or "kubefed": its own, where a profile
 * mixes releases, else that of the profile.
 */
const json_t *profile_version(const struct profile *p, const char *part);
/* The whole file, borrowed; for values such as "kubefed"."flags". */
const json_t *profile_json(const struct profile *p);
/* The names in dir, sorted; an array of strings, owned. */
json_t *profile_names(const char *dir, struct err *err);
/*
 * What changes for a user who goes from a to b: an array, owned, of {"kind", "text", "issue",
 * "since"}; every line has the issue, change or code that it comes from; since is there where
 * known. kind: upgrade, downgrade, new-gap, fixed, flag, group.
 */
json_t *profile_diff(const struct profile *a, const struct profile *b);

#endif
