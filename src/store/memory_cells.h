// SPDX-License-Identifier: Apache-2.0
//
// The memory twin, inside. Each thing kept is a cell with two values: `committed`, which readers see, and `working`,
// which the transaction under way sees. A commit makes the one the other, a rollback the other the one:
//
//        write            commit: committed = working
//     working ≠ committed ───────────────────────────► working = committed
//                         rollback: working = committed
//
// Simple rather than fast: lists look at everything.
#ifndef STORE_MEMORY_CELLS_H
#define STORE_MEMORY_CELLS_H

#include "store/driver.h"
#include "store/memory.h"

#include <pthread.h>

// What is kept: rows by their kind, and two more.
enum { TABLE_DENIAL = ROW_KINDS, TABLE_ANSWER, TABLES };

struct kept_denial {
    struct denial denial; // its machine and tried are this cell's own
    char *tried;
};

struct kept_answer {
    uint64_t key;
    char *idempotency_key;
    struct remembered answer; // its body is this cell's own
};

struct cell {
    int table;
    uint64_t account;
    void *committed, *working; // NULL: not there; equal while nothing changed
    uint64_t hash;             // of its key
    size_t place;              // among the cells of its table
    bool changed;
    struct list_node of_changed;
};

struct cells {
    struct cell **cells;
    size_t count, size;
    struct table by_key;
};

struct memory_sharing;

struct twin {
    pthread_mutex_t mutex;          // held by readers while they look, by the writer while it changes something
    struct memory_sharing *sharing; // NULL: one store has it for itself
    struct codes codes;             // of the products that rows name
    struct cells tables[TABLES];
    struct list changed;
    struct table sessions_by_key; // cells of sessions that have an idempotency key

    struct history_entry *events; // of all accounts, in the order written
    size_t event_count, event_size;
    size_t events_committed;
    struct numbers numbers, numbers_committed;
    bool has_operator, has_operator_committed;
    unsigned char operator_hash[KEY_HASH_BYTES], operator_committed[KEY_HASH_BYTES];

    uint64_t writes;
    uint64_t refuse_write; // when `writes` reaches it; 0: never
    uint64_t fail_commit;  // counts down; 0: never
    enum commit_fault commit_fault;
    uint64_t refuse_loads; // counts down
    uint64_t cut_power;    // when `writes` reaches it; 0: never
    bool is_cut_whole;     // the commit at which it goes had reached the disk
    bool has_no_power;
    uint64_t commits; // that were kept
};

struct memory_store {
    struct store store;
    struct twin *twin;
    struct memory_node *node; // of a shared memory
};

extern const struct store_driver memory_driver, memory_shared_driver;

static inline struct twin *twin_of(const struct store *store)
{
    return ((const struct memory_store *)(const void *)store)->twin;
}

struct twin *twin_new(void);

// For rows that go to any thread.
static inline struct product_source memory_codes(struct twin *twin)
{
    return (struct product_source){codes_find, &twin->codes};
}

// Counts a write; false when it is the one to be refused, or when another store is writing.
bool memory_may_write(struct store *store, struct store_error *error);

// The cell of a row by its account and key, whatever its values; NULL: there is none.
struct cell *memory_find_row(const struct twin *twin, enum row_kind kind, uint64_t account, const void *row);
struct cell *memory_find_id(const struct twin *twin, int table, uint64_t account, uint64_t id);
struct cell *memory_find_answer(const struct twin *twin, uint64_t account, uint64_t key, const char *idempotency_key);
struct cell *memory_add_cell(struct twin *twin, int table, uint64_t account, uint64_t hash);
uint64_t memory_row_hash(enum row_kind kind, uint64_t account, const void *row);
uint64_t memory_id_hash(uint64_t account, uint64_t id);
uint64_t memory_key_hash(uint64_t account, uint64_t key, const char *idempotency_key);
// Gives the cell a new working value, which it owns from now on; NULL: gone.
void memory_set(struct twin *twin, struct cell *cell, void *value);
void memory_keep_changes(struct twin *twin);
void memory_undo_changes(struct twin *twin);
// All that the transaction under way has written, of every kind.
void memory_drop_uncommitted(struct twin *twin);
void memory_fini_cells(struct twin *twin);

// An own copy of the row, with products that outlive those of this run.
void *memory_own_row(struct twin *twin, enum row_kind kind, const void *row);
// A copy in the arena, with products from there. NULL, with a sentence, when one is not known.
void *memory_hand_out(const struct product_source *products, enum row_kind kind, const void *row, struct arena *arena,
                      struct store_error *error);
bool memory_hand_out_denial(const struct product_source *products, const struct kept_denial *kept, struct arena *arena,
                            struct denial_record *ret_record, struct store_error *error);

// Collects rows and puts them in the order of their keys.
struct picked {
    const void **rows;
    size_t count;
};

void memory_pick(struct picked *picked, const void *row, struct arena *arena);
void memory_sort(struct picked *picked, enum row_kind kind);

// Whether the organization lies at or below `top`, in what is committed.
bool memory_is_inside(const struct twin *twin, uint64_t account, uint64_t organization, uint64_t top);
bool memory_user_is_inside(const struct twin *twin, uint64_t account, uint64_t user, uint64_t top);

struct store_reader *memory_reader_open(struct store *store, struct store_error *error);
void memory_reader_close(struct store_reader *reader);
bool memory_load_products(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error);
bool memory_load_account_ids(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                             struct store_error *error);
bool memory_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                         struct store_error *error);
bool memory_load_denials(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                         struct store_error *error);
bool memory_load_numbers(struct store *store, struct numbers *numbers, struct store_error *error);
bool memory_last_at(struct store *store, int64_t *ret_at, struct store_error *error);
bool memory_load_operator(struct store *store, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                          struct store_error *error);
bool memory_load_head(struct store *store, uint64_t account, struct chain_link *ret_link, struct store_error *error);
bool memory_project_organization(struct store *store, uint64_t account, uint64_t project, uint64_t *ret_organization,
                                 struct store_error *error);
enum store_status memory_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                const struct session_row **ret_session, struct store_error *error);
enum store_status memory_recall_session(struct store *store, uint64_t account, uint64_t id, struct arena *arena,
                                        const struct session_row **ret_session, struct store_error *error);
enum store_status memory_recall_sessions_since(struct store *store, uint64_t account, int64_t since,
                                               struct arena *arena, const struct session_row ***ret_sessions,
                                               size_t *ret_count, struct store_error *error);
bool memory_list(struct store_reader *reader, const struct list_query *query, struct arena *arena,
                 struct list_page *ret_page, struct store_error *error);
bool memory_list_members(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                         struct arena *arena, struct list_page *ret_page, struct store_error *error);
bool memory_list_events(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                        struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error);
bool memory_list_denials(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error);

#endif
