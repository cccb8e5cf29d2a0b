/* What the observations say of each case, gathered in one pass: private to the judge. */
#ifndef CONFED_JUDGE_CASE_FACTS_H
#define CONFED_JUDGE_CASE_FACTS_H

#include <jansson.h>
#include <stdint.h>

enum case_outcome {
    CASE_NOT_RUN,
    CASE_RUNNING, /* begun and never ended: the run was killed */
    CASE_MET,
    CASE_UNMET,
    CASE_ERROR,
    CASE_UNSUPPORTED,
    CASE_BLOCKED,
    CASE_INTERRUPTED,
};

struct case_facts { /* all borrowed from the events and the index */
    enum case_outcome outcome;
    const char *started, *waiting_for;
    const char *reason, *expected, *seen; /* of the first step that was not met; "" else */
    const char *blocked_by;               /* or NULL */
    const json_t *missing, *steps, *evidence, *files;
    const json_t *truth_tables, *findings, *collected; /* NULL: none */
    int64_t elapsed_ms;
};

struct case_index;
struct case_index *case_index_new(const json_t *events);
void case_index_free(struct case_index *index);
struct case_facts case_index_facts(const struct case_index *index, const char *case_id);

/* The result of a case without its verdict; owned. spec is the case as run.json has it. */
json_t *case_facts_result(const json_t *spec, const struct case_facts *f);

#endif
