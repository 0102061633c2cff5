// SPDX-License-Identifier: Apache-2.0
//
// A growing string of bytes, always ended by a zero that is not counted. Zeroed memory is an empty buffer.
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
    char *bytes; // NULL while nothing was ever added
    size_t length;
    size_t size;
};

void buffer_fini(struct buffer *buffer);
// Empties it, keeps the memory.
void buffer_clear(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char character);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
// In quotation marks as it is: for texts that need no escapes.
void buffer_add_quoted(struct buffer *buffer, const char *text);
// Adds the text as a JSON string, quoted and escaped. The text must be valid UTF-8.
void buffer_add_json_string(struct buffer *buffer, const char *text);
// The text so far, "" when empty; belongs to the buffer.
const char *buffer_text(const struct buffer *buffer);
// Hands the text over: the caller frees it; the buffer is empty afterwards. Never NULL.
char *buffer_take(struct buffer *buffer);

#endif
