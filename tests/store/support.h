// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the store share. The conformance tests run once for each driver: `struct desk` is a store with
// what is needed to work with it, and knows how to open it again as after a restart.
#ifndef STORE_SUPPORT_H
#define STORE_SUPPORT_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_AT = 1764000000 }; // seconds; a day in November 2025

struct desk {
    struct store *store;
    struct store_reader *reader;
    struct arena arena;
    struct store_error error;
    char folder[128]; // of SQLite's, else ""
    const char *uri;  // of PostgreSQL's, else NULL
    bool memory;
};

// Setup and teardown for cmocka: *state is a struct desk.
int desk_sqlite(void **state);
int desk_memory(void **state);
int desk_postgres(void **state);
int desk_close(void **state);
// Closes the store; the desk stays, and its folder.
void desk_shut(struct desk *desk);
// Closes the store and opens it again. The memory twin stays as it is.
void desk_reopen(struct desk *desk);

// Each test of a conformance suite stands in it once for each driver that is built.
#define ON_BOTH(test)                                                                                                  \
    {#test " (sqlite)", test, desk_sqlite, desk_close, NULL},                                                          \
    {                                                                                                                  \
#test " (memory)", test, desk_memory, desk_close, NULL                                                         \
    }
#if HAVE_POSTGRES
#define ON_ALL(test)                                                                                                   \
    ON_BOTH(test),                                                                                                     \
    {                                                                                                                  \
#test " (postgres)", test, desk_postgres, desk_close, NULL                                                     \
    }
#else
#define ON_ALL(test) ON_BOTH(test)
#endif
#define ON_SQLITE(test)                                                                                                \
    {                                                                                                                  \
#test, test, desk_sqlite, desk_close, NULL                                                                     \
    }

// The products that every desk knows: KRE and LUM (sessions), PEN (seats).
extern const struct product kre, lum, pen;
const struct product *find_product(void *arg, const char *code);

// The moment so many seconds after the start.
int64_t at_s(int64_t seconds);

// What was asked of the store must have worked.
void must(struct desk *desk, enum store_status status);
// Writes of one fact each; they must work.
void write_fact(struct desk *desk, uint64_t account, int64_t at, enum fact_kind kind, const void *before,
                const void *after);
void begin(struct desk *desk);
void commit(struct desk *desk);

// A row with every member filled, whose id is `id`.
struct account_row an_account(uint64_t id);
struct session_row a_session(uint64_t id);
struct user_row a_user(uint64_t id);
struct organization_row an_organization(uint64_t id, uint64_t parent);
// An open episode, without an explanation.
struct denial a_denial(uint64_t id);

// All facts that loading the account gives, in the desk's arena.
struct loaded {
    struct fact *facts;
    size_t count;
};

struct loaded load(struct desk *desk, uint64_t account, int64_t now);
// The loaded row of this kind whose first id is `id`, or NULL.
const void *loaded_row(const struct loaded *loaded, enum row_kind kind, uint64_t id);

// A page of the account's history.
struct history {
    struct event *events;
    size_t count;
    bool more;
};

struct history events_of(struct desk *desk, const struct history_query *query);

void remove_folder(const char *folder);

#endif
