// SPDX-License-Identifier: Apache-2.0
#include "cli/seat_release.h"

#include "base/check.h"
#include "cli/api.h"
#include "cli/argument.h"
#include "cli/ask.h"
#include "cli/change.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/value.h"

enum { SEATS_MAX = 10000, IDLE_MAX_S = 10 * 365 * 86400 };

enum exit_code seat_list_path(struct cli *cli, const char **ret_path)
{
    const char *path, *idle = invocation_value(cli->call, "idle");
    int64_t idle_s = 0;
    enum exit_code code = CLI_OK;
    if (idle != NULL)
        code = argument_span("--idle", idle, 1, IDLE_MAX_S, &idle_s);
    if (code == CLI_OK)
        code = list_path(cli, "seats", &path);
    if (code != CLI_OK)
        return code;
    const char *number = idle != NULL ? arena_printf(&cli->arena, "%lld", (long long)idle_s) : NULL;
    *ret_path = api_with(cli, path, "idle_s", number);
    return CLI_OK;
}

static enum exit_code release(struct cli *cli, json_t *ids, int64_t *released)
{
    const char *path;
    json_t *body = body_new(cli), *answer = NULL;
    enum exit_code code = api_account_path(cli, &path, "seats", NULL);
    if (code != CLI_OK)
        return code;
    CHECK(json_object_set(body, "seats", ids) == 0);
    body_text(body, "reason", invocation_value(cli->call, "reason"));
    struct api_request request = {
        .method = "POST", .path = api_verb(cli, path, "release"), .body = body, .creates = true};
    code = api_send(cli, &request, &answer);
    *released += value_number(answer, "released");
    return code;
}

static void tell(struct cli *cli, int64_t released)
{
    if (cli->as_json)
        output_json(cli, cli_keep(cli, json_pack("{s:I}", "released", (json_int_t)released)));
    output_sentence(cli, "Released %lld %s.", (long long)released, released == 1 ? "seat" : "seats");
}

enum exit_code seat_release_named(struct cli *cli)
{
    const struct invocation *call = cli->call;
    json_t *ids = cli_keep(cli, json_array());
    int64_t released = 0;
    if (call->argument_count > SEATS_MAX) {
        complain("at most %d seats at once", SEATS_MAX);
        return CLI_WRONG_USE;
    }
    for (int i = 0; i < call->argument_count; i++)
        CHECK(json_array_append_new(ids, json_string(call->arguments[i])) == 0);
    enum exit_code code = release(cli, ids, &released);
    if (code == CLI_OK)
        tell(cli, released);
    return code;
}

static enum exit_code ask(struct cli *cli, const json_t *seats, const struct column *columns)
{
    struct grid grid;
    size_t i, count = json_array_size(seats);
    json_t *seat;
    FILE *file = cli->as_json ? stderr : stdout;
    grid_init(&grid, file, file == stderr ? cli->colored_errors : cli->colored);
    list_add_columns(&grid, columns);
    json_array_foreach(seats, i, seat) list_add_row(cli, &grid, columns, seat);
    grid_print(&grid);
    grid_fini(&grid);
    if (invocation_has(cli->call, "yes"))
        return CLI_OK;
    if (!ask_possible()) {
        complain("nobody is there to ask: --yes releases %s", count == 1 ? "it" : "them");
        return CLI_WRONG_USE;
    }
    if (ask_yes(&cli->arena, arena_printf(&cli->arena, "Release %s %zu %s? [y/N] ", count == 1 ? "this" : "these",
                                          count, count == 1 ? "seat" : "seats")))
        return CLI_OK;
    complain("nothing was released");
    return CLI_DECLINED;
}

// Who came back while the question stood open keeps the seat.
static json_t *still_listed(struct cli *cli, const json_t *shown, const json_t *now)
{
    json_t *ids = cli_keep(cli, json_array()), *seat, *known = cli_keep(cli, json_object());
    size_t i;
    json_array_foreach(shown, i, seat) json_object_set_new(known, value_text(seat, "id"), json_true());
    json_array_foreach(now, i, seat)
    {
        if (json_object_get(known, value_text(seat, "id")) != NULL)
            CHECK(json_array_append_new(ids, json_string(value_text(seat, "id"))) == 0);
    }
    return ids;
}

static enum exit_code release_all(struct cli *cli, json_t *ids)
{
    int64_t released = 0;
    enum exit_code code = CLI_OK;
    for (size_t first = 0; code == CLI_OK && first < json_array_size(ids); first += SEATS_MAX) {
        json_t *part = cli_keep(cli, json_array());
        for (size_t i = first; i < json_array_size(ids) && i < first + SEATS_MAX; i++)
            CHECK(json_array_append(part, json_array_get(ids, i)) == 0);
        code = release(cli, part, &released);
    }
    if (code == CLI_OK || released > 0)
        tell(cli, released);
    return code;
}

enum exit_code seat_release_listed(struct cli *cli, const struct column *columns)
{
    const char *path;
    json_t *shown, *now;
    enum exit_code code = seat_list_path(cli, &path);
    if (code == CLI_OK)
        code = list_get(cli, path, cli->settings.limit, &shown);
    if (code != CLI_OK)
        return code;
    if (json_array_size(shown) == 0) {
        fputs("no such seats\n", stderr);
        return CLI_OK;
    }
    code = ask(cli, shown, columns);
    if (code == CLI_OK)
        code = list_get(cli, path, 0, &now);
    return code == CLI_OK ? release_all(cli, still_listed(cli, shown, now)) : code;
}
