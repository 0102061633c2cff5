// SPDX-License-Identifier: Apache-2.0
//
// The store: what is remembered when the power goes. It speaks of facts, rows and accounts; how they lie on disk is
// the driver's. Each fact goes, in one transaction, into the history (unless its kind is quiet) and into the table
// that holds the present rows of its kind.
//
// One thread writes: begin, any number of writes and recalls, then commit or roll back. Any thread may read, through
// a reader of its own, and sees whole commits only.
//
// Errors are sentences for an operator in store_error; what the caller should do is in the status:
//   STORE_OK         it is so; after commit: durable, also through a power cut
//   STORE_REFUSED    nothing of the transaction is written, now or later; roll back and try again some time
//   STORE_UNCERTAIN  a commit may or may not have happened: drop what is in memory and load it again
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "engine/denial.h"
#include "engine/fact.h"
#include "engine/numbers.h"
#include "engine/query.h"

struct store;
struct store_reader;

enum store_status { STORE_OK, STORE_REFUSED, STORE_UNCERTAIN };

struct store_error {
    char text[512];
};

// ---- Opening --------------------------------------------------------------------------------------------------

// Opens or makes the SQLite store in the folder (made with mode 0700 if absent) and brings its schema up to date.
// False, with a sentence that names the folder and the cause: in use by another server, from a newer version, not
// writable, damaged, not a store.
bool store_open_sqlite(const char *folder, struct store **ret_store, struct store_error *error);
// Opens the store in a PostgreSQL database, named by a URI or connection string of libpq's, and brings its schema up to
// date. One server uses it at a time. What is written is sent together, so that a write may be refused as late as at
// the commit. False, with a sentence that names the database and the cause, and never a password: not reachable, in use
// by another server, from a newer version, a standby, or a program that was built without PostgreSQL.
bool store_open_postgres(const char *uri, struct store **ret_store, struct store_error *error);
// The memory twin: the same behaviour without a disk, for tests and simulation.
struct store *store_open_memory(void);
// Checkpoints and closes. NULL is fine.
void store_close(struct store *store);

// ---- Loading --------------------------------------------------------------------------------------------------

// Both hand on facts with `before` NULL; rows are valid during the call only.
typedef void store_fact_sink(void *arg, const struct fact *fact);
// Tells the product that a code names: the owner of the products answers from what load_products gave it. The
// pointer is put into every row that names the product. Asked on the writer's thread only: rows of lists, which go to
// any thread, name products that tell their code alone and live as long as the store.
typedef const struct product *store_product_finder(void *arg, const char *code);
void store_set_products(struct store *store, store_product_finder *find, void *arg);

bool store_load_products(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error);
bool store_load_account_ids(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                            struct store_error *error);
// The account's present: parents before children, what is named before what names it; of sessions the active ones,
// of cool-downs those that end after `now`.
bool store_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                        struct store_error *error);
// The episodes that were still open (closed_at 0, last_at >= since).
typedef void store_denial_sink(void *arg, const struct denial *denial);
bool store_load_denials(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                        struct store_error *error);
bool store_load_numbers(struct store *store, struct numbers *ret_numbers, struct store_error *error);
// When the newest fact of any account was written; 0 in a new store.
bool store_last_at(struct store *store, int64_t *ret_at, struct store_error *error);
// The hash of the operator's key; false in *ret_found when none was kept yet.
bool store_load_operator(struct store *store, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                         struct store_error *error);

// ---- Writing --------------------------------------------------------------------------------------------------

enum store_status store_begin(struct store *store, struct store_error *error);
// Account 0 is the service itself: products, and the creation of accounts belongs to the account made.
enum store_status store_write(struct store *store, uint64_t account, int64_t at, const struct actor *actor,
                              const struct fact *fact, struct store_error *error);
enum store_status store_put_numbers(struct store *store, const struct numbers *numbers, struct store_error *error);
enum store_status store_put_operator(struct store *store, const unsigned char hash[KEY_HASH_BYTES],
                                     struct store_error *error);
// Inserts the episode or brings its last_at, count and closed_at up to date.
enum store_status store_put_denial(struct store *store, uint64_t account, const struct denial *denial,
                                   struct store_error *error);

// An answer kept for an Idempotency-Key, for all requests but those whose answer is a session: there the session's
// own row says it.
struct remembered {
    unsigned char request_hash[KEY_HASH_BYTES]; // of the request as parsed
    int status;
    const char *body; // JSON
    int64_t until_at;
};

enum store_status store_remember(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                 const struct remembered *answer, struct store_error *error);
// What was remembered for the key of this credential and lives at `now`: *ret_answer or *ret_session is set (in the
// arena), or neither. A session is remembered while it is active and IDEMPOTENCY_KEPT_S after its end. Sees what the
// transaction under way has written.
enum store_status store_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                               int64_t now, struct arena *arena, const struct remembered **ret_answer,
                               const struct session_row **ret_session, struct store_error *error);
// Forgets answers whose time is up, at most `limit` of them.
enum store_status store_forget(struct store *store, int64_t now, size_t limit, struct store_error *error);

// A session by id, active or ended; NULL in *ret_session when there is none in this account.
enum store_status store_recall_session(struct store *store, uint64_t account, uint64_t id, struct arena *arena,
                                       const struct session_row **ret_session, struct store_error *error);
// All sessions of the account that were active at some moment since, ordered by started_at, then id.
enum store_status store_recall_sessions_since(struct store *store, uint64_t account, int64_t since, struct arena *arena,
                                              const struct session_row ***ret_sessions, size_t *ret_count,
                                              struct store_error *error);

enum store_status store_commit(struct store *store, struct store_error *error);
void store_rollback(struct store *store);

// ---- Reading lists --------------------------------------------------------------------------------------------

struct store_reader *store_reader_open(struct store *store, struct store_error *error); // NULL: failed
void store_reader_close(struct store_reader *reader);

bool store_list(struct store_reader *reader, const struct list_query *query, struct arena *arena,
                struct list_page *ret_page, struct store_error *error);

// The users that are members of a project, by id.
bool store_list_members(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                        struct arena *arena, struct list_page *ret_page, struct store_error *error);

bool store_list_events(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                       struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error);

bool store_list_denials(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                        struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                        struct store_error *error);

// ---- Keeping --------------------------------------------------------------------------------------------------

// Writes a consistent copy to the file (which must not exist) while others read and write.
bool store_backup(struct store_reader *reader, const char *file, struct store_error *error);

#endif
