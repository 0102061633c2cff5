// SPDX-License-Identifier: Apache-2.0
#include "cli/paint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const sequences[] = {
    [INK_PLAIN] = "",       [INK_BOLD] = "\x1b[1m",   [INK_DIM] = "\x1b[2m",
    [INK_RED] = "\x1b[31m", [INK_GREEN] = "\x1b[32m", [INK_YELLOW] = "\x1b[33m",
};

bool paint_wanted(FILE *file)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return term != NULL && strcmp(term, "dumb") != 0 && isatty(fileno(file));
}

void paint(FILE *file, bool colored, enum ink ink, const char *text)
{
    if (!colored || ink == INK_PLAIN || text[0] == '\0')
        fputs(text, file);
    else
        fprintf(file, "%s%s\x1b[0m", sequences[ink], text);
}
