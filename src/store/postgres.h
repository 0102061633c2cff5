// SPDX-License-Identifier: Apache-2.0
//
// The PostgreSQL driver, inside. A link is one connection, of the writer or of a reader; one thread at a time uses it.
// It works in libpq's pipeline: what gives nothing back is queued and goes out with the next thing that does.
//
// Several servers use a store, and the row of an account in account_state is what they take turns by. A transaction
// costs two round trips, whatever is in it:
//
//     enter    ids │ begin, lock the accounts, what others changed, clock and servers, answers to what will be asked
//     commit   rows, events, what was changed for the others, commit
//
// Where the answer to a commit is lost, the transaction is looked up (postgres_doubt.c): what it changed of an account
// stands in the feed with its number.
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include "base/arena.h"
#include "base/table.h"
#include "store/driver.h"
#include "store/narrow.h"

#include <libpq-fe.h>

// What was being done when PostgreSQL failed: it decides on the sentence and, in a commit, on the status.
enum pg_task { PG_OPEN, PG_READ, PG_WRITE, PG_COMMIT };

// ---- Values

enum { PG_VALUES_MAX = 32 };

// What a statement's places get, in their order, in PostgreSQL's binary form.
struct pg_values {
    int count;
    Oid types[PG_VALUES_MAX];
    const char *bytes[PG_VALUES_MAX]; // NULL: null
    int lengths[PG_VALUES_MAX];
    uint64_t numbers[PG_VALUES_MAX]; // where `bytes` of numbers and flags point
};

void pg_add_number(struct pg_values *values, int64_t number);
void pg_add_id(struct pg_values *values, uint64_t id); // 0: null
void pg_add_flag(struct pg_values *values, bool flag);
// Texts and bytes must live until the statement is queued. NULL: null.
void pg_add_text(struct pg_values *values, const char *text);
void pg_add_hash(struct pg_values *values, const unsigned char hash[KEY_HASH_BYTES]);
// Of any type, in its binary form.
void pg_add_value(struct pg_values *values, Oid type, const void *bytes, size_t length);
// The account, then the fields of the row that are in the mask, in their order.
void pg_add_row(struct pg_values *values, uint64_t account, enum row_kind kind, const void *row, field_mask fields);
// The types of what pg_add_row adds, and how many they are.
int pg_row_types(enum row_kind kind, field_mask fields, Oid types[PG_VALUES_MAX]);

// The columns PG_EVENT_COLUMNS of the entry.
void pg_add_event(struct pg_values *values, const struct history_entry *entry);

// Several values of one type for one place.
struct pg_array {
    Oid type; // of each
    unsigned count;
    struct buffer bytes;
};

enum { PG_FLAG = 16, PG_BLOB = 17, PG_NUMBER = 20, PG_TEXT = 25 }; // as in pg_type

Oid pg_array_type(Oid type);
// Empties it for values of this type; its memory is kept.
void pg_array_begin(struct pg_array *array, Oid type);
// As pg_values has them; NULL: null.
void pg_array_add(struct pg_array *array, const void *bytes, size_t length);
struct pg_array pg_numbers(void);
struct pg_array pg_texts(void);
struct pg_array pg_blobs(void);
void pg_array_add_number(struct pg_array *array, int64_t number);
void pg_array_add_text(struct pg_array *array, const char *text);                  // NULL: null
void pg_array_add_bytes(struct pg_array *array, const void *bytes, size_t length); // NULL: null
// The array must live until the statement is queued.
void pg_add_array(struct pg_values *values, struct pg_array *array);
void pg_array_fini(struct pg_array *array);

// A row of a result. Texts are the result's own without an arena, else copied there.
struct pg_row {
    const PGresult *result;
    int row;
    struct arena *arena;
};

bool pg_is_null(const struct pg_row *row, int column);
int64_t pg_read_number(const struct pg_row *row, int column); // 0 for null
uint64_t pg_read_id(const struct pg_row *row, int column);
const char *pg_read_text(const struct pg_row *row, int column); // NULL for null
bool pg_read_hash(const struct pg_row *row, int column, unsigned char hash[KEY_HASH_BYTES], struct store_error *error);
// The fields of a row, in their order, from the first column on.
bool pg_read_row(const struct product_source *products, const struct pg_row *from, enum row_kind kind, void *row,
                 struct store_error *error);

#define PG_EVENT_COLUMNS                                                                                               \
    "account_id, seq, at, kind, subject, actor_role, actor_key, actor_user, actor_organization, data, organization, "  \
    "\"user\", hash"
