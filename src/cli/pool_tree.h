// SPDX-License-Identifier: Apache-2.0
//
// Rows of pools (level, name, parent, product and the figures) as a tree for each product.
#ifndef CLI_POOL_TREE_H
#define CLI_POOL_TREE_H

#include "cli/cli.h"

// Prints an array of rows. Levels where every figure is zero are left out unless `all`, and so counted in
// ret_hidden.
void pool_tree_print(struct cli *cli, const json_t *rows, bool all, size_t *ret_hidden);

#endif
