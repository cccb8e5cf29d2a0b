/* Words become arguments: quotes, variables, command substitution, arithmetic, splitting. */
#ifndef CONFED_CLUSTER_EXPAND_H
#define CONFED_CLUSTER_EXPAND_H

#include "mocks/cluster/container.h"

struct process;

/* The word as one string (an assignment, a file name); owned. */
char *expand_word(struct process *p, const char *word);
/* Appends the fields that the word becomes to an array of owned strings. */
void expand_fields(struct process *p, const char *word, char ***argv, size_t *argc, size_t *cap);
/* The environment of a container's programs, an object of strings; owned. */
json_t *expand_environment(const struct container *k);
/* Takes a string that must live as long as the process. */
void expand_keep(struct process *p, char *text);
void expand_release(struct process *p);

#endif
