// SPDX-License-Identifier: Apache-2.0
//
// The PostgreSQL driver, inside. A link is one connection, of the writer or of a reader; one thread at a time uses it.
// It works in libpq's pipeline: what gives nothing back is queued and goes out with the next thing that does, so a
// transaction of writes alone is one round trip, and what one of them had to say is known at the commit.
//
// One server uses a store at a time: its writer holds a lock of the database from the first look to the last. A
// transaction whose commit is in doubt has ended before the lock can be had again, so what is loaded then is what is.
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include "store/driver.h"

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
// The account, then all fields of the row or the first `count`; the others are null.
void pg_add_row(struct pg_values *values, uint64_t account, enum row_kind kind, const void *row, size_t count);
// The types of what pg_add_row adds.
int pg_row_types(enum row_kind kind, Oid types[PG_VALUES_MAX]);

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

// ---- Links

// As many results as may wait on the way: few enough that neither side ever waits for the other to read.
enum { PG_PENDING_MAX = 200, PG_NO_ROW = -1 };

struct pg_link {
    const char *uri;
    PGconn *conn;              // NULL: lost, or not yet there
    char name[160];            // for sentences: "database usher at db1"
    int pending;               // results that were not read yet
    int kinds[PG_PENDING_MAX]; // of the row that each changes, or PG_NO_ROW
    bool warned;               // since the last commit began
};

// Connects, in the way of sending one command and reading one result; pg_start_pipeline ends that way.
bool pg_connect(struct pg_link *link, const char *uri, struct store_error *error);
void pg_disconnect(struct pg_link *link);
bool pg_start_pipeline(struct pg_link *link, struct store_error *error);
// Only before the pipeline: SQL of the driver's own.
bool pg_execute(struct pg_link *link, const char *sql, struct store_error *error);
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
// Sends what was queued and reads all results; the last one goes to *ret_result when that is not NULL, and the caller
// clears it. After a failure the rest was not done; a lost connection is closed.
enum store_status pg_finish(struct pg_link *link, enum pg_task task, PGresult **ret_result, struct store_error *error);
// Queues, finishes, and gives the result; NULL: failed.
PGresult *pg_query(struct pg_link *link, const char *name, const struct pg_values *values, struct store_error *error);

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

extern const char *const pg_number_names[ID_KINDS]; // as in the table counter; NULL: not counted

// ---- The store

struct pg_store {
    struct store store;
    char *uri;
    struct pg_link writer;
    bool inside;     // a transaction
    int64_t opening; // the number of this opening of the database: 0 before it is open
};

static inline struct pg_store *pg_store_of(struct store *store)
{
    return (struct pg_store *)store;
}

// Connects the writer again when its connection was lost.
bool pg_ready(struct pg_store *store, struct store_error *error);
// For the writer, outside and inside transactions; NULL: failed.
PGresult *pg_ask(struct store *store, const char *name, const struct pg_values *values, struct store_error *error);

bool pg_load_products(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error);
bool pg_load_account_ids(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                         struct store_error *error);
bool pg_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                     struct store_error *error);
bool pg_load_denials(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                     struct store_error *error);
bool pg_load_numbers(struct store *store, struct numbers *numbers, struct store_error *error);
bool pg_last_at(struct store *store, int64_t *ret_at, struct store_error *error);
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
