// SPDX-License-Identifier: Apache-2.0
#include "store/postgres.h"

#include <inttypes.h>
#include <string.h>

PGresult *pg_ask(struct store *base, const char *name, const struct pg_values *values, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    if (!store->inside && !pg_ready(store, error))
        return NULL;
    return pg_query(&store->writer, name, values, error);
}

// Hands on the account's rows of one kind; tells how many.
static bool load_rows(struct store *base, enum fact_kind kind, uint64_t account, int64_t now, store_fact_sink *sink,
                      void *arg, int *ret_count, struct store_error *error)
{
    enum row_kind row_kind = fact_types[kind].row;
    struct pg_values values = {0};
    char name[PG_NAME_SIZE];
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, now);
    pg_row_name(PG_LOAD, row_kind, name);
    PGresult *result = pg_ask(base, name, &values, error);
    bool loaded = result != NULL;
    *ret_count = loaded ? PQntuples(result) : 0;
    for (int i = 0; loaded && i < *ret_count; i++) {
        union any_row row;
        loaded = pg_read_row(&base->products, &(struct pg_row){result, i, NULL}, row_kind, &row, error);
        if (loaded)
            sink(arg, &(struct fact){.kind = kind, .after = &row});
    }
    PQclear(result);
    return loaded;
}

bool pg_load_products(struct store *base, store_fact_sink *sink, void *arg, struct store_error *error)
{
    int count;
    return load_rows(base, FACT_PRODUCT_CREATED, 0, 0, sink, arg, &count, error);
}

bool pg_load_account_ids(struct store *base, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                         struct store_error *error)
{
    PGresult *result = pg_ask(base, "load_account_ids", &(struct pg_values){0}, error);
    if (result == NULL)
        return false;
    size_t count = (size_t)PQntuples(result);
    *ret_ids = arena_alloc(arena, (count + 1) * sizeof **ret_ids);
    for (size_t i = 0; i < count; i++)
        (*ret_ids)[i] = pg_read_id(&(struct pg_row){result, (int)i, NULL}, 0);
    *ret_count = count;
    PQclear(result);
    return true;
}

// The kinds of an account's rows in the order in which they name each other.
static const enum fact_kind load_order[] = {
    FACT_ACCOUNT_CREATED,        FACT_PURCHASE_CREATED, FACT_ORGANIZATION_CREATED, FACT_USER_CREATED,
    FACT_PROJECT_CREATED,        FACT_MEMBERSHIP_ADDED, FACT_DEDICATION_CHANGED,   FACT_SEAT_ASSIGNED,
    FACT_SEAT_MACHINE_ACTIVATED, FACT_SESSION_ACQUIRED, FACT_COOLDOWN_SET,         FACT_SHORTFALL_BEGAN,
    FACT_BORROWING_SET,          FACT_API_KEY_CREATED,  FACT_SIGN_IN_CREATED,
};

// The first row that a statement gives for the account; *ret_found tells whether there is one.
static PGresult *ask_one(struct store *base, const char *name, const struct pg_values *values, bool *ret_found,
                         struct store_error *error)
{
    PGresult *result = pg_ask(base, name, values, error);
    *ret_found = result != NULL && PQntuples(result) > 0;
    return result;
}

// Organizations are found from the top down: one whose parent is missing would be left out without a word.
static bool check_organizations(struct store *base, uint64_t account, int loaded, struct store_error *error)
{
    struct pg_values values = {0};
    bool found;
    pg_add_number(&values, (int64_t)account);
    PGresult *result = ask_one(base, "count_organizations", &values, &found, error);
    if (result == NULL)
        return false;
    int64_t count = pg_read_number(&(struct pg_row){result, 0, NULL}, 0);
    PQclear(result);
    if (count != loaded)
        store_error_set(
            error, "The %s is damaged: %" PRId64 " organizations of AC-%" PRIu64 " hang below one that is not there.",
            pg_store_of(base)->writer.name, count - loaded, account);
    return count == loaded;
}

bool pg_load_account(struct store *base, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                     struct store_error *error)
{
    for (size_t i = 0; i < sizeof load_order / sizeof load_order[0]; i++) {
        int count;
        if (!load_rows(base, load_order[i], account, now, sink, arg, &count, error))
            return false;
        if (load_order[i] == FACT_ORGANIZATION_CREATED && !check_organizations(base, account, count, error))
            return false;
    }
    return true;
}

bool pg_load_denials(struct store *base, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                     struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, since);
    PGresult *result = pg_ask(base, "load_denials", &values, error);
    bool loaded = result != NULL;
    for (int i = 0; loaded && i < PQntuples(result); i++) {
        struct denial_record record;
        loaded = pg_read_denial(&base->products, &(struct pg_row){result, i, NULL}, &record, error);
        if (loaded)
            sink(arg, &record.denial);
    }
    PQclear(result);
    return loaded;
}

bool pg_load_numbers(struct store *base, struct numbers *numbers, struct store_error *error)
{
    PGresult *result = pg_ask(base, "load_numbers", &(struct pg_values){0}, error);
    if (result == NULL)
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        for (size_t i = 0; i < ID_KINDS; i++) {
            if (pg_number_names[i] != NULL && strcmp(pg_number_names[i], PQgetvalue(result, row, 0)) == 0)
                numbers->next[i] = pg_read_id(&(struct pg_row){result, row, NULL}, 1);
        }
    }
    PQclear(result);
    return true;
}

bool pg_last_at(struct store *base, int64_t *ret_at, struct store_error *error)
{
    bool found;
    PGresult *result = ask_one(base, "last_at", &(struct pg_values){0}, &found, error);
    *ret_at = found ? pg_read_number(&(struct pg_row){result, 0, NULL}, 0) : 0;
    PQclear(result);
    return result != NULL;
}

bool pg_load_operator(struct store *base, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                      struct store_error *error)
{
    PGresult *result = ask_one(base, "load_operator", &(struct pg_values){0}, ret_found, error);
    bool read = result != NULL && (!*ret_found || pg_read_hash(&(struct pg_row){result, 0, NULL}, 0, hash, error));
    PQclear(result);
    return read;
}

bool pg_load_head(struct store *base, uint64_t account, struct chain_link *ret_link, struct store_error *error)
{
    struct pg_values values = {0};
    bool found;
    pg_add_number(&values, (int64_t)account);
    PGresult *result = ask_one(base, "load_head", &values, &found, error);
    struct pg_row row = {result, 0, NULL};
    bool read = result != NULL && (!found || pg_read_hash(&row, 1, ret_link->hash, error));
    if (read && found)
        ret_link->seq = pg_read_number(&row, 0);
    PQclear(result);
    return read;
}

bool pg_project_organization(struct store *base, uint64_t account, uint64_t project, uint64_t *ret_organization,
                             struct store_error *error)
{
    struct pg_values values = {0};
    bool found;
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, (int64_t)project);
    PGresult *result = ask_one(base, "project_organization", &values, &found, error);
    *ret_organization = found ? pg_read_id(&(struct pg_row){result, 0, NULL}, 0) : 0;
    PQclear(result);
    return result != NULL;
}
