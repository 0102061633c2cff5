// SPDX-License-Identifier: Apache-2.0
#include "sharing.h"

#include "base/check.h"
#include "base/moment.h"
#include "postgres.h"
#include "store/memory.h"

#include <time.h>

static void open_reader(struct desk *desk)
{
    store_set_products(desk->store, find_product, NULL);
    desk->reader = store_reader_open(desk->store, &desk->error);
    if (desk->reader == NULL)
        fail_msg("%s", desk->error.text);
}

int fleet_memory(void **state)
{
    struct fleet *fleet = check_calloc(1, sizeof *fleet);
    fleet->memory = true;
    for (size_t i = 0; i < FLEET; i++) {
        fleet->desks[i].memory = true;
        fleet->desks[i].store = store_open_memory_shared(fleet->desks[0].store);
        open_reader(&fleet->desks[i]);
    }
    *state = fleet;
    return 0;
}

int fleet_postgres(void **state)
{
    struct fleet *fleet = check_calloc(1, sizeof *fleet);
    const char *uri = postgres_empty();
    for (size_t i = 0; i < FLEET; i++) {
        struct desk *desk = &fleet->desks[i];
        desk->uri = uri;
        if (!store_open_postgres(uri, &desk->store, &desk->error))
            fail_msg("%s", desk->error.text);
        open_reader(desk);
    }
    *state = fleet;
    return 0;
}

int fleet_close(void **state)
{
    struct fleet *fleet = *state;
    for (size_t i = 0; i < FLEET; i++) {
        store_reader_close(fleet->desks[i].reader);
        store_close(fleet->desks[i].store);
        arena_fini(&fleet->desks[i].arena);
    }
    free(fleet);
    return 0;
}

void fleet_kill(struct fleet *fleet, size_t which)
{
    char sql[100];
    if (fleet->memory) {
        store_memory_kill(fleet->desks[which].store);
        return;
    }
    snprintf(sql, sizeof sql, "UPDATE node SET alive_at = alive_at - 3600000 WHERE id = %llu",
             (unsigned long long)store_node(fleet->desks[which].store));
    postgres_run(sql);
}

void fleet_die_out(struct fleet *fleet)
{
    for (size_t i = 0; i < FLEET; i++)
        fleet_kill(fleet, i);
    if (fleet->memory)
        store_memory_set_clock(fleet->desks[0].store, moment_seconds(time(NULL) + 3600));
}

void fleet_prune(struct fleet *fleet)
{
    if (fleet->memory)
        store_memory_prune(fleet->desks[0].store);
    else
        postgres_run("DELETE FROM change");
}

void fleet_have(struct fleet *fleet, size_t which, uint64_t account)
{
    struct desk *desk = &fleet->desks[which];
    if (fleet->memory)
        store_memory_hold(desk->store, account);
    else
        enter(desk, account, 0, true);
}

void fleet_give_back(struct fleet *fleet, size_t which)
{
    struct desk *desk = &fleet->desks[which];
    if (fleet->memory)
        store_memory_hold(desk->store, 0);
    else
        store_rollback(desk->store);
}

// ---- Entering

struct entered *plan_entering(struct desk *desk)
{
    struct entered *entered = arena_alloc(&desk->arena, sizeof *entered);
    *entered = (struct entered){.entry.visit_count = 1};
    entered->entry.visits = entered->visits;
    entered->entry.questions = entered->questions;
    return entered;
}

void plan_visit(struct entered *entered, uint64_t account, int64_t version, bool is_changed)
{
    CHECK(entered->entry.visit_count < VISITS_MAX);
    entered->visits[entered->entry.visit_count++] =
        (struct store_visit){.account = account, .version = version, .is_changed = is_changed};
}

struct telling {
    struct desk *desk;
    struct entered *entered;
};

static const struct fact *copy_fact(const struct fact *fact, struct arena *arena)
{
    enum row_kind kind = fact_types[fact->kind].row;
    struct fact *copy = arena_copy(arena, fact, sizeof *copy);
    copy->before = fact->before != NULL ? row_copy(kind, fact->before, arena) : NULL;
    copy->after = fact->after != NULL ? row_copy(kind, fact->after, arena) : NULL;
    return copy;
}

static const struct denial *copy_denial(const struct denial *denial, struct arena *arena)
{
    struct denial *copy = arena_copy(arena, denial, sizeof *copy);
    copy->machine = arena_strdup(arena, denial->machine);
    return copy;
}

