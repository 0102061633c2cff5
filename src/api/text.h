// SPDX-License-Identifier: Apache-2.0
// What texts of a request may look like. All take valid UTF-8.
#ifndef API_TEXT_H
#define API_TEXT_H

#include <stdbool.h>
#include <stddef.h>

size_t text_characters(const char *text);
// 1 to NAME_MAX_CHARACTERS characters.
bool text_is_name(const char *text);
// One @ with something on both sides, no blanks and no control characters, EMAIL_MAX_BYTES at most.
bool text_is_email(const char *text);
// 1 to PRODUCT_CODE_MAX_BYTES of A-Z a-z 0-9 . _ -
bool text_is_product_code(const char *text);
// 1 to IDEMPOTENCY_KEY_MAX_BYTES visible ASCII characters.
bool text_is_idempotency_key(const char *text);
// The candidate that was probably meant, or NULL.
const char *text_nearest(const char *text, const char *const *candidates, size_t count);

#endif
