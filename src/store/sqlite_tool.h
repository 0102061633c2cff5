// SPDX-License-Identifier: Apache-2.0
//
// The database as the tools of keeping.h open it: beside a server, without its lock, and only at the present version
// of the schema.
#ifndef STORE_SQLITE_TOOL_H
#define STORE_SQLITE_TOOL_H

#include "store/sqlite.h"

struct sqlite_tool {
    struct codes codes;
    struct product_source products; // knows any
    sqlite3 *db;
};

// False, with a sentence, for another version of the schema than the present one.
bool sqlite_tool_check_version(sqlite3 *db, struct store_error *error);
bool sqlite_tool_open(struct sqlite_tool *tool, const char *file, enum sqlite_access access, struct store_error *error);
void sqlite_tool_close(struct sqlite_tool *tool);

// The next account after this one that has events or a checkpoint; false in *ret_found at the end. Begin with
// before_first true, since the service itself is account 0.
bool sqlite_next_account(sqlite3 *db, bool before_first, uint64_t *account, bool *ret_found, struct store_error *error);
// Where the chain of the account begins: its checkpoint, or zeros.
bool sqlite_read_checkpoint(sqlite3 *db, uint64_t account, struct chain_link *ret_link, struct store_error *error);

#endif
