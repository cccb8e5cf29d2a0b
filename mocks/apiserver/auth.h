/* Who asks: client certificate, bearer token, basic auth, nobody. Private to this folder. */
#ifndef CONFED_APISERVER_AUTH_H
#define CONFED_APISERVER_AUTH_H

#include "mocks/apiserver/answer.h"

#define AUTH_GROUPS_MAX 34

/* Where a user that was found out for one request lives. */
struct auth_identity {
    struct user user;
    const char *groups[AUTH_GROUPS_MAX];
    char name[512], group[320], uid[64];
};

/* The user who shows that, or NULL: credentials that are wrong, or none where they are required. */
const struct user *auth_login(const struct apiserver *s, const struct apiserver_login *login,
                              struct auth_identity *ret);
/* The same for the client of an exchange. */
const struct user *auth_authenticate(const struct apiserver *s, const struct http_exchange *x,
                                     struct auth_identity *ret);
/* The same for a token alone (TokenReview). */
const struct user *auth_token(const struct apiserver *s, const char *token,
                              struct auth_identity *ret);
/* Keeps the index of service-account tokens. */
void auth_changed(struct apiserver *s, const struct change *c);
/* Lets who shows the token be the account, until then of the world's clock and a minute longer, as
 * the real server does for clocks that differ; and only this very account. */
void auth_add_account_token(struct apiserver *s, const char *token, const struct object *account,
                            int64_t until_ms);
void auth_release(struct apiserver *s);

#endif
