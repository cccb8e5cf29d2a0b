/* Why a member did not do what it was asked, in the words that the controllers' client has for it.
 */
#ifndef CONFED_FEDERATION_REFUSAL_H
#define CONFED_FEDERATION_REFUSAL_H

#include "mocks/federation/state.h"

struct refusal { /* all borrowed */
    const struct fed_cluster *cluster;
    const struct kind *kind;
    const char *method, *target; /* of the request; a target ends in the object's name, if any */
    int status;                  /* HTTP; 0: it was not reached */
    const json_t *answer;        /* a Status with a message, or anything else; NULL */
};

/*
 * Owned. What the member says, if it says something; else what the client makes of the status, or
 * of there being none.
 */
char *refusal_text(const struct refusal *r);

#endif
