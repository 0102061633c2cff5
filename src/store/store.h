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
// date. Several servers may use it at once (see Sharing). What is written is sent together, so that a write may be
// refused as late as at the commit; heartbeats and uses of keys that are committed alone may be lost in a crash of the
// database (spec: sessions). False, with a sentence that names the database and the cause, and never a password: not
// reachable, from a newer version, a standby, or a program that was built without PostgreSQL.
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

// ---- Sharing --------------------------------------------------------------------------------------------------
//
// A shared store is used by several equal servers at once, and is the only referee between them. What one of them keeps
// in memory of an account is true only while it is inside a transaction that has visited the account: it enters, naming
// all accounts that it is about, has them for itself until it ends, and is told what others have changed since it was
// there last. Everything that memory holds of an account is written, and told so: facts, quiet ones as well, who waits
// in line (ROW_WAITER), and the episodes of denials.
//
//     enter ──► accounts locked ──► what others changed, told ──► decide, write ──► commit, or roll back
//
// A commit whose outcome is in doubt is looked up: STORE_UNCERTAIN is left only where that cannot be done for long.
// What was refused because the database was busy or away for a moment may be tried again.

// Whether other servers may use the store now. If so, every batch begins with store_enter.
bool store_is_shared(const struct store *store);
// The number of this server, which no other has or had; 0 when the store is not shared.
uint64_t store_node(const struct store *store);

// The version of an account goes up by one with every commit in which a fact or an episode of it was written (of
// account 0: the operator's key, too), and with nothing else.
struct store_visit {
    uint64_t account;
    bool is_changed;  // in: it may be, so nobody else has it meanwhile; else it is only looked at
    bool may_be_left; // in, of one that may be changed: where another server has it, it is left, not waited for
    bool is_left;     // out: it was, and nothing is told of it. So is one that may be left and is not there
    int64_t version;  // in: of what is in memory, 0: nothing. Out: as it is now; 0: there is no such account
    bool is_lost;     // out: what changed is not known one by one: load the account. Always so when it was 0
    int64_t due_at;   // out: as it was put last; 0: never
    int64_t last_at;  // out: of the newest fact or episode that was written of it: no decision is earlier than that
};

// What is going to be recalled, so that it can be fetched on the way. Others may be recalled, too, at more cost.
struct store_question {
    uint64_t account;
    uint64_t key;                // with an idempotency_key: whose
    const char *idempotency_key; // NULL: the session is asked for by its id
    uint64_t session;
};

struct store_entry {
    // In
    struct store_visit *visits; // by account, ascending, each once; account 0 is always among them
    size_t visit_count;
    const struct store_question *questions;
    size_t question_count;
    uint64_t wanted[ID_KINDS]; // so many new ids of each kind at most
    // Out
    int64_t now;                    // by the store's clock, ms since 1970
    struct numbers numbers;         // as many as were wanted, from `next` on, are this transaction's
    const uint64_t *nodes;          // servers that are alive, ascending; the store's, until the next entering
    size_t node_count;
};

// One thing that another server has changed. Rows are valid during the call only. Those of account 0 come first, and
// of each account in their order. Exactly one of the two is set.
struct store_change {
    uint64_t account;
    const struct fact *fact;
    const struct denial *denial; // an episode as it is now; without its explanation
};
typedef void store_change_sink(void *arg, const struct store_change *change);

// Begins a transaction that is about these accounts. After anything but STORE_OK there is none, and what the sink was
// told is to be thrown away, with all that is in memory of the accounts visited: their version is 0 then.
//
// When no server was alive for LIVENESS_MAX_S, every active session that is not borrowed is given its full time from
// now on before anything else happens, for nobody could send a heartbeat (spec: sessions).
enum store_status store_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                              struct store_error *error);
// When time changes the account next; 0: never. A watch tells of it then.
enum store_status store_put_due(struct store *store, uint64_t account, int64_t due_at, struct store_error *error);
// With the commit, the server `node` is told to look at the account.
enum store_status store_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error);

// The server with this number is gone for sure: nobody need wait until it looks dead. Outside of transactions.
enum store_status store_bury(struct store *store, uint64_t node, struct store_error *error);

// A small text of the service's own that all servers need, such as its keys for leases; NULL: there is none. What is
// put moves the version of account 0.
bool store_load_document(struct store *store, const char *name, struct arena *arena, const char **ret_text,
                         struct store_error *error);
enum store_status store_put_document(struct store *store, const char *name, const char *text,
                                     struct store_error *error);

enum { LIVENESS_MARK_S = 2, LIVENESS_MAX_S = 10 };

// A watch, on a thread of its own and with a connection of its own: it keeps the server marked as alive and tells which
// accounts are to be looked at. It comes back from a lost connection by itself.
struct store_watch;

struct store_watch *store_watch_open(struct store *store, struct store_error *error); // NULL: failed
void store_watch_close(struct store_watch *watch);
// Waits until there is something to tell, at most timeout_ms. *ret_accounts: those that time has changed, that another
// server told to look at, or where somebody waits in line at a server that is not alive any more; the watch's own,
// until the next call. False: the store cannot be reached; waiting was done.
bool store_watch_next(struct store_watch *watch, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                      struct store_error *error);

// The account that an API key with this hash belongs to; 0: none. For keys that are not in memory; outside of
// transactions.
enum store_status store_find_key(struct store *store, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                                 struct store_error *error);

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
