// SPDX-License-Identifier: Apache-2.0
//
// What the tests of a shared store have in common: a fleet of stores on one memory, or on one database, each a desk of
// its own. Every test runs on both.
#ifndef STORE_TEST_SHARING_H
#define STORE_TEST_SHARING_H

#include "support.h"

enum { FLEET = 3, VISITS_MAX = 4 };

struct fleet {
    struct desk desks[FLEET];
    bool memory;
};

// Setup and teardown for cmocka: *state is a struct fleet.
int fleet_memory(void **state);
int fleet_postgres(void **state);
int fleet_close(void **state);

// Each test stands in the suite once for each driver whose stores can be shared.
#define ON_SHARED_MEMORY(test)                                                                                         \
    {                                                                                                                  \
#test " (memory)", test, fleet_memory, fleet_close, NULL                                                       \
    }
#if HAVE_POSTGRES
#define ON_SHARED_POSTGRES(test)                                                                                       \
    ,                                                                                                                  \
    {                                                                                                                  \
#test " (postgres)", test, fleet_postgres, fleet_close, NULL                                                   \
    }
#else
#define ON_SHARED_POSTGRES(test)
#endif
#define ON_SHARED(test) ON_SHARED_MEMORY(test) ON_SHARED_POSTGRES(test)

// The server of this store dies, without closing it: nobody has heard of it for long.
void fleet_kill(struct fleet *fleet, size_t which);
// All are dead, and have been for long.
void fleet_die_out(struct fleet *fleet);
// The server of this store has the account, until it gives it back.
void fleet_have(struct fleet *fleet, size_t which, uint64_t account);
void fleet_give_back(struct fleet *fleet, size_t which);
// All changes that were kept for others are forgotten.
void fleet_prune(struct fleet *fleet);

// What an entering was told; rows are the desk's.
struct told {
    uint64_t account;
    const struct fact *fact;
    const struct denial *denial;
};

struct entered {
    struct store_entry entry;
    struct store_visit visits[VISITS_MAX];
    struct store_question questions[VISITS_MAX];
    struct told *told;
    size_t told_count;
};

// An entering that names account 0, which it only looks at and knows nothing of; the desk's.
struct entered *plan_entering(struct desk *desk);
// Names another account, in ascending order.
void plan_visit(struct entered *entered, uint64_t account, int64_t version, bool is_changed);
enum store_status try_entering(struct desk *desk, struct entered *entered);
// It must work.
void do_enter(struct desk *desk, struct entered *entered);
// Enters this account, to change it or to look at it, and must.
struct entered *enter(struct desk *desk, uint64_t account, int64_t version, bool is_changed);
// The visit of the account.
const struct store_visit *visit_of(const struct entered *entered, uint64_t account);
// The version as another entering sees it.
int64_t version_of(struct desk *desk, uint64_t account);

void expect_row(enum row_kind kind, const void *row, const void *expected);
// What was told at this place, from 0 on.
void expect_fact(const struct entered *entered, size_t which, enum fact_kind kind, const void *before,
                 const void *after);

struct store_watch *open_watch(struct desk *desk);

// A transaction of its own: makes an account, and answers its id.
uint64_t make_account(struct desk *desk);
// Enters the account, writes the session and commits; answers the version before.
int64_t acquire(struct desk *desk, uint64_t account, uint64_t session);
struct waiter_row a_waiter(uint64_t id, uint64_t node);

#endif
