// SPDX-License-Identifier: Apache-2.0
//
// `usher sessions`: leases that running programs hold.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/release.h"
#include "cli/session_request.h"
#include "cli/value.h"

#include <unistd.h>

enum { WAIT_MAX_S = 600 };

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"PRODUCT", "product", COLUMN_TEXT},
    {"USER", "user", COLUMN_USER},
    {"LEVEL", "level", COLUMN_LEVEL},
    {"VIA", "via", COLUMN_TEXT},
    {"COUNT", "count", COLUMN_NUMBER},
    {"STATE", "state", COLUMN_TEXT},
    {"MACHINE", "machine", COLUMN_TEXT},
    {"STARTED", "started_at", COLUMN_TIME},
    {"EXPIRES", "expires_at", COLUMN_TIME},
    {"REASON", "reason", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "all", .help = "ended ones, too"},
    {.name = "level", .value = "LEVEL", .help = "only those drawn from this organization, or from the `account`"},
    {.name = "newest", .help = "the newest first"},
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = "state",
     .value = "STATE",
     .help = "only in this state (default active)",
     .words = "active released expired revoked"},
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *state = invocation_value(call, "state");
    enum exit_code code = list_path(cli, "sessions", &path);
    if (code != CLI_OK)
        return code;
    if (state == NULL && !invocation_has(call, "all"))
        state = "active";
    path = api_with(cli, path, "state", state);
    path = api_with(cli, path, "order", invocation_has(call, "newest") ? "desc" : NULL);
    return list_print(cli, path, columns,
                      state != NULL ? "no such sessions; --all shows ended ones, too" : "no sessions");
}

static enum exit_code session_path(struct cli *cli, const struct invocation *call, const char **ret_path)
{
    return api_account_path(cli, ret_path, "sessions", call->arguments[0], NULL);
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = session_path(cli, call, &path);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static const struct option start_options[] = {
    {.name = "ttl", .value = "TIME", .help = "how long it lasts without a heartbeat (default 2m)"},
    {.name = "wait", .value = "TIME", .help = "stand in line for up to so long (at most 10m) when none is free"},
    {.name = NULL},
};

// Denials of one machine are told as one story, so a session says where it runs.
static void add_machine(json_t *body)
{
    char machine[256] = "";
    if (!value_is_set(body, "machine") && gethostname(machine, sizeof machine - 1) == 0 && machine[0] != '\0')
        body_text(body, "machine", machine);
}

static enum exit_code run_start(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli), *session = NULL;
    const char *path;
    enum exit_code code = body_span(body, "ttl_s", call, "ttl", 10, 86400);
    if (code == CLI_OK)
        code = body_span(body, "wait_s", call, "wait", 0, WAIT_MAX_S);
    if (code == CLI_OK)
        code = session_request_read(cli, body);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "sessions", NULL);
    if (code != CLI_OK)
        return code;
    add_machine(body);
    // The answer comes when the wait is over.
    cli->settings.timeout_s += (long)value_number(body, "wait_s");
    struct api_request request = {.method = "POST", .path = path, .body = body, .creates = true};
    code = api_send(cli, &request, &session);
    if (code == CLI_OK && session != NULL)
        output_object(cli, session);
    return code;
}

static enum exit_code run_heartbeat(struct cli *cli, const struct invocation *call)
{
    const char *path;
    json_t *session = NULL;
    enum exit_code code = api_account_path(cli, &path, "sessions", call->arguments[0], "heartbeat", NULL);
    // A heartbeat does no harm when it is done twice.
    struct api_request request = {.method = "POST", .path = path, .creates = true};
    if (code == CLI_OK)
        code = api_send(cli, &request, &session);
    if (code == CLI_OK && cli->as_json && session != NULL)
        output_json(cli, session);
    else if (code == CLI_OK)
        output_sentence(cli, "%s lasts until %s; the next heartbeat is due within %lld s.", value_text(session, "id"),
                        value_time(&cli->arena, json_object_get(session, "expires_at")),
                        (long long)value_number(session, "heartbeat_s"));
    return code;
}

static enum exit_code run_end(struct cli *cli, const struct invocation *call)
{
    const char *path, *query;
    json_t *session = NULL;
    enum exit_code code = release_query(cli, &query);
    if (code == CLI_OK)
        code = session_path(cli, call, &path);
    if (code != CLI_OK)
        return code;
    struct api_request request = {.method = "DELETE", .path = arena_printf(&cli->arena, "%s%s", path, query)};
    code = api_send(cli, &request, &session);
    if (code == CLI_OK && cli->as_json && session != NULL)
        output_json(cli, session);
    else if (code == CLI_OK)
        output_sentence(cli, "Session %s is %s.", call->arguments[0], value_text(session, "state"));
    return code;
}

static const struct command end_command = {
    .name = "end",
    .arguments = "SESSION",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "end a session; with a reason it counts as revoked",
    .options = release_options,
    .run = run_end,
};

static const struct command heartbeat_command = {
    .name = "heartbeat",
    .arguments = "SESSION",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "let a session go on for another ttl",
    .run = run_heartbeat,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the active sessions",
    .options = list_options,
    .run = run_list,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "SESSION",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a session",
    .run = run_show,
};

static const struct command start_command = {
    .name = "start",
    .summary = "start a session",
    .details = "The session ends by itself unless `usher sessions heartbeat` comes in time. The machine is this "
               "one's name unless --machine says another.",
    .options = start_options,
    .shared = session_request_options,
    .run = run_start,
};

static const struct command *const commands[] = {
    &end_command, &heartbeat_command, &list_command, &show_command, &start_command, NULL,
};

const struct command sessions_command = {
    .name = "sessions",
    .summary = "list, start and end sessions",
    .commands = commands,
    .fallback = &list_command,
};
