// SPDX-License-Identifier: Apache-2.0
// In place of the driver, where libpq was not there when building.
#include "store/copy.h"

static void tell(struct store_error *error)
{
    store_error_set(error, "This program was built without PostgreSQL: build it where libpq is.");
}

bool store_open_postgres(const char *uri, struct store **ret_store, struct store_error *error)
{
    (void)uri;
    (void)ret_store;
    tell(error);
    return false;
}

bool copy_source_uri(struct copy_source *source, const char *uri, char name[COPY_NAME_SIZE], struct store_error *error)
{
    (void)uri;
    (void)name;
    *source = (struct copy_source){.lock = -1};
    tell(error);
    return false;
}

struct copy_target *copy_target_uri(const char *uri, char name[COPY_NAME_SIZE], struct store_error *error)
{
    (void)uri;
    (void)name;
    tell(error);
    return NULL;
}

struct database *database_open_uri(const char *uri, enum database_use use, struct store_error *error)
{
    (void)uri;
    (void)use;
    tell(error);
    return NULL;
}
