// SPDX-License-Identifier: Apache-2.0
//
// Filling the caller's struct usher_error. Functions of the library take one that is never NULL: the public ones put
// a spare in its place (ERROR_OR).
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

#include "usher.h"

// The caller's structure, or the spare one where the caller wants none.
#define ERROR_OR(error, spare) ((error) != NULL ? (error) : (spare))

void error_clear(struct usher_error *error);
// Clears it, sets code and detail, and answers the code.
enum usher_code error_set(struct usher_error *error, enum usher_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum usher_code error_memory(struct usher_error *error);
// With the words for errno at the end.
enum usher_code error_system(struct usher_error *error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Copies what fits, whole characters only; control characters become blanks, as it may go to a terminal.
void text_copy(char *to, size_t size, const char *from);

#endif
