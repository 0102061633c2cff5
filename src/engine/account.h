// SPDX-License-Identifier: Apache-2.0
//
// One account in memory: its tree of levels, the pools at them, its users and projects, and every claim (seat or
// active session). The account is the unit of everything: what happens in one never looks at another.
//
// Only account_apply changes an account. Everything that can be derived (figures, indexes, counts) is derived there,
// from the rows themselves, so that the figures cannot drift from the claims: account_check counts them afresh.
//
//     account ── level (the account's own, and one for each organization, a tree)
//        │         └── pool (one for each product that ever mattered there) ── sessions, seats
//        ├── stock (one for each product: its purchases, and its pools in the order of trial)
//        └── user ── memberships ── project ── level
#ifndef ENGINE_ACCOUNT_H
#define ENGINE_ACCOUNT_H

#include "base/heap.h"
#include "base/list.h"
#include "base/table.h"
#include "base/tree.h"
#include "engine/fact.h"
#include "engine/outcome.h"

// Where API keys are found by their hash, over all accounts. The owner of the accounts owns it.
struct directory {
    struct table keys; // struct api_key by hash
};

// All products, by code. They are never deleted; rows point at them.
struct catalog {
    struct table products;
    struct table taken_back; // made by a batch that failed
};

struct level {
    struct organization_row row; // of the account's own level: id 0, name is the account's
    struct level *parent;        // NULL for the account's own
    struct level **children;     // by id
    size_t child_count, child_size;
    unsigned depth; // 0 for the account's own
    uint64_t line_mark; // of the line's last look at who is at the head
    struct list pools;
    size_t users, projects, seats, sessions; // what refuses a deletion
};

// A top-level organization as it draws on the account's pool: its users and those of all below it. Users without an
// organization are one group, that of the account's own level.
struct group {
    int64_t units;             // that its users hold there
    struct list line;          // who of them waits, oldest first
    struct list_node of_stock; // while someone waits
};

// What one level has of one product. available = dedicated - children_dedicated - assigned, if that is positive.
struct pool {
    struct level *level;
    struct stock *stock;
    struct pool *parent; // the same product at the level above; NULL for the account's own
    struct list_node of_level;

    int64_t dedicated;          // given by the level above; for the account: its purchases in force
    int64_t children_dedicated; // given on to the levels directly below
    int64_t assigned;           // units of the claims on this very pool
    int64_t borrowed;           // those of them that are borrowed
    int64_t use;                // the same over the whole subtree
    int64_t draining_to;        // NUMBER_NONE: not draining
    int64_t filling_to;         // NUMBER_NONE: no raise waits
    int64_t filling_since;

    struct heap sessions;        // by expiry
    struct heap_node first_ends; // its place among all pools, by the first expiry
    struct list seats;
    struct heap fillers;      // direct children whose raises wait, oldest first
    struct heap_node filling; // this pool's place among its parent's fillers
    struct heap_node raise;   // and among all of the account's

    struct group group;          // of a top-level organization and of the account's own
    struct waiter *reserved_for; // the one waiter that it grants to; NULL: anyone
    bool is_gained;              // changed since the line was last served
    struct list_node of_gained;
    struct tree_node by_available; // its place in the stock's order of trial, while dedicated > 0
    bool ranked;
    bool dirty; // touched since the last settling
    struct list_node of_dirty;
};

// One product in the account.
struct stock {
    const struct product *product;
    struct pool *root;
    struct tree ranked; // pools of organizations with dedicated > 0, by available, then id
    size_t draining;    // how many of those drain
    size_t purchases;   // how many there are, in force or not
    int64_t shortfall_since; // 0: none
    int64_t borrowed;        // units, at all levels
    int64_t max_borrow_days; // 0: none may be borrowed
    int64_t share_percent;   // of each pool that may be
    struct list_node of_account;

    // Who waits for it (see queue.h)
    struct list line;    // struct waiter, oldest first
    struct list groups;  // those of which someone waits
    size_t large;        // how many ask for more than one unit
    struct list gained;  // pools that may grant what they did not grant before
    size_t gained_count;
    bool was_over;       // the account's pool was over-committed, which keeps all others from granting
    bool must_reserve;   // who is at the head may be another
};

struct user {
    struct user_row row;
    struct level *level; // NULL: in no organization
    struct list memberships, seats, sessions, keys, sign_ins;
};

struct project {
    struct project_row row;
    struct level *level;
    struct list memberships;
};

struct membership {
    struct user *user;
    struct project *project;
    struct list_node of_user, of_project;
};

struct purchase {
    struct purchase_row row;
    struct heap_node due; // when it starts or ends
};

struct seat {
    struct seat_row row;
    struct pool *pool;
    struct user *user;
    struct list machines; // struct seat_machine, by activated_at, then name
    size_t machine_count;
    struct list_node of_pool, of_user;
};

struct seat_machine {
    struct seat_machine_row row;
    struct list_node of_seat;
};

