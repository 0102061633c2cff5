// SPDX-License-Identifier: Apache-2.0
// What all lists have in common: how many items, and after which. A cursor is the id of the last item of a page
// (products: the code; pools: code and level).
#ifndef API_READ_LIST_H
#define API_READ_LIST_H

#include "api/reading.h"

enum {
    PAGE_DEFAULT = 100,
    PAGE_MAX = 1000,
};

size_t read_limit(struct reading *reading);
// The id of a cursor; 0: from the start.
uint64_t read_after(struct reading *reading);
// The code of a cursor; NULL: from the start.
const char *read_after_code(struct reading *reading);
// The parameter `order`: whether the newest come first, and `after` is before.
bool read_newest_first(struct reading *reading);
// Part of a name, or an id of the kind.
void read_search(struct reading *reading, enum id_kind kind);
// Only the rows with these ids.
void read_ids(struct reading *reading, enum id_kind kind);
// Sets kind, limit and after; products and borrowings go on after a code.
void read_rows(struct reading *reading, enum row_kind kind);
// Sets the command to read one row, named by the path.
void read_row(struct reading *reading, enum row_kind kind, enum id_kind id);

#endif
