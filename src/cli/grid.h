// SPDX-License-Identifier: Apache-2.0
//
// A table for people: columns aligned by what they take on the screen, two blanks between them, nothing drawn
// around. A long list is printed part by part; the widths found so far are kept.
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include "base/arena.h"
#include "cli/paint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { GRID_COLUMNS_MAX = 16 };

struct grid_column {
    const char *title;
    bool right; // figures stand at the right
    size_t width;
};

struct grid_cell {
    const char *text;
    enum ink ink;
};

struct grid {
    struct arena arena;
    FILE *file;
    bool colored;
    bool headed; // the titles are printed
    struct grid_column columns[GRID_COLUMNS_MAX];
    size_t column_count;
    struct grid_cell *cells; // row by row, in the arena
    size_t cell_count;
};

void grid_init(struct grid *grid, FILE *file, bool colored);
void grid_fini(struct grid *grid);
// All columns come before the first cell. The title belongs to the caller.
void grid_column(struct grid *grid, const char *title, bool right);
// The next cell, from left to right and top to bottom; the text is copied and made safe.
void grid_add(struct grid *grid, enum ink ink, const char *text);
void grid_addf(struct grid *grid, enum ink ink, const char *format, ...) __attribute__((format(printf, 3, 4)));
// Empty cells up to the end of the row.
void grid_end_row(struct grid *grid);
// Prints what was added, titles first, and forgets it.
void grid_print(struct grid *grid);

#endif
