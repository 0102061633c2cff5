// SPDX-License-Identifier: Apache-2.0
#include "store/postgres.h"

#include <inttypes.h>
#include <string.h>

PGresult *pg_ask(struct store *base, const char *name, const struct pg_values *values, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    if (!store->transaction.is_open && !pg_ready(store, error))
        return NULL;
    if (store->transaction.is_open && pg_flush(store, error) != STORE_OK)
        return NULL;
    return pg_query(&store->writer, name, values, error);
}

static enum store_status queue_rows(struct pg_store *store, enum row_kind kind, uint64_t account, int64_t now,
                                    PGresult **ret_result, struct store_error *error)
{
    struct pg_values values = {0};
    char name[PG_NAME_SIZE];
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, now);
    pg_row_name(PG_LOAD, kind, name);
    return pg_queue_asking(&store->writer, name, &values, ret_result, error);
}

// Hands on the account's rows of one kind.
static bool tell_rows(struct store *base, enum fact_kind kind, const PGresult *result, store_fact_sink *sink, void *arg,
                      struct store_error *error)
{
    for (int i = 0; i < PQntuples(result); i++) {
        union any_row row;
        if (!pg_read_row(&base->products, &(struct pg_row){result, i, NULL}, fact_types[kind].row, &row, error))
            return false;
        sink(arg, &(struct fact){.kind = kind, .after = &row});
    }
    return true;
}

