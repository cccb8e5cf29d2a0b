/*
 * Amounts as Kubernetes writes them: "500m", "1Gi", "2e3" (kubernetes:
 * apimachinery/pkg/api/resource).
 */
#ifndef CONFED_APISERVER_QUANTITY_H
#define CONFED_APISERVER_QUANTITY_H

#include <stdbool.h>

/* False when the text is none; near enough to compare two of them. */
bool quantity_parse(const char *text, double *ret);
/* What Go says of a text that is none; static, NULL when it is one. */
const char *quantity_problem(const char *text);

#endif
