// SPDX-License-Identifier: Apache-2.0
// What the parts of the load share: the rows that are there, and random ones.
#ifndef FAULTS_LOAD_PARTS_H
#define FAULTS_LOAD_PARTS_H

#include "load.h"

enum { LOAD_START_S = 1764000000, LOAD_PRODUCTS = 3 }; // a day in November 2025

struct kept_row {
    uint64_t account;
    const void *row;
};

struct load {
    struct chance chance;
    struct arena arena;
    struct kept_row *rows[ROW_KINDS];
    size_t counts[ROW_KINDS];
    struct numbers numbers;
    int64_t now;
    bool met[FACT_KIND_COUNT];
    uint64_t transactions;
};

extern const struct product load_products[LOAD_PRODUCTS];

const char *load_text(struct load *load);
// A new row, with the next id of its kind where it has one of its own.
void *load_new_row(struct load *load, enum row_kind kind, uint64_t account);
// The row as a fact of the kind leaves it.
void *load_changed_row(struct load *load, enum fact_kind kind, const struct kept_row *kept);
// The row of the same key, or NULL.
const struct kept_row *load_find_row(const struct load *load, enum row_kind kind, uint64_t account, const void *row);

#endif
