// SPDX-License-Identifier: Apache-2.0
#include "store/codes.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void codes_init(struct codes *codes)
{
    *codes = (struct codes){0};
    pthread_mutex_init(&codes->mutex, NULL);
}

void codes_fini(struct codes *codes)
{
    size_t cursor = 0;
    for (struct product *product; (product = table_next(&codes->products, &cursor)) != NULL;) {
        free((void *)(uintptr_t)product->code);
        free(product);
    }
    table_fini(&codes->products);
    pthread_mutex_destroy(&codes->mutex);
}

static bool same_code(const void *item, const void *key)
{
    return strcmp(((const struct product *)item)->code, key) == 0;
}

const struct product *codes_find(void *arg, const char *code)
{
    struct codes *codes = arg;
    uint64_t hash = hash_text(code);
    pthread_mutex_lock(&codes->mutex);
    struct product *product = table_find(&codes->products, hash, same_code, code);
    if (product == NULL) {
        product = check_calloc(1, sizeof *product);
        product->code = check_strdup(code);
        table_add(&codes->products, hash, product);
    }
    pthread_mutex_unlock(&codes->mutex);
    return product;
}
