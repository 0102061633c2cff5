// SPDX-License-Identifier: Apache-2.0
//
// Worlds of several servers on one store: each round is one server's, and the same naive model says what must come of
// it, for together they must be as one. What is theirs by design is kept beside the model:
//
//     who waits is refused, or denied in the end, by its own server when that looks; the others only grant
//     one that is granted elsewhere is answered when its server is told (pending)
//     a batch that is refused is tried again by the server itself
//     a server that dies is missed by whoever looks next, and those that waited there leave
//
//     round of a server ──► others that are told look, too ──► now and then all look: all are alike
#ifndef SIMULATION_NODES_H
#define SIMULATION_NODES_H

#include "simulation/sim.h"

enum { PENDING_MAX = 64, AGAIN_MS = 25 };

// One that waits at a server which was not told yet that it does no more.
struct pending {
    int serial, account, server;
    bool is_aside;
    struct verdict verdict;
};

// A place in the line as it is in the store, and as one server has it in memory, whose batch was refused.
struct unwritten {
    struct model_waiter stored, here;
};

struct unwritten_line {
    struct unwritten waiters[MODEL_WAITERS];
    int count;
};

// The store that the servers share, and what can be done to it.
struct ground {
    bool has_faults; // those of the memory twin
    bool has_watch;  // it tells at once who is to look; else all look
    void (*open)(struct nodes *nodes);
    struct store *(*open_store)(struct nodes *nodes); // of another server
    void (*move_clock)(struct nodes *nodes, int64_t now_ms);
    void (*let_die)(struct nodes *nodes, struct store *store); // of a server that is dead; its own from now on
    void (*prune)(struct nodes *nodes);                        // forgets what was changed
    // Something goes wrong at some moment from now on, until calm; NULL where has_faults.
    void (*disturb)(struct nodes *nodes, unsigned dice);
    void (*calm)(struct nodes *nodes);
    void (*check_history)(struct sim *sim);
    void (*close)(struct nodes *nodes);
};

extern const struct ground ground_memory;

struct nodes {
    struct store *keeper;            // of no server; keeps the memory, and tells its time
    void *database;                  // in place of it, the connection
    uint64_t accounts[ACCOUNTS_MAX]; // their ids
    struct store_watch *watches[SERVERS_MAX];
    int64_t known[SERVERS_MAX][ACCOUNTS_MAX]; // the version of what a server has in memory; 0: nothing
    struct unwritten_line unwritten[SERVERS_MAX][ACCOUNTS_MAX];
    struct pending pending[PENDING_MAX];
    int pending_count, put_off;           // and before this round
    struct store *graves[WORLD_ACTS_MAX]; // of servers that died
    int grave_count;
    int64_t last_alive_at; // when the last one died
    bool is_load_refused;  // the next loading of an account fails
    int excused[SERVERS_MAX]; // so many batches may fail since the store was disturbed
};

// ---- nodes.c

void nodes_begin(struct sim *sim);
void nodes_end(struct sim *sim);
// A request and those that join it, or anything else that happens.
void nodes_do(struct sim *sim, const struct act *acts, int count);
// Takes the clocks of all of them on.
void nodes_move_clocks(struct sim *sim, int64_t ms);
// The server is dead.
void nodes_bury(struct sim *sim, int server);

// ---- nodes_round.c

// A round of the server, again and again while its batches are refused: the requests of the acts, or none.
void nodes_round(struct sim *sim, int server, const struct act *acts, int count);
// What the round has written is in the store; and of one account.
void nodes_keep(struct sim *sim);
void nodes_keep_account(struct sim *sim, int account);
// Those that are told to look do so, until nobody is.
void nodes_follow_up(struct sim *sim);
// The server looks at these accounts: a bit for each place.
void nodes_look(struct sim *sim, int server, unsigned accounts);

// ---- nodes_line.c

// Before a round of the server, and after it.
void nodes_see(struct sim *sim, int server);
void nodes_note_seen(struct sim *sim, int server);
// What the entering of the round has brought: new ids, those that have died, what others have written.
void nodes_enter(struct sim *sim);
// Who waits elsewhere is told later.
void nodes_put_off(struct sim *sim);
// Judges answers that were put off.
void nodes_judge_pending(struct sim *sim);
// It is the same waiter, at the head since the same moment, with the same pool for itself.
bool nodes_stand_alike(const struct model_waiter *a, const struct model_waiter *b);
// The account was visited in this round, to change it.
bool nodes_visited(const struct sim *sim, int account);
// The round has entered the store and has what it is about; else it decides nothing.
bool nodes_has_entered(const struct sim *sim);

// ---- nodes_fault.c

// What is true after a round that failed. Whether the server tries it again.
bool nodes_after_failure(struct sim *sim);

// ---- nodes_compare.c

// What the server has visited is as the model says.
void nodes_compare(struct sim *sim);
// All servers have looked at all accounts, and have the same.
void nodes_compare_all(struct sim *sim);

#endif
