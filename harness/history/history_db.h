/* What is inside of a history, for the files of this room alone. */
#ifndef CONFED_HISTORY_HISTORY_DB_H
#define CONFED_HISTORY_HISTORY_DB_H

#include "harness/core/err.h"

#include "harness/core/buf.h"
#include "harness/model/verdict.h"

#include <sqlite3.h>
#include <stdint.h>

struct history {
    sqlite3 *db; /* owned */
    char *path;  /* owned */
};

/*
 * The results of a run in the file: items one behind the other, without a gap. A verdict is its
 * place in enum verdict, which is therefore only ever added to at its end.
 */
enum { HISTORY_ITEM_SIZE = 8 };
struct history_item {
    uint32_t name; /* of the table name; below 1 << 24 */
    enum verdict verdict;
    int64_t elapsed_ms;
};
void history_pack(struct buf *blob, struct history_item item);
struct history_item history_unpack(const unsigned char *at);

/* The error of the last call, with the file's name. */
int history_fail(const struct history *h, struct err *err);
/* Owned; NULL with err. */
sqlite3_stmt *history_prepare(struct history *h, const char *sql, struct err *err);

#endif
