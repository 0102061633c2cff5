// SPDX-License-Identifier: Apache-2.0
//
// One level's figures as a row of a table.
#ifndef CLI_POOL_ROW_H
#define CLI_POOL_ROW_H

#include "cli/cli.h"
#include "cli/grid.h"

// Prepares the table and its columns.
void pool_row_start(const struct cli *cli, struct grid *grid);
// `margin` stands before the name: the lines of the tree.
void pool_row_add(struct cli *cli, struct grid *grid, const char *margin, const json_t *row);
// True when the level has nothing and nothing is under way.
bool pool_row_is_zero(const json_t *row);

#endif
