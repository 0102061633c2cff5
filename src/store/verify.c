// SPDX-License-Identifier: Apache-2.0
#include "store/verify.h"

#include "store/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void verification_break(struct verification *verification, uint64_t account, int64_t seq, const char *format, ...)
{
    char what[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    verification->verified.breaks++;
    verification->sink(verification->arg, account, seq, what);
}

// SQLite's own look at its pages and indexes. Its words are kept: each row is one thing.
static bool verify_structure(struct verification *verification, struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_prepare(verification->tool.db, "PRAGMA integrity_check(20)", error);
    bool row, read = statement != NULL;
    while (read && (read = sqlite_step(statement, &row, error)) && row) {
        const char *what = sqlite_read_text(statement, 0, NULL);
        if (strcmp(what, "ok") != 0)
            verification_break(verification, 0, 0, "the database is damaged: %s", what);
    }
    sqlite3_finalize(statement);
    return read;
}

// Whether the entry is the next link; else tells the break.
static bool is_next(struct verification *verification, const struct chain_link *link, const struct history_entry *entry,
                    const unsigned char computed[KEY_HASH_BYTES])
{
    if (entry->event.seq != link->seq + 1) {
        verification_break(verification, entry->account, link->seq + 1, "the event is missing");
        return false;
    }
    if (memcmp(computed, entry->event.hash, KEY_HASH_BYTES) != 0) {
        verification_break(verification, entry->account, entry->event.seq,
                           "the event, or its link to the one before, was changed");
        return false;
    }
    return true;
}

static bool walk_chain(struct verification *verification, sqlite3_stmt *statement, struct chain_link *link,
                       struct store_error *error)
{
    struct buffer scratch = {0};
    bool row, read;
    while ((read = sqlite_step(statement, &row, error)) && row) {
        struct history_entry entry;
        if (!sqlite_read_event(statement, &entry, NULL, error)) {
            verification_break(verification, sqlite_read_id(statement, 0), sqlite3_column_int64(statement, 1),
                               "the event cannot be read: %s", error->text);
            break;
        }
        struct history_entry computed = entry;
        history_hash(link->hash, &computed, &scratch);
        if (!is_next(verification, link, &entry, computed.event.hash))
            break;
        link->seq = entry.event.seq;
        memcpy(link->hash, entry.event.hash, KEY_HASH_BYTES);
        verification->verified.events++;
    }
    buffer_fini(&scratch);
    return read;
}

static bool verify_account(struct verification *verification, uint64_t account, struct store_error *error)
{
    struct chain_link link;
    sqlite3 *db = verification->tool.db;
    if (!sqlite_read_checkpoint(db, account, &link, error))
        return false;
    sqlite3_stmt *statement =
        sqlite_prepare(db, "SELECT " EVENT_COLUMNS " FROM event WHERE account_id = ?1 ORDER BY seq", error);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    verification->verified.accounts++;
    bool walked = walk_chain(verification, statement, &link, error);
    sqlite3_finalize(statement);
    return walked;
}

static bool verify_accounts(struct verification *verification, struct store_error *error)
{
    uint64_t account = 0;
    for (bool first = true;; first = false) {
        bool found;
        if (!sqlite_next_account(verification->tool.db, first, &account, &found, error))
            return false;
        if (!found)
            return true;
        if (!verify_account(verification, account, error))
            return false;
    }
}

// In one transaction: what a server writes meanwhile is not looked at.
static bool verify(struct verification *verification, struct store_error *error)
{
    sqlite3 *db = verification->tool.db;
    if (!sqlite_execute(db, "BEGIN", TASK_READ, error) || !verify_structure(verification, error))
        return false;
    bool damaged = verification->verified.breaks > 0;
    bool read = verify_accounts(verification, error) && verify_present(verification, error);
    // What is damaged may be unreadable, too; that was said already.
    return read || damaged;
}

bool store_verify_file(const char *file, store_break_sink *sink, void *arg, struct verified *ret_verified,
                       struct store_error *error)
{
    struct verification verification = {.sink = sink, .arg = arg};
    bool done = sqlite_tool_open(&verification.tool, file, ACCESS_READ, error) && verify(&verification, error);
    sqlite_tool_close(&verification.tool);
    arena_fini(&verification.arena);
    *ret_verified = verification.verified;
    return done;
}

bool store_verify(const char *folder, store_break_sink *sink, void *arg, struct verified *ret_verified,
                  struct store_error *error)
{
    char *file = files_path(folder, "usher.db");
    bool done = store_verify_file(file, sink, arg, ret_verified, error);
    free(file);
    return done;
}
