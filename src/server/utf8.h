// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#ifndef SERVER_UTF8_H
#define SERVER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The bytes of the sequence at the start of the text, 1 to 4, and its code point; 0 when it is none, or at the end.
size_t utf8_decode(const char *text, uint32_t *ret_point);
bool utf8_valid(const char *text);

#endif