#define PG_DENIAL_COLUMNS                                                                                              \
    "id, \"user\", product, machine, error, reason, project, organization, units, count, first_at, last_at, "          \
    "closed_at, tried"
bool pg_read_event(const struct pg_row *row, struct event *event, struct store_error *error);
bool pg_read_denial(const struct product_source *products, const struct pg_row *row, struct denial_record *record,
                    struct store_error *error);

// What was remembered for an Idempotency-Key, in the row's arena.
bool pg_read_answer(const struct pg_row *row, const struct remembered **ret_answer, struct store_error *error);

// ---- Links

// What a pending result is of: the kind of the row that the statement changes, or one of these. PG_LEFT: of a statement
// that nobody asks after; PG_END: of nothing, the pipeline goes on behind a failure.
enum { PG_NO_ROW = -1, PG_LEFT = -2, PG_END = -3 };

struct pg_pending {
    int kind;
    PGresult **ret_result; // NULL: not wanted
};

// How long things may take, in ms: to wait for a lock, to run, to do nothing inside a transaction, to say nothing.
struct pg_limits {
    int lock_ms, statement_ms, idle_ms, patience_ms;
    bool by_key; // all statements find their rows by an index, whatever the planner thinks of the tables: plan seldom
};

extern const struct pg_limits pg_writer_limits, pg_reader_limits, pg_watch_limits;

struct pg_link {
    const char *uri;
    const struct pg_limits *limits;
    PGconn *conn;   // NULL: lost, or not yet there
    char name[160]; // for sentences: "database usher at db1"
    struct pg_pending *pending;
    size_t pending_count, pending_size;
    int patience_ms;
    bool is_silent; // the database said nothing for too long
    bool warned;    // since the last commit began
    size_t trips;   // how often an answer was waited for
};

// Connects, in the way of sending one command and reading one result; pg_start_pipeline ends that way. A link is
// zeroed, or one that was in use, before.
bool pg_connect(struct pg_link *link, const char *uri, const struct pg_limits *limits, struct store_error *error);
void pg_disconnect(struct pg_link *link);
bool pg_start_pipeline(struct pg_link *link, struct store_error *error);
// Only before the pipeline: SQL of the driver's own.
bool pg_execute(struct pg_link *link, const char *sql, struct store_error *error);
// What may take minutes.
bool pg_execute_long(struct pg_link *link, const char *sql, struct store_error *error);
// As texts; NULL: failed.
PGresult *pg_execute_rows(struct pg_link *link, const char *sql, struct store_error *error);
// The first value of the first row, 0 when there is none.
bool pg_execute_number(struct pg_link *link, const char *sql, int64_t *ret_number, struct store_error *error);
// Brings the schema up to date; nodes that do so at once wait for each other.
bool pg_migrate(struct pg_link *link, struct store_error *error);
// The schema's version; 0: none yet. False: not readable, or newer than this program knows.
bool pg_schema_version(struct pg_link *link, int64_t *ret_version, struct store_error *error);

enum store_status pg_queue_prepare(struct pg_link *link, const char *name, const char *sql, int count, const Oid *types,
                                   struct store_error *error);
// SQL of the driver's own, with no values.
enum store_status pg_queue_sql(struct pg_link *link, const char *sql, struct store_error *error);
// `kind`: the row that is changed, or PG_NO_ROW.
enum store_status pg_queue(struct pg_link *link, const char *name, const struct pg_values *values, int kind,
                           struct store_error *error);
// The result will be in *ret_result after pg_finish, if it was there at all: NULL before, and the caller's to clear.
enum store_status pg_queue_asking(struct pg_link *link, const char *name, const struct pg_values *values,
                                  PGresult **ret_result, struct store_error *error);
// What is queued next is done even if something before failed.
enum store_status pg_queue_end(struct pg_link *link, struct store_error *error);
// Sends what was queued and reads all results. After a failure the rest was not done; a lost connection is closed.
enum store_status pg_finish(struct pg_link *link, enum pg_task task, struct store_error *error);
// Sends a statement without waiting. Its outcome does not matter, and nor does that of all before it.
void pg_leave(struct pg_link *link, const char *name);
// Queues, finishes, and gives the result; NULL: failed.
PGresult *pg_query(struct pg_link *link, const char *name, const struct pg_values *values, struct store_error *error);
// The next result, or NULL at the end of those of a statement, or where nothing comes any more.
PGresult *pg_next_result(struct pg_link *link);

