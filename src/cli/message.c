// SPDX-License-Identifier: Apache-2.0
#include "cli/message.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "cli/text.h"

#include <stdio.h>

static void tell(const char *before, const char *format, va_list args)
{
    struct arena arena = {0};
    struct buffer text = {0};
    buffer_vprintf(&text, format, args);
    // Whatever output went before stands before the message, also where both go to one terminal.
    fflush(stdout);
    fprintf(stderr, "%s%s\n", before, text_safe(&arena, buffer_text(&text)));
    buffer_fini(&text);
    arena_fini(&arena);
}

void complain_with(const char *format, va_list args)
{
    tell("usher: ", format, args);
}

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell("usher: ", format, args);
    va_end(args);
}

void advise(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell("  ", format, args);
    va_end(args);
}
