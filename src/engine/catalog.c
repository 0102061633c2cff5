// SPDX-License-Identifier: Apache-2.0
#include "engine/account.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static bool same_code(const void *item, const void *key)
{
    return strcmp(((const struct product *)item)->code, key) == 0;
}

struct product *catalog_find(const struct catalog *catalog, const char *code)
{
    return table_find(&catalog->products, hash_text(code), same_code, code);
}

static void change(struct catalog *catalog, const struct product *before, const struct product *after)
{
    const char *code = after != NULL ? after->code : before->code;
    struct product *product = catalog_find(catalog, code);
    if (after == NULL) {
        table_remove(&catalog->products, hash_text(code), product);
        row_disown(ROW_PRODUCT, product);
        free(product);
        return;
    }
    if (product == NULL) {
        product = check_calloc(1, sizeof *product);
        row_own(ROW_PRODUCT, product, after);
        table_add(&catalog->products, hash_text(code), product);
    } else {
        row_disown(ROW_PRODUCT, product);
        row_own(ROW_PRODUCT, product, after);
    }
}

void catalog_apply(struct catalog *catalog, const struct fact *fact)
{
    change(catalog, fact->before, fact->after);
}

void catalog_unapply(struct catalog *catalog, const struct fact *fact)
{
    change(catalog, fact->after, fact->before);
}

void catalog_fini(struct catalog *catalog)
{
    size_t cursor = 0;
    for (struct product *product; (product = table_next(&catalog->products, &cursor)) != NULL;) {
        row_disown(ROW_PRODUCT, product);
        free(product);
    }
    table_fini(&catalog->products);
}
