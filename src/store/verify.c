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

// What is the database's own. Its words are kept: each row is one thing.
static bool verify_structure(struct verification *verification, struct store_error *error)
{
    struct rows *rows = NULL;
    bool row = true, read = database_check(verification->database, &rows, error);
    while (read && (read = rows_next(rows, &row, error)) && row)
        verification_break(verification, 0, 0, "the database is damaged: %s", rows_text(rows, 0));
    rows_end(rows);
    return read;
}

// ---- Chains: all accounts in one go, each from its checkpoint on

struct walk {
    struct verification *verification;
    bool began;
    uint64_t account;
    bool broken; // of each chain the first break is told only
    struct chain_link link;
    struct buffer scratch;
};

// Whether the entry is the next link; else tells the break.
static bool is_next(struct walk *walk, const struct history_entry *entry)
{
    struct history_entry computed = *entry;
    if (entry->event.seq != walk->link.seq + 1) {
        verification_break(walk->verification, entry->account, walk->link.seq + 1, "the event is missing");
        return false;
    }
    history_hash(walk->link.hash, &computed, &walk->scratch);
    if (memcmp(computed.event.hash, entry->event.hash, KEY_HASH_BYTES) != 0) {
        verification_break(walk->verification, entry->account, entry->event.seq,
                           "the event, or its link to the one before, was changed");
        return false;
    }
    return true;
}

// Begins at the account's checkpoint, which stands behind the event's columns, or at zeros.
static bool begin_account(struct walk *walk, struct rows *rows, uint64_t account, struct store_error *error)
{
    size_t checkpoint = walk->verification->database->tables[TABLE_EVENT].column_count;
    walk->began = true;
    walk->account = account;
    walk->broken = false;
    walk->link = (struct chain_link){0};
    walk->verification->verified.accounts++;
    if (rows_is_null(rows, checkpoint))
        return true;
    walk->link.seq = rows_number(rows, checkpoint);
    return rows_hash(rows, checkpoint + 1, walk->link.hash, error);
}

static bool walk_event(struct walk *walk, struct rows *rows, struct store_error *error)
{
    struct history_entry entry;
    struct store_error what;
    uint64_t account = (uint64_t)rows_number(rows, 0);
    if ((!walk->began || account != walk->account) && !begin_account(walk, rows, account, error))
        return false;
    if (walk->broken)
        return true;
    if (!rows_event(rows, &entry, &what)) {
        verification_break(walk->verification, account, rows_number(rows, 1), "the event cannot be read: %s",
                           what.text);
        walk->broken = true;
    } else if (!is_next(walk, &entry)) {
        walk->broken = true;
    } else {
        walk->link.seq = entry.event.seq;
        memcpy(walk->link.hash, entry.event.hash, KEY_HASH_BYTES);
        walk->verification->verified.events++;
    }
    return true;
}

static bool walk_events(struct walk *walk, struct store_error *error)
{
    struct database *database = walk->verification->database;
    const struct sql_table *event = &database->tables[TABLE_EVENT];
    struct buffer sql = {0};
    buffer_add_text(&sql, "SELECT ");
    sql_table_add_columns(&sql, event, 0, event->column_count, "e.");
    buffer_add_text(&sql, ", c.seq, c.hash FROM event AS e LEFT JOIN checkpoint AS c ON c.account_id = e.account_id "
                          "ORDER BY e.account_id, e.seq");
    struct rows *rows = database_query(database, buffer_text(&sql), NULL, 0, error);
    buffer_fini(&sql);
    bool row, read = rows != NULL;
    while (read && (read = rows_next(rows, &row, error)) && row)
        read = walk_event(walk, rows, error);
    rows_end(rows);
    return read;
}

bool verify_chains(struct verification *verification, struct store_error *error)
{
    struct walk walk = {.verification = verification};
    int64_t silent;
    bool walked = walk_events(&walk, error) &&
                  database_number(verification->database,
                                  "SELECT count(*) FROM (SELECT id FROM account UNION "
                                  "SELECT account_id FROM checkpoint) AS a "
                                  "WHERE NOT EXISTS (SELECT 1 FROM event AS e WHERE e.account_id = a.id)",
                                  NULL, 0, &silent, error);
    verification->verified.accounts += walked ? (uint64_t)silent : 0;
    buffer_fini(&walk.scratch);
    return walked;
}

// ---- The whole

static bool verify(struct verification *verification, struct store_error *error)
{
    if (!verify_structure(verification, error))
        return false;
    bool damaged = verification->verified.breaks > 0;
    bool read = verify_chains(verification, error) && verify_present(verification, error);
    // What is damaged may be unreadable, too; that was said already.
    return read || damaged;
}

// Takes the database over; NULL: it could not be opened.
static bool verify_database(struct database *database, store_break_sink *sink, void *arg, struct verified *ret_verified,
                            struct store_error *error)
{
    struct verification verification = {.database = database, .sink = sink, .arg = arg};
    bool done = database != NULL && verify(&verification, error);
    database_close(database);
    *ret_verified = verification.verified;
    return done;
}

bool store_verify_file(const char *file, store_break_sink *sink, void *arg, struct verified *ret_verified,
                       struct store_error *error)
{
    return verify_database(database_open_file(file, DATABASE_READ, error), sink, arg, ret_verified, error);
}

bool store_verify_uri(const char *uri, store_break_sink *sink, void *arg, struct verified *ret_verified,
                      struct store_error *error)
{
    return verify_database(database_open_uri(uri, DATABASE_READ, error), sink, arg, ret_verified, error);
}

bool store_verify(const char *folder, store_break_sink *sink, void *arg, struct verified *ret_verified,
                  struct store_error *error)
{
    char *file = files_path(folder, "usher.db");
    bool done = store_verify_file(file, sink, arg, ret_verified, error);
    free(file);
    return done;
}
