// SPDX-License-Identifier: Apache-2.0
// In place of postgres.c where the driver is not built: no test asks for it then.
#include "postgres.h"

#include "base/check.h"

const char *postgres_empty(void)
{
    check_failed("the PostgreSQL driver is built", __FILE__, __LINE__);
}

void postgres_run(const char *sql)
{
    (void)sql;
    check_failed("the PostgreSQL driver is built", __FILE__, __LINE__);
}
