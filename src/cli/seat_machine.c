// SPDX-License-Identifier: Apache-2.0
#include "cli/seat_machine.h"

#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/value.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
    {"MACHINE", "machine", COLUMN_TEXT},
    {"ACTIVATED", "activated_at", COLUMN_TIME},
    {"LAST USED", "last_used_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

const json_t *seat_machine_find(const json_t *seat, const char *machine)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(seat, "machines"), i, item)
    {
        if (strcmp(value_text(item, "machine"), machine) == 0)
            return item;
    }
    return NULL;
}

enum exit_code seat_machine_print(struct cli *cli, const char *seat)
{
    const char *path;
    json_t *shown, *machines, *item;
    enum exit_code code = api_account_path(cli, &path, "seats", seat, NULL);
    if (code == CLI_OK)
        code = api_get(cli, path, &shown);
    if (code != CLI_OK)
        return code;
    machines = json_object_get(shown, "machines");
    if (cli->as_json) {
        output_json(cli, machines != NULL ? machines : cli_keep(cli, json_array()));
        return CLI_OK;
    }
    struct grid grid;
    size_t i;
    grid_init(&grid, stdout, cli->colored);
    list_add_columns(&grid, columns);
    json_array_foreach(machines, i, item) list_add_row(cli, &grid, columns, item);
    if (i > 0)
        grid_print(&grid);
    else
        fputs("on no machine\n", stderr);
    grid_fini(&grid);
    return CLI_OK;
}

enum exit_code seat_machine_free(struct cli *cli, const char *seat, const char *machine)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "seats", seat, "machines", machine, NULL);
    if (code != CLI_OK)
        return code;
    return change_delete(cli, path, arena_printf(&cli->arena, "Freed, of seat %s, the machine", seat), machine);
}
