// SPDX-License-Identifier: Apache-2.0
//
// The newest link of each account's chain of events, kept in memory so that the next event need not ask the driver.
// What a transaction moved is put back when it is rolled back, and forgotten when nobody knows how it ended.
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "base/list.h"
#include "base/table.h"
#include "store/history.h"

struct chain_link {
    int64_t seq; // 0: no event yet
    unsigned char hash[KEY_HASH_BYTES];
};

struct chain_head {
    uint64_t account;
    struct chain_link link;
    struct chain_link before; // this transaction, while moved
    bool moved;
    struct list_node of_moved;
};

struct chain {
    struct table heads;
    struct list moved;
    struct buffer scratch;
};

void chain_fini(struct chain *chain);

// NULL: not known yet, ask the driver and chain_add it.
struct chain_head *chain_find(const struct chain *chain, uint64_t account);
struct chain_head *chain_add(struct chain *chain, uint64_t account, const struct chain_link *link);
// Makes the entry the newest of its account: gives it its seq and hash.
void chain_extend(struct chain *chain, struct chain_head *head, struct history_entry *entry);

void chain_keep(struct chain *chain);   // after a commit
void chain_undo(struct chain *chain);   // after a rollback
void chain_forget(struct chain *chain); // when the outcome is not known
void chain_forget_all(struct chain *chain); // when others may have moved them

#endif
