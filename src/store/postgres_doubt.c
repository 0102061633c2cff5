// SPDX-License-Identifier: Apache-2.0
// Beginning, ending, and finding out how a transaction ended.
//
// A commit whose answer is lost is looked up over a new connection. The transaction holds a lock of its own from before
// anything of it was sent that could commit it: once the lock can be had, it has ended, and what it changed stands in
// the feed under its number, or nowhere. The looking up is itself a commit that is waited for, so that a standby that
// must confirm has confirmed what stands before it.
#include "store/postgres.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LOOK_UP_MS = 5000, LOOK_UP_PAUSE_MS = 100 };

enum store_status pg_begin(struct store *base, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    pg_rollback(base); // of one whose commit failed
    if (!pg_ready(store, error))
        return STORE_REFUSED;
    pg_start_transaction(store);
    enum store_status status = pg_queue(&store->writer, "begin", &(struct pg_values){0}, PG_NO_ROW, error);
    if (status != STORE_OK)
        pg_clear_transaction(store);
    return status;
}

void pg_rollback(struct store *base)
{
    struct pg_store *store = pg_store_of(base);
    bool is_open = store->transaction.is_open;
    pg_clear_transaction(store);
    if (is_open && store->writer.conn != NULL)
        pg_leave(&store->writer, "rollback");
}

// ---- Committing

// What the answer to a commit says. The database answers that of a failed transaction with ROLLBACK.
static enum store_status judge(const struct pg_link *link, const PGresult *result, struct store_error *error)
{
    if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "COMMIT") != 0) {
        store_error_set(error, "The transaction was rolled back by an earlier error.");
        return STORE_REFUSED;
    }
    if (link->warned)
        return pg_failed(link, "01000", "it warned", PG_COMMIT, error);
    return STORE_OK;
}

static enum store_status send_commit(struct pg_store *store, struct store_error *error)
{
    struct pg_link *link = &store->writer;
    PGresult *result = NULL;
    link->warned = false;
    enum store_status status = pg_queue_asking(link, "commit", &(struct pg_values){0}, &result, error);
    status = status == STORE_OK ? pg_finish(link, PG_COMMIT, error)
                                : STORE_UNCERTAIN; // one that was sent in part may have arrived
    if (status == STORE_OK)
        status = judge(link, result, error);
    PQclear(result);
    return status;
}

// ---- Looking up

// One account that the transaction changed; NULL: there is none.
static const struct pg_account *a_changed_account(const struct pg_store *store)
{
    const struct pg_account *account = store->transaction.first;
    while (account != NULL && !pg_is_changed(account))
        account = account->next;
    return account;
}

static enum store_status look_up(struct pg_store *store, const struct pg_account *account, bool *ret_known,
                                 struct store_error *error)
{
    struct pg_link *link = &store->writer;
    struct pg_values values = {0}, none = {0};
    PGresult *result = NULL;
    store->transaction.is_guarded = false;
    pg_add_number(&values, (int64_t)account->account);
    pg_add_number(&values, account->version + 1);
    pg_add_number(&values, (int64_t)store->store.node);
    pg_add_number(&values, store->transaction.batch);
    *ret_known = pg_ready(store, error) && pg_queue(link, "begin", &none, PG_NO_ROW, error) == STORE_OK &&
                 pg_guard(store, error) == STORE_OK &&
                 pg_queue_asking(link, "look_up", &values, &result, error) == STORE_OK &&
                 pg_finish(link, PG_READ, error) == STORE_OK;
    bool found = *ret_known && pg_read_number(&(struct pg_row){result, 0, NULL}, 0) > 0;
    PQclear(result);
    struct store_error ignored;
    *ret_known = *ret_known && send_commit(store, found ? &ignored : error) == STORE_OK;
    if (!*ret_known)
        pg_disconnect(link); // in the middle of something
    return found ? STORE_OK : STORE_REFUSED;
}

static int64_t elapsed_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum store_status look_up_for_long(struct pg_store *store, struct store_error *error)
{
    const struct pg_account *account = a_changed_account(store);
    struct store_error reason = *error;
    int64_t end = elapsed_ms() + LOOK_UP_MS;
    if (account == NULL)
        return STORE_REFUSED; // answers, or when to look again: nothing that it matters to write twice
    pg_disconnect(&store->writer);
    do {
        bool is_known;
        enum store_status status = look_up(store, account, &is_known, error);
        if (status == STORE_REFUSED)
            *error = reason;
        if (is_known)
            return status;
        nanosleep(&(struct timespec){.tv_nsec = LOOK_UP_PAUSE_MS * 1000000L}, NULL);
    } while (elapsed_ms() < end);
    *error = reason;
    return STORE_UNCERTAIN;
}

// ---- Ending

static enum store_status commit(struct pg_store *store, struct store_error *error)
{
    enum store_status status = pg_flush(store, error);
    if (status == STORE_OK)
        status = pg_put_accounts(store, error);
    if (status == STORE_OK && !store->transaction.is_lasting)
        status = pg_queue(&store->writer, "do_not_flush", &(struct pg_values){0}, PG_NO_ROW, error);
    if (status != STORE_OK)
        return status;
    status = send_commit(store, error);
    store->transaction.is_open = status == STORE_REFUSED;
    return status == STORE_UNCERTAIN ? look_up_for_long(store, error) : status;
}

enum store_status pg_commit(struct store *base, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    if (store->writer.conn == NULL) {
        pg_clear_transaction(store);
        return pg_failed(&store->writer, "", "before the commit", PG_WRITE, error);
    }
    enum store_status status = store->transaction.is_written ? commit(store, error) : STORE_OK;
    pg_rollback(base); // if it is still open: nothing was written, or it failed
    return status;
}
