// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "usher: check failed at %s:%d: %s\n", file, line, condition);
    abort();
}

static void *must(void *memory)
{
    CHECK(memory != NULL && "out of memory");
    return memory;
}

void *check_malloc(size_t size)
{
    return must(malloc(size > 0 ? size : 1));
}

void *check_calloc(size_t count, size_t size)
{
    return must(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *check_realloc(void *old, size_t size)
{
    return must(realloc(old, size > 0 ? size : 1));
}

char *check_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(check_malloc(size), text, size);
}
