// SPDX-License-Identifier: Apache-2.0
//
// The naive model: the contract, written down a second time in the plainest way. Arrays that are counted through each
// time, no index, no figure kept beside another, nothing shared with the engine but the names of results and rules.
// It is easy to hold beside the text of the contract.
//
// Everything is named by its place in an array; place 0 of the levels is the account. What is gone leaves its place
// empty, so that places are in the order of ids.
#ifndef SIMULATION_MODEL_H
#define SIMULATION_MODEL_H

#include "engine/numbers.h"
#include "engine/outcome.h"
#include "simulation/act.h"

enum {
    MODEL_PRODUCTS = 3,
    MODEL_SEAT_PRODUCT = 2, // the others are licensed by session
    MODEL_LEVELS = 32,
    MODEL_USERS = 20,
    MODEL_PROJECTS = 12,
    MODEL_PURCHASES = 16,
    MODEL_CLAIMS = 64,
    MODEL_WAITERS = 8,
    MODEL_ENDED = 192,
    MODEL_ANSWERS = 32,
    MODEL_AGES = 32,
    MODEL_TOLD = 32,
};

struct model_dedication {
    int64_t dedicated;
    int64_t draining_to; // NUMBER_NONE: not
    int64_t filling_to;
    int64_t filling_since;
};

struct model_level {
    bool exists;
    int serial, parent;
    uint64_t id;
    struct model_dedication of[MODEL_PRODUCTS]; // of the account nothing but zeros
};

struct model_user {
    bool exists;
    int serial, level;
    uint64_t id;
    int64_t cooldown_until[MODEL_PRODUCTS];
};

struct model_project {
    bool exists;
    int serial, level;
    uint64_t id;
    bool has[MODEL_USERS];
};

struct model_purchase {
    bool exists;
    int serial, product;
    uint64_t id;
    int64_t quantity, starts_at, ends_at;
};

struct model_claim {
    int serial;  // of the act that asked for it
    int key;     // its Idempotency-Key, or NOBODY
    uint64_t id; // a session's or a seat's
    int product, user, level;
    bool is_borrowed;
    int64_t count, since_at;
    int64_t expires_at, ttl_s;  // of a session
    int64_t stored_expires_at;  // as a crash leaves it: heartbeats are written a little later
};

struct model_ended { // a session that was
    int serial, key;
    uint64_t id;
    int64_t ended_at;
    bool is_borrowed;
};

struct model_request {
    int serial, key;
    int product, user, project, named; // NOBODY: none
    int64_t count, ttl_s;
    bool platform, is_borrowed;
    int waiter; // place in the line; NOBODY: a newcomer
};

struct model_waiter {
    struct model_request request;
    int64_t since_at, deadline_at;
    uint64_t order;
    int server;         // that has its connection, of several; NOBODY: it has died
    int64_t head_since; // 0: it is not at the head of its pool
    int reserved;      // the level that grants to nobody else; NOBODY
    enum session_via via;
};

// One that hung up, and may come back as old as it was; of several servers, to any.
struct model_age {
    int key;
    int serial; // of the request that hung up
    int64_t since_at, head_since, until_at;
    int server; // that has yet to write it, of several; NOBODY: it has
};

// An answer that is kept for an Idempotency-Key.
struct model_answer {
    int key;
    int serial; // of the request that was answered
    int64_t until_at;
};

// What a command must come to. What does not apply is NUMBER_NONE or NOBODY.
struct verdict {
    enum result result;
    bool is_again;           // the answer that was kept, once more
    uint64_t id;             // of what was made
    int level;               // that grants
    enum session_via via;
    int64_t requested, available;                    // INSUFFICIENT_POOL
    int64_t dedicated, children_dedicated, assigned; // DEDICATION_IN_USE
    size_t tried;                                    // NO_LICENSE_AVAILABLE
    size_t reasons[REASON_COUNT];
    enum reason first_reason;
};

// Those who waited and were answered, in order.
struct told {
    int count;
    struct {
        int serial;
        uint64_t order;
        int server;
        struct verdict verdict;
    } items[MODEL_TOLD];
};

struct model {
    uint64_t id;
    int64_t now;
    int here; // the server that looks, of several: it alone refuses those that wait there, and lets their time run out
    struct numbers *ids; // of all accounts
    struct told *told;   // NULL: nobody is served, as in a dry run
    bool enterprise;
    enum usage_policy policy;
    bool fallback;
    enum on_shortfall on_shortfall;
    int64_t shortfall_grace_s;
    int64_t shortfall_since[MODEL_PRODUCTS];
    struct {
        int64_t days, share; // days 0: it is not lent out
    } borrowing[MODEL_PRODUCTS];
    int level_count, user_count, project_count, purchase_count, claim_count, waiter_count;
    int ended_count, answer_count, age_count; // that ever were; the last of them are kept
    struct model_level levels[MODEL_LEVELS];
    struct model_user users[MODEL_USERS];
    struct model_project projects[MODEL_PROJECTS];
    struct model_purchase purchases[MODEL_PURCHASES];
    struct model_claim claims[MODEL_CLAIMS];
    struct model_waiter line[MODEL_WAITERS]; // oldest first
    struct model_ended ended[MODEL_ENDED];
    struct model_answer answers[MODEL_ANSWERS];
    struct model_age ages[MODEL_AGES];
};

void model_init(struct model *model, uint64_t id, struct numbers *ids, int64_t now);

// ---- Counting

// The figures of one product at all levels, counted through.
struct counts {
    int64_t dedicated[MODEL_LEVELS], children[MODEL_LEVELS], assigned[MODEL_LEVELS];
    int64_t use[MODEL_LEVELS];      // of the subtree
    int64_t borrowed[MODEL_LEVELS]; // of the level's own
};

void model_count(const struct model *model, int product, struct counts *ret_counts);
// dedicated - children's dedicated - assigned.
int64_t count_balance(const struct counts *counts, int level);
int64_t count_available(const struct counts *counts, int level);
bool model_is_within(const struct model *model, int level, int top);
int model_depth(const struct model *model, int level);
struct model_claim *model_claim(struct model *model, bool is_seat, uint64_t id); // NULL: none
// The sessions that have ended last: NULL, it is not one of them.
const struct model_ended *model_find_ended(const struct model *model, uint64_t id);

// ---- What happens

// What time does until `now`; then whoever waits and can be served is.
void model_pass_time(struct model *model, int64_t now);
void model_serve(struct model *model);
// The command of an act that was resolved: gives the verdict, and changes the model if it is accepted.
struct verdict model_decide(struct model *model, const struct act *act);
// Lets a denied request wait as of `since_at`; its place in the line.
int model_wait(struct model *model, const struct act *act, int64_t since_at, uint64_t order);
void model_leave(struct model *model, int place);
// The age of one that leaves, if it has a key.
void model_keep_age(struct model *model, const struct model_waiter *waiter, int64_t now);
// The server that looks has written the ages that it has kept, of several: their time runs from now on.
void model_time_ages(struct model *model);
// What was committed is what a crash leaves.
void model_keep(struct model *model);
// Leases after the account was loaded at `now`: each has at least its full time.
void model_load(struct model *model, int64_t now);

#endif
