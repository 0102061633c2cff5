// SPDX-License-Identifier: Apache-2.0
//
// Products that tell their code and nothing else, made when first asked for and kept to the end. Any thread may ask:
// so readers need not look into the products of the processor, which may change under them.
#ifndef STORE_CODES_H
#define STORE_CODES_H

#include "base/table.h"
#include "engine/row.h"

#include <pthread.h>

struct codes {
    pthread_mutex_t mutex;
    struct table products;
};

void codes_init(struct codes *codes);
void codes_fini(struct codes *codes);
// A store_product_finder: `codes` is a struct codes. Never NULL.
const struct product *codes_find(void *codes, const char *code);

#endif