struct session {
    struct session_row row;
    struct pool *pool;
    struct user *user;
    struct heap_node lease; // among the pool's sessions
    struct list_node of_user;
};

struct cooldown {
    struct cooldown_row row;
};

struct api_key {
    struct api_key_row row;
    struct account *account;
    struct list_node of_user;
};

struct sign_in {
    struct sign_in_row row;
    struct list_node of_user; // in the order in which they began
};

struct waiter;

// The line (see queue.h).
struct queue {
    struct list line;      // struct waiter, oldest first, of all products
    struct heap deadlines;
    struct table by_key;   // those with an Idempotency-Key
    size_t count;
    uint64_t rights; // another number whenever someone may have lost the right to wait, or may be granted elsewhere
    uint64_t marks;  // the last that was put on a level
    bool must_judge; // rights have changed
    bool must_serve; // one left who kept something for itself
    bool must_reserve; // what was taken back may have changed who reserves what
    int64_t look_at; // when one of them may be granted, refused or reserve, by time alone; 0: never
};

struct account {
    struct account_row row;
    struct level root;
    struct directory *directory; // NULL: keys need not be found
    int64_t last_at;             // of the last fact

    struct table levels;         // organizations by id
    struct table levels_by_name; // by parent and name
    struct table pools;          // by level and product
    struct table stocks;         // by product
    struct list stock_order;     // by product code
    struct table users, users_by_email;
    struct table projects, projects_by_name;
    struct table memberships; // by project and user
    struct table purchases, seats, sessions, cooldowns, keys, sign_ins;
    struct table seats_by_user; // by user and product

    struct heap leases; // pools by first expiry
    struct heap raises; // pools whose raises wait, the newest first
    struct heap dues;   // purchases by start or end
    struct list dirty;  // pools touched since the last settling
    size_t shortfalls;  // stocks with shortfall_since set
    struct list operator_sign_ins; // of account 0
    struct queue queue; // who waits in line; not part of the facts
};

void account_init(struct account *account, uint64_t id, struct directory *directory);
void account_fini(struct account *account);

// Makes the fact true. It must fit what is there: decided on this account, or on one with the same history.
void account_apply(struct account *account, const struct fact *fact);
// Takes it back, to the last figure. Facts are taken back newest first.
void account_unapply(struct account *account, const struct fact *fact);

// The pools that facts touched need no settling: they are as they were settled before, after loading or taking back.
void account_forget_touched(struct account *account);

// Hands on facts that make an empty account equal to this one, in an order that can be applied.
typedef void account_sink(void *arg, const struct fact *fact);
void account_snapshot(const struct account *account, account_sink *sink, void *arg);

// Checks every law and every index by counting afresh; stops the process where one is broken. For tests and
// simulation: it looks at everything.
void account_check(const struct account *account);

// ---- Looking things up: NULL when there is none ----------------------------------------------------------------

struct level *account_level(const struct account *account, uint64_t id); // 0: the account's own
struct level *account_level_by_name(const struct account *account, uint64_t parent, const char *name);
struct user *account_user(const struct account *account, uint64_t id);
struct user *account_user_by_email(const struct account *account, const char *email);
struct project *account_project(const struct account *account, uint64_t id);
struct project *account_project_by_name(const struct account *account, uint64_t organization, const char *name);
struct membership *account_membership(const struct account *account, uint64_t project, uint64_t user);
struct purchase *account_purchase(const struct account *account, uint64_t id);
struct seat *account_seat(const struct account *account, uint64_t id);
struct seat *account_seat_of(const struct account *account, uint64_t user, const struct product *product);
struct seat_machine *seat_machine_find(const struct seat *seat, const char *machine);
struct session *account_session(const struct account *account, uint64_t id); // active ones only
struct api_key *account_key(const struct account *account, uint64_t id);
struct sign_in *account_sign_in(const struct account *account, uint64_t id);
struct stock *account_stock(const struct account *account, const struct product *product);
struct pool *account_pool(const struct account *account, uint64_t level, const struct product *product);
// Until when the user is denied the product; 0: it is not.
int64_t account_cooldown(const struct account *account, uint64_t user, const struct product *product, int64_t now);

struct api_key *directory_find(const struct directory *directory, const unsigned char hash[KEY_HASH_BYTES]);
struct product *catalog_find(const struct catalog *catalog, const char *code);
// Makes the product or changes its name and machines_per_seat. The catalog owns it.
void catalog_apply(struct catalog *catalog, const struct fact *fact);
void catalog_unapply(struct catalog *catalog, const struct fact *fact);
void catalog_fini(struct catalog *catalog);

// Whether the level is `top` or lies below it.
bool level_is_within(const struct level *level, const struct level *top);
// Where the id stands among the children, or would.
size_t level_child_place(const struct level *parent, uint64_t id);
// The next level of the tree, depth first by id, below `top`; NULL at the end.
struct level *level_after(const struct level *level, const struct level *top);

#endif
