// SPDX-License-Identifier: Apache-2.0
// Texts without regard to case, in every script: what a search finds. Both drivers in this tree search with it.
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

#include <locale.h>
#include <stdbool.h>

// What is a capital of what, for all of Unicode; freed with freelocale. (locale_t)0 where the C library does not know:
// then only A to Z are folded.
locale_t fold_open(void);
// Whether the part, UTF-8, is somewhere in the text. Neither may be NULL.
bool fold_has(locale_t locale, const char *text, const char *part);

#endif
