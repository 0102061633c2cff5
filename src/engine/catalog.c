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
        // An answer on its way may still point at it.
        table_remove(&catalog->products, hash_text(code), product);
        table_add(&catalog->taken_back, hash_text(code), product);
        return;
    }
    if (product == NULL) {
        product = check_calloc(1, sizeof *product);
        row_own(ROW_PRODUCT, product, after);
        table_add(&catalog->products, hash_text(code), product);
    } else {
        // Rows on their way to a client point at the product and read its code, on any thread: it stays where it is.
        char *name = check_strdup(after->name); // which may be the present one
        free((void *)(uintptr_t)product->name);
        product->name = name;
        product->machines_per_seat = after->machines_per_seat;
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

static void free_products(struct table *products)
{
    size_t cursor = 0;
    for (struct product *product; (product = table_next(products, &cursor)) != NULL;) {
        row_disown(ROW_PRODUCT, product);
        free(product);
    }
    table_fini(products);
}

void catalog_fini(struct catalog *catalog)
{
    free_products(&catalog->products);
    free_products(&catalog->taken_back);
}
