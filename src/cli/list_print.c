// SPDX-License-Identifier: Apache-2.0
#include "cli/list.h"

#include "base/buffer.h"
#include "base/check.h"
#include "cli/labels.h"
#include "cli/text.h"
#include "cli/value.h"

#include <stdlib.h>

struct printing {
    const struct column *columns;
    struct grid grid;
    int64_t count;
};

void list_add_columns(struct grid *grid, const struct column *columns)
{
    for (; columns->title != NULL; columns++)
        grid_column(grid, columns->title, columns->kind == COLUMN_NUMBER);
}

static const char *words_of(struct cli *cli, struct arena *arena, enum column_kind kind, const json_t *value)
{
    if (kind == COLUMN_TIME)
        return value_time(arena, value);
    if (kind == COLUMN_SPAN && json_is_integer(value))
        return value_span(arena, json_integer_value(value));
    if (kind == COLUMN_LEVEL && json_is_string(value))
        return labels_level(cli, json_string_value(value));
    if (kind == COLUMN_USER && json_is_string(value))
        return labels_user(cli, json_string_value(value));
    return value_words(arena, value);
}

void list_add_row(struct cli *cli, struct grid *grid, const struct column *columns, const json_t *item)
{
    struct arena arena = {0};
    for (; columns->title != NULL; columns++)
        grid_add(grid, INK_PLAIN, words_of(cli, &arena, columns->kind, json_object_get(item, columns->member)));
    arena_fini(&arena);
}

static enum exit_code print_rows(struct cli *cli, json_t *items, void *context)
{
    struct printing *printing = context;
    json_t *item;
    size_t i;
    json_array_foreach(items, i, item) list_add_row(cli, &printing->grid, printing->columns, item);
    printing->count += (int64_t)json_array_size(items);
    grid_print(&printing->grid);
    return CLI_OK;
}

// One item a line, between brackets.
static enum exit_code print_json(struct cli *cli, json_t *items, void *context)
{
    struct printing *printing = context;
    json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        char *text = json_dumps(item, JSON_ENCODE_ANY);
        CHECK(text != NULL);
        struct buffer safe = {0};
        text_add_safe_json(&safe, text);
        printf("%s%s", printing->count++ == 0 ? "[\n" : ",\n", buffer_text(&safe));
        buffer_fini(&safe);
        free(text);
    }
    cli->answered_json = cli->answered_json || printing->count > 0;
    return CLI_OK;
}

enum exit_code list_print_json(struct cli *cli, const char *path)
{
    struct printing printing = {.count = 0};
    struct list_request request = {.path = path, .most = cli->settings.limit};
    enum exit_code code = list_walk(cli, &request, print_json, &printing);
    if (code == CLI_OK)
        puts(printing.count == 0 ? "[]" : "\n]");
    return code;
}

enum exit_code list_print(struct cli *cli, const char *path, const struct column *columns, const char *none)
{
    if (cli->as_json)
        return list_print_json(cli, path);
    struct printing printing = {.columns = columns};
    struct list_request request = {.path = path, .most = cli->settings.limit};
    grid_init(&printing.grid, stdout, cli->colored);
    list_add_columns(&printing.grid, columns);
    enum exit_code code = list_walk(cli, &request, print_rows, &printing);
    grid_fini(&printing.grid);
    if (code == CLI_OK && printing.count == 0)
        fprintf(stderr, "%s\n", none);
    return code;
}
