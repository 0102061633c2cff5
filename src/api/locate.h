// SPDX-License-Identifier: Apache-2.0
#ifndef API_LOCATE_H
#define API_LOCATE_H

#include "base/buffer.h"

// Adds the RFC 6901 pointer to the value that a byte of a JSON text belongs to: for what the parser itself refuses, and
// so never becomes a value. The text is well-formed up to there.
void locate(const char *text, size_t length, size_t place, struct buffer *pointer);

#endif
