/*
 * The truth table of a federated service (harness/model/README.md), for people. A row is a name and
 * a type, a column whoever was asked; what is not as expected has a "!", and its reason below.
 */
#ifndef CONFED_REPORTS_TRUTH_H
#define CONFED_REPORTS_TRUTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Every type of record, or only A; indent: in front of each line. */
void truth_text(const json_t *table, bool every_type, const char *indent, FILE *out);
void truth_markdown(const json_t *table, bool every_type, FILE *out);
/* What each row says, one a line: asker, name, type, verdict, addresses, why. */
void truth_text_rows(const json_t *table, FILE *out);

/*
 * What a result's truth tables come to: its findings, one a line, then the tables as text. For
 * formats that have a place for text only; nothing where truth_is_in says no.
 */
bool truth_is_in(const json_t *result);
void truth_told(const json_t *result, FILE *out);

#endif
