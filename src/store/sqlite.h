// SPDX-License-Identifier: Apache-2.0
//
// The SQLite driver, inside. The folder holds usher.db (with its -wal and -shm) and `lock`, which the server that uses
// the folder keeps locked.
//
//     processor's thread ── writer ──┐
//     any thread ── its own reader ──┼── usher.db-wal ──► usher.db
//     checkpoint thread ─────────────┘
//
// The writer never carries pages from the log into the database, which would hold up answers: the checkpoint thread
// does. Every connection belongs to one thread at a time, so SQLite's own mutexes are off.
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/driver.h"
#include "store/narrow.h"

#include <pthread.h>
#include <sqlite3.h>

// What was being done when SQLite failed: it decides on the sentence and, in a commit, on the status.
enum sqlite_task { TASK_OPEN, TASK_READ, TASK_WRITE, TASK_COMMIT };

// Turns the connection's last error into a sentence with advice.
enum store_status sqlite_failed(sqlite3 *db, enum sqlite_task task, struct store_error *error);
// The same for a code of SQLite's without a connection.
void sqlite_describe(int code, const char *file, enum sqlite_task task, struct store_error *error);

// ---- Connections

enum sqlite_access { ACCESS_READ, ACCESS_WRITE };

// Whether the connection waits its turn to write while another process does: an archive beside the server writes in
// short transactions.
void sqlite_take_turns(sqlite3 *db, bool wait);

// Opens a connection to the database file, which must exist; NULL: failed.
sqlite3 *sqlite_connect(const char *file, enum sqlite_access access, struct store_error *error);
// Brings the schema up to date: makes it in an empty file, refuses one that is newer or not Usher's.
bool sqlite_migrate(sqlite3 *db, struct store_error *error);
// The schema's version; 0: none yet. False: not a store, or not readable.
bool sqlite_schema_version(sqlite3 *db, int64_t *ret_version, struct store_error *error);
bool sqlite_execute(sqlite3 *db, const char *sql, enum sqlite_task task, struct store_error *error);
// NULL: failed. For statements that live as long as the connection.
sqlite3_stmt *sqlite_prepare(sqlite3 *db, const char *sql, struct store_error *error);

// Copies the database to a new file of mode 0600, synced, which is left open in *ret_file.
bool sqlite_copy(sqlite3 *from, const char *file, int *ret_file, struct store_error *error);

// ---- Rows

// Statements bind the account as ?1 and field i of the row as ?(i + 2); selects of whole rows give the fields in
// their order.
struct row_sql {
    const char *insert, *update, *erase;
    const char *load; // the account's present
    const char *table, *columns;
};

extern const struct row_sql row_sql[ROW_KINDS];

extern const char *const narrow_sql[NARROW_COUNT];

// Binds the account and the fields of the mask. The row must live until the statement is reset.
void sqlite_bind_row(sqlite3_stmt *statement, uint64_t account, enum row_kind kind, const void *row, field_mask fields);
// Reads a row whose first field is at the column. With an arena, texts are copied there; else they are SQLite's, for
// as long as the statement stays at this row.
bool sqlite_read_row(const struct product_source *products, sqlite3_stmt *statement, int column, enum row_kind kind,
                     void *row, struct arena *arena, struct store_error *error);
// Reads the fields of the row's key only, texts as without an arena.
bool sqlite_read_key(const struct product_source *products, sqlite3_stmt *statement, int column, enum row_kind kind,
                     void *row, struct store_error *error);
const char *sqlite_read_text(sqlite3_stmt *statement, int column, struct arena *arena);
// The index of the word in the column; -1 with a sentence when it is not one.
int sqlite_read_word(sqlite3_stmt *statement, int column, const char *const *words, struct store_error *error);
bool sqlite_read_hash(sqlite3_stmt *statement, int column, unsigned char hash[KEY_HASH_BYTES],
                      struct store_error *error);
// Moves to the next row: true in *ret_row when there is one. Resets the statement at the end and when it failed.
bool sqlite_step(sqlite3_stmt *statement, bool *ret_row, struct store_error *error);
// Moves to the next row and reads it as sqlite_read_row does, from its first column on.
bool sqlite_next_row(const struct product_source *products, sqlite3_stmt *statement, enum row_kind kind, void *row,
                     struct arena *arena, bool *ret_row, struct store_error *error);
// 0 is bound as NULL.
void sqlite_bind_id(sqlite3_stmt *statement, int index, uint64_t id);
void sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text);
uint64_t sqlite_read_id(sqlite3_stmt *statement, int column);

// Reads columns EVENT_COLUMNS from `column` on, texts into the arena or as in sqlite_read_row.
#define EVENT_COLUMNS                                                                                                  \
    "account_id, seq, at, kind, subject, actor_role, actor_key, actor_user, actor_organization, data, organization, "  \
    "user, hash"
bool sqlite_read_event(sqlite3_stmt *statement, struct history_entry *entry, struct arena *arena,
                       struct store_error *error);
#define DENIAL_COLUMNS                                                                                                 \
    "id, user, product, machine, error, reason, project, organization, units, count, first_at, last_at, closed_at, "   \
    "tried"
bool sqlite_read_denial(const struct product_source *products, sqlite3_stmt *statement, struct denial_record *record,
                        struct arena *arena, struct store_error *error);

// ---- Checkpoints

