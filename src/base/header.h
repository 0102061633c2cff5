// SPDX-License-Identifier: Apache-2.0
//
// The header of an HTTP answer as a client is given it: line by line, each with its end, and not ended by a zero.
#ifndef BASE_HEADER_H
#define BASE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

// Whether the line is of the header of that name, in any case.
bool header_is(const char *line, size_t length, const char *name);
// Copies its value without the blanks around it, cut to the room there is. There must be a colon.
void header_value(const char *line, size_t length, char *value, size_t size);
// Likewise of a media type: "application/json; charset=utf-8" is "application/json".
void header_media_type(const char *line, size_t length, char *value, size_t size);

#endif
