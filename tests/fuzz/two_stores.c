// SPDX-License-Identifier: Apache-2.0
#include "fuzz/two_stores.h"

#include "base/check.h"
#include "scripts/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/usher-fuzz-XXXXXX";
static const struct actor somebody = {.role = ROLE_ACCOUNT_ADMIN, .key = 3};

static void remove_folder(void)
{
    DIR *files = opendir(folder);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;)
        if (file->d_name[0] != '.')
            unlinkat(dirfd(files), file->d_name, 0);
    if (files != NULL)
        closedir(files);
    rmdir(folder);
}

struct writing {
    struct store *store;
    uint64_t account;
    int64_t at;
};

static void write_fact(void *arg, const struct fact *fact)
{
    struct writing *writing = arg;
    struct store_error error;
    writing->at += 1000;
    CHECK(store_write(writing->store, writing->account, writing->at, &somebody, fact, &error) == STORE_OK);
}

static void write_product(struct writing *writing, const struct product *product)
{
    writing->account = 0;
    write_fact(writing, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = product});
}

// A session that has ended is in no account any more, but in the store.
static void end_session(struct writing *writing, const struct account *account, uint64_t id)
{
    const struct session_row *before = &account_session(account, id)->row;
    struct session_row after = *before;
    after.state = SESSION_RELEASED;
    after.ended_at = WORLD_START + 5000;
    write_fact(writing, &(struct fact){.kind = FACT_SESSION_RELEASED, .before = before, .after = &after});
}

static void write_denials(struct store *store, const struct product *product)
{
    struct store_error error;
    for (uint64_t id = 1; id <= 4; id++) {
        struct denial denial = {.id = id, .user = 1 + id % 3, .product = product, .units = 1, .count = (int64_t)id,
                                .error = RESULT_NO_LICENSE_AVAILABLE, .reason = REASON_EXHAUSTED,
                                .organization = id % 2 == 0 ? 1002 : 0,
                                .first_at = WORLD_START + (int64_t)id * 1000, .last_at = WORLD_START + 60000,
                                .closed_at = id == 1 ? WORLD_START + 90000 : 0};
        CHECK(store_put_denial(store, 1, &denial, &error) == STORE_OK);
    }
}

static const struct product *find_product(void *catalog, const char *code)
{
    return catalog_find(catalog, code);
}

static void fill(struct store *store, const struct account *account, const struct catalog *catalog)
{
    struct store_error error;
    struct writing writing = {.store = store, .at = WORLD_START};
    const struct product *kre = catalog_find(catalog, "KRE");
    store_set_products(store, find_product, (void *)(uintptr_t)catalog);
    CHECK(store_begin(store, &error) == STORE_OK);
    write_product(&writing, kre);
    write_product(&writing, catalog_find(catalog, "FOU"));
    writing.account = account->row.id;
    account_snapshot(account, write_fact, &writing);
    end_session(&writing, account, 3);
    write_denials(store, kre);
    CHECK(store_commit(store, &error) == STORE_OK);
}

void two_stores_open(struct two_stores *both, const struct account *account, const struct catalog *catalog)
{
    struct store_error error;
    CHECK(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    CHECK(store_open_sqlite(folder, &both->stores[0], &error));
    both->stores[1] = store_open_memory();
    for (size_t i = 0; i < STORES; i++) {
        fill(both->stores[i], account, catalog);
        both->readers[i] = store_reader_open(both->stores[i], &error);
        CHECK(both->readers[i] != NULL);
    }
}
