// SPDX-License-Identifier: Apache-2.0
//
// Rows and explanations as JSON, in the words of the API. A writer of its own, since it runs for every fact.
#ifndef STORE_JSON_H
#define STORE_JSON_H

#include "base/buffer.h"
#include "engine/outcome.h"

// Without members that are null and without the inner ones.
void json_add_row(struct buffer *buffer, uint64_t account, enum row_kind kind, const void *row);
// {"policy":…,"fallback":…,"tried":[…],"tried_total":n}
void json_add_explanation(struct buffer *buffer, uint64_t account, const struct explanation *explanation);
void json_add_number(struct buffer *buffer, int64_t number);

#endif
