// SPDX-License-Identifier: Apache-2.0
//
// What a driver does for the store. store.c keeps what is the same for all: the order of the calls, the chain of the
// history, and the text of its events; a driver keeps rows and hands them back. Its functions follow store.h, whose
// words are not repeated here; only the differences are.
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "base/buffer.h"
#include "store/chain.h"
#include "store/codes.h"
#include "store/store.h"

struct store_driver {
    void (*close)(struct store *store);

    bool (*load_products)(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error);
    bool (*load_account_ids)(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                             struct store_error *error);
    bool (*load_account)(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                         struct store_error *error);
    bool (*load_denials)(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                         struct store_error *error);
    // Numbers that were never put are left as they are.
    bool (*load_numbers)(struct store *store, struct numbers *numbers, struct store_error *error);
    bool (*last_at)(struct store *store, int64_t *ret_at, struct store_error *error);
    bool (*load_operator)(struct store *store, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                          struct store_error *error);
    // The newest event of the account, or where its archive ends; seq 0 and a hash of zeros when there is neither.
    bool (*load_head)(struct store *store, uint64_t account, struct chain_link *ret_link, struct store_error *error);

    // The organization of a project, as the transaction under way sees it; 0 when there is no such project.
    bool (*project_organization)(struct store *store, uint64_t account, uint64_t project, uint64_t *ret_organization,
                                 struct store_error *error);

    // After anything but STORE_OK from one of these, rollback follows, and nothing else.
    enum store_status (*begin)(struct store *store, struct store_error *error);
    enum store_status (*put_row)(struct store *store, uint64_t account, const struct fact *fact,
                                 struct store_error *error);
    enum store_status (*put_event)(struct store *store, const struct history_entry *entry, struct store_error *error);
    enum store_status (*put_number)(struct store *store, enum id_kind kind, uint64_t next, struct store_error *error);
    enum store_status (*put_operator)(struct store *store, const unsigned char hash[KEY_HASH_BYTES],
                                      struct store_error *error);
    // `tried` is JSON, or NULL: keep what is there.
    enum store_status (*put_denial)(struct store *store, uint64_t account, const struct denial *denial,
                                    const char *tried, struct store_error *error);
    enum store_status (*remember)(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                  const struct remembered *answer, struct store_error *error);
    enum store_status (*forget)(struct store *store, int64_t now, size_t limit, struct store_error *error);
    // The transaction is over in any case.
    enum store_status (*commit)(struct store *store, struct store_error *error);
    void (*rollback)(struct store *store);

    enum store_status (*recall)(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                const struct session_row **ret_session, struct store_error *error);
    enum store_status (*recall_session)(struct store *store, uint64_t account, uint64_t id, struct arena *arena,
                                        const struct session_row **ret_session, struct store_error *error);
    enum store_status (*recall_sessions_since)(struct store *store, uint64_t account, int64_t since,
                                               struct arena *arena, const struct session_row ***ret_sessions,
                                               size_t *ret_count, struct store_error *error);

    // All NULL in a driver whose stores are not shared. In one that is, load_head is asked in every transaction anew,
    // and put_number never.
    enum store_status (*enter)(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                               struct store_error *error);
    enum store_status (*put_due)(struct store *store, uint64_t account, int64_t due_at, struct store_error *error);
    enum store_status (*tell)(struct store *store, uint64_t node, uint64_t account, struct store_error *error);
    enum store_status (*bury)(struct store *store, uint64_t node, struct store_error *error);
    bool (*load_document)(struct store *store, const char *name, struct arena *arena, const char **ret_text,
                          struct store_error *error);
    enum store_status (*put_document)(struct store *store, const char *name, const char *text,
                                      struct store_error *error);
    struct store_watch *(*watch_open)(struct store *store, struct store_error *error);
    void (*watch_close)(struct store_watch *watch);
    bool (*watch_next)(struct store_watch *watch, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                       struct store_error *error);
    enum store_status (*find_key)(struct store *store, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                                  struct store_error *error);

    struct store_reader *(*reader_open)(struct store *store, struct store_error *error);
    void (*reader_close)(struct store_reader *reader);
    bool (*list)(struct store_reader *reader, const struct list_query *query, struct arena *arena,
                 struct list_page *ret_page, struct store_error *error);
    bool (*list_members)(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                         struct arena *arena, struct list_page *ret_page, struct store_error *error);
    bool (*list_events)(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                        struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error);
    bool (*list_denials)(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error);
    bool (*backup)(struct store_reader *reader, const char *file, struct store_error *error);
};

// Who tells the product that a code names.
struct product_source {
    store_product_finder *find;
    void *arg;
};

// First member of each driver's own store.
struct store {
    const struct store_driver *driver;
    struct product_source products; // what was set: for the writer's thread
    struct codes codes;             // for readers

    struct chain chain;
    struct numbers numbers, numbers_before; // as written last, and before this transaction
    struct buffer subject, data, tried;     // of the event or denial being written

    uint64_t node; // of this server, in a shared store
    int64_t at;    // of the fact that is being written

    bool writing; // between begin and commit or rollback
    bool failed;  // a write was refused: only a rollback helps
};

// First member of each driver's own watch.
struct store_watch {
    struct store *store;
};

// First member of each driver's own reader.
struct store_reader {
    struct store *store;
};

// A row of whatever kind.
union any_row {
    struct product product;
    struct account_row account;
    struct purchase_row purchase;
    struct organization_row organization;
    struct user_row user;
    struct project_row project;
    struct membership_row membership;
    struct dedication_row dedication;
    struct seat_row seat;
    struct seat_machine_row seat_machine;
    struct session_row session;
    struct cooldown_row cooldown;
    struct shortfall_row shortfall;
    struct borrowing_row borrowing;
    struct api_key_row api_key;
    struct sign_in_row sign_in;
    struct waiter_row waiter;
};

// Before any hash or signature; more than once is fine.
void store_start_crypto(void);
void store_init(struct store *store, const struct store_driver *driver);
void store_fini(struct store *store);

// For rows that go to any thread.
static inline struct product_source store_codes(struct store *store)
{
    return (struct product_source){codes_find, &store->codes};
}

// The product that a row names; false, with a sentence, when nobody knows it.
bool product_find(const struct product_source *source, const char *code, const struct product **ret_product,
                  struct store_error *error);
// The error that a denial names, NULL where it names none; likewise.
bool denial_error_find(const char *name, enum result *ret_result, struct store_error *error);

// The kinds of an account's rows in the order in which they name each other; the last only where servers share a store.
enum { LOADED_KINDS = 16, LOADED_KINDS_ALONE = LOADED_KINDS - 1 };
extern const enum fact_kind load_order[LOADED_KINDS];

void store_error_set(struct store_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
