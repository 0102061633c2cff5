// SPDX-License-Identifier: Apache-2.0
//
// What the tests of several servers on one PostgreSQL share, beside the fleet: sessions that are counted, and a server
// whose connections can be made to fail.
#ifndef STORE_TEST_POSTGRES_NODES_H
#define STORE_TEST_POSTGRES_NODES_H

#include "sharing.h"

#include "postgres.h"
#include "postgres_proxy.h"
#include "store/postgres.h"

#define ON_FLEET(test)                                                                                                 \
    {                                                                                                                  \
#test, test, fleet_postgres, fleet_close, NULL                                                                 \
    }

// Within a transaction; whether it worked.
enum store_status write_session(struct desk *desk, uint64_t account, uint64_t session);
// Enters the account, writes the session and commits.
enum store_status try_acquiring(struct desk *desk, uint64_t account, uint64_t session);
size_t count_sessions(struct desk *desk, uint64_t account);
bool has_session(struct desk *desk, uint64_t account, uint64_t session);
// The history of the account has so many events, with none left out.
void expect_chain(struct desk *desk, uint64_t account, size_t count);
// The connection by which the desk's store writes.
struct pg_link *writer_of(struct desk *desk);

// One server more, and an account of the fleet's.
struct doubt {
    struct fleet *fleet;
    struct proxy *proxy;
    struct desk near; // by way of the proxy; without a reader
    uint64_t account;
};

struct doubt open_doubt(void **state);
void close_doubt(struct doubt *doubt);

#endif