struct sqlite_checkpointer {
    sqlite3 *db;
    pthread_t thread;
    bool running;
    int wake;              // an eventfd: there is something to do
    pthread_mutex_t mutex; // guards what follows
    bool stop;
    int carry_pages;     // new pages in the log that make a checkpoint worth while
    int restart_pages;   // a log that should start anew
    int log_pages;       // in the write-ahead log after the last commit
    int file_pages;      // how many its file has room for
    int looked_pages;    // how many there were when it was last carried over
    uint64_t commits;    // how many there were
    bool urged;          // there is no room for a longer log
    bool restart_wanted; // the log is long and nearly carried over: the writer should start it anew
    bool keep_log;       // the database may lack what was carried over: the log must outlive this process
};

bool sqlite_checkpointer_start(struct sqlite_checkpointer *checkpointer, const char *file, sqlite3 *writer,
                               struct store_error *error);
// Before the writer is closed.
void sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer, sqlite3 *writer);
// False, with a sentence, when nothing must be written until the next start.
bool sqlite_may_write(struct sqlite_checkpointer *checkpointer, const char *file, struct store_error *error);
// When the disk is full: what the log holds may find room in the database, and then the log can start anew.
void sqlite_urge_checkpoint(struct sqlite_checkpointer *checkpointer);
// Starts the log anew when it is time; on the writer's thread, between transactions.
void sqlite_restart_log(struct sqlite_checkpointer *checkpointer, sqlite3 *writer);

// ---- The store

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_PUT_EVENT,
    STATEMENT_PUT_NUMBER,
    STATEMENT_PUT_OPERATOR,
    STATEMENT_PUT_DENIAL,
    STATEMENT_REMEMBER,
    STATEMENT_FORGET,
    STATEMENT_RECALL_ANSWER,
    STATEMENT_RECALL_KEYED,
    STATEMENT_RECALL_SESSION,
    STATEMENT_RECALL_SINCE,
    STATEMENT_PROJECT_ORGANIZATION,
    STATEMENT_LOAD_HEAD,
    STATEMENT_LOAD_CHECKPOINT,
    STATEMENT_LOAD_ACCOUNT_IDS,
    STATEMENT_LOAD_DENIALS,
    STATEMENT_LOAD_NUMBERS,
    STATEMENT_LOAD_OPERATOR,
    STATEMENT_LAST_AT,
    STATEMENT_COUNT_ORGANIZATIONS,
    STATEMENT_COUNT,
};

extern const char *const statement_sql[STATEMENT_COUNT];

struct sqlite_store {
    struct store store;
    char *folder, *file;
    int lock; // the locked file, or -1
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    sqlite3_stmt *inserts[ROW_KINDS], *updates[ROW_KINDS], *erases[ROW_KINDS], *loads[ROW_KINDS];
    sqlite3_stmt *narrows[NARROW_COUNT];
    struct narrow_masks narrow_masks;
    struct sqlite_checkpointer checkpointer;
};

extern const struct store_driver sqlite_driver;
extern const char *const number_names[ID_KINDS]; // as in the table counter; NULL: not counted

bool sqlite_prepare_all(struct sqlite_store *store, struct store_error *error);
void sqlite_finalize_all(struct sqlite_store *store);

void sqlite_close(struct store *store);
bool sqlite_load_products(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error);
bool sqlite_load_account_ids(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                             struct store_error *error);
bool sqlite_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                         struct store_error *error);
bool sqlite_load_denials(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                         struct store_error *error);
bool sqlite_load_numbers(struct store *store, struct numbers *numbers, struct store_error *error);
bool sqlite_last_at(struct store *store, int64_t *ret_at, struct store_error *error);
bool sqlite_load_operator(struct store *store, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                          struct store_error *error);
bool sqlite_load_head(struct store *store, uint64_t account, struct chain_link *ret_link, struct store_error *error);
bool sqlite_project_organization(struct store *store, uint64_t account, uint64_t project, uint64_t *ret_organization,
                                 struct store_error *error);

enum store_status sqlite_begin(struct store *store, struct store_error *error);
enum store_status sqlite_put_row(struct store *store, uint64_t account, const struct fact *fact,
                                 struct store_error *error);
enum store_status sqlite_put_event(struct store *store, const struct history_entry *entry, struct store_error *error);
enum store_status sqlite_put_number(struct store *store, enum id_kind kind, uint64_t next, struct store_error *error);
enum store_status sqlite_put_operator(struct store *store, const unsigned char hash[KEY_HASH_BYTES],
                                      struct store_error *error);
enum store_status sqlite_put_denial(struct store *store, uint64_t account, const struct denial *denial,
                                    const char *tried, struct store_error *error);
enum store_status sqlite_remember(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                  const struct remembered *answer, struct store_error *error);
enum store_status sqlite_forget(struct store *store, int64_t now, size_t limit, struct store_error *error);
enum store_status sqlite_commit(struct store *store, struct store_error *error);
void sqlite_rollback(struct store *store);

enum store_status sqlite_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                const struct session_row **ret_session, struct store_error *error);
enum store_status sqlite_recall_session(struct store *store, uint64_t account, uint64_t id, struct arena *arena,
                                        const struct session_row **ret_session, struct store_error *error);
enum store_status sqlite_recall_sessions_since(struct store *store, uint64_t account, int64_t since,
                                               struct arena *arena, const struct session_row ***ret_sessions,
                                               size_t *ret_count, struct store_error *error);

struct store_reader *sqlite_reader_open(struct store *store, struct store_error *error);
void sqlite_reader_close(struct store_reader *reader);
bool sqlite_list(struct store_reader *reader, const struct list_query *query, struct arena *arena,
                 struct list_page *ret_page, struct store_error *error);
bool sqlite_list_members(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                         struct arena *arena, struct list_page *ret_page, struct store_error *error);
bool sqlite_list_events(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                        struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error);
bool sqlite_list_denials(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error);
bool sqlite_backup(struct store_reader *reader, const char *file, struct store_error *error);

#endif
