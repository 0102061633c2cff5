// SPDX-License-Identifier: Apache-2.0
#include "postgres_nodes.h"

enum store_status write_session(struct desk *desk, uint64_t account, uint64_t session)
{
    struct actor nobody = {.nobody = true};
    struct session_row row = a_session(session);
    row.idempotency_key = NULL;
    return store_write(desk->store, account, at_s(10), &nobody,
                       &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &row}, &desk->error);
}

enum store_status try_acquiring(struct desk *desk, uint64_t account, uint64_t session)
{
    struct entered *entered = plan_entering(desk);
    plan_visit(entered, account, 0, true);
    enum store_status status = try_entering(desk, entered);
    if (status != STORE_OK)
        return status;
    status = write_session(desk, account, session);
    if (status == STORE_OK)
        return store_commit(desk->store, &desk->error);
    store_rollback(desk->store);
    return status;
}

size_t count_sessions(struct desk *desk, uint64_t account)
{
    struct loaded loaded = load(desk, account, 0);
    size_t count = 0;
    for (size_t i = 0; i < loaded.count; i++)
        count += loaded.facts[i].kind == FACT_SESSION_ACQUIRED;
    return count;
}

bool has_session(struct desk *desk, uint64_t account, uint64_t session)
{
    struct loaded loaded = load(desk, account, 0);
    return loaded_row(&loaded, ROW_SESSION, session) != NULL;
}

void expect_chain(struct desk *desk, uint64_t account, size_t count)
{
    struct history history = events_of(desk, &(struct history_query){.account = account, .limit = 1000});
    assert_int_equal(history.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(history.events[i].seq, i + 1);
}

struct pg_link *writer_of(struct desk *desk)
{
    return &pg_store_of(desk->store)->writer;
}

// ---- By way of a proxy

struct doubt open_doubt(void **state)
{
    struct fleet *fleet = *state;
    struct doubt doubt = {.fleet = fleet, .account = make_account(&fleet->desks[1])};
    doubt.proxy = proxy_open(fleet->desks[0].uri);
    if (!store_open_postgres(proxy_uri(doubt.proxy), &doubt.near.store, &doubt.near.error))
        fail_msg("%s", doubt.near.error.text);
    store_set_products(doubt.near.store, find_product, NULL);
    return doubt;
}

void close_doubt(struct doubt *doubt)
{
    store_close(doubt->near.store);
    proxy_close(doubt->proxy);
    arena_fini(&doubt->near.arena);
}
