/* Everything behind an object's name, and the reviews that store nothing. Private to this folder.
 */
#ifndef CONFED_APISERVER_SUBRESOURCE_H
#define CONFED_APISERVER_SUBRESOURCE_H

#include "mocks/apiserver/answer.h"

void subresource_serve(struct request *q, struct answer *a);
void subresource_review(struct request *q, struct answer *a);

/* review.c */
void review_serve(struct request *q, struct answer *a);

/* token.c: of service accounts */
void token_serve(struct request *q, struct answer *a);

/* pod.c: exec, attach, portforward, log */
bool pod_is_served(const char *subresource);
void pod_serve(struct request *q, struct answer *a);

/* scale.c */
bool scale_is_served(const struct kind *k);
void scale_serve(struct request *q, struct answer *a);

#endif