static void take(void *arg, const struct store_change *change)
{
    struct telling *telling = arg;
    struct entered *entered = telling->entered;
    struct arena *arena = &telling->desk->arena;
    assert_true((change->fact != NULL) != (change->denial != NULL));
    entered->told = arena_grow(arena, entered->told, entered->told_count, sizeof *entered->told);
    entered->told[entered->told_count++] = (struct told){
        .account = change->account,
        .fact = change->fact != NULL ? copy_fact(change->fact, arena) : NULL,
        .denial = change->denial != NULL ? copy_denial(change->denial, arena) : NULL,
    };
}

enum store_status try_entering(struct desk *desk, struct entered *entered)
{
    return store_enter(desk->store, &entered->entry, take, &(struct telling){desk, entered}, &desk->error);
}

void do_enter(struct desk *desk, struct entered *entered)
{
    if (try_entering(desk, entered) != STORE_OK)
        fail_msg("%s", desk->error.text);
}

struct entered *enter(struct desk *desk, uint64_t account, int64_t version, bool is_changed)
{
    struct entered *entered = plan_entering(desk);
    if (account == 0)
        entered->visits[0] = (struct store_visit){.version = version, .is_changed = is_changed};
    else
        plan_visit(entered, account, version, is_changed);
    do_enter(desk, entered);
    return entered;
}

const struct store_visit *visit_of(const struct entered *entered, uint64_t account)
{
    for (size_t i = 0; i < entered->entry.visit_count; i++) {
        if (entered->visits[i].account == account)
            return &entered->visits[i];
    }
    fail_msg("AC-%llu was not visited", (unsigned long long)account);
    return NULL;
}

int64_t version_of(struct desk *desk, uint64_t account)
{
    int64_t version = visit_of(enter(desk, account, 0, false), account)->version;
    store_rollback(desk->store);
    return version;
}

// ---- What was told

static const struct fact *told_fact(const struct entered *entered, size_t which, enum fact_kind kind)
{
    assert_true(which < entered->told_count);
    const struct fact *fact = entered->told[which].fact;
    assert_non_null(fact);
    assert_string_equal(fact_types[fact->kind].name, fact_types[kind].name);
    return fact;
}

void expect_row(enum row_kind kind, const void *row, const void *expected)
{
    assert_int_equal(row != NULL, expected != NULL);
    if (expected != NULL && !row_same(kind, row, expected))
        fail_msg("a %s is told otherwise than it was written", row_types[kind].name);
}

void expect_fact(const struct entered *entered, size_t which, enum fact_kind kind, const void *before,
                 const void *after)
{
    const struct fact *fact = told_fact(entered, which, kind);
    expect_row(fact_types[kind].row, fact->before, before);
    expect_row(fact_types[kind].row, fact->after, after);
}

struct store_watch *open_watch(struct desk *desk)
{
    struct store_watch *watch = store_watch_open(desk->store, &desk->error);
    if (watch == NULL)
        fail_msg("%s", desk->error.text);
    return watch;
}

// ---- Writing

uint64_t make_account(struct desk *desk)
{
    struct entered *entered = plan_entering(desk);
    entered->entry.wanted[ID_ACCOUNT] = 1;
    do_enter(desk, entered);
    struct account_row row = an_account(entered->entry.numbers.next[ID_ACCOUNT]);
    write_fact(desk, row.id, at_s(0), FACT_ACCOUNT_CREATED, NULL, &row);
    commit(desk);
    return row.id;
}

int64_t acquire(struct desk *desk, uint64_t account, uint64_t session)
{
    int64_t version = visit_of(enter(desk, account, 0, true), account)->version;
    struct session_row row = a_session(session);
    row.idempotency_key = NULL;
    write_fact(desk, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
    commit(desk);
    return version;
}

struct waiter_row a_waiter(uint64_t id, uint64_t node)
{
    return (struct waiter_row){.id = id,
                               .node = node,
                               .product = &kre,
                               .user = 7,
                               .project = 4,
                               .organization = 1001,
                               .machine = "ws-17",
                               .ttl_s = 120,
                               .count = 2,
                               .origin_given = true,
                               .origin = ORIGIN_PLATFORM,
                               .idempotency_key = "again-9",
                               .request_hash = {9, 8, 7},
                               .role = ROLE_PLATFORM,
                               .key = 5,
                               .is_signed_in = true,
                               .actor_user = 6,
                               .actor_organization = 1002,
                               .since_at = at_s(1),
                               .deadline_at = at_s(31),
                               .head_since = at_s(2),
                               .is_reserving = true,
                               .reserved = 1001,
                               .reserved_via = VIA_MEMBER};
}
