// SPDX-License-Identifier: Apache-2.0
//
// All that the processor's thread owns: the accounts in memory, the products, the keys by hash, the counters of ids.
// What is in here is what the store holds, plus heartbeats and denials that are written a little later.
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include "engine/decision.h"
#include "engine/episode.h"
#include "server/clock.h"
#include "store/store.h"

// An account as the service keeps it.
struct tenant {
    struct account account;
    struct episodes episodes;
    struct heap_node due;    // when time changes it next
    uint64_t touched_in;     // the batch that touched it last, and let time pass for it
    bool is_lost;            // the store could not be read again after an uncertain commit
    struct list_node of_unsaved; // while it has episodes that are to be written
    bool has_unsaved;
    struct list away;  // those that hung up and may come back, as the parking has it
    size_t away_count;

    // In a shared store (see sharing.h)
    int64_t version;     // of the account as it is in memory; 0: it is to be loaded before it is looked at
    int64_t stored_due;  // when time changes it next, by the store
    uint64_t told_in;    // the batch that was told what others changed of it last
    uint64_t visited_in; // the batch that looks at it
    int64_t visited_at;  // when it was looked at last
    uint64_t written_in; // the batch that wrote it last
    uint64_t nodes_seen; // the generation of servers that its line was compared with
    uint64_t rights_seen; // those of its line's that servers were told of, where one lost its own
    size_t waiting_here; // requests in its line whose connection is here
};

// A row that changed quietly and is written with the next commit: a heartbeat, the use of a key.
struct quiet_change {
    uint64_t account;
    enum fact_kind kind; // SESSION_HEARTBEAT, API_KEY_USED or SIGN_IN_USED
    uint64_t id;
    int64_t used_before; // of a key or sign-in: last_used_at as the store has it
};

struct parking;

struct service {
    struct store *store;
    bool is_shared;
    struct parking *parking; // who waits in line here; NULL: nobody can
    struct clock clock;
    struct catalog catalog;
    struct directory directory;
    struct numbers numbers;
    struct numbers stored_numbers;
    struct table tenants; // by account id; account 0 holds the sign-ins of the operator, and nothing else
    struct heap dues;     // tenants by when time changes them
    size_t lost_count;    // tenants that are lost
    uint64_t batch_count; // that were started, by whoever: tenants remember in which one they were visited and written
    unsigned char operator_hash[KEY_HASH_BYTES];
    bool has_metrics_key;
    unsigned char metrics_hash[KEY_HASH_BYTES]; // of the key that reads the metrics and nothing else

    struct quiet_change *quiet;
    size_t quiet_count, quiet_size;
    struct list unsaved; // tenants

    // In a shared store
    bool is_loading; // the products, since one was not known
    // Brings the keys of leases in the folder up to date, when account 0 is another; NULL: another service does so.
    bool (*take_keys)(struct service *service, struct store_error *error);
    const char *keys_folder;
    uint64_t *nodes; // servers that were alive when it was entered last
    size_t node_count;
    size_t idle_cursor;        // of the search for those that nobody has asked for
    uint64_t nodes_generation; // another number whenever there are others
};

// Loads everything from the store, which stays the caller's. Leases get at least their full time from now on, since
// nobody could heartbeat while the service was down. False, with a sentence in `error`.
bool service_open(struct service *service, struct store *store, bool accept_clock, char *error, size_t error_size);
void service_close(struct service *service);

struct tenant *service_tenant(const struct service *service, uint64_t account); // NULL: there is none
struct tenant *service_add_tenant(struct service *service, uint64_t account);
// Frees the tenant and all in it.
void service_remove_tenant(struct service *service, struct tenant *tenant);
// Throws away what is in memory and reads it again. False: the store cannot be read; the tenant is marked as lost.
bool service_reload(struct service *service, struct tenant *tenant);
// The products, and the account as it is in the store: for one that nothing is known of. The line and what waits to be
// written are the caller's to look after. False: it cannot be read; nothing of it is in memory.
bool service_load_products(struct service *service, struct store_error *error);
bool service_load(struct service *service, struct tenant *tenant, int64_t now, struct store_error *error);
// Takes up products and accounts that are in the store but not in memory. False: the store cannot be read.
bool service_find_missing(struct service *service);
// In a shared store: frees some of the tenants that were not looked at for longer than the store tells of changes.
void service_forget_idle(struct service *service, int64_t now);
// Puts the tenant where its next due time says.
void service_reschedule(struct service *service, struct tenant *tenant);
void service_note_quiet(struct service *service, const struct quiet_change *change);
void service_note_unsaved(struct service *service, struct tenant *tenant);

#endif