// Turns an SQLSTATE ("": the connection is gone) into a sentence with advice, and says what became of the commit.
enum store_status pg_failed(const struct pg_link *link, const char *state, const char *detail, enum pg_task task,
                            struct store_error *error);

// ---- Statements of the writer

enum pg_act { PG_INSERT, PG_UPDATE, PG_ERASE, PG_LOAD, PG_ACTS };

enum { PG_NAME_SIZE = 16 };

// The statement's name. PG_LOAD takes the account and the moment.
void pg_row_name(enum pg_act act, enum row_kind kind, char name[PG_NAME_SIZE]);
const char *pg_table(enum row_kind kind);
// Adds the fields' names, each after the prefix ("" or "t.").
void pg_add_columns(struct buffer *sql, enum row_kind kind, const char *prefix);
bool pg_prepare_all(struct pg_link *link, struct store_error *error);
bool pg_prepare_fixed(struct pg_link *link, struct store_error *error);

extern const char *const pg_number_names[ID_KINDS]; // as in the table counter; NULL: not counted

// ---- The transaction under way

// An account that the transaction has to do with.
struct pg_account {
    uint64_t account;
    bool is_held;    // nobody else may change it until the transaction ends
    int64_t version; // before the transaction; 0: there is no such account
    struct chain_link head;
    int64_t due_at, last_at;
    bool is_put;        // something of its row in account_state is to be written
    struct buffer feed; // what was changed; empty: nothing
    bool is_untold;     // something was that no feed tells: others load the account
    struct pg_account *next;
};

// What was asked in advance. It is stale when the transaction has written what may change the answer.
struct pg_question {
    struct store_question asked;
    const struct session_row *session; // NULL: none
    const struct remembered *answer;   // NULL: none
    bool is_stale;
};

struct pg_transaction {
    struct arena arena;
    struct table accounts, questions;
    struct pg_account *first; // all of them, the newest first
    bool is_open;             // begun, and not ended
    bool is_guarded;          // holds the lock by which its end can be waited for
    bool is_written;          // something was
    bool is_lasting;          // something of what must outlive a crash of the database
    int64_t batch;            // its number among this server's
    struct pg_array told_nodes, told_accounts;
};

// ---- The store

struct pg_sets;

struct pg_store {
    struct store store;
    char *uri;
    char name[100]; // of the server, for people
    struct pg_link writer;
    struct pg_transaction transaction;
    struct pg_sets *sets; // rows and events that the transaction has written, and not sent yet
    uint64_t plan_age;    // since the writer connected: how often something was forgotten (pg_forget)
};

static inline struct pg_store *pg_store_of(struct store *store)
{
    return (struct pg_store *)store;
}

// Connects the writer again when its connection was lost.
bool pg_ready(struct pg_store *store, struct store_error *error);
// For the writer, outside and inside transactions; NULL: failed.
PGresult *pg_ask(struct store *store, const char *name, const struct pg_values *values, struct store_error *error);

// Marks this server as alive, over a link that has not begun its pipeline. If none was for too long, all leases get
// their full time first.
bool pg_mark_alive(struct pg_store *store, struct pg_link *link, struct store_error *error);

// Sends what the transaction has written of rows and events; before whatever must see it.
enum store_status pg_flush(struct pg_store *store, struct store_error *error);
void pg_start_transaction(struct pg_store *store);
void pg_clear_transaction(struct pg_store *store);
struct pg_account *pg_find_account(const struct pg_store *store, uint64_t account);
struct pg_account *pg_add_account(struct pg_store *store, uint64_t account);
// The account, which nobody else may change from here on; NULL: failed. It is asked for if it was not visited, and its
// row in account_state made if it is a new one.
struct pg_account *pg_hold(struct pg_store *store, uint64_t account, struct store_error *error);
// Whether the version of the account goes up.
bool pg_is_changed(const struct pg_account *account);
// Queues what stands in the transaction's accounts and is to be told.
enum store_status pg_put_accounts(struct pg_store *store, struct store_error *error);
// Takes the lock by which the end of this transaction can be waited for.
enum store_status pg_guard(struct pg_store *store, struct store_error *error);

// What came back of the accounts that are visited (postgres_visits.c).
struct pg_looked {
    PGresult *waited, *free, *changes, *seen; // NULL: there was nothing to ask
};
enum store_status pg_queue_visits(struct pg_store *store, const struct store_entry *entry, struct pg_looked *looked,
                                  struct store_error *error);
