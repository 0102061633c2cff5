// SPDX-License-Identifier: Apache-2.0
//
// Arguments that are more than text. What cannot be read is explained, and is CLI_WRONG_USE.
#ifndef CLI_ARGUMENT_H
#define CLI_ARGUMENT_H

#include "base/arena.h"
#include "cli/exit_code.h"

#include <stdint.h>

// A whole number from least to most; `what` names it in the complaint.
enum exit_code argument_number(const char *what, const char *text, int64_t least, int64_t most, int64_t *ret) MUST_USE;
// A span of time in seconds: 90, 90s, 10m, 2h or 30d.
enum exit_code argument_span(const char *what, const char *text, int64_t least_s, int64_t most_s,
                             int64_t *ret_s) MUST_USE;
// A moment: RFC 3339, a date (its start, UTC), `now`, or a span from now like +30d or -2h (s, m, h, d).
// Answers in RFC 3339, UTC.
enum exit_code argument_time(struct arena *arena, const char *what, const char *text, const char **ret) MUST_USE;

#endif
