// SPDX-License-Identifier: Apache-2.0
#include "store/chain.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void chain_forget_all(struct chain *chain)
{
    size_t cursor = 0;
    for (void *head; (head = table_next(&chain->heads, &cursor)) != NULL;)
        free(head);
    table_fini(&chain->heads);
    chain->heads = (struct table){0};
    chain->moved = (struct list){0};
}

void chain_fini(struct chain *chain)
{
    chain_forget_all(chain);
    buffer_fini(&chain->scratch);
    *chain = (struct chain){0};
}

static bool same_account(const void *item, const void *key)
{
    return ((const struct chain_head *)item)->account == *(const uint64_t *)key;
}

struct chain_head *chain_find(const struct chain *chain, uint64_t account)
{
    return table_find(&chain->heads, hash_number(account), same_account, &account);
}

struct chain_head *chain_add(struct chain *chain, uint64_t account, const struct chain_link *link)
{
    struct chain_head *head = check_calloc(1, sizeof *head);
    head->account = account;
    head->link = *link;
    table_add(&chain->heads, hash_number(account), head);
    return head;
}

void chain_extend(struct chain *chain, struct chain_head *head, struct history_entry *entry)
{
    CHECK(head->account == entry->account);
    if (!head->moved) {
        head->before = head->link;
        head->moved = true;
        list_add(&chain->moved, &head->of_moved);
    }
    entry->event.seq = head->link.seq + 1;
    history_hash(head->link.hash, entry, &chain->scratch);
    head->link.seq = entry->event.seq;
    memcpy(head->link.hash, entry->event.hash, KEY_HASH_BYTES);
}

static struct chain_head *take_moved(struct chain *chain)
{
    if (chain->moved.first == NULL)
        return NULL;
    struct chain_head *head = ITEM_OF(chain->moved.first, struct chain_head, of_moved);
    list_remove(&chain->moved, &head->of_moved);
    head->moved = false;
    return head;
}

void chain_keep(struct chain *chain)
{
    while (take_moved(chain) != NULL) {
    }
}

void chain_undo(struct chain *chain)
{
    for (struct chain_head *head; (head = take_moved(chain)) != NULL;)
        head->link = head->before;
}

void chain_forget(struct chain *chain)
{
    for (struct chain_head *head; (head = take_moved(chain)) != NULL;) {
        table_remove(&chain->heads, hash_number(head->account), head);
        free(head);
    }
}
