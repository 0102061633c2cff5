// SPDX-License-Identifier: Apache-2.0
// In place of the driver, where libpq was not there when building.
#include "store/driver.h"

bool store_open_postgres(const char *uri, struct store **ret_store, struct store_error *error)
{
    (void)uri;
    (void)ret_store;
    store_error_set(error, "This program was built without PostgreSQL: build it where libpq is.");
    return false;
}
