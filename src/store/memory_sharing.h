// SPDX-License-Identifier: Apache-2.0
//
// A memory that several stores share, each of them a node of its own: what a database does for several servers, in one
// process and without waiting. Of each account the memory keeps a version, and the changes that led to it:
//
//     known_from ── change ── change ── change ── version
//          a memory of this version or a later one is told what it missed; an older one is lost
//
// One store writes at a time: it has the turn. Who comes meanwhile is refused, as by a database that is busy for long.
#ifndef STORE_MEMORY_SHARING_H
#define STORE_MEMORY_SHARING_H

#include "store/memory_cells.h"

// What one write changed; rows, texts and all are its own.
struct memory_change {
    int64_t version; // to which it led
    int64_t at;      // by the memory's clock
    struct fact fact;
    struct kept_denial *denial; // NULL: it is a fact
};

struct memory_state {
    uint64_t account;
    int64_t version; // 0: it is not there (yet)
    int64_t known_from;
    int64_t due_at, last_at;
    struct memory_change *changes;
    size_t change_count, change_size;

    // Of the transaction under way
    size_t changes_kept; // those before it
    int64_t new_due_at, new_last_at;
    bool is_touched, is_written;
    bool is_silent; // what was written cannot be told
    struct list_node of_touched;
};

struct memory_node {
    uint64_t id;
    bool is_alive;
    uint64_t *told; // accounts to look at
    size_t told_count;
    uint64_t *alive;   // for the entry
    uint64_t *changed; // the accounts that it has entered to change
    size_t changed_count;
    bool has_all; // has begun without entering
    struct list_node of_nodes;
};

struct memory_message {
    uint64_t node, account;
};

struct memory_sharing {
    size_t store_count;
    const struct store *writer; // NULL: nobody
    bool has_clock;
    int64_t clock_ms;
    struct list nodes; // of those that are open, by id
    uint64_t last_node;
    int64_t last_alive_at; // when the last of them stopped being alive
    struct table states;   // by account
    struct list touched;
    uint64_t held; // the account that whoever may leaves out; 0: none
    struct memory_message *messages; // of the transaction under way
    size_t message_count;
};

static inline struct memory_node *memory_node_of(const struct store *store)
{
    return ((const struct memory_store *)(const void *)store)->node;
}

// ---- memory_shared.c

enum store_status memory_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                               struct store_error *error);
enum store_status memory_find_key(struct store *store, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                                  struct store_error *error);
// The store is about to be closed. Whether the memory goes with it, since no other is there.
bool memory_leave(struct store *store);
void memory_free_sharing(struct memory_sharing *sharing); // NULL is fine

// ---- memory_nodes.c

int64_t memory_clock(const struct memory_sharing *sharing);
// Whether it may write from now on, until its turn ends. Without sharing it always may.
bool memory_take_turn(const struct store *store, struct store_error *error);
bool memory_has_turn(const struct store *store);
void memory_end_turn(const struct store *store);
// Revives all sessions and the node when nobody was alive for long. Nobody is writing.
void memory_look_for_life(struct twin *twin, struct memory_node *node);
void memory_stop_living(struct memory_sharing *sharing, struct memory_node *node);
enum store_status memory_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error);
// What was told in the transaction that was kept.
void memory_deliver(struct memory_sharing *sharing);

// ---- memory_watch.c

struct store_watch *memory_watch_open(struct store *store, struct store_error *error);
void memory_watch_close(struct store_watch *watch);
bool memory_watch_next(struct store_watch *watch, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                       struct store_error *error);

// ---- memory_feed.c

// NULL: nobody knows the account.
struct memory_state *memory_state_of(const struct memory_sharing *sharing, uint64_t account);
struct memory_state *memory_add_state(struct memory_sharing *sharing, uint64_t account);
void memory_free_state(struct memory_state *state);
// What was written. Refused, with a sentence, of an account that was not entered to be changed. Without sharing these
// do nothing.
enum store_status memory_note_fact(struct store *store, uint64_t account, const struct fact *fact,
                                   struct store_error *error);
enum store_status memory_note_denial(struct store *store, uint64_t account, const struct denial *denial,
                                     struct store_error *error);
enum store_status memory_note_operator(struct store *store, struct store_error *error);
// The account is another, and nobody can be told how.
void memory_note_silently(struct memory_sharing *sharing, struct memory_state *state);
enum store_status memory_put_due(struct store *store, uint64_t account, int64_t due_at, struct store_error *error);
// Ends the notes of a transaction.
void memory_keep_notes(struct memory_sharing *sharing);
void memory_drop_notes(struct memory_sharing *sharing);
// Forgets changes from before this moment.
void memory_prune(struct memory_sharing *sharing, int64_t before);
// Tells what others missed, and fills the visit.
bool memory_visit(const struct store *store, struct store_visit *visit, store_change_sink *sink, void *arg,
                  struct store_error *error);

#endif
