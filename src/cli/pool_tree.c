// SPDX-License-Identifier: Apache-2.0
#include "cli/pool_tree.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/table.h"
#include "cli/grid.h"
#include "cli/pool_row.h"
#include "cli/value.h"

#include <stdlib.h>
#include <string.h>

// The contract allows 16 levels; what is deeper is not drawn, so that no answer can exhaust the stack.
enum { DEPTH_MAX = 64 };

struct node {
    const json_t *row;
    struct node *parent; // NULL: the account, or the parent is not among the rows
    struct node *first_child;
    struct node *next;
    bool shown;
};

struct tree_print {
    struct cli *cli;
    struct arena arena;
    struct grid grid;
    struct node *nodes; // of one product
    size_t count;
    size_t hidden;
};

static bool same_level(const void *item, const void *key)
{
    return strcmp(value_text(((const struct node *)item)->row, "level"), key) == 0;
}

static void show_with_parents(struct node *node)
{
    for (; node != NULL && !node->shown; node = node->parent)
        node->shown = true;
}

static void link_nodes(struct tree_print *print, bool all)
{
    struct table by_level = {0};
    for (size_t i = 0; i < print->count; i++) {
        const char *level = value_text(print->nodes[i].row, "level");
        if (table_find(&by_level, hash_text(level), same_level, level) == NULL)
            table_add(&by_level, hash_text(level), &print->nodes[i]);
    }
    // From the last to the first, so that each is put before the sisters that follow it.
    for (size_t i = print->count; i-- > 0;) {
        struct node *node = &print->nodes[i];
        const char *parent = value_text(node->row, "parent");
        node->parent = parent[0] != '\0' ? table_find(&by_level, hash_text(parent), same_level, parent) : NULL;
        if (node->parent != NULL) {
            node->next = node->parent->first_child;
            node->parent->first_child = node;
        }
    }
    for (size_t i = 0; i < print->count; i++) {
        if (all || print->nodes[i].parent == NULL || !pool_row_is_zero(print->nodes[i].row))
            show_with_parents(&print->nodes[i]);
    }
    for (size_t i = 0; i < print->count; i++)
        print->hidden += !print->nodes[i].shown;
    table_fini(&by_level);
}

static const struct node *next_shown(const struct node *node)
{
    while (node != NULL && !node->shown)
        node = node->next;
    return node;
}

static void add_children(struct tree_print *print, const struct node *node, const char *margin, int depth)
{
    if (depth == DEPTH_MAX)
        return;
    bool lines = print->cli->unicode;
    for (const struct node *child = next_shown(node->first_child), *after; child != NULL; child = after) {
        after = next_shown(child->next);
        const char *branch = after != NULL ? (lines ? "├─ " : "|- ") : (lines ? "└─ " : "`- ");
        const char *below = after == NULL ? "   " : (lines ? "│  " : "|  ");
        pool_row_add(print->cli, &print->grid, arena_printf(&print->arena, "%s%s", margin, branch), child->row);
        add_children(print, child, arena_printf(&print->arena, "%s%s", margin, below), depth + 1);
    }
}

static void add_product(struct tree_print *print, const char *product, bool all)
{
    link_nodes(print, all);
    grid_add(&print->grid, INK_BOLD, product);
    grid_end_row(&print->grid);
    for (size_t i = 0; i < print->count; i++) {
        const struct node *node = &print->nodes[i];
        if (node->parent != NULL || !node->shown)
            continue;
        pool_row_add(print->cli, &print->grid, "", node->row);
        add_children(print, node, "", 0);
    }
}

void pool_tree_print(struct cli *cli, const json_t *rows, bool all, size_t *ret_hidden)
{
    struct tree_print print = {.cli = cli};
    pool_row_start(cli, &print.grid);
    size_t count = json_array_size(rows);
    for (size_t start = 0, end; start < count; start = end) {
        const char *product = value_text(json_array_get(rows, start), "product");
        for (end = start + 1; end < count; end++) {
            if (strcmp(value_text(json_array_get(rows, end), "product"), product) != 0)
                break;
        }
        print.count = end - start;
        print.nodes = check_calloc(print.count, sizeof *print.nodes);
        for (size_t i = 0; i < print.count; i++)
            print.nodes[i].row = json_array_get(rows, start + i);
        add_product(&print, product, all);
        free(print.nodes);
    }
    grid_print(&print.grid);
    grid_fini(&print.grid);
    arena_fini(&print.arena);
    *ret_hidden = print.hidden;
}