bool pg_load_products(struct store *base, store_fact_sink *sink, void *arg, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    PGresult *result = NULL;
    bool loaded = (store->transaction.is_open ? pg_flush(store, error) == STORE_OK : pg_ready(store, error)) &&
                  queue_rows(store, ROW_PRODUCT, 0, 0, &result, error) == STORE_OK &&
                  pg_finish(&store->writer, PG_READ, error) == STORE_OK &&
                  tell_rows(base, FACT_PRODUCT_CREATED, result, sink, arg, error);
    PQclear(result);
    return loaded;
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

// What comes back of an account.
struct loading {
    PGresult *version, *organizations; // what stands in account_state, when it is looked at; how many there are
    PGresult *rows[LOADED_KINDS];
};

// All is asked at once. It must be of one moment: nobody changes the account while the transaction holds it, or has
// looked at it and keeps the others from it from here on; without a transaction, one that only reads sees one moment.
static enum store_status queue_begin(struct pg_store *store, uint64_t account, struct loading *loading,
                                     struct store_error *error)
{
    const struct pg_account *visited = pg_find_account(store, account);
    struct pg_values values = {0};
    if (!store->transaction.is_open)
        return pg_queue_sql(&store->writer, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    if (visited != NULL && visited->is_held)
        return STORE_OK;
    pg_add_number(&values, (int64_t)account);
    return pg_queue_asking(&store->writer, "share", &values, &loading->version, error);
}

static enum store_status queue_account(struct pg_store *store, uint64_t account, int64_t now, struct loading *loading,
                                       struct store_error *error)
{
    struct pg_values values = {0};
    enum store_status status = pg_flush(store, error);
    if (status == STORE_OK)
        status = queue_begin(store, account, loading, error);
    for (size_t i = 0; status == STORE_OK && i < LOADED_KINDS; i++)
        status = queue_rows(store, fact_types[load_order[i]].row, account, now, &loading->rows[i], error);
    pg_add_number(&values, (int64_t)account);
    if (status == STORE_OK)
        status = pg_queue_asking(&store->writer, "count_organizations", &values, &loading->organizations, error);
    if (status == STORE_OK && !store->transaction.is_open)
        status = pg_queue(&store->writer, "commit", &(struct pg_values){0}, PG_NO_ROW, error);
    return status == STORE_OK ? pg_finish(&store->writer, PG_READ, error) : status;
}

// What was looked at, and is loaded now, must be as it was when entering.
static bool check_version(const struct pg_store *store, uint64_t account, const struct loading *loading,
                          struct store_error *error)
{
    const struct pg_account *visited = pg_find_account(store, account);
    if (loading->version == NULL || visited == NULL)
        return true;
    int64_t version =
        PQntuples(loading->version) > 0 ? pg_read_number(&(struct pg_row){loading->version, 0, NULL}, 0) : 0;
    if (version != visited->version)
        store_error_set(error, "Another server has changed AC-%" PRIu64 " in the meantime. Try again.", account);
    return version == visited->version;
}

// Organizations are found from the top down: one whose parent is missing would be left out without a word.
static bool check_organizations(const struct pg_store *store, uint64_t account, const struct loading *loading,
                                struct store_error *error)
{
    int64_t loaded = 0, count = pg_read_number(&(struct pg_row){loading->organizations, 0, NULL}, 0);
    for (size_t i = 0; i < LOADED_KINDS; i++) {
        if (load_order[i] == FACT_ORGANIZATION_CREATED)
            loaded = PQntuples(loading->rows[i]);
    }
    if (count != loaded)
        store_error_set(
            error, "The %s is damaged: %" PRId64 " organizations of AC-%" PRIu64 " hang below one that is not there.",
            store->writer.name, count - loaded, account);
    return count == loaded;
}

static bool tell_account(struct store *base, uint64_t account, const struct loading *loading, store_fact_sink *sink,
                         void *arg, struct store_error *error)
{
    const struct pg_store *store = pg_store_of(base);
    if (!check_version(store, account, loading, error) || !check_organizations(store, account, loading, error))
        return false;
    for (size_t i = 0; i < LOADED_KINDS; i++) {
        if (!tell_rows(base, load_order[i], loading->rows[i], sink, arg, error))
            return false;
    }
    return true;
}

bool pg_load_account(struct store *base, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                     struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    struct loading loading = {0};
    bool is_alone = !store->transaction.is_open;
    bool loaded = (!is_alone || pg_ready(store, error)) &&
                  queue_account(store, account, now, &loading, error) == STORE_OK &&
                  tell_account(base, account, &loading, sink, arg, error);
    if (is_alone && !loaded)
        pg_disconnect(&store->writer); // in the middle of something
    PQclear(loading.version);
    PQclear(loading.organizations);
    for (size_t i = 0; i < LOADED_KINDS; i++)
        PQclear(loading.rows[i]);
    return loaded;
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

// The first row that a statement gives for the account; *ret_found tells whether there is one.
static PGresult *ask_one(struct store *base, const char *name, const struct pg_values *values, bool *ret_found,
                         struct store_error *error)
{
    PGresult *result = pg_ask(base, name, values, error);
    *ret_found = result != NULL && PQntuples(result) > 0;
    return result;
}

bool pg_last_at(struct store *base, int64_t *ret_at, struct store_error *error)
{
    bool found;
    PGresult *result = ask_one(base, "last_at", &(struct pg_values){0}, &found, error);
    *ret_at = found ? pg_read_number(&(struct pg_row){result, 0, NULL}, 0) : 0;
    PQclear(result);
    return result != NULL;
}

bool pg_load_document(struct store *base, const char *name, struct arena *arena, const char **ret_text,
                      struct store_error *error)
{
    struct pg_values values = {0};
    bool found;
    pg_add_text(&values, name);
    PGresult *result = ask_one(base, "load_document", &values, &found, error);
    if (found)
        *ret_text = pg_read_text(&(struct pg_row){result, 0, arena}, 0);
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
    struct pg_account *held = pg_hold(pg_store_of(base), account, error);
    if (held != NULL)
        *ret_link = held->head;
    return held != NULL;
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

enum store_status pg_find_key(struct store *base, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                              struct store_error *error)
{
    struct pg_values values = {0};
    bool found;
    pg_add_hash(&values, hash);
    PGresult *result = ask_one(base, "find_key", &values, &found, error);
    *ret_account = found ? pg_read_id(&(struct pg_row){result, 0, NULL}, 0) : 0;
    PQclear(result);
    return result != NULL ? STORE_OK : STORE_REFUSED;
}
