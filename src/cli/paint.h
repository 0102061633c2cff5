// SPDX-License-Identifier: Apache-2.0
//
// Colours, for terminals only.
#ifndef CLI_PAINT_H
#define CLI_PAINT_H

#include <stdbool.h>
#include <stdio.h>

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_GREEN, INK_YELLOW };

// True when the file is a terminal and neither NO_COLOR nor TERM=dumb speak against it.
bool paint_wanted(FILE *file);
// Writes text that is safe already.
void paint(FILE *file, bool colored, enum ink ink, const char *text);

#endif
