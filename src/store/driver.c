// SPDX-License-Identifier: Apache-2.0
// What drivers of all kinds need when they read.
#include "store/driver.h"

#include "base/check.h"

#include <string.h>

const enum fact_kind load_order[LOADED_KINDS] = {
    FACT_ACCOUNT_CREATED,        FACT_PURCHASE_CREATED, FACT_ORGANIZATION_CREATED, FACT_USER_CREATED,
    FACT_PROJECT_CREATED,        FACT_MEMBERSHIP_ADDED, FACT_DEDICATION_CHANGED,   FACT_SEAT_ASSIGNED,
    FACT_SEAT_MACHINE_ACTIVATED, FACT_SESSION_ACQUIRED, FACT_COOLDOWN_SET,         FACT_SHORTFALL_BEGAN,
    FACT_BORROWING_SET,          FACT_API_KEY_CREATED,  FACT_SIGN_IN_CREATED,      FACT_WAITER_JOINED,
};

bool product_find(const struct product_source *source, const char *code, const struct product **ret_product,
                  struct store_error *error)
{
    CHECK(source->find != NULL);
    *ret_product = source->find(source->arg, code);
    if (*ret_product == NULL)
        store_error_set(error, "The store is damaged: a row names the product %s, which is not there.", code);
    return *ret_product != NULL;
}

bool denial_error_find(const char *name, enum result *ret_result, struct store_error *error)
{
    for (size_t i = 0; name != NULL && i < RESULT_COUNT; i++) {
        if (strcmp(result_types[i].name, name) == 0) {
            *ret_result = (enum result)i;
            return true;
        }
    }
    store_error_set(error, "The store is damaged: a denial has an error that is not known.");
    return false;
}
