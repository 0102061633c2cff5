// SPDX-License-Identifier: Apache-2.0
//
// Text on its way to a terminal. Names in a license server come from many hands: what is printed must not be able
// to move the cursor, change the title or turn the reading direction, so control characters are shown, not sent.
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "base/arena.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads the locale. True when the terminal takes UTF-8, so that lines and bars may be drawn with more than ASCII.
bool text_init_locale(void);

bool text_is_utf8(const char *text);
// Reads one character; returns its length in bytes, 0 at the end and for what is not UTF-8.
size_t text_decode(const char *text, uint32_t *ret_character);
// Characters that act on a terminal in place of showing: controls, and those that turn the direction of text.
bool text_acts(uint32_t character);

// A copy in which nothing acts on a terminal: such characters are written as \x1b or \u202e.
char *text_safe(struct arena *arena, const char *text);
// As text_safe, for text that is JSON already: the escapes are those of JSON, and line ends stay.
void text_add_safe_json(struct buffer *buffer, const char *json);
// The columns that safe text takes on a terminal.
size_t text_width(const char *text);

#endif
