// SPDX-License-Identifier: Apache-2.0
#include "load_parts.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FACTS_MAX = 12,
    ROWS_MAX = 400, // of a kind; then only changes
};

// A fact with whose it is; rows live in the load's arena.
struct written {
    uint64_t account;
    int64_t at;
    struct actor actor;
    struct fact fact;
};

struct transaction {
    struct written facts[FACTS_MAX];
    size_t count;
    struct numbers numbers;
    bool puts_operator, remembers, forgets, denies;
    unsigned char operator_hash[KEY_HASH_BYTES];
    uint64_t account; // of the answer and the denial
    char answer_key[16];
    struct remembered answer;
    struct denial denial;
};

static uint64_t roll(struct load *load, uint64_t below)
{
    return chance_roll(&load->chance, below);
}

void load_answer_key(int number, char key[16])
{
    snprintf(key, 16, "again-%d", number);
}

int64_t load_moment(void)
{
    return moment_seconds(LOAD_START_S);
}

// ---- Facts

static bool has_children(const struct load *load, uint64_t organization)
{
    for (size_t i = 0; i < load->counts[ROW_ORGANIZATION]; i++) {
        if (((const struct organization_row *)load->rows[ROW_ORGANIZATION][i].row)->parent == organization)
            return true;
    }
    return false;
}

static bool may_go(const struct load *load, enum row_kind kind, const void *row)
{
    return kind != ROW_PRODUCT && kind != ROW_ACCOUNT &&
           (kind != ROW_ORGANIZATION || !has_children(load, ((const struct organization_row *)row)->id));
}

static void keep_row(struct load *load, enum row_kind kind, uint64_t account, const struct fact *fact)
{
    struct kept_row *kept = NULL;
    if (fact->before != NULL)
        kept = &load->rows[kind][load_find_row(load, kind, account, fact->before) - load->rows[kind]];
    if (fact->after == NULL) {
        *kept = load->rows[kind][--load->counts[kind]];
        return;
    }
    if (kept == NULL) {
        load->rows[kind] =
            check_realloc(load->rows[kind], (load->counts[kind] + 1) * sizeof *load->rows[kind]);
        kept = &load->rows[kind][load->counts[kind]++];
    }
    *kept = (struct kept_row){account, fact->after};
}

static uint64_t owner_of(struct load *load, enum row_kind kind, const void *row)
{
    return kind == ROW_PRODUCT   ? 0
           : kind == ROW_ACCOUNT ? ((const struct account_row *)row)->id
                                 : 1 + roll(load, LOAD_ACCOUNTS);
}

// A row that comes to be; if one of its key is there, that one changes.
static void fill_new(struct load *load, struct written *written)
{
    enum row_kind kind = fact_types[written->fact.kind].row;
    written->account = 1 + roll(load, LOAD_ACCOUNTS);
    void *row = load_new_row(load, kind, written->account);
    written->account = kind == ROW_PRODUCT || kind == ROW_ACCOUNT ? owner_of(load, kind, row) : written->account;
    const struct kept_row *kept = load_find_row(load, kind, written->account, row);
    written->fact.before = kept != NULL ? kept->row : NULL;
    written->fact.after = row;
}

static void fill_change(struct load *load, struct written *written)
{
    enum row_kind kind = fact_types[written->fact.kind].row;
    const struct kept_row *kept = &load->rows[kind][roll(load, load->counts[kind])];
    bool goes = !fact_types[written->fact.kind].quiet && roll(load, 4) == 0 && may_go(load, kind, kept->row);
    written->account = kept->account;
    written->fact.before = kept->row;
    written->fact.after = goes ? NULL : load_changed_row(load, written->fact.kind, kept);
}

// False: there is nothing that such a fact could change.
static bool next_fact(struct load *load, enum fact_kind kind, struct written *written)
{
    const struct fact_type *type = &fact_types[kind];
    size_t rows = load->counts[type->row];
    bool makes = !type->quiet && rows < ROWS_MAX && (rows < 3 || roll(load, 2) == 0);
    if (type->row == ROW_ACCOUNT && rows >= LOAD_ACCOUNTS)
        makes = false;
    if (!makes && rows == 0)
        return false;
    load->now += (int64_t)roll(load, 2000);
    *written = (struct written){.at = load->now, .fact = {.kind = kind}};
    written->actor = (struct actor){.role = ROLE_ACCOUNT_ADMIN, .key = roll(load, 9), .user = roll(load, 9)};
    written->actor.nobody = roll(load, 4) == 0;
    written->fact.reason = roll(load, 3) == 0 ? load_text(load) : NULL;
    if (makes)
        fill_new(load, written);
    else
        fill_change(load, written);
    keep_row(load, type->row, written->account, &written->fact);
    load->met[kind] = true;
    return true;
}

