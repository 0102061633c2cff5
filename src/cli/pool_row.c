// SPDX-License-Identifier: Apache-2.0
#include "cli/pool_row.h"

#include "base/buffer.h"
#include "cli/value.h"

enum { BAR_CELLS = 10, HIGH_PERCENT = 75 };

static const char *const figures[] = {"dedicated", "pool", "assigned", "available"};
static const char *const conditions[] = {"over_committed", "draining_to", "filling_to"};

void pool_row_start(const struct cli *cli, struct grid *grid)
{
    grid_init(grid, stdout, cli->colored);
    grid_column(grid, "LEVEL", false);
    grid_column(grid, "ID", false);
    grid_column(grid, "DEDICATED", true);
    grid_column(grid, "POOL", true);
    grid_column(grid, "ASSIGNED", true);
    grid_column(grid, "AVAILABLE", true);
    grid_column(grid, "USE", false);
    grid_column(grid, "", false);
}

bool pool_row_is_zero(const json_t *row)
{
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (value_number(row, figures[i]) != 0)
            return false;
    }
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (value_is_set(row, conditions[i]))
            return false;
    }
    return true;
}

// How much of the level's own pool is claimed. Any use shows at least one cell, and only full use shows all.
static void add_bar(const struct cli *cli, struct grid *grid, const json_t *row)
{
    double pool = (double)value_number(row, "pool"), assigned = (double)value_number(row, "assigned");
    if (pool <= 0 && assigned <= 0) {
        grid_add(grid, INK_PLAIN, "");
        return;
    }
    double share = pool > 0 ? assigned / pool : 1;
    bool full = share >= 1;
    int percent = share > 9.99 ? 999 : (int)(share * 100);
    int cells = full ? BAR_CELLS : (int)(share * BAR_CELLS);
    if (cells == 0 && assigned > 0)
        cells = 1;
    struct buffer bar = {0};
    for (int i = 0; i < BAR_CELLS; i++)
        buffer_add_text(&bar, i < cells ? (cli->unicode ? "█" : "#") : (cli->unicode ? "░" : "."));
    buffer_printf(&bar, " %3d %%", percent);
    grid_add(grid, full ? INK_RED : percent >= HIGH_PERCENT ? INK_YELLOW : INK_GREEN, buffer_text(&bar));
    buffer_fini(&bar);
}

static void add_condition(struct buffer *text, const json_t *row, const char *member, const char *words)
{
    if (value_is_set(row, member))
        buffer_printf(text, "%s%s %lld", text->length > 0 ? ", " : "", words, (long long)value_number(row, member));
}

void pool_row_add(struct cli *cli, struct grid *grid, const char *margin, const json_t *row)
{
    grid_addf(grid, INK_PLAIN, "%s%s", margin, value_text(row, "name"));
    grid_add(grid, INK_DIM, value_text(row, "level"));
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        grid_add(grid, INK_PLAIN, value_words(&cli->arena, json_object_get(row, figures[i])));
    add_bar(cli, grid, row);
    struct buffer text = {0};
    add_condition(&text, row, "over_committed", "over-committed by");
    add_condition(&text, row, "draining_to", "draining to");
    add_condition(&text, row, "filling_to", "filling to");
    grid_add(grid, INK_YELLOW, buffer_text(&text));
    buffer_fini(&text);
}
