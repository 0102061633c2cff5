// SPDX-License-Identifier: Apache-2.0
//
// Archiving one account:
//
//     read events, check the chain ─► write segment + signature, sync ─► per 500 events: one transaction that
//                                                                        moves the checkpoint and deletes them
//
// After a crash in the middle there is a segment that reaches beyond the checkpoint. The next archive finds it, checks
// it, and goes on with deleting. A server beside it gets its turn between the transactions.
#include "store/keeping.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/limits.h"
#include "store/files.h"
#include "store/segment.h"
#include "store/sqlite_tool.h"

#include <dirent.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    STEP_ROWS = 500, // deleted in one transaction
    PAUSE_MS = 5,    // between transactions, for the server
};

struct archiving {
    const struct archive_order *order;
    struct sqlite_tool tool;
    struct signing_key key;
    struct archived archived;
    sqlite3_stmt *events, *checkpoint, *erase, *link, *last;
};

// ---- Deleting

static bool step_done(sqlite3 *db, sqlite3_stmt *statement, struct store_error *error)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        sqlite_failed(db, TASK_WRITE, error);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

static bool transact(struct archiving *archiving, bool done, struct store_error *error)
{
    sqlite3 *db = archiving->tool.db;
    done = done && sqlite_execute(db, "COMMIT", TASK_COMMIT, error);
    if (!done && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_sleep(PAUSE_MS);
    return done;
}

// Moves the checkpoint to the event `to` and deletes what lies before it.
static bool cut(struct archiving *archiving, uint64_t account, int64_t to, struct store_error *error)
{
    sqlite3 *db = archiving->tool.db;
    if (!sqlite_execute(db, "BEGIN IMMEDIATE", TASK_WRITE, error))
        return false;
    sqlite3_bind_int64(archiving->checkpoint, 1, (int64_t)account);
    sqlite3_bind_int64(archiving->checkpoint, 2, to);
    sqlite3_bind_int64(archiving->erase, 1, (int64_t)account);
    sqlite3_bind_int64(archiving->erase, 2, to);
    bool done = step_done(db, archiving->checkpoint, error) && step_done(db, archiving->erase, error);
    if (done)
        archiving->archived.events += (uint64_t)sqlite3_changes(db);
    return transact(archiving, done, error);
}

static bool cut_segment(struct archiving *archiving, const struct segment *segment, int64_t from,
                        struct store_error *error)
{
    for (int64_t to = from; to <= segment->to;) {
        to = segment->to - to < STEP_ROWS ? segment->to : to + STEP_ROWS - 1;
        if (!cut(archiving, segment->account, to, error))
            return false;
        to++;
    }
    archiving->archived.segments++;
    return true;
}

// ---- Writing

static bool broken(uint64_t account, int64_t seq, struct store_error *error)
{
    store_error_set(error,
                    "The history of AC-%llu is broken at event %lld. Nothing of it is archived: see usherd verify.",
                    (unsigned long long)account, (long long)seq);
    return false;
}

// Collects the lines of the segment; each event must be the next link.
static bool collect(struct archiving *archiving, struct segment *segment, struct buffer *lines,
                    struct store_error *error)
{
    sqlite3_stmt *statement = archiving->events;
    struct chain_link link = {.seq = segment->from - 1};
    memcpy(link.hash, segment->before, KEY_HASH_BYTES);
    sqlite3_bind_int64(statement, 1, (int64_t)segment->account);
    sqlite3_bind_int64(statement, 2, segment->from);
    sqlite3_bind_int64(statement, 3, segment->to);
    struct buffer scratch = {0};
    bool row, read;
    while ((read = sqlite_step(statement, &row, error)) && row) {
        struct history_entry entry, computed;
        read = sqlite_read_event(statement, &entry, NULL, error);
        computed = entry;
        if (read)
            history_hash(link.hash, &computed, &scratch);
        if (!read || entry.event.seq != link.seq + 1 ||
            memcmp(computed.event.hash, entry.event.hash, KEY_HASH_BYTES) != 0) {
            read = broken(segment->account, link.seq + 1, error);
            break;
        }
        link.seq = entry.event.seq;
        memcpy(link.hash, entry.event.hash, KEY_HASH_BYTES);
        segment_add_event(lines, &entry);
    }
    sqlite3_reset(statement);
    buffer_fini(&scratch);
    if (read && link.seq != segment->to)
        read = broken(segment->account, link.seq + 1, error);
    memcpy(segment->last, link.hash, KEY_HASH_BYTES);
    return read;
}

static bool write_segment(struct archiving *archiving, struct segment *segment, struct store_error *error)
{
    memcpy(segment->public_key, archiving->key.public_key, PUBLIC_KEY_BYTES);
    struct buffer lines = {0}, whole = {0};
    bool written = collect(archiving, segment, &lines, error);
    if (written) {
        segment_add_head(&whole, segment);
        buffer_add(&whole, lines.bytes, lines.length);
        written = segment_write(archiving->order->out_folder, segment, &whole, &archiving->key, error);
    }
    buffer_fini(&lines);
    buffer_fini(&whole);
    return written;
}

// The hash of one event; false in *ret_found when it is not there.
static bool read_hash(struct archiving *archiving, uint64_t account, int64_t seq, unsigned char hash[KEY_HASH_BYTES],
                      bool *ret_found, struct store_error *error)
{
    sqlite3_bind_int64(archiving->link, 1, (int64_t)account);
    sqlite3_bind_int64(archiving->link, 2, seq);
    bool read = sqlite_step(archiving->link, ret_found, error);
    if (*ret_found)
        read = sqlite_read_hash(archiving->link, 0, hash, error);
    sqlite3_reset(archiving->link);
    return read;
}

// Looks for the name of a segment that holds the event: one whose archive was cut short.
static bool find_segment(const char *out_folder, uint64_t account, int64_t seq, char name[SEGMENT_NAME_SIZE])
{
    DIR *files = opendir(out_folder);
    bool found = false;
    struct segment segment;
    for (struct dirent *file; files != NULL && !found && (file = readdir(files)) != NULL;) {
        found = segment_parse_name(file->d_name, &segment) && segment.account == account && segment.from <= seq &&
                segment.to >= seq;
        if (found)
            segment_name(&segment, name);
    }
    if (files != NULL)
        closedir(files);
    return found;
}

// Takes up a segment that was written before; it must be of this very chain.
static bool take_up(struct archiving *archiving, const char *name, int64_t from, struct segment *segment,
                    struct store_error *error)
{
    unsigned char hash[KEY_HASH_BYTES];
    bool found;
    if (!segment_check(archiving->order->out_folder, name, segment, error) ||
        !read_hash(archiving, segment->account, segment->to, hash, &found, error))
        return false;
    if (found && memcmp(hash, segment->last, KEY_HASH_BYTES) == 0)
        return true;
    store_error_set(error, "%s/%s holds other events than event %lld and on of this store. Name another folder.",
                    archiving->order->out_folder, name, (long long)from);
    return false;
}

static bool archive_range(struct archiving *archiving, uint64_t account, struct chain_link *link, int64_t last,
                          struct store_error *error)
{
    char name[SEGMENT_NAME_SIZE];
    struct segment segment = {.account = account, .from = link->seq + 1};
    memcpy(segment.before, link->hash, KEY_HASH_BYTES);
    segment.to = last - link->seq > SEGMENT_EVENTS_MAX ? link->seq + SEGMENT_EVENTS_MAX : last;
    bool ready = find_segment(archiving->order->out_folder, account, segment.from, name)
                     ? take_up(archiving, name, link->seq + 1, &segment, error)
                     : write_segment(archiving, &segment, error);
    if (!ready || !cut_segment(archiving, &segment, link->seq + 1, error))
        return false;
    link->seq = segment.to;
    memcpy(link->hash, segment.last, KEY_HASH_BYTES);
    return true;
}

// ---- The whole

static bool archive_account(struct archiving *archiving, uint64_t account, struct store_error *error)
{
    struct chain_link link;
    if (!sqlite_read_checkpoint(archiving->tool.db, account, &link, error))
        return false;
    sqlite3_bind_int64(archiving->last, 1, (int64_t)account);
    sqlite3_bind_int64(archiving->last, 2, archiving->order->before_at);
    bool row = false;
    if (!sqlite_step(archiving->last, &row, error))
        return false;
    int64_t last = row ? sqlite3_column_int64(archiving->last, 0) : 0;
    sqlite3_reset(archiving->last);
    while (link.seq < last) {
        if (!archive_range(archiving, account, &link, last, error))
            return false;
    }
    return true;
}

static bool archive_accounts(struct archiving *archiving, struct store_error *error)
{
    uint64_t account = 0;
    for (bool first = true;; first = false) {
        bool found;
        if (!sqlite_next_account(archiving->tool.db, first, &account, &found, error))
            return false;
        if (!found)
            return true;
        if (!archive_account(archiving, account, error))
            return false;
    }
}

// Deletes rows of the past in short transactions until none is left.
static bool erase_old(struct archiving *archiving, const char *sql, uint64_t *count, struct store_error *error)
{
    sqlite3 *db = archiving->tool.db;
    int64_t keep_s = archiving->order->keep_s > IDEMPOTENCY_KEPT_S ? archiving->order->keep_s : IDEMPOTENCY_KEPT_S;
    sqlite3_stmt *statement = sqlite_prepare(db, sql, error);
    bool done = statement != NULL;
    for (int erased = 1; done && erased > 0;) {
        sqlite3_bind_int64(statement, 1, archiving->order->now - moment_seconds(keep_s));
        sqlite3_bind_int64(statement, 2, STEP_ROWS);
        done = sqlite_execute(db, "BEGIN IMMEDIATE", TASK_WRITE, error) &&
               transact(archiving, step_done(db, statement, error), error);
        erased = sqlite3_changes(db);
        *count += done ? (uint64_t)erased : 0;
    }
    sqlite3_finalize(statement);
    return done;
}

// A session goes only when the archive has all its events.
static const char old_sessions[] =
    "DELETE FROM session WHERE id IN (SELECT s.id FROM account AS a JOIN session AS s "
    "ON s.account_id = a.id AND s.ended_at < ?1 WHERE NOT EXISTS "
    "(SELECT 1 FROM event AS e WHERE e.account_id = s.account_id AND e.subject = 'SN-' || s.id) LIMIT ?2)";

static const char old_denials[] =
    "DELETE FROM denial WHERE (account_id, id) IN (SELECT d.account_id, d.id FROM account AS a JOIN denial AS d "
    "ON d.account_id = a.id AND d.last_at < ?1 WHERE coalesce(d.closed_at, 0) < ?1 LIMIT ?2)";

static bool prepare(struct archiving *archiving, struct store_error *error)
{
    sqlite3 *db = archiving->tool.db;
    archiving->events = sqlite_prepare(
        db, "SELECT " EVENT_COLUMNS " FROM event WHERE account_id = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq", error);
    archiving->checkpoint =
        sqlite_prepare(db,
                       "INSERT INTO checkpoint (account_id, seq, at, hash) SELECT account_id, seq, at, hash FROM event "
                       "WHERE account_id = ?1 AND seq = ?2 ON CONFLICT (account_id) DO UPDATE "
                       "SET seq = excluded.seq, at = excluded.at, hash = excluded.hash",
                       error);
    archiving->erase = sqlite_prepare(db, "DELETE FROM event WHERE account_id = ?1 AND seq <= ?2", error);
    archiving->link = sqlite_prepare(db, "SELECT hash FROM event WHERE account_id = ?1 AND seq = ?2", error);
    // Time never goes back within an account: the first event that is too young ends the range.
    archiving->last = sqlite_prepare(
        db,
        "SELECT coalesce((SELECT seq - 1 FROM event WHERE account_id = ?1 AND at >= ?2 ORDER BY seq LIMIT 1), "
        "(SELECT max(seq) FROM event WHERE account_id = ?1), 0)",
        error);
    return archiving->events != NULL && archiving->checkpoint != NULL && archiving->erase != NULL &&
           archiving->link != NULL && archiving->last != NULL;
}

static void finalize(struct archiving *archiving)
{
    sqlite3_finalize(archiving->events);
    sqlite3_finalize(archiving->checkpoint);
    sqlite3_finalize(archiving->erase);
    sqlite3_finalize(archiving->link);
    sqlite3_finalize(archiving->last);
}

// What an archive that was stopped left behind is taken up, and events are deleted for it: its names must be safe, too.
static bool sync_folders(const struct archive_order *order, struct store_error *error)
{
    return files_make_folder(order->out_folder, error) && files_sync_folder(order->out_folder, error) &&
           files_sync_folder(order->folder, error);
}

static bool archive(struct archiving *archiving, struct store_error *error)
{
    const struct archive_order *order = archiving->order;
    bool found;
    return prepare(archiving, error) && sync_folders(order, error) &&
           signing_key_of(order->folder, true, &archiving->key, &found, error) &&
           signing_publish(&archiving->key, order->out_folder, error) && archive_accounts(archiving, error) &&
           erase_old(archiving, old_sessions, &archiving->archived.sessions, error) &&
           erase_old(archiving, old_denials, &archiving->archived.denials, error);
}

bool store_archive(const struct archive_order *order, struct archived *ret_archived, struct store_error *error)
{
    struct archiving archiving = {.order = order};
    int lock = -1;
    char *file = files_path(order->folder, "usher.db");
    // One at a time: the lock is another than the server's.
    bool done = files_lock(order->folder, "archive.lock", &lock, error) &&
                sqlite_tool_open(&archiving.tool, file, ACCESS_WRITE, error) && archive(&archiving, error);
    finalize(&archiving);
    sqlite_tool_close(&archiving.tool);
    sodium_memzero(&archiving.key, sizeof archiving.key);
    free(file);
    if (lock >= 0)
        close(lock);
    *ret_archived = archiving.archived;
    return done;
}