static void fill_extras(struct load *load, struct transaction *transaction)
{
    transaction->account = 1 + roll(load, LOAD_ACCOUNTS);
    transaction->puts_operator = roll(load, 5) == 0;
    transaction->remembers = roll(load, 2) == 0;
    transaction->forgets = roll(load, 8) == 0;
    transaction->denies = roll(load, 2) == 0;
    for (size_t i = 0; i < KEY_HASH_BYTES; i++)
        transaction->operator_hash[i] = (unsigned char)roll(load, 256);
    load_answer_key((int)roll(load, LOAD_ANSWERS), transaction->answer_key);
    transaction->answer = (struct remembered){
        .status = 201, .body = load_text(load), .until_at = load_moment() + moment_seconds((int64_t)roll(load, 20))};
    memcpy(transaction->answer.request_hash, transaction->operator_hash, KEY_HASH_BYTES);
    uint64_t id = 1 + roll(load, load->numbers.next[ID_DENIAL] + 1);
    if (id >= load->numbers.next[ID_DENIAL])
        id = load->numbers.next[ID_DENIAL]++;
    transaction->denial = (struct denial){.id = id,
                                          .user = 1 + id % 20,
                                          .product = &load_products[id % 3],
                                          .machine = "ws-1",
                                          .error = RESULT_NO_LICENSE_AVAILABLE,
                                          .reason = REASON_EXHAUSTED,
                                          .units = 1,
                                          .count = (int64_t)load->transactions,
                                          .first_at = load_moment(),
                                          .last_at = load->now};
    transaction->denial.closed_at = roll(load, 3) == 0 ? load->now : 0;
    transaction->account = transaction->denies ? 1 + id % LOAD_ACCOUNTS : transaction->account;
}

const struct transaction *load_next(struct load *load)
{
    struct transaction *transaction = arena_alloc(&load->arena, sizeof *transaction);
    *transaction = (struct transaction){0};
    // Products and accounts first: all else names them.
    enum fact_kind first[] = {FACT_PRODUCT_CREATED, FACT_PRODUCT_CREATED, FACT_PRODUCT_CREATED,
                              FACT_ACCOUNT_CREATED, FACT_ACCOUNT_CREATED, FACT_ACCOUNT_CREATED};
    size_t count = load->transactions == 0 ? sizeof first / sizeof first[0] : 1 + roll(load, FACTS_MAX);
    while (transaction->count < count) {
        enum fact_kind kind =
            load->transactions == 0 ? first[transaction->count] : (enum fact_kind)roll(load, FACT_KIND_COUNT);
        transaction->count += next_fact(load, kind, &transaction->facts[transaction->count]);
    }
    fill_extras(load, transaction);
    transaction->numbers = load->numbers;
    load->transactions++;
    return transaction;
}

struct load *load_new(uint64_t seed)
{
    struct load *load = check_calloc(1, sizeof *load);
    load->chance.seed = seed;
    load->now = load_moment();
    for (size_t i = 0; i < ID_KINDS; i++)
        load->numbers.next[i] = 1;
    return load;
}

void load_free(struct load *load)
{
    for (size_t i = 0; i < ROW_KINDS; i++)
        free(load->rows[i]);
    arena_fini(&load->arena);
    free(load);
}

void load_add_kinds(const struct load *load, bool met[FACT_KIND_COUNT])
{
    for (size_t i = 0; i < FACT_KIND_COUNT; i++)
        met[i] = met[i] || load->met[i];
}

// ---- Writing

static enum store_status write_extras(const struct transaction *transaction, struct store *store,
                                      struct store_error *error)
{
    enum store_status status = STORE_OK;
    uint64_t account = transaction->account;
    if (transaction->puts_operator)
        status = store_put_operator(store, transaction->operator_hash, error);
    if (status == STORE_OK && transaction->denies)
        status = store_put_denial(store, account, &transaction->denial, error);
    if (status == STORE_OK && transaction->remembers)
        status = store_remember(store, account, LOAD_KEY, transaction->answer_key, &transaction->answer, error);
    if (status == STORE_OK && transaction->forgets)
        status = store_forget(store, load_moment() + moment_seconds(10), 1000, error);
    return status == STORE_OK ? store_put_numbers(store, &transaction->numbers, error) : status;
}

static enum store_status write_all(const struct transaction *transaction, struct store *store,
                                   struct store_error *error)
{
    enum store_status status = store_begin(store, error);
    for (size_t i = 0; status == STORE_OK && i < transaction->count; i++) {
        const struct written *written = &transaction->facts[i];
        status = store_write(store, written->account, written->at, &written->actor, &written->fact, error);
    }
    return status == STORE_OK ? write_extras(transaction, store, error) : status;
}

enum store_status transaction_write(const struct transaction *transaction, struct store *store,
                                    struct store_error *error)
{
    enum store_status status = write_all(transaction, store, error);
    if (status == STORE_OK)
        return store_commit(store, error);
    store_rollback(store);
    return status;
}

void transaction_try(const struct transaction *transaction, struct store *store)
{
    struct store_error ignored;
    write_all(transaction, store, &ignored);
    store_rollback(store);
}
