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

#include "base/moment.h"
#include "engine/limits.h"
#include "store/database.h"
#include "store/files.h"
#include "store/segment.h"

#include <dirent.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum {
    STEP_ROWS = 500, // deleted in one transaction
    PAUSE_MS = 5,    // between transactions, for the server
};

struct archiving {
    const struct archive_order *order;
    struct database *database;
    struct signing_key key;
    struct archived archived;
};

// ---- Deleting

// Runs statements in one short transaction, and gives the server its turn. Tells how many rows the last one changed.
static bool transact(struct archiving *archiving, const char *const *statements, size_t count,
                     const struct value values[2], uint64_t *ret_changed, struct store_error *error)
{
    bool done = database_begin(archiving->database, error);
    for (size_t i = 0; done && i < count; i++)
        done = database_change(archiving->database, statements[i], values, 2, ret_changed, error);
    done = done && database_commit(archiving->database, error);
    if (!done)
        database_rollback(archiving->database);
    usleep(PAUSE_MS * 1000);
    return done;
}

// Moves the checkpoint to the event `to` and deletes what lies before it.
static bool cut(struct archiving *archiving, uint64_t account, int64_t to, struct store_error *error)
{
    static const char *const statements[] = {
        "INSERT INTO checkpoint (account_id, seq, at, hash) SELECT account_id, seq, at, hash FROM event "
        "WHERE account_id = $1 AND seq = $2 ON CONFLICT (account_id) DO UPDATE "
        "SET seq = excluded.seq, at = excluded.at, hash = excluded.hash",
        "DELETE FROM event WHERE account_id = $1 AND seq <= $2",
    };
    const struct value values[] = {value_number((int64_t)account), value_number(to)};
    uint64_t events = 0;
    bool done = transact(archiving, statements, 2, values, &events, error);
    archiving->archived.events += done ? events : 0;
    return done;
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

// Takes the event that the rows are at; it must be the next link.
static bool take_event(const struct segment *segment, struct rows *rows, struct chain_link *link, struct buffer *lines,
                       struct buffer *scratch, struct store_error *error)
{
    struct history_entry entry, computed;
    bool read = rows_event(rows, &entry, error);
    computed = entry;
    if (read)
        history_hash(link->hash, &computed, scratch);
    if (!read || entry.event.seq != link->seq + 1 || memcmp(computed.event.hash, entry.event.hash, KEY_HASH_BYTES) != 0)
        return broken(segment->account, link->seq + 1, error);
    link->seq = entry.event.seq;
    memcpy(link->hash, entry.event.hash, KEY_HASH_BYTES);
    segment_add_event(lines, &entry);
    return true;
}

static struct rows *query_events(struct archiving *archiving, const struct segment *segment, struct store_error *error)
{
    const struct sql_table *event = &archiving->database->tables[TABLE_EVENT];
    const struct value values[] = {value_number((int64_t)segment->account), value_number(segment->from),
                                   value_number(segment->to)};
    struct buffer sql = {0};
    buffer_add_text(&sql, "SELECT ");
    sql_table_add_columns(&sql, event, 0, event->column_count, "");
    buffer_add_text(&sql, " FROM event WHERE account_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq");
    struct rows *rows = database_query(archiving->database, buffer_text(&sql), values, 3, error);
    buffer_fini(&sql);
    return rows;
}

// Collects the lines of the segment.
static bool collect(struct archiving *archiving, struct segment *segment, struct buffer *lines,
                    struct store_error *error)
{
    struct chain_link link = {.seq = segment->from - 1};
    memcpy(link.hash, segment->before, KEY_HASH_BYTES);
    struct buffer scratch = {0};
    struct rows *rows = query_events(archiving, segment, error);
    bool row, read = rows != NULL;
    while (read && (read = rows_next(rows, &row, error)) && row)
        read = take_event(segment, rows, &link, lines, &scratch, error);
    rows_end(rows);
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
    const struct value values[] = {value_number((int64_t)account), value_number(seq)};
    struct rows *rows = database_query(archiving->database, "SELECT hash FROM event WHERE account_id = $1 AND seq = $2",
                                       values, 2, error);
    *ret_found = false;
    bool read = rows != NULL && rows_next(rows, ret_found, error) && (!*ret_found || rows_hash(rows, 0, hash, error));
    rows_end(rows);
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

// The last event of the account that goes. Time never goes back within an account: the first that is too young ends
// the range.
static bool find_last(struct archiving *archiving, uint64_t account, int64_t *ret_last, struct store_error *error)
{
    const struct value values[] = {value_number((int64_t)account), value_number(archiving->order->before_at)};
    return database_number(
        archiving->database,
        "SELECT coalesce((SELECT seq - 1 FROM event WHERE account_id = $1 AND at >= $2 ORDER BY seq LIMIT 1), "
        "(SELECT max(seq) FROM event WHERE account_id = $1), 0)",
        values, 2, ret_last, error);
}

static bool archive_account(struct archiving *archiving, uint64_t account, struct store_error *error)
{
    struct chain_link link;
    int64_t last;
    if (!database_checkpoint(archiving->database, account, &link, error) ||
        !find_last(archiving, account, &last, error))
        return false;
    while (link.seq < last) {
        if (!archive_range(archiving, account, &link, last, error))
            return false;
    }
    return true;
}

// The next account after this one that has events; false in *ret_found at the end. Before the first: -1.
static bool next_account(struct archiving *archiving, int64_t *account, bool *ret_found, struct store_error *error)
{
    const struct value after = value_number(*account);
    struct rows *rows = database_query(archiving->database, "SELECT min(account_id) FROM event WHERE account_id > $1",
                                       &after, 1, error);
    bool row = false;
    bool read = rows != NULL && rows_next(rows, &row, error);
    *ret_found = row && !rows_is_null(rows, 0);
    if (*ret_found)
        *account = rows_number(rows, 0);
    rows_end(rows);
    return read;
}

static bool archive_accounts(struct archiving *archiving, struct store_error *error)
{
    bool found;
    for (int64_t account = -1;;) {
        if (!next_account(archiving, &account, &found, error))
            return false;
        if (!found)
            return true;
        if (!archive_account(archiving, (uint64_t)account, error))
            return false;
    }
}

// Deletes rows of the past in short transactions until none is left.
static bool erase_old(struct archiving *archiving, const char *sql, uint64_t *count, struct store_error *error)
{
    int64_t keep_s = archiving->order->keep_s > IDEMPOTENCY_KEPT_S ? archiving->order->keep_s : IDEMPOTENCY_KEPT_S;
    const struct value values[] = {value_number(archiving->order->now - moment_seconds(keep_s)),
                                   value_number(STEP_ROWS)};
    bool done = true;
    for (uint64_t erased = 1; done && erased > 0;) {
        done = transact(archiving, &sql, 1, values, &erased, error);
        *count += done ? erased : 0;
    }
    return done;
}

// Account by account, so that the old ones are found by their time: CROSS JOIN is for SQLite, which then keeps to that
// order. A session goes only when the archive has all its events.
static const char old_sessions[] =
    "DELETE FROM session WHERE (account_id, id) IN (SELECT s.account_id, s.id FROM account AS a "
    "CROSS JOIN session AS s WHERE s.account_id = a.id AND s.ended_at < $1 AND NOT EXISTS "
    "(SELECT 1 FROM event AS e WHERE e.account_id = s.account_id AND e.subject = 'SN-' || s.id) LIMIT $2)";

static const char old_denials[] =
    "DELETE FROM denial WHERE (account_id, id) IN (SELECT d.account_id, d.id FROM account AS a "
    "CROSS JOIN denial AS d WHERE d.account_id = a.id AND d.last_at < $1 AND coalesce(d.closed_at, 0) < $1 LIMIT $2)";

// What an archive that was stopped left behind is taken up, and events are deleted for it: its names must be safe, too.
static bool sync_folders(const struct archive_order *order, struct store_error *error)
{
    return files_make_folder(order->out_folder, error) && files_sync_folder(order->out_folder, error) &&
           files_sync_folder(order->folder, error);
}

// One at a time: of one folder by a lock of its own, of one database by a lock there.
static bool take_turn(struct archiving *archiving, int *ret_lock, struct store_error *error)
{
    const struct archive_order *order = archiving->order;
    if (!files_lock(order->folder, "archive.lock", ret_lock, error))
        return false;
    archiving->database = database_open(order->folder, order->uri, DATABASE_CHANGE, error);
    return archiving->database != NULL && database_keep_others(archiving->database, "archive", error);
}

static bool archive(struct archiving *archiving, struct store_error *error)
{
    const struct archive_order *order = archiving->order;
    bool found;
    return sync_folders(order, error) && signing_key_of(order->folder, true, &archiving->key, &found, error) &&
           signing_publish(&archiving->key, order->out_folder, error) && archive_accounts(archiving, error) &&
           erase_old(archiving, old_sessions, &archiving->archived.sessions, error) &&
           erase_old(archiving, old_denials, &archiving->archived.denials, error);
}

bool store_archive(const struct archive_order *order, struct archived *ret_archived, struct store_error *error)
{
    struct archiving archiving = {.order = order};
    int lock = -1;
    bool done = take_turn(&archiving, &lock, error) && archive(&archiving, error);
    database_close(archiving.database);
    sodium_memzero(&archiving.key, sizeof archiving.key);
    if (lock >= 0)
        close(lock);
    *ret_archived = archiving.archived;
    return done;
}
