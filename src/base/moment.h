// SPDX-License-Identifier: Apache-2.0
//
// Moments are int64_t milliseconds since 1970-01-01 UTC, and their names end in _at; 0 stands for "none".
// Spans are whole seconds, and their names end in _s.
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOMENT_TEXT_SIZE = 32 };

static inline int64_t moment_seconds(int64_t seconds)
{
    return seconds * 1000;
}

// Writes "2026-11-24T06:34:16.123Z"; years 0 to 9999.
void moment_format(int64_t at, char text[MOMENT_TEXT_SIZE]);
// Reads RFC 3339 with any offset and up to nine decimals (cut to milliseconds). False when it is not one.
bool moment_parse(const char *text, int64_t *ret_at);

#endif
