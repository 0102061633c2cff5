// SPDX-License-Identifier: Apache-2.0
#include "cli/grid.h"

#include "base/buffer.h"
#include "base/check.h"
#include "cli/text.h"

#include <stdarg.h>

void grid_init(struct grid *grid, FILE *file, bool colored)
{
    *grid = (struct grid){.file = file, .colored = colored};
}

void grid_fini(struct grid *grid)
{
    arena_fini(&grid->arena);
}

void grid_column(struct grid *grid, const char *title, bool right)
{
    CHECK(grid->column_count < GRID_COLUMNS_MAX && grid->cell_count == 0);
    grid->columns[grid->column_count++] = (struct grid_column){title, right, text_width(title)};
}

void grid_add(struct grid *grid, enum ink ink, const char *text)
{
    CHECK(grid->column_count > 0);
    char *safe = text_safe(&grid->arena, text);
    grid->cells = arena_grow(&grid->arena, grid->cells, grid->cell_count, sizeof *grid->cells);
    struct grid_column *column = &grid->columns[grid->cell_count % grid->column_count];
    size_t width = text_width(safe);
    column->width = width > column->width ? width : column->width;
    grid->cells[grid->cell_count++] = (struct grid_cell){safe, ink};
}

void grid_addf(struct grid *grid, enum ink ink, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    grid_add(grid, ink, buffer_text(&text));
    buffer_fini(&text);
}

void grid_end_row(struct grid *grid)
{
    while (grid->cell_count % grid->column_count != 0)
        grid_add(grid, INK_PLAIN, "");
}

// Blanks are owed until something follows them, so that no line ends in one.
static void print_cell(const struct grid *grid, size_t place, enum ink ink, const char *text, size_t *owed)
{
    const struct grid_column *column = &grid->columns[place];
    size_t padding = column->width - text_width(text);
    size_t before = *owed + (column->right ? padding : 0);
    if (text[0] != '\0') {
        fprintf(grid->file, "%*s", (int)before, "");
        paint(grid->file, grid->colored, ink, text);
        *owed = column->right ? 0 : padding;
    } else {
        *owed += padding;
    }
    *owed += 2;
}

static void print_titles(struct grid *grid)
{
    size_t owed = 0;
    for (size_t i = 0; i < grid->column_count; i++)
        print_cell(grid, i, INK_BOLD, grid->columns[i].title, &owed);
    fputc('\n', grid->file);
    grid->headed = true;
}

void grid_print(struct grid *grid)
{
    if (grid->cell_count == 0)
        return;
    CHECK(grid->cell_count % grid->column_count == 0);
    if (!grid->headed)
        print_titles(grid);
    size_t owed = 0;
    for (size_t i = 0; i < grid->cell_count; i++) {
        size_t place = i % grid->column_count;
        print_cell(grid, place, grid->cells[i].ink, grid->cells[i].text, &owed);
        if (place + 1 == grid->column_count) {
            fputc('\n', grid->file);
            owed = 0;
        }
    }
    arena_clear(&grid->arena);
    grid->cells = NULL;
    grid->cell_count = 0;
}
