// SPDX-License-Identifier: Apache-2.0
#include "cli/dry_run.h"

#include "cli/grid.h"
#include "cli/labels.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/pool_tree.h"
#include "cli/problem.h"
#include "cli/value.h"

#include <string.h>

static const struct column request_columns[] = {
    {"AT", "at", COLUMN_TIME},           {"SESSION", "session", COLUMN_TEXT}, {"USER", "user", COLUMN_USER},
    {"PRODUCT", "product", COLUMN_TEXT}, {"COUNT", "count", COLUMN_NUMBER},   {"PROJECT", "project", COLUMN_TEXT},
    {"MACHINE", "machine", COLUMN_TEXT}, {NULL, NULL, COLUMN_TEXT},
};

static void print_over(struct cli *cli, const json_t *over)
{
    json_t *level;
    size_t i;
    json_array_foreach(over, i, level) output_sentence(
        cli, "Over-committed afterwards: %s of %s, by %lld.", value_text(level, "product"),
        labels_level(cli, value_text(level, "level")), (long long)value_number(level, "over_committed"));
}

static void print_denied(struct cli *cli, const json_t *answer)
{
    json_t *denied = json_object_get(answer, "denied"), *denial;
    if (json_array_size(denied) == 0)
        return;
    long long total = (long long)value_number(answer, "denied_total");
    output_sentence(cli, "Of the grants of the last 24 hours, %lld would have been denied:", total);
    struct grid grid;
    grid_init(&grid, stdout, cli->colored);
    list_add_columns(&grid, request_columns);
    grid_column(&grid, "REASON", false);
    size_t i;
    json_array_foreach(denied, i, denial)
    {
        list_add_row(cli, &grid, request_columns, json_object_get(denial, "request"));
        grid_add(&grid, INK_RED, value_text(denial, "reason"));
    }
    grid_print(&grid);
    grid_fini(&grid);
    if (total > (long long)json_array_size(denied))
        output_sentence(cli, "and %lld more", total - (long long)json_array_size(denied));
}

enum exit_code dry_run_print(struct cli *cli, const json_t *answer)
{
    const char *result = value_text(answer, "result"), *detail = value_text(answer, "detail");
    bool ok = strcmp(result, "ok") == 0;
    enum exit_code code = ok ? CLI_OK : problem_exit_code_of(result);
    if (cli->as_json) {
        output_json(cli, answer);
        return code;
    }
    if (ok)
        output_sentence(cli, "Dry run: it would go through. Nothing was changed.");
    else
        output_sentence(cli, "Dry run: it would be refused (%s): %s. Nothing was changed.", result,
                        problem_sentence(result));
    if (detail[0] != '\0')
        output_sentence(cli, "%s", detail);
    size_t hidden;
    pool_tree_print(cli, json_object_get(answer, "rows"), true, &hidden);
    print_over(cli, json_object_get(answer, "over"));
    print_denied(cli, answer);
    if (!ok)
        problem_advise(result);
    return code;
}
