// SPDX-License-Identifier: Apache-2.0
//
// Members of JSON that came from a server: what is absent or of another type than expected reads as empty, so that
// no answer can bring the program down.
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// "" when there is no such text.
const char *value_text(const json_t *object, const char *member);
// 0 when there is no such number.
int64_t value_number(const json_t *object, const char *member);
// True when it is there and not null.
bool value_is_set(const json_t *object, const char *member);
// Any value for a person to read: text as it is, null as "-", objects and arrays as JSON.
const char *value_words(struct arena *arena, const json_t *value);
// "2026-11-24T06:34:16.123Z" as "2026-11-24 06:34:16Z"; other text as it is.
const char *value_time(struct arena *arena, const json_t *value);
// 3725 as "1 h 2 min 5 s".
const char *value_span(struct arena *arena, int64_t span_s);

#endif
