/*
 * A shell script as a tree: lists, pipelines, if, while, until, for, groups, redirections. Words
 * keep their quotes; they are expanded when the command runs.
 */
#ifndef CONFED_CLUSTER_SCRIPT_H
#define CONFED_CLUSTER_SCRIPT_H

#include "harness/core/mem.h"

#include <stdbool.h>

#define SCRIPT_DEPTH_MAX 50

enum script_type {
    SCRIPT_SIMPLE, /* words; assignments in front are words too */
    SCRIPT_PIPE,   /* kids are the stages */
    SCRIPT_AND,    /* kids[0] && kids[1] */
    SCRIPT_OR,
    SCRIPT_NOT,
    SCRIPT_SEQUENCE, /* kids one after another */
    SCRIPT_IF,       /* condition, body, ..., [else body] */
    SCRIPT_WHILE,    /* condition, body */
    SCRIPT_UNTIL,
    SCRIPT_FOR, /* words[0] in words[1..]; kids[0] is the body */
};

struct redirect {
    int fd;      /* 0, 1, 2; 3: both 1 and 2 */
    int from_fd; /* >= 0: as that one (2>&1) */
    bool append;
    char *target; /* word; owned; NULL with from_fd */
};

struct script {
    enum script_type type;
    struct script **kids;
    size_t kid_count, kid_cap;
    char **words;
    size_t word_count, word_cap;
    struct redirect *redirects;
    size_t redirect_count, redirect_cap;
};

enum script_result { SCRIPT_OK, SCRIPT_INCOMPLETE, SCRIPT_ERROR };

/* Parses the whole text; *ret is owned and has no kids for an empty script. On SCRIPT_ERROR
 * ret_near (owned) is the token that was not expected. */
enum script_result script_parse(const char *text, struct script **ret, char **ret_near);
void script_free(struct script *s);
DEFINE_OWNED(struct script, script)

#endif
