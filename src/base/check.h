// SPDX-License-Identifier: Apache-2.0
//
// Checks of the programmer's own errors: what can only be false through a mistake in the code stops the
// process, at once, with its place. Since nothing is acknowledged before it is durable, stopping is safe.
// The world's errors (a full disk, a bad request) are returned, never checked here.
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stddef.h>

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

// malloc, calloc, realloc and strdup that stop the process when memory is out: a license server that cannot
// remember a grant must not answer it, and a restart takes up every acknowledged one.
void *check_malloc(size_t size);
void *check_calloc(size_t count, size_t size);
void *check_realloc(void *old, size_t size);
char *check_strdup(const char *text);

#endif