// False: the entering fails.
bool pg_read_visits(struct pg_store *store, struct store_entry *entry, const struct pg_looked *looked,
                    store_change_sink *sink, void *arg, struct store_error *error);
void pg_clear_looked(struct pg_looked *looked);

enum store_status pg_queue_questions(struct pg_store *store, const struct store_entry *entry, PGresult *results[3],
                                     struct store_error *error);
bool pg_read_questions(struct pg_store *store, const struct store_entry *entry, PGresult *const results[3],
                       struct store_error *error);
// NULL: it was not asked, or the answer is stale.
const struct pg_question *pg_find_answer(const struct pg_store *store, const struct store_question *question);
// The transaction writes what may change answers.
void pg_note_session(struct pg_store *store, uint64_t account, const struct session_row *session);
void pg_note_answer(struct pg_store *store, uint64_t account, uint64_t key, const char *idempotency_key);

bool pg_load_products(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error);
bool pg_load_account_ids(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                         struct store_error *error);
bool pg_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                     struct store_error *error);
bool pg_load_denials(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                     struct store_error *error);
bool pg_load_numbers(struct store *store, struct numbers *numbers, struct store_error *error);
bool pg_last_at(struct store *store, int64_t *ret_at, struct store_error *error);
enum store_status pg_bury(struct store *store, uint64_t node, struct store_error *error);
bool pg_load_document(struct store *store, const char *name, struct arena *arena, const char **ret_text,
                      struct store_error *error);
enum store_status pg_put_document(struct store *store, const char *name, const char *text, struct store_error *error);
bool pg_load_operator(struct store *store, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                      struct store_error *error);
bool pg_load_head(struct store *store, uint64_t account, struct chain_link *ret_link, struct store_error *error);
bool pg_project_organization(struct store *store, uint64_t account, uint64_t project, uint64_t *ret_organization,
                             struct store_error *error);

enum store_status pg_begin(struct store *store, struct store_error *error);
enum store_status pg_put_row(struct store *store, uint64_t account, const struct fact *fact, struct store_error *error);
enum store_status pg_put_event(struct store *store, const struct history_entry *entry, struct store_error *error);
enum store_status pg_put_number(struct store *store, enum id_kind kind, uint64_t next, struct store_error *error);
enum store_status pg_put_operator(struct store *store, const unsigned char hash[KEY_HASH_BYTES],
                                  struct store_error *error);
enum store_status pg_put_denial(struct store *store, uint64_t account, const struct denial *denial, const char *tried,
                                struct store_error *error);
enum store_status pg_remember(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                              const struct remembered *answer, struct store_error *error);
enum store_status pg_forget(struct store *store, int64_t now, size_t limit, struct store_error *error);
enum store_status pg_commit(struct store *store, struct store_error *error);
void pg_rollback(struct store *store);

enum store_status pg_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                            int64_t now, struct arena *arena, const struct remembered **ret_answer,
                            const struct session_row **ret_session, struct store_error *error);
enum store_status pg_recall_session(struct store *store, uint64_t account, uint64_t id, struct arena *arena,
                                    const struct session_row **ret_session, struct store_error *error);
enum store_status pg_recall_sessions_since(struct store *store, uint64_t account, int64_t since, struct arena *arena,
                                           const struct session_row ***ret_sessions, size_t *ret_count,
                                           struct store_error *error);

enum store_status pg_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                           struct store_error *error);
enum store_status pg_put_due(struct store *store, uint64_t account, int64_t due_at, struct store_error *error);
enum store_status pg_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error);
struct store_watch *pg_watch_open(struct store *store, struct store_error *error);
void pg_watch_close(struct store_watch *watch);
bool pg_watch_next(struct store_watch *watch, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                   struct store_error *error);
enum store_status pg_find_key(struct store *store, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                              struct store_error *error);

struct store_reader *pg_reader_open(struct store *store, struct store_error *error);
void pg_reader_close(struct store_reader *reader);
bool pg_list(struct store_reader *reader, const struct list_query *query, struct arena *arena,
             struct list_page *ret_page, struct store_error *error);
bool pg_list_members(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                     struct arena *arena, struct list_page *ret_page, struct store_error *error);
bool pg_list_events(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                    struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error);
bool pg_list_denials(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                     struct denial_record **ret_denials, size_t *ret_count, bool *ret_more, struct store_error *error);

#endif
